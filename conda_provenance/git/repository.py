"""Asks the git program what a repository says of a recipe."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from conda_provenance.git.command import Git, GitError, Question
from conda_provenance.git.configuration import KEYS, Configuration
from conda_provenance.git.facts import Candidate, Reading, UnreadableError
from conda_provenance.git.index import names_of, parse_index, places_elsewhere
from conda_provenance.git.markers import resolve
from conda_provenance.values import is_full_sha

Ask = Callable[..., Git]
"""Makes a :class:`Git` for the repository in question, and takes its keyword arguments."""

_STATUS = (
    "status",
    "--porcelain=v2",
    "--branch",
    "--no-ahead-behind",
    "-z",
    "--untracked-files=normal",
    "--ignore-submodules=dirty",
    "--no-renames",
)
_POSITION = (
    "rev-parse",
    "--is-bare-repository",
    "--is-inside-work-tree",
    "--show-prefix",
    "--absolute-git-dir",
)
_MAX_HEADER = 1 << 16
"""Bytes of a commit that are read for its parents. A message may have any length."""


def read_with_git(program: str, candidate: Candidate, time_limit: float) -> Reading:
    """What the repository says of the recipe. Raises :class:`UnreadableError`."""
    ask = partial(Git, program, candidate.entry, candidate.work_tree, time_limit=time_limit)
    try:
        return _read(ask, candidate)
    except GitError as error:
        resolve(candidate.entry)  # knows most of the reasons
        raise UnreadableError(str(error)) from None


def _read(ask: Ask, candidate: Candidate) -> Reading:
    # A plain folder is the git directory itself, so its owner is known without asking.
    is_folder = candidate.entry.is_dir()
    is_ours = is_folder and _is_ours(candidate, candidate.entry)
    with ask() as outside, ask(work_tree=candidate.work_tree) as git:
        # These three run no program, whatever the repository's configuration says.
        position = None if is_folder else outside.start(*_POSITION)
        listing = git.start("config", "--includes", "-z", "--get-regexp", KEYS)
        places = dict.fromkeys((str(candidate.recipe), str(candidate.scope)))
        index = git.start("ls-files", "--stage", "-z", "--", *places)
        status = git.start(*_STATUS, "--", str(candidate.scope)) if is_ours else None

        git_dir = candidate.entry if position is None else _read_git_dir(position)
        # Exit status 1 says that none of the keys is there.
        configuration = Configuration.parse(listing.output(accepted=(0, 1)))
        if position is None and configuration.moves_work_tree:
            _read_git_dir(outside.start(*_POSITION))

        entries = parse_index(index.output())
        listed = names_of(entries, candidate)
        if not listed:
            return Reading()

        if status is not None:
            changes = _wait_for(status)
        else:
            settings = [] if _is_ours(candidate, git_dir) else configuration.without_filters()
            changes = _read_status(ask, candidate, settings)

    if changes is None:
        reading = _read_without_status(ask, candidate)
    else:
        reading = _parse_status(changes, listed, candidate.work_tree)

    if not reading.sha:
        return reading

    parents = partial(_read_parents, ask, reading.sha)
    elsewhere = places_elsewhere(entries, candidate)
    return reading._replace(configuration=configuration, read_parents=parents, elsewhere=elsewhere)


def _read_git_dir(position: Question) -> Path:
    """The git directory that a ``.git`` leads to, if git takes this folder for its work tree."""
    is_bare, is_inside, prefix, git_dir = position.output().split(b"\n", 3)
    if is_bare == b"true":
        raise UnreadableError("core.bare is true, so it has no work tree")

    if is_inside != b"true" or prefix:
        raise UnreadableError("core.worktree names another folder")

    return Path(os.fsdecode(git_dir.removesuffix(b"\n")))


def _is_ours(candidate: Candidate, git_dir: Path) -> bool:
    """Do the ``.git`` entry, the git directory and the work tree all belong to us?

    git itself checks these three, and refuses if one is not. A stranger's ``.git`` may name a git
    directory of ours, and a git directory of ours may name a stranger's work tree.
    """
    if sys.platform == "win32":
        return True  # owners are not compared there

    us = os.geteuid()
    states = (os.lstat(candidate.entry), os.stat(git_dir), os.stat(candidate.work_tree))
    return all(state.st_uid == us for state in states)


def _read_status(
    ask: Ask, candidate: Candidate, settings: list[tuple[str, str]] | None
) -> bytes | None:
    """What differs from the commit, or ``None`` where git does not know or must not be asked."""
    if settings is None:
        return None

    with ask(work_tree=candidate.work_tree, settings=settings) as git:
        try:
            return git.ask(*_STATUS, "--", str(candidate.scope))
        except GitError:
            return None  # there may be more filters than a command line can hold


def _wait_for(status: Question) -> bytes | None:
    try:
        return status.output()
    except GitError:
        return None  # as with a filter whose program is not installed


def _parse_status(status: bytes, listed: set[bytes], work_tree: Path) -> Reading:
    # A file may be named like a header, but each of its entries begins with another character.
    entries = [entry for entry in status.split(b"\0") if entry]
    headers = [entry for entry in entries if entry.startswith(b"# ")]
    changes = [entry for entry in entries if not entry.startswith(b"# ")]

    sha, branch = _header(headers, "branch.oid") or "", _header(headers, "branch.head")
    if sha != "(initial)" and not is_full_sha(sha):
        raise UnreadableError("HEAD is not a commit")

    if sha == "(initial)" or listed <= _added(changes):
        return Reading(is_added=True)

    is_dirty = any(not _is_output(work_tree, change) for change in changes)
    return Reading(sha, None if branch == "(detached)" else branch, is_dirty)


def _header(headers: list[bytes], name: str) -> str | None:
    start = f"# {name} ".encode()
    values = [header[len(start) :] for header in headers if header.startswith(start)]
    return os.fsdecode(values[0]) if values else None


def _added(changes: list[bytes]) -> set[bytes]:
    """The files that are in the index, but not in the commit."""
    matches = (re.match(rb"1 (?:A.|.A) (?:[^ ]+ ){6}(.*)\Z", line, re.DOTALL) for line in changes)
    return {match[1] for match in matches if match}


def _is_output(work_tree: Path, change: bytes) -> bool:
    """Is this an untracked folder of built packages, such as rattler-build's ``output``?"""
    if not change.startswith(b"? ") or not change.endswith(b"/"):
        return False

    folder = work_tree / os.fsdecode(change[2:])
    return (folder / "noarch" / "repodata.json").is_file() or any(folder.glob("*-*/repodata.json"))


def _read_without_status(ask: Ask, candidate: Candidate) -> Reading:
    """The commit and the branch, where git does not know what has changed."""
    with ask(work_tree=candidate.work_tree) as git:
        commit = git.start("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        tree = git.start("ls-tree", "-z", "--name-only", "HEAD", "--", candidate.name)
        head = git.start("symbolic-ref", "--quiet", "--short", "HEAD")

        sha = commit.output(accepted=(0, 1, 128)).decode().strip()
        if not is_full_sha(sha):
            raise UnreadableError("HEAD is not a commit")

        # Exit status 1 says that HEAD is detached.
        branch = os.fsdecode(head.output(accepted=(0, 1))).removesuffix("\n")
        if not tree.output():
            return Reading(is_added=True)

    return Reading(sha, branch or None)


def _read_parents(ask: Ask, sha: str) -> tuple[str, ...]:
    # In a shallow clone, rev-list says that the commit has no parents. The commit still names them.
    try:
        with ask() as git:
            commit = git.start("cat-file", "commit", sha).first(_MAX_HEADER)
    except GitError:
        return ()

    header = commit.partition(b"\n\n")[0].decode(errors="replace")
    return tuple(re.findall(r"^parent ([0-9a-f]+)$", header, re.MULTILINE))
