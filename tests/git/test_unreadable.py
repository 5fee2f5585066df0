"""A ``.git`` that leads nowhere, and work trees of other systems: unknown is not none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conda_provenance import systems
from conda_provenance.collector import collect
from conda_provenance.git import read_git
from conda_provenance.settings import Settings


def make_submodule(feedstock: Path, git) -> Path:
    outer = feedstock.parent / "outer"
    outer.mkdir()
    git(outer, "init", "-q", "-b", "main")
    git(outer, "submodule", "--quiet", "add", str(feedstock), "sub")
    git(outer, "commit", "-q", "-m", "outer")
    return outer


def recipe_of(root: Path) -> Path:
    return root / "recipe" / "recipe.yaml"


def without_superproject(feedstock, git):
    outer = make_submodule(feedstock, git)
    shutil.rmtree(outer / ".git")
    return outer / "sub"


def worktree_without_repository(feedstock, git):
    tree = feedstock.parent / "tree"
    git(feedstock, "worktree", "add", "-q", "-b", "other", str(tree))
    shutil.rmtree(feedstock / ".git")
    return tree


def worktree_that_was_pruned(feedstock, git):
    tree = worktree_without_repository(feedstock, git)
    (feedstock / ".git").mkdir()
    return tree


def empty_folder(feedstock, git):
    shutil.rmtree(feedstock / ".git")
    (feedstock / ".git").mkdir()
    return feedstock


def empty_file(feedstock, git):
    shutil.rmtree(feedstock / ".git")
    (feedstock / ".git").write_text("")
    return feedstock


def other_text(feedstock, git):
    shutil.rmtree(feedstock / ".git")
    (feedstock / ".git").write_text("version https://git-lfs.github.com/spec/v1\n")
    return feedstock


def dangling_link(feedstock, git):
    shutil.rmtree(feedstock / ".git")
    (feedstock / ".git").symlink_to("nowhere")
    return feedstock


def without_head(feedstock, git):
    (feedstock / ".git" / "HEAD").unlink()
    return feedstock


def without_objects(feedstock, git):
    shutil.rmtree(feedstock / ".git" / "objects")
    return feedstock


def pipe(feedstock, git):
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no named pipes here")
    shutil.rmtree(feedstock / ".git")
    os.mkfifo(feedstock / ".git")
    return feedstock


def bare(feedstock, git):
    git(feedstock, "config", "core.bare", "true")
    return feedstock


def work_tree_elsewhere(feedstock, git):
    (feedstock.parent / "elsewhere").mkdir()
    git(feedstock, "config", "core.worktree", str(feedstock.parent / "elsewhere"))
    return feedstock


def unknown_extension(feedstock, git):
    git(feedstock, "config", "core.repositoryformatversion", "1")
    git(feedstock, "config", "extensions.ofTomorrow", "true")
    return feedstock


CASES = {
    without_superproject: "the git directory that .git names is not there",
    worktree_without_repository: "the git directory that .git names is not there",
    worktree_that_was_pruned: "the git directory that .git names is not there",
    empty_folder: "the git directory is empty",
    empty_file: "the .git file names no git directory",
    other_text: "the .git file names no git directory",
    dangling_link: ".git is a link that leads nowhere",
    without_head: "the git directory holds no HEAD",
    without_objects: "",
    pipe: ".git is neither a file nor a folder",
    bare: "core.bare is true",
    work_tree_elsewhere: "core.worktree names another folder",
    unknown_extension: "",
}


@pytest.mark.parametrize("spoil", CASES, ids=lambda spoil: spoil.__name__)
def test_a_git_entry_that_leads_nowhere_is_named(feedstock, git, spoil):
    root = spoil(feedstock, git)
    facts = read_git(recipe_of(root), time_limit=5)
    assert (facts.sha, facts.remote_url, facts.dirty) == (None, None, None)
    assert facts.unreadable == str(root)
    (warning,) = facts.warnings
    assert warning.startswith(f"The recipe's git repository at {root} cannot be read: ")
    assert CASES[spoil] in warning


@pytest.mark.parametrize("spoil", CASES, ids=lambda spoil: spoil.__name__)
def test_an_outer_repository_does_not_stand_in(feedstock, git, spoil):
    """Its commit is another project's, and so is the CI's."""
    root = spoil(feedstock, git)
    outer = feedstock.parent
    git(outer, "init", "-q", "-b", "main")
    git(outer, "commit", "-q", "--allow-empty", "-m", "outer")
    git(outer, "remote", "add", "origin", "https://h/outer/r")
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_RUN_ID": "77",
        "GITHUB_REPOSITORY": "outer/r",
        "GITHUB_SERVER_URL": "https://h",
        "GITHUB_WORKSPACE": str(outer),
        "GITHUB_SHA": git(outer, "rev-parse", "HEAD"),
    }
    origin = collect(
        recipe_of(root), environ=environ, settings=Settings(), adapters=systems.adapters()
    )
    assert (origin.provenance.sha, origin.provenance.remote_url) == (None, None)
    assert "cannot be read" in origin.warnings[0]


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becomes another user, as root can"
)
@pytest.mark.parametrize(
    "place", [".git", ".git/HEAD", ".git/config", ".git/index", ".git/objects", ".git/refs"]
)
def test_what_may_not_be_read_is_named(feedstock, git, place):
    (feedstock / place).chmod(0)
    assert_is_named(feedstock)


as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="becomes another user, as root can"
)


@as_root
@pytest.mark.parametrize(
    "place", [".git", ".git/modules", ".git/modules/sub", ".git/modules/sub/HEAD"]
)
def test_a_submodule_whose_superproject_may_not_be_read_is_named(feedstock, git, place):
    outer = make_submodule(feedstock, git)
    (outer / place).chmod(0)
    assert_is_named(outer / "sub")


@as_root
@pytest.mark.parametrize("kind", ["file", "worktree"])
def test_a_git_file_that_may_not_be_read_is_named(feedstock, git, kind):
    if kind == "file":
        (feedstock / ".git").rename(feedstock.parent / "git-dir")
        (feedstock / ".git").write_text(f"gitdir: {feedstock.parent / 'git-dir'}")
        (feedstock / ".git").chmod(0)
        assert_is_named(feedstock)
    else:
        tree = feedstock.parent / "tree"
        git(feedstock, "worktree", "add", "-q", "-b", "other", str(tree))
        (feedstock / ".git").chmod(0)
        assert_is_named(tree)


def assert_is_named(root: Path) -> None:
    """Read the repository as another user, who may not read all of it."""
    for folder in (root, *root.parents):
        if folder.stat().st_mode & 0o005 != 0o005:
            if folder.owner() != "root" or folder == Path("/"):
                pytest.skip("others may not come here")
            folder.chmod(0o755)
    code = f"""
import os
from pathlib import Path
from conda_provenance.git import read_git, worktree, repository
import conda_provenance.git.markers, selectors, signal, resource
os.setgid(12345); os.setuid(12345)
print(read_git(Path({str(recipe_of(root))!r})))
"""
    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert "sha=None" in printed
    assert f"unreadable='{root}'" in printed
    assert "cannot be read" in printed


def test_a_worktree_of_a_bare_repository_is_read(feedstock, git, tmp_path):
    git(feedstock, "worktree", "add", "-q", "-b", "other", str(tmp_path / "tree"))
    git(feedstock, "config", "core.bare", "true")
    assert read_git(recipe_of(tmp_path / "tree")).sha


def test_a_work_tree_that_is_configured_to_be_where_it_is(feedstock, git):
    """As that of every submodule."""
    git(feedstock, "config", "core.worktree", "..")
    assert read_git(recipe_of(feedstock)).sha


OTHERS = {
    ".hg": "Mercurial",
    ".jj": "Jujutsu",
    ".sl": "Sapling",
    ".svn": "Subversion",
    ".bzr": "Bazaar",
    ".bk": "BitKeeper",
    ".osc": "Open Build Service",
    ".pijul": "Pijul",
    "_darcs": "Darcs",
    ".fslckout": "Fossil",
    "_FOSSIL_": "Fossil",
    "CVS": "CVS",
    ".got": "Game of Trees",
    ".p4config": "Perforce",
    ".plastic": "Plastic SCM",
    "$tf": "Team Foundation",
    "_MTN": "Monotone",
    "{arch}": "GNU Arch",
}


@pytest.mark.parametrize("marker", OTHERS)
def test_another_system_is_not_none(tmp_path, marker):
    folder = tmp_path / "work" / "recipe"
    folder.mkdir(parents=True)
    (folder / "recipe.yaml").write_text("")
    (tmp_path / "work" / marker).mkdir()
    (tmp_path / "work" / marker / "Root").write_text("")
    facts = read_git(folder / "recipe.yaml")
    assert (facts.sha, facts.remote_url, facts.dirty) == (None, None, None)
    assert facts.unreadable == str(tmp_path / "work")
    (warning,) = facts.warnings
    assert OTHERS[marker] in warning


def test_within_a_repository_another_system_is_nearer(feedstock):
    (feedstock / "recipe" / ".hg").mkdir()
    assert read_git(recipe_of(feedstock)).sha is None


def test_beside_git_another_system_does_not_count(feedstock, git):
    """As where Jujutsu works on a repository of git."""
    (feedstock / ".jj").mkdir()
    (feedstock.parent / ".svn").mkdir()
    assert read_git(recipe_of(feedstock)).sha == git(feedstock, "rev-parse", "HEAD")


def without_git_of_its_own(feedstock, git):
    """Only the superproject has its ``.git``."""
    outer = make_submodule(feedstock, git)
    (outer / "sub" / ".git").unlink()
    return outer / "sub"


def without_any_git(feedstock, git):
    """As in an image that is made with ``**/.git`` in its ``.dockerignore``."""
    root = without_git_of_its_own(feedstock, git)
    shutil.rmtree(root.parent / ".git")
    return root


SUBMODULES = [without_superproject, without_git_of_its_own, without_any_git]


@pytest.mark.parametrize("program_is_there", [True, False])
@pytest.mark.parametrize("spoil", SUBMODULES, ids=lambda spoil: spoil.__name__)
def test_the_superprojects_commit_is_not_the_submodules(
    feedstock, git, monkeypatch, spoil, program_is_there
):
    root = spoil(feedstock, git)
    if not program_is_there:
        for module in ("worktree", "submodules"):
            monkeypatch.setattr(f"conda_provenance.git.{module}.find_program", lambda: None)
    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_RUN_ID": "77",
        "GITHUB_REPOSITORY": "outer/r",
        "GITHUB_SERVER_URL": "https://h",
        "GITHUB_WORKSPACE": str(root.parent),
        "GITHUB_SHA": "b" * 40,
    }
    for variables in (environ, {}):
        origin = collect(
            recipe_of(root), environ=variables, settings=Settings(), adapters=systems.adapters()
        )
        assert (origin.provenance.sha, origin.provenance.remote_url) == (None, None)
        (warning,) = origin.warnings
        assert f"repository at {root} cannot be read: " in warning


@pytest.mark.parametrize("program_is_there", [True, False])
def test_beside_a_submodule_the_superproject_counts(feedstock, git, monkeypatch, program_is_there):
    root = without_git_of_its_own(feedstock, git).parent
    (root / "own").mkdir()
    (root / "own" / "recipe.yaml").write_text("")
    if not program_is_there:
        monkeypatch.setattr("conda_provenance.git.worktree.find_program", lambda: None)
    assert read_git(root / "own").sha == ""
    git(root, "add", "own")
    git(root, "commit", "-q", "-m", "own")
    assert read_git(root / "own").sha == git(root, "rev-parse", "HEAD")


def test_a_file_that_a_submodule_does_not_track_is_under_no_version_control(feedstock, git):
    root = make_submodule(feedstock, git) / "sub"
    (root / "new.yaml").write_text("")
    assert read_git(root / "new.yaml").sha == ""


@pytest.mark.parametrize("program_is_there", [True, False])
@pytest.mark.parametrize(
    "content",
    [b"", b"\xff[", b"[submodule]\npath\n", b"[include]\npath = /dev/zero\n", b"\0" * 9_000_000],
    ids=["empty", "no text", "no path", "endless include", "large"],
)
def test_declarations_that_say_nothing(feedstock, monkeypatch, content, program_is_there):
    if not program_is_there:
        monkeypatch.setattr("conda_provenance.git.submodules.find_program", lambda: None)
    shutil.rmtree(feedstock / ".git")
    (feedstock / ".gitmodules").write_bytes(content)
    assert read_git(recipe_of(feedstock)).sha is None
    assert read_git(recipe_of(feedstock)).unreadable is None


@pytest.mark.parametrize("tracked", [True, False])
def test_an_empty_git_folder_is_passed_by_only_for_a_repository_that_tracks_the_recipe(
    feedstock, git, tracked
):
    """As git does. Without such a repository, the folder may be what a container shows of one."""
    if not tracked:
        git(feedstock, "rm", "-q", "-r", "--cached", "recipe")
        git(feedstock, "commit", "-q", "-m", "gone")
    (feedstock / "recipe" / ".git").mkdir()
    facts = read_git(recipe_of(feedstock))
    if tracked:
        assert (facts.sha, facts.warnings) == (git(feedstock, "rev-parse", "HEAD"), ())
    else:
        assert (facts.sha, facts.unreadable) == (None, str(feedstock / "recipe"))
        assert "is empty" in facts.warnings[0]


def test_without_an_index_the_commit_says_what_is_tracked(feedstock, git, tmp_path):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", "--no-checkout", str(feedstock), str(clone))
    shutil.copytree(feedstock / "recipe", clone / "recipe")
    shutil.copytree(feedstock / "recipe", clone / "new")
    facts = read_git(recipe_of(clone))
    assert (facts.sha, facts.dirty) == (git(feedstock, "rev-parse", "HEAD"), None)
    assert any("not known whether" in warning for warning in facts.warnings)
    assert read_git(clone / "new" / "recipe.yaml").sha == ""


def test_a_repository_without_index_and_commit_tracks_nothing(tmp_path, git):
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "recipe.yaml").write_text("package: {name: x}\n")
    facts = read_git(tmp_path / "recipe.yaml")
    assert (facts.sha, facts.warnings) == ("", ())


def test_without_an_index_the_commit_says_that_a_submodule_has_lost_its_git(feedstock, git):
    outer = make_submodule(feedstock, git)
    (outer / "sub" / ".git").unlink()
    (outer / ".git" / "index").unlink()
    (outer / ".gitmodules").unlink()
    assert_submodule_is_named(outer)


def test_without_an_index_and_a_program_too(feedstock, git, monkeypatch):
    monkeypatch.setattr("conda_provenance.git.worktree.find_program", lambda: None)
    test_without_an_index_the_commit_says_that_a_submodule_has_lost_its_git(feedstock, git)


@pytest.mark.parametrize("program_is_there", [True, False])
def test_a_submodules_folder_without_its_git_is_named(
    feedstock, git, monkeypatch, program_is_there
):
    """Also where the folder itself is asked about, which the superproject lists."""
    outer = make_submodule(feedstock, git)
    (outer / "sub" / ".git").unlink()
    if not program_is_there:
        monkeypatch.setattr("conda_provenance.git.worktree.find_program", lambda: None)
    assert read_git(outer / "sub").unreadable == str(outer / "sub")
    assert read_git(outer).sha


def assert_submodule_is_named(outer: Path) -> None:
    facts = read_git(recipe_of(outer / "sub"))
    assert facts.sha is None
    assert facts.unreadable == str(outer / "sub")
    assert "it is a submodule, and its .git is missing" in facts.warnings[0]
