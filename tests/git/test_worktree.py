from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from conda_provenance.git import read_git

ORIGIN = "https://github.com/example/hello-feedstock"


def recipe_of(root: Path) -> Path:
    return root / "recipe" / "recipe.yaml"


def test_commit_and_remote_of_a_recipe_in_a_sub_folder(feedstock, git):
    facts = read_git(recipe_of(feedstock))
    assert facts.sha == git(feedstock, "rev-parse", "HEAD")
    assert facts.remote_url == ORIGIN
    assert facts.dirty is False
    assert facts.warnings == ()


def test_a_folder_counts_by_the_files_tracked_in_it(feedstock, git):
    assert read_git(feedstock / "recipe").sha == git(feedstock, "rev-parse", "HEAD")
    (feedstock / "empty").mkdir()
    assert read_git(feedstock / "empty").sha == ""


def test_worktree(feedstock, git, tmp_path):
    git(feedstock, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    (tmp_path / "tree" / "new").write_text("x")
    git(tmp_path / "tree", "add", "new")
    git(tmp_path / "tree", "commit", "-q", "-m", "second")
    facts = read_git(recipe_of(tmp_path / "tree"))
    assert (
        facts.sha
        == git(tmp_path / "tree", "rev-parse", "HEAD")
        != git(feedstock, "rev-parse", "HEAD")
    )
    assert facts.remote_url == ORIGIN


def test_submodule_is_its_own_repository(feedstock, git, tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    git(outer, "init", "-q")
    git(outer, "submodule", "--quiet", "add", str(feedstock), "sub")
    git(outer, "commit", "-q", "-m", "outer")
    git(outer / "sub", "remote", "set-url", "origin", "git@gitlab.com:example/sub.git")
    facts = read_git(recipe_of(outer / "sub"))
    assert facts.sha == git(feedstock, "rev-parse", "HEAD")
    assert facts.remote_url == "https://gitlab.com/example/sub"


def test_detached_head(feedstock, git):
    git(feedstock, "checkout", "-q", "--detach")
    facts = read_git(recipe_of(feedstock))
    assert facts.sha == git(feedstock, "rev-parse", "HEAD")
    assert facts.remote_url == ORIGIN


def test_shallow_clone(feedstock, git, tmp_path):
    (feedstock / "more").write_text("x")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "second")
    git(tmp_path, "clone", "-q", "--depth=1", feedstock.as_uri(), "shallow")
    facts = read_git(recipe_of(tmp_path / "shallow"))
    assert facts.sha == git(feedstock, "rev-parse", "HEAD")


def test_partial_clone_contacts_no_server(feedstock, git, tmp_path):
    git(feedstock, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", feedstock.as_uri(), "partial")
    shutil.rmtree(feedstock)
    os.utime(recipe_of(tmp_path / "partial"), (1, 1))
    assert read_git(recipe_of(tmp_path / "partial")).sha == git(
        tmp_path / "partial", "rev-parse", "HEAD"
    )


def test_no_commit_yet(tmp_path, git):
    (tmp_path / "recipe.yaml").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    facts = read_git(tmp_path / "recipe.yaml")
    assert (facts.sha, facts.remote_url) == ("", None)
    assert "no commit yet" in facts.warnings[0]


def test_a_recipe_that_is_only_staged_is_in_no_commit(feedstock, git):
    (feedstock / "new").mkdir()
    (feedstock / "new" / "recipe.yaml").write_text("")
    for arguments in (["--intent-to-add"], []):
        git(feedstock, "add", *arguments, "new")
        for place in (feedstock / "new" / "recipe.yaml", feedstock / "new"):
            facts = read_git(place)
            assert (facts.sha, facts.remote_url, facts.dirty) == ("", None, True)
            assert "in no commit yet" in facts.warnings[0]
    git(feedstock, "commit", "-q", "-m", "second")
    assert read_git(feedstock / "new").sha == git(feedstock, "rev-parse", "HEAD")


def test_what_git_cannot_compare_still_has_its_commit(feedstock, git):
    """A filter that is required and not installed, as Git LFS may be."""
    git(feedstock, "config", "filter.lfs.required", "true")
    git(feedstock, "config", "filter.lfs.clean", "no-such-program")
    (feedstock / ".git" / "info").mkdir(exist_ok=True)
    (feedstock / ".git" / "info" / "attributes").write_text("* filter=lfs\n")
    os.utime(recipe_of(feedstock), (1, 1))
    facts = read_git(recipe_of(feedstock))
    assert (facts.sha, facts.remote_url, facts.dirty) == (
        git(feedstock, "rev-parse", "HEAD"),
        ORIGIN,
        None,
    )
    assert facts.warnings == (
        "It is not known whether the recipe's folder has uncommitted changes.",
    )


def test_outside_any_repository_git_is_silent(tmp_path):
    (tmp_path / "recipe.yaml").write_text("")
    facts = read_git(tmp_path / "recipe.yaml")
    assert (facts.sha, facts.remote_url, facts.dirty) == (None, None, None)


@pytest.mark.parametrize("ignored", [False, True])
def test_a_recipe_that_merely_lies_in_a_repository_is_not_under_version_control(feedstock, ignored):
    folder = feedstock / "generated"
    folder.mkdir()
    (folder / "recipe.yaml").write_text("")
    if ignored:
        (feedstock / ".git" / "info").mkdir(exist_ok=True)
        (feedstock / ".git" / "info" / "exclude").write_text("generated\n")
    facts = read_git(folder / "recipe.yaml")
    assert (facts.sha, facts.remote_url, facts.warnings) == ("", None, ())


def test_an_inner_repository_that_does_not_track_it_leaves_it_to_the_outer(feedstock, git):
    git(feedstock / "recipe", "init", "-q")
    assert read_git(recipe_of(feedstock)).sha == git(feedstock, "rev-parse", "HEAD")


def test_a_symbolic_link_leads_to_the_repository_of_the_content(feedstock, git, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    (other / "linked").symlink_to(feedstock / "recipe", target_is_directory=True)
    git(other, "add", ".")
    git(other, "commit", "-q", "-m", "link")
    assert read_git(other / "linked" / "recipe.yaml").sha == git(feedstock, "rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["re*cipe [a]", ":(top)x", "with space", "ünï"])
def test_odd_folder_names(tmp_path, git, name):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "recipe.yaml").write_text("")
    git(tmp_path, "init", "-q")
    assert read_git(folder / "recipe.yaml").sha == ""
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    assert read_git(folder / "recipe.yaml").sha == git(tmp_path, "rev-parse", "HEAD")


@pytest.mark.parametrize("added", [False, True])
def test_a_file_that_is_named_like_a_line_of_gits_answer_says_nothing(feedstock, git, added):
    for name in ("# branch.oid " + "b" * 40, "x# branch.head other", "# branch.oid (initial)"):
        (feedstock / "recipe" / name).write_text("")
    if added:
        git(feedstock, "add", ".")
    facts = read_git(recipe_of(feedstock))
    assert (facts.sha, facts.remote_url) == (git(feedstock, "rev-parse", "HEAD"), ORIGIN)
    assert facts.dirty is True


def test_a_name_that_no_file_can_have_is_in_no_repository(tmp_path):
    assert read_git(tmp_path / ("too-long" * 100)).sha is None


def test_sha256_repository(tmp_path, git, version):
    if version < (2, 29):
        pytest.skip("git of this age knows no SHA-256")
    (tmp_path / "recipe.yaml").write_text("")
    git(tmp_path, "init", "-q", "--object-format=sha256")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    facts = read_git(tmp_path / "recipe.yaml")
    assert facts.sha == git(tmp_path, "rev-parse", "HEAD")
    assert len(facts.sha) == 64


@pytest.mark.parametrize(
    ("configure", "expected"),
    [
        (
            [
                ("remote", "add", "up", "https://gitlab.com/up/r"),
                ("config", "branch.main.remote", "up"),
            ],
            "https://gitlab.com/up/r",
        ),
        ([("remote", "add", "up", "https://gitlab.com/up/r")], ORIGIN),
        ([("remote", "rename", "origin", "only")], ORIGIN),
        ([("remote", "rename", "origin", "a"), ("remote", "add", "b", "https://h/o/r")], None),
        ([("remote", "remove", "origin")], None),
        (
            [("config", "branch.main.remote", "https://tok@gitlab.com/url/as-remote.git")],
            "https://gitlab.com/url/as-remote",
        ),
        ([("config", "branch.main.remote", ".")], ORIGIN),
        (
            [
                ("config", "extensions.worktreeConfig", "true"),
                ("config", "--worktree", "remote.origin.url", "https://h/w/r"),
            ],
            ORIGIN,
        ),
        ([("config", "branch.main.remote", "gone")], ORIGIN),
        (
            [("config", "url.git@rewritten.example:.insteadOf", "https://user:s3cr3t@github.com/")],
            ORIGIN,
        ),
        ([("remote", "set-url", "--add", "--push", "origin", "https://h/push/only")], ORIGIN),
        ([("remote", "set-url", "--add", "origin", "https://h/second/one")], ORIGIN),
        ([("remote", "set-url", "origin", "/srv/git/r.git")], None),
        ([("remote", "set-url", "origin", "file:///srv/git/r.git")], None),
        ([("remote", "set-url", "origin", "../r.git")], None),
        ([("remote", "set-url", "origin", "ext::sh -c 'touch /tmp/never'")], None),
        ([("remote", "set-url", "origin", "user:s3cr3t@host:path")], None),
    ],
)
def test_which_remote_and_in_which_form(feedstock, git, configure, expected):
    for arguments in configure:
        git(feedstock, *arguments)
    facts = read_git(recipe_of(feedstock))
    assert facts.remote_url == expected
    assert facts.sha
    assert "s3cr3t" not in repr(facts)


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("git@h.example:o/r", "https://h.example/o/r"),
        ("https://gitserver/o/r", "https://gitserver/o/r"),
        ("git@192.0.2.7:o/r", "https://192.0.2.7/o/r"),
        ("git@[2001:db8::1]:o/r", "https://[2001:db8::1]/o/r"),
        ("git@git.sr.ht:~me/r", "https://git.sr.ht/~me/r"),
        ("git@gitlab.example.org:home/r", "https://gitlab.example.org/home/r"),
        ("git@myalias:o/r.git", None),
        ("ssh://git@myalias/o/r.git", None),
        ("kde:frameworks/x", None),
        ("gh:x", None),
        ("git@github.com-work:o/r.git", None),
        ("ssh://git@github.com-work/o/r.git", None),
        ("git@work.github.com:o/r.git", None),
        ("git@github.com.work:o/r.git", None),
        ("ssh://git@me.gitlab.com/o/r.git", None),
        ("git@gist.github.com:0123abcd.git", "https://gist.github.com/0123abcd"),
        ("https://work.github.com/o/r.git", "https://work.github.com/o/r"),
        ("https://localhost/o/r.git", None),
        ("http://LOCALHOST.:3000/o/r.git", None),
        ("https://git.localhost/o/r", None),
        ("git@localhost.localdomain:o/r", None),
        ("http://127.0.0.1:8080/o/r", None),
        ("http://127.1/o/r", None),
        ("http://0x7f000001/o/r", None),
        ("git://0.0.0.0/o/r", None),
        ("ssh://git@[::1]/o/r", None),
        ("http://[::ffff:127.0.0.1]/o/r", None),
        ("https://[fe80::1]/o/r", None),
        ("http://host.docker.internal:3000/o/r", None),
        ("https://localhost.example/o/r", "https://localhost.example/o/r"),
        ("https://10.1.2.3/o/r", "https://10.1.2.3/o/r"),
        ("https://192.168.1.7:8443/o/r", "https://192.168.1.7:8443/o/r"),
        ("https://1st.example/o/r", "https://1st.example/o/r"),
        ("https://h.example/o/r.git.git", "https://h.example/o/r"),
        ("me@h.example:/srv/git/r.git", None),
        ("ssh://me@h.example/home/me/r.git", None),
        ("ssh://me@h.example/~me/r.git", None),
        ("me@h.example:~me/r.git", None),
        ("ssh://git@bitbucket.example.org:7999/prj/x.git", None),
    ],
)
@pytest.mark.parametrize("program_is_there", [True, False])
def test_an_address_that_may_lead_nowhere_is_left_out(
    feedstock, git, monkeypatch, url, written, program_is_there
):
    git(feedstock, "remote", "set-url", "origin", url)
    if not program_is_there:
        monkeypatch.setattr("conda_provenance.git.worktree.find_program", lambda: None)
    facts = read_git(recipe_of(feedstock))
    assert facts.sha
    assert facts.remote_url == written
    left_out = [warning for warning in facts.warnings if "remote is left out" in warning]
    assert len(left_out) == (written is None)


@pytest.mark.parametrize(
    ("url", "prefix", "instead", "written"),
    [
        ("kde:frameworks/x", "kde:", "https://invent.kde.org/", "https://invent.kde.org/frameworks/x"),
        ("gh:acme/x", "gh:", "git@github.com:", "https://github.com/acme/x"),
        ("lp:~me/x", "lp:", "git+ssh://me@git.launchpad.net/", "https://git.launchpad.net/~me/x"),
        ("gh/acme/x", "gh/", "https://github.com/", "https://github.com/acme/x"),
        ("https://gh/acme/x", "https://gh/", "https://t@github.com/", "https://github.com/acme/x"),
        ("git@work:acme/x", "git@work:", "git@github.com:", "https://github.com/acme/x"),
        ("git@github.com-work:a/x", "git@github.com-work:", "git@github.com:", "https://github.com/a/x"),
        ("my.kde:frameworks/x", "my.kde:", "https://invent.kde.org/", "https://invent.kde.org/frameworks/x"),
        ("git@work.github.com:a/x", "git@work.github.com:", "git@github.com:", "https://github.com/a/x"),
        ("github.com:acme/x", "github.com:", "https://mirror.example/", "https://github.com/acme/x"),
        ("kde:frameworks/x", "kde:", "git@other:", None),
        ("kde:frameworks/x", "kde:", "/srv/mirrors/", None),
        ("kde:frameworks/x", "kde:", "ssh://git@bitbucket.example.org:7999/", None),
        ("https://gitserver/o/r", "https://other/", "https://h.example/", "https://gitserver/o/r"),
        ("http://127.0.0.1:80/o/r", "http://127.0.0.1:80/", "https://h.example/", "https://h.example/o/r"),
        ("kde:frameworks/x", "kde:", "http://localhost/", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("scope", ["--local", "--global"])
def test_an_alias_is_written_as_git_itself_reads_it(
    feedstock, git, tmp_path, monkeypatch, url, prefix, instead, written, scope
):
    # Before 2.32, git knows no other place for a user's configuration.
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    git(feedstock, "remote", "set-url", "origin", url)
    git(feedstock, "config", scope, f"url.{instead}.insteadOf", prefix)
    facts = read_git(recipe_of(feedstock))
    assert (facts.remote_url, bool(facts.warnings)) == (written, written is None)


def test_a_branch_that_names_an_alias_is_written_as_git_reads_it(feedstock, git):
    git(feedstock, "config", "branch.main.remote", "kde:frameworks/x")
    git(feedstock, "config", "url.https://invent.kde.org/.insteadOf", "kde:")
    assert read_git(recipe_of(feedstock)).remote_url == "https://invent.kde.org/frameworks/x"


def test_a_section_in_capitals(feedstock):
    config = feedstock / ".git" / "config"
    config.write_text(config.read_text().replace('[remote "origin"]', '[Remote "origin"]'))
    assert read_git(recipe_of(feedstock)).remote_url == ORIGIN


def test_insteadof_of_the_user_does_not_rewrite(feedstock, git):
    git(
        feedstock,
        "config",
        "--global",
        "url.https://mirror.corp.example/.insteadOf",
        "https://user:s3cr3t@github.com/",
    )
    assert git(feedstock, "remote", "get-url", "origin").startswith("https://mirror.corp.example/")
    assert read_git(recipe_of(feedstock)).remote_url == ORIGIN


def make_channel(folder: Path) -> None:
    (folder / "noarch").mkdir(parents=True)
    (folder / "noarch" / "repodata.json").write_text("{}")


@pytest.mark.parametrize(
    ("change", "dirty"),
    [
        (lambda root: (root / "recipe" / "recipe.yaml").write_text("changed"), True),
        (lambda root: (root / "recipe" / "build.sh").write_text("untracked"), True),
        (lambda root: (root / "recipe" / "recipe.yaml").unlink(), True),
        (lambda root: (root / "elsewhere.txt").write_text("outside the recipe's folder"), False),
        (lambda root: os.utime(root / "recipe" / "recipe.yaml", (1, 1)), False),
        (lambda root: make_channel(root / "recipe" / "output"), False),
    ],
)  # fmt: skip
def test_a_dirty_recipe_folder_is_noticed_and_only_that(feedstock, change, dirty):
    change(feedstock)
    assert read_git(recipe_of(feedstock)).dirty is dirty


def test_a_commit_that_this_clone_replaces_is_read_as_it_is(feedstock, git):
    """Others who look the commit up do not have the replacement."""
    sha = git(feedstock, "rev-parse", "HEAD")
    recipe_of(feedstock).write_text("other")
    git(feedstock, "commit", "-q", "-a", "-m", "other")
    other = git(feedstock, "rev-parse", "HEAD")
    git(feedstock, "reset", "-q", "--soft", sha)
    git(feedstock, "replace", sha, other)
    facts = read_git(recipe_of(feedstock))
    assert (facts.sha, facts.dirty, facts.parents()) == (sha, True, ())


def test_parents_are_those_of_the_commit_that_was_read(feedstock, git):
    first = git(feedstock, "rev-parse", "HEAD")
    git(feedstock, "commit", "-q", "--allow-empty", "-m", "second")
    facts = read_git(recipe_of(feedstock))
    git(feedstock, "commit", "-q", "--allow-empty", "-m", "third")
    assert facts.parents() == (first,)
    assert read_git(feedstock.parent).parents() == ()


def test_staged_changes_are_dirty(feedstock, git):
    (feedstock / "recipe" / "patch").write_text("x")
    git(feedstock, "add", ".")
    assert read_git(recipe_of(feedstock)).dirty is True


def test_the_index_is_not_written(feedstock):
    index = feedstock / ".git" / "index"
    os.utime(recipe_of(feedstock), (1, 1))  # would be refreshed
    before = index.read_bytes()
    read_git(recipe_of(feedstock))
    assert index.read_bytes() == before


def test_within_a_git_hook_the_recipes_own_repository_counts(feedstock, git, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    sha = git(feedstock, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    facts = read_git(recipe_of(feedstock))
    assert (facts.sha, facts.remote_url, facts.dirty) == (sha, ORIGIN, False)


@pytest.mark.parametrize("head", ["", "garbage", "ref: refs/heads/\n", "0" * 10])
def test_a_damaged_repository_is_no_error(feedstock, head):
    (feedstock / ".git" / "HEAD").write_text(head)
    facts = read_git(recipe_of(feedstock))
    assert not facts.sha
    assert all("\n" not in warning for warning in facts.warnings)


def test_a_damaged_index_is_no_error(feedstock):
    (feedstock / ".git" / "index").write_bytes(b"DIRC\0\0\0\x09garbage")
    facts = read_git(recipe_of(feedstock))
    assert facts.sha is None
    assert facts.unreadable
    assert "cannot be read" in facts.warnings[0]


as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="giving files to another user needs root",
)


def give_away(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)


@as_root
def test_a_repository_of_another_user_as_in_a_container(feedstock, git, version):
    sha = git(feedstock, "rev-parse", "HEAD")
    give_away(feedstock)
    refused = subprocess.run(
        ["git", "status"], cwd=feedstock, capture_output=True, text=True, check=False
    )
    if version >= (2, 30, 3):
        assert "dubious ownership" in refused.stderr, "git reads it: the test shows nothing"
    facts = read_git(recipe_of(feedstock))
    assert (facts.sha, facts.remote_url, facts.dirty) == (sha, ORIGIN, False)


@as_root
def test_a_required_filter_of_another_users_repository_hides_nothing(feedstock, git):
    git(feedstock, "config", "filter.lfs.required", "true")
    git(feedstock, "config", "filter.lfs.process", "no-such-program")
    (feedstock / "recipe" / ".gitattributes").write_text("* filter=lfs\n")
    (feedstock / ".git" / "info").mkdir(exist_ok=True)
    git(feedstock, "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false", "add", ".")
    git(
        feedstock,
        "-c",
        "filter.lfs.process=",
        "-c",
        "filter.lfs.required=false",
        "commit",
        "-q",
        "-m",
        "attributes",
    )
    give_away(feedstock)
    os.utime(recipe_of(feedstock), (1, 1))
    facts = read_git(recipe_of(feedstock))
    assert (facts.sha, facts.dirty, facts.warnings) == (git_head(feedstock), False, ())


def git_head(root: Path) -> str:
    return (root / ".git" / "refs" / "heads" / "main").read_text().strip()


@as_root
@pytest.mark.parametrize(
    "key", ["filter.evil.clean", "filter.evil.process", "core.fsmonitor", "diff.external"]
)
def test_nothing_that_another_users_repository_names_is_run(feedstock, git, tmp_path, key):
    (feedstock / "recipe" / ".gitattributes").write_text("* filter=evil\n")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "attributes")
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/executed\ncat\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXOTH | stat.S_IXGRP)
    git(feedstock, "config", key, str(program))
    give_away(feedstock)
    os.utime(recipe_of(feedstock), (1, 1))  # git must look into the file, through its filter
    assert read_git(recipe_of(feedstock)).sha
    assert not (tmp_path / "executed").exists()


def read_without_program(recipe: Path, empty: Path) -> str:
    code = (
        "from pathlib import Path; from conda_provenance.git import read_git; "
        f"print(read_git(Path({str(recipe)!r})))"
    )
    environment = {"PATH": str(empty), "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("index_version", ["2", "4"])
@pytest.mark.parametrize("packed", [False, True])
def test_without_a_git_program(feedstock, git, tmp_path, index_version, packed):
    git(feedstock, "update-index", "--index-version", index_version)
    if packed:
        git(feedstock, "pack-refs", "--all")
    printed = read_without_program(recipe_of(feedstock), tmp_path)
    if index_version == "4":
        assert "no git program" in printed
        assert "sha=None" in printed
    else:
        assert f"sha='{git(feedstock, 'rev-parse', 'HEAD')}'" in printed
        assert f"remote_url='{ORIGIN}', dirty=None" in printed
        assert "It is not known whether" in printed


def test_without_a_git_program_an_untracked_recipe_is_still_told(feedstock, tmp_path):
    (feedstock / "new").mkdir()
    (feedstock / "new" / "recipe.yaml").write_text("")
    assert "sha=''" in read_without_program(feedstock / "new" / "recipe.yaml", tmp_path)
