"""A configuration of the user or the machine that git cannot use, and a git that cannot be run."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from conda_provenance.git import read_git

ORIGIN = "https://github.com/example/hello-feedstock"
BROKEN = [
    "[core",
    "!garbage",
    "[core]\n\tbare = maybe\n",
    "[core]\n\tautocrlf = nonsense\n",
    "[user]\n\tname\n[core]\n\tworktree\n",
    "[include]\n\tpath = ~/.gitconfig\n",
    "[include]\n\tpath = ~/broken\n",
    "\0",
]


def recipe_of(root: Path) -> Path:
    return root / "recipe" / "recipe.yaml"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's home folder, in which git looks for their configuration."""
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "broken").write_text("[")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    return folder


@pytest.mark.parametrize("content", BROKEN)
@pytest.mark.parametrize("name", [".gitconfig", ".config/git/config"])
def test_a_broken_configuration_of_the_user_is_named_and_costs_nothing_else(
    feedstock, git, home, name, content, program
):
    sha = git(feedstock, "rev-parse", "HEAD")
    file = home / name
    file.parent.mkdir(exist_ok=True, parents=True)
    file.write_text(content.replace("~/.gitconfig", str(file)))
    refused = subprocess.run(
        [program, "status"], cwd=feedstock, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 128, "git can use it: the test shows nothing"

    facts = read_git(recipe_of(feedstock))
    assert (facts.sha, facts.remote_url, facts.dirty) == (sha, ORIGIN, False)
    (warning,) = facts.warnings
    assert "the user's configuration" in warning
    assert str(file) in warning


def test_the_file_that_a_variable_names_is_named(feedstock, git, home, version, monkeypatch):
    if version < (2, 32):
        pytest.skip("git of this age does not know the variable")
    file = home / "mine"
    file.write_text("[")
    sha = git(feedstock, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))
    facts = read_git(recipe_of(feedstock))
    assert (facts.sha, facts.dirty) == (sha, False)
    assert str(file) in facts.warnings[0]


@pytest.mark.parametrize("users_too", [False, True])
def test_a_broken_configuration_of_the_machine(
    feedstock, git, home, version, monkeypatch, users_too
):
    if version < (2, 32):
        pytest.skip("git of this age cannot be told where the machine's configuration is")
    sha = git(feedstock, "rev-parse", "HEAD")
    monkeypatch.delenv("GIT_CONFIG_NOSYSTEM")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(home / "broken"))
    if users_too:
        (home / ".gitconfig").write_text("[")
    facts = read_git(recipe_of(feedstock))
    assert (facts.sha, facts.remote_url, facts.dirty) == (sha, ORIGIN, False)
    (warning,) = facts.warnings
    assert "the machine's" in warning
    assert ("the user's" in warning) is users_too


def test_what_may_be_a_change_is_not_called_one(feedstock, git, home):
    """Without the user's configuration, git may compare files in another way."""
    recipe_of(feedstock).write_text("changed")
    (home / ".gitconfig").write_text("[")
    facts = read_git(recipe_of(feedstock))
    assert facts.sha
    assert facts.dirty is None
    assert "is not known whether" in facts.warnings[-1]


def test_where_the_repositorys_own_configuration_is_broken_nobody_else_is_blamed(feedstock, home):
    (home / ".gitconfig").write_text("[user]\n\tname = A\n")
    (feedstock / ".git" / "config").write_text("[")
    facts = read_git(recipe_of(feedstock))
    assert facts.unreadable
    (warning,) = facts.warnings
    assert "the user's" not in warning


def test_outside_a_repository_nothing_is_said(tmp_path, home):
    (home / ".gitconfig").write_text("[")
    (tmp_path / "recipe.yaml").write_text("")
    facts = read_git(tmp_path / "recipe.yaml")
    assert (facts.sha, facts.warnings) == (None, ())


@pytest.mark.skipif(os.name == "nt", reason="uses programs of POSIX")
@pytest.mark.parametrize(
    "content",
    ["#!/bin/sh\necho 'xcrun: error: invalid active developer path' >&2\nexit 1\n",
     "#!/bin/sh\nexit 127\n", "#!/bin/sh\nkill -9 $$\n", "#!/no/such/interpreter\n", "\x7fELF", ""],
)  # fmt: skip
def test_a_git_that_cannot_be_run_counts_as_none(feedstock, git, tmp_path, monkeypatch, content):
    """As on a Mac, where a stand-in asks to install git."""
    sha = git(feedstock, "rev-parse", "HEAD")
    folder = tmp_path / "stand-in"
    folder.mkdir()
    (folder / "git").write_text(content)
    (folder / "git").chmod((folder / "git").stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    facts = read_git(recipe_of(feedstock))
    assert (facts.sha, facts.remote_url, facts.dirty) == (sha, ORIGIN, None)
    assert "git" in facts.warnings[0]
    assert "install" in facts.warnings[0]
