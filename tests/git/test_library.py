"""Reading without a git program: only small, real files of the repository itself."""

from __future__ import annotations

import os
import shutil

import pytest

from conda_provenance.git import command, library, read_git

ORIGIN = "https://github.com/example/hello-feedstock"


@pytest.fixture(autouse=True)
def no_git(git, monkeypatch):
    """Of git's programs none is found; the fixture ``git`` knows where the installed one is."""
    monkeypatch.setattr("conda_provenance.git.worktree.find_program", lambda: None)

    def refuse(*arguments, **named):
        raise AssertionError("a process is started")

    monkeypatch.setattr(command, "Question", refuse)


@pytest.fixture
def recipe(feedstock):
    return feedstock / "recipe" / "recipe.yaml"


def test_commit_and_remote(feedstock, git, recipe, monkeypatch):
    sha = git(feedstock, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", "/nowhere")
    monkeypatch.setenv("GIT_COMMON_DIR", "/nowhere")
    facts = read_git(recipe)
    assert (facts.sha, facts.remote_url, facts.dirty) == (sha, ORIGIN, None)
    assert facts.warnings == (
        "It is not known whether the recipe's folder has uncommitted changes.",
    )
    assert facts.parents() == ()
    assert os.environ["GIT_DIR"] == "/nowhere"


@pytest.mark.parametrize("detached", [True, False])
def test_a_packed_repository_and_its_worktree(feedstock, git, tmp_path, detached):
    git(feedstock, "gc", "-q")
    git(
        feedstock, "worktree", "add", "-q", *(["--detach"] if detached else []), str(tmp_path / "w")
    )
    facts = read_git(tmp_path / "w" / "recipe" / "recipe.yaml")
    assert (facts.sha, facts.remote_url) == (git(feedstock, "rev-parse", "HEAD"), ORIGIN)


def test_only_added_or_of_no_commit(feedstock, git, recipe, tmp_path):
    new = feedstock / "new.yaml"
    new.write_text("")
    assert read_git(new).sha == ""
    git(feedstock, "add", "new.yaml")
    facts = read_git(new)
    assert (facts.sha, facts.dirty) == ("", True)
    git(feedstock, "checkout", "-q", "--orphan", "empty")
    facts = read_git(recipe)
    assert (facts.sha, facts.dirty) == ("", True)


@pytest.mark.parametrize("value", ["garbage", "ref: refs/heads/main", ""])
def test_a_branch_that_is_no_commit(feedstock, recipe, value):
    (feedstock / ".git" / "refs" / "heads" / "main").write_text(value)
    facts = read_git(recipe)
    assert facts.sha is None
    assert facts.unreadable


def test_includes_are_not_followed(feedstock, git, recipe):
    git(feedstock, "config", "include.path", "more")
    (feedstock / ".git" / "more").write_text('[branch "main"]\n\tremote = https://h/wrong/r\n')
    assert read_git(recipe).remote_url == ORIGIN
    git(feedstock, "config", "include.path", "/dev/zero")
    assert read_git(recipe).remote_url == ORIGIN


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("[remote.origin]\n\turl = https://h/o/r\n", "https://h/o/r"),
        ('[Remote "origin"]\n\turl = https://h/o/r\n', "https://h/o/r"),
        ('[branch "main"]\n\tremote = up\n[remote "up"]\n\turl = https://h/o/r\n', "https://h/o/r"),
    ],
)
def test_forms_of_a_remote(feedstock, git, recipe, text, url):
    (feedstock / ".git" / "config").write_text(text)
    assert read_git(recipe).remote_url == url


@pytest.mark.parametrize("content", [b"[user]\n\tname = J\xfcrgen\n", b"[\n", b"x\n"])
def test_a_configuration_that_cannot_be_read_costs_the_remote_alone(
    feedstock, git, recipe, content
):
    sha = git(feedstock, "rev-parse", "HEAD")
    (feedstock / ".git" / "config").write_bytes(content)
    facts = read_git(recipe)
    assert (facts.sha, facts.remote_url) == (sha, None)
    assert any("configuration cannot be read" in warning for warning in facts.warnings)


def test_refs_of_a_newer_format_are_not_taken_for_none(feedstock, git, recipe):
    """What a repository looks like that ``git init --ref-format=reftable`` made."""
    (feedstock / ".git" / "reftable").mkdir()
    (feedstock / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n")
    shutil.rmtree(feedstock / ".git" / "refs" / "heads")
    (feedstock / ".git" / "refs" / "heads").write_text("this repository uses the reftable format")
    facts = read_git(recipe)
    assert (facts.sha, facts.unreadable) == (None, str(feedstock))
    assert "newer format" in facts.warnings[0]


@pytest.mark.parametrize("kind", ["split", "sparse"])
def test_an_index_that_is_not_whole_is_not_taken_for_one(feedstock, git, recipe, kind):
    sha = git(feedstock, "rev-parse", "HEAD")
    if kind == "split":
        git(feedstock, "update-index", "--split-index")
    else:
        git(feedstock, "sparse-checkout", "set", "--cone", "--sparse-index", "recipe")
    facts = read_git(recipe)
    assert facts.sha == sha or (facts.sha is None and facts.unreadable)


def test_core_bare(feedstock, git, recipe):
    git(feedstock, "config", "core.bare", "true")
    facts = read_git(recipe)
    assert facts.unreadable
    assert "core.bare" in facts.warnings[0]


@pytest.mark.parametrize("name", ["HEAD", "index", "config", "packed-refs", "refs/heads/main"])
@pytest.mark.parametrize("kind", ["pipe", "endless", "large"])
def test_a_file_that_is_none_or_too_large(feedstock, recipe, monkeypatch, name, kind):
    path = feedstock / ".git" / name
    path.unlink(missing_ok=True)
    if kind == "large":
        monkeypatch.setattr(library, "_MAX_TEXT", 1 << 16)
        monkeypatch.setattr(library, "_MAX_INDEX", 1 << 16)
        path.write_bytes(bytes((1 << 16) + 1))
    elif kind == "endless":
        path.symlink_to("/dev/zero")
    else:
        if not hasattr(os, "mkfifo"):
            pytest.skip("there are no named pipes here")
        os.mkfifo(path)
    facts = read_git(recipe)
    assert facts.unreadable
    assert path.name in facts.warnings[0]


def test_a_commit_that_unpacks_to_too_much(feedstock, git, recipe, monkeypatch):
    monkeypatch.setattr(library, "_MAX_OBJECT", 1 << 16)
    (feedstock / "message").write_text("m" * (1 << 17))
    git(feedstock, "commit", "-q", "--amend", "-F", "message")
    facts = read_git(recipe)
    assert facts.unreadable
    assert "an object of it is larger" in facts.warnings[0]
