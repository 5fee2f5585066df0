"""Repositories that attack whoever reads them. Each has a program that leaves a file if it runs."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from conda_provenance import systems
from conda_provenance.collector import collect
from conda_provenance.git import read_git
from conda_provenance.settings import Settings

as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="giving files to another user needs root",
)


@dataclass
class Trap:
    """A program that passes its input on, and leaves a file if it runs."""

    program: Path
    mark: Path

    def has_run(self) -> bool:
        was_run = self.mark.exists()
        self.mark.unlink(missing_ok=True)
        return was_run


@pytest.fixture
def trap(tmp_path) -> Trap:
    mark = tmp_path / "executed"
    program = tmp_path / "trap.sh"
    # Without an argument it is a filter; otherwise git would wait for an answer that makes sense.
    program.write_text(f'#!/bin/sh\ntouch {mark}\n[ "$#" = 0 ] && exec cat\nexit 1\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    return Trap(program, mark)


def give_away(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)


def touch(root: Path) -> Path:
    """Make git look into the recipe's file again, through its filter."""
    recipe = root / "recipe" / "recipe.yaml"
    os.utime(recipe, (1, 1))
    return recipe


def set_filter(root: Path, name: str, program: Path) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    with (root / ".git" / "config").open("ab") as config:
        config.write(f'\n[filter "{quoted}"]\n\tclean = {program}\n\trequired\n'.encode())
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "attributes").write_text(f"* filter={name}\n", encoding="utf-8")


ODD_NAMES = ["e", "E", "", "a.b", "a'b", "a\\b", 'a"b', "ü", "-x", "#", ".", "$(x)"]


@as_root
@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_filter_of_another_user_is_not_run(feedstock, git, trap, program, name):
    sha = git(feedstock, "rev-parse", "HEAD")
    set_filter(feedstock, name, trap.program)
    recipe = touch(feedstock)
    subprocess.run([program, "-C", feedstock, "status"], capture_output=True, check=True)
    assert trap.has_run(), "the filter is not in force: the test shows nothing"

    give_away(feedstock)
    touch(feedstock)
    facts = read_git(recipe)
    assert not trap.has_run()
    assert (facts.sha, facts.dirty, facts.warnings) == (sha, False, ())

    recipe.write_text("changed")
    assert read_git(recipe).dirty is True


@as_root
def test_where_a_filter_cannot_be_switched_off_git_is_not_asked_for_changes(feedstock, git, trap):
    sha = git(feedstock, "rev-parse", "HEAD")
    set_filter(feedstock, "a=b", trap.program)
    recipe = touch(feedstock)
    give_away(feedstock)
    facts = read_git(recipe)
    assert not trap.has_run()
    assert (facts.sha, facts.dirty) == (sha, None)
    assert any("is not known whether" in warning for warning in facts.warnings)


@as_root
def test_more_filters_than_a_command_line_holds(feedstock, git, trap):
    sha = git(feedstock, "rev-parse", "HEAD")
    set_filter(feedstock, "e", trap.program)
    with (feedstock / ".git" / "config").open("a") as config:
        config.writelines(f'[filter "{number:050}"]\nclean = x\n' for number in range(20_000))
    give_away(feedstock)
    facts = read_git(touch(feedstock))
    assert not trap.has_run()
    assert (facts.sha, facts.dirty) == (sha, None)


@as_root
@pytest.mark.parametrize("theirs", [".git", "git directory", "work tree"])
@pytest.mark.parametrize("link", ["file", "symbolic link"])
def test_ours_are_only_those_whose_three_parts_are_ours(feedstock, git, trap, theirs, link):
    if link == "symbolic link" and theirs != ".git":
        pytest.skip("the same as with a file")
    sha = git(feedstock, "rev-parse", "HEAD")
    set_filter(feedstock, "e", trap.program)
    own = feedstock.parent / "own"
    (feedstock / ".git").rename(own)
    entry = feedstock / ".git"
    if link == "file":
        entry.write_text(f"gitdir: {own}\n")
    else:
        entry.symlink_to(own)
    recipe = touch(feedstock)
    assert read_git(recipe).sha == sha
    assert trap.has_run(), "the filter is not in force: the test shows nothing"

    place = {".git": entry, "git directory": own, "work tree": feedstock}[theirs]
    os.chown(place, 12345, 12345, follow_symlinks=False)
    touch(feedstock)
    assert read_git(recipe).sha == sha
    assert not trap.has_run()


@as_root
@pytest.mark.parametrize("included", [True, False])
def test_a_filter_of_an_included_file_is_not_run_either(feedstock, git, trap, included):
    set_filter(feedstock, "e", trap.program)
    if included:
        config = feedstock / ".git" / "config"
        text = config.read_text()
        start = text.index("[filter")
        (feedstock / ".git" / "more").write_text(text[start:])
        condition = '[includeIf "onbranch:ma**"]\n\tpath = more\n'
        config.write_text(text[:start] + condition)
    recipe = touch(feedstock)
    assert read_git(recipe).sha
    assert trap.has_run(), "the filter is not in force: the test shows nothing"
    give_away(feedstock)
    touch(feedstock)
    assert read_git(recipe).sha
    assert not trap.has_run()


@pytest.mark.parametrize("name", ["true", "false", "trap.sh"])
def test_no_program_watches_the_files(feedstock, git, trap, program, name, monkeypatch):
    """Before git 2.36 core.fsmonitor is the name of a program, and "false" is one."""
    folder = trap.program.parent
    for alias in ("true", "false"):
        shutil.copy(trap.program, folder / alias)
    folders = [os.path.dirname(program), str(folder), "/bin", "/usr/bin"]
    monkeypatch.setenv("PATH", os.pathsep.join(folders))
    git(feedstock, "config", "core.fsmonitor", name)
    assert read_git(touch(feedstock)).dirty is False
    assert not trap.has_run()


@pytest.mark.parametrize("configured", [False, True])
def test_no_hook_is_run(feedstock, git, trap, configured):
    if configured:
        git(feedstock, "config", "hook.x.command", str(trap.program))
        git(feedstock, "config", "hook.x.event", "post-index-change")
    else:
        (feedstock / ".git" / "hooks").mkdir(exist_ok=True)
        shutil.copy(trap.program, feedstock / ".git" / "hooks" / "post-index-change")
    assert read_git(touch(feedstock)).dirty is False
    assert not trap.has_run()


PROGRAMS = [
    "core.fsmonitor",
    "core.editor",
    "core.pager",
    "core.askPass",
    "core.sshCommand",
    "core.gitProxy",
    "core.alternateRefsCommand",
    "core.hooksPath",
    "diff.external",
    "diff.e.command",
    "diff.e.textconv",
    "merge.e.driver",
    "filter.e.clean",
    "filter.e.smudge",
    "filter.e.process",
    "gpg.program",
    "gpg.ssh.program",
    "gpg.ssh.defaultKeyCommand",
    "credential.helper",
    "credential.https://h.helper",
    "pager.status",
    "pager.config",
    "pager.ls-files",
    "pager.cat-file",
    "sequence.editor",
    "interactive.diffFilter",
    "uploadpack.packObjectsHook",
    "remote.origin.uploadpack",
    "remote.origin.receivepack",
    "remote.origin.vcs",
    "remote.origin.proxy",
    "trailer.x.cmd",
    "trailer.x.command",
    "hook.x.command",
    "trace2.eventTarget",
    "trace2.normalTarget",
    "fetch.bundleURI",
    "imap.tunnel",
    "web.browser",
    "alias.status",
    "alias.config",
    "alias.ls-files",
    "alias.rev-parse",
    "alias.cat-file",
    "alias.ls-tree",
    "alias.remote-",
]
"""Keys whose values git may run, or a file that it reads or writes."""

SWITCHES = {
    "filter.e.required": "true",
    "hook.x.event": "post-index-change",
    "submodule.recurse": "true",
    "status.submoduleSummary": "true",
    "diff.submodule": "log",
    "log.showSignature": "true",
    "core.fsmonitorHookVersion": "1",
    "core.untrackedCache": "true",
    "core.splitIndex": "true",
    "feature.manyFiles": "true",
    "gc.auto": "1",
    "help.autocorrect": "1",
}


@as_root
@pytest.mark.parametrize("where", ["configuration", "included", "worktree", "submodule"])
def test_of_another_users_repository_no_program_at_all_is_run(feedstock, git, trap, where):
    other = feedstock.parent / "other"
    shutil.copytree(feedstock, other)
    git(feedstock, "submodule", "--quiet", "add", str(other), "recipe/sub")
    (feedstock / "recipe" / ".gitattributes").write_text("* filter=e diff=e merge=e\n")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "all")
    sha = git(feedstock, "rev-parse", "HEAD")

    git_dir = feedstock / ".git"
    if where == "included":
        git(feedstock, "config", "includeIf.onbranch:main.path", "more")
    elif where == "worktree":
        git(feedstock, "config", "extensions.worktreeConfig", "true")
    file = {
        "configuration": git_dir / "config",
        "included": git_dir / "more",
        "worktree": git_dir / "config.worktree",
        "submodule": git_dir / "modules" / "recipe" / "sub" / "config",
    }[where]
    for key in PROGRAMS:
        value = f"!{trap.program}" if key.startswith("alias.") else str(trap.program)
        git(feedstock, "config", "--file", str(file), key, value)
    for key, value in SWITCHES.items():
        git(feedstock, "config", "--file", str(file), key, value)
    (git_dir / "hooks").mkdir(exist_ok=True)
    for hook in ("post-index-change", "reference-transaction", "fsmonitor-watchman"):
        shutil.copy(trap.program, git_dir / "hooks" / hook)

    recipe = touch(feedstock)
    inner = feedstock / "recipe" / "sub" / "recipe" / "recipe.yaml"
    inner.write_text("changed")
    give_away(feedstock)
    facts = read_git(recipe)
    assert (facts.sha, facts.parents()) == (sha, (git_parent(feedstock, sha),))
    assert read_git(inner).sha
    assert not trap.has_run()


def git_parent(root: Path, sha: str) -> str:
    command = ["git", "--git-dir", str(root / ".git"), "rev-parse", f"{sha}^"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


ALIASES = ("remote-", "remote-none", "remote-x", "remote-a")

PROMISORS = {
    "ssh": {"remote.origin.url": "git@host.invalid:o/r", "core.sshCommand": "{trap}"},
    "git, by a proxy": {"remote.origin.url": "git://host.invalid/o/r", "core.gitProxy": "{trap}"},
    "ext": {"remote.origin.url": "ext::{trap}", "protocol.ext.allow": "always"},
    "a file": {"remote.origin.url": "file:///", "remote.origin.uploadpack": "{trap}"},
    "a folder": {"remote.origin.url": "/", "remote.origin.uploadpack": "{trap}"},
    "a helper without a name": {"remote.origin.url": "::x"},
    "a helper": {"remote.origin.url": "none::x"},
    "a scheme": {"remote.origin.url": "none://x/y"},
    "a foreign system": {"remote.origin.url": "x", "remote.origin.vcs": "none"},
    "a corrected command": {
        "remote.origin.url": "x",
        "remote.origin.vcs": "/",
        "help.autocorrect": "1",
    },
}


@pytest.mark.parametrize("way", PROMISORS)
@pytest.mark.parametrize("owned", [True, pytest.param(False, marks=as_root)])
@pytest.mark.parametrize("tree_is_needed", [True, False])
def test_a_partial_clone_runs_and_contacts_nothing(
    feedstock, git, trap, way, owned, tree_is_needed
):
    sha = git(feedstock, "rev-parse", "HEAD")
    if tree_is_needed:  # where the index does not remember which tree it was read from
        (feedstock / ".git" / "index").unlink()
        git(feedstock, "update-index", "--add", "recipe/recipe.yaml")
    tree = git(feedstock, "rev-parse", "HEAD:recipe")
    (feedstock / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    settings = {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "protocol.allow": "always",
        **{f"alias.{name}": "!{trap}" for name in ALIASES},
        **PROMISORS[way],
    }
    for key, value in settings.items():
        git(feedstock, "config", key, value.format(trap=trap.program))
    recipe = feedstock / "recipe" / "recipe.yaml"
    if not owned:
        give_away(feedstock)

    environ = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_RUN_ID": "77",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_WORKSPACE": str(feedstock),
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_REF": "refs/pull/12/merge",
        "GITHUB_SHA": "b" * 40,
    }
    origin = collect(recipe, environ=environ, settings=Settings(), adapters=systems.adapters())
    assert not trap.has_run()
    if tree_is_needed:
        assert origin.sources["sha"] == "ci"
        assert "cannot be read" in origin.warnings[0]
    else:
        assert origin.provenance.sha == sha


def test_the_partial_clone_would_run_a_program(feedstock, git, trap):
    """That the test above can fail: ssh is what every git runs where nothing keeps it from it."""
    tree = git(feedstock, "rev-parse", "HEAD:recipe")
    (feedstock / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    for key, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "git@host.invalid:o/r",
        "core.sshCommand": str(trap.program),
    }.items():
        git(feedstock, "config", key, value)
    subprocess.run(
        ["git", "ls-tree", "HEAD", "--", "recipe/recipe.yaml"],
        cwd=feedstock,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert trap.has_run()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
@pytest.mark.parametrize("kind", ["pipe", "endless"])
@pytest.mark.parametrize(
    "name",
    ["include", "attributes", "excludes", "commondir", "HEAD", "index", "packed-refs", "config",
     "objects/info/alternates", "info/exclude", "info/attributes", "shallow", ".gitattributes",
     ".gitignore"],
)  # fmt: skip
def test_a_file_that_never_ends_ends_in_a_warning(feedstock, git, tmp_path, name, kind):
    trap = Path("/dev/zero") if kind == "endless" else tmp_path / "pipe"
    if kind == "pipe":
        os.mkfifo(trap)
    keys = {
        "include": "include.path",
        "attributes": "core.attributesFile",
        "excludes": "core.excludesFile",
    }
    if name in keys:
        git(feedstock, "config", keys[name], str(trap))
    else:
        path = feedstock / ("recipe" if name.startswith(".") else ".git") / name
        path.parent.mkdir(exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(trap)
    touch(feedstock)
    facts = read_git(feedstock / "recipe" / "recipe.yaml", time_limit=1)
    # Some of these git does not read, or only up to a size. None may pass for "not tracked".
    assert facts.sha != ""
    assert facts.sha or facts.unreadable
    assert facts.warnings or facts.dirty is not None
