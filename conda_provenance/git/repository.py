"""Asks the git program what a repository says of a recipe."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

from conda_provenance.git.command import Git, GitError, GitFailedError, Question
from conda_provenance.git.configuration import KEYS, Configuration
from conda_provenance.git.facts import Candidate, Reading, UnreadableError
from conda_provenance.git.index import names_of, parse_index, places_elsewhere
from conda_provenance.git.markers import resolve
from conda_provenance.git.submodules import check_commit, check_index
from conda_provenance.text import escape
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
_SOON = 2.0
"""Seconds. A git that fails later is not asked again: the repository may be made to take long."""

_MAX_HEADER = 1 << 16
"""Bytes of a commit that are read for its parents. A message may have any length."""


def read_with_git(program: str, candidate: Candidate, time_limit: float) -> Reading:
    """What the repository says of the recipe. Raises :class:`UnreadableError`."""
    ask = partial(Git, program, candidate.entry, candidate.work_tree, time_limit=time_limit)
    started = time.monotonic()
    try:
        return _read(ask, candidate)
    except GitError as error:
        resolve(candidate.entry)  # knows most of the reasons
        is_soon = time.monotonic() - started < _SOON
        if isinstance(error, GitFailedError) and is_soon:
            reading = _read_without_configuration(ask, candidate)
            if reading is not None:
                return reading

        raise UnreadableError(str(error)) from None


def _read_without_configuration(ask: Ask, candidate: Candidate) -> Reading | None:
    """The same without the configuration of the user, the machine or both, if one is to blame."""
    for ignored in (("user",), ("machine",), ("user", "machine")):
        try:
            reading = _read(partial(ask, ignored=ignored), candidate)
        except (GitError, UnreadableError):
            continue

        # What is ignored may say how files are compared, as core.autocrlf does.
        is_dirty = False if reading.dirty is False else None
        return reading._replace(dirty=is_dirty, warnings=(_broken(ignored),))

    return None


def _broken(ignored: tuple[str, ...]) -> str:
    owners = " and ".join(f"the {owner}'s" for owner in ignored)
    files = [escape(str(file)) for file in _user_files() if file.exists()]
    named = f" ({', '.join(files)})" if files and "user" in ignored else ""
    return (
        f"git cannot use {owners} configuration{named}, so it is read without: "
        "git status says what is wrong with it."
    )


def _user_files() -> list[Path]:
    """The files with the settings of the user, if they are there."""
    if given := os.environ.get("GIT_CONFIG_GLOBAL"):
        return [Path(given)]

    home = os.environ.get("HOME", "")
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    return [Path(home, ".gitconfig"), Path(folder, "git", "config")]


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
            check_index(git, candidate)
            if _has_index(git_dir):
                return Reading()

            changes = None
        elif status is not None:
            changes = _wait_for(status)
        else:
            settings = [] if _is_ours(candidate, git_dir) else configuration.without_filters()
            changes = _read_status(ask, candidate, settings)

    if not listed:
        reading = _read_without_index(ask, candidate)
    elif changes is None:
        reading = _read_without_status(ask, candidate)
    else:
        reading = _parse_status(changes, listed, candidate.work_tree)

    if not reading.sha:
        return reading

    parents = partial(_read_parents, ask, reading.sha)
    may_differ = configuration.has_aliases or _may_have_remote_files(git_dir)
    return reading._replace(
        configuration=configuration,
        read_parents=parents,
        rewrite=partial(_rewrite, ask) if may_differ else None,
        elsewhere=places_elsewhere(entries, candidate),
    )


def _has_index(git_dir: Path) -> bool:
    """Does git know which files it tracks? Without an index, only HEAD's commit says so."""
    return os.path.lexists(git_dir / "index")


def _may_have_remote_files(git_dir: Path) -> bool:
    """May there be remotes in files of their own, as before git 1.5?"""
    if os.path.lexists(git_dir / "commondir"):
        return True  # a worktree: they would be in its repository

    folders = (git_dir / name for name in ("remotes", "branches"))
    return any(os.path.isdir(folder) and os.listdir(folder) for folder in folders)


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

    relevant = [change for change in changes if not _is_output(work_tree, change)]
    return Reading(
        sha,
        None if branch == "(detached)" else branch,
        bool(relevant),
        changed=tuple(map(_changed_name, relevant)),
    )


def _header(headers: list[bytes], name: str) -> str | None:
    start = f"# {name} ".encode()
    values = [header[len(start) :] for header in headers if header.startswith(start)]
    return os.fsdecode(values[0]) if values else None


def _added(changes: list[bytes]) -> set[bytes]:
    """The files that are in the index, but not in the commit."""
    matches = (re.match(rb"1 (?:A.|.A) (?:[^ ]+ ){6}(.*)\Z", line, re.DOTALL) for line in changes)
    return {match[1] for match in matches if match}


def _changed_name(change: bytes) -> str:
    """The file that an entry of git's status is about."""
    # "1", eight fields; "u", ten fields; "?". The name comes last, and may have spaces in it.
    fields = {b"1": 8, b"u": 10}.get(change[:1], 1)
    return os.fsdecode(change.split(b" ", fields)[-1])


def _is_output(work_tree: Path, change: bytes) -> bool:
    """Is this an untracked folder of built packages, or a file that our own output goes to?

    Built packages are in folders such as rattler-build's ``output``. A shell makes the file of
    ``detect > provenance.env`` before we run.
    """
    path = work_tree / _changed_name(change)
    if not (change.startswith(b"? ") and change.endswith(b"/")):
        return _takes_our_output(path)

    if (path / "noarch" / "repodata.json").is_file() or any(path.glob("*-*/repodata.json")):
        return True

    try:
        inside = list(islice(path.iterdir(), 2))
    except OSError:
        return False
    return len(inside) == 1 and _takes_our_output(inside[0])


def _takes_our_output(path: Path) -> bool:
    """Is this the file that our standard output or error goes to?"""
    for stream in (1, 2):
        try:
            if os.path.samestat(os.fstat(stream), os.lstat(path)):
                return True
        except OSError:
            continue  # it is closed, or the file is gone

    return False


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


def _read_without_index(ask: Ask, candidate: Candidate) -> Reading:
    """The commit and the branch, if the commit holds the recipe.

    There is no index after ``clone --no-checkout``, and in a container that was given none.
    """
    with ask(work_tree=candidate.work_tree) as git:
        if not git.start("rev-parse", "--verify", "--quiet", "HEAD").output(accepted=(0, 1)):
            return Reading()  # there is no commit yet

        check_commit(git, candidate)

    return _read_without_status(ask, candidate)._replace(is_added=False)


def _rewrite(ask: Ask, url: str) -> str | None:
    """The address that git itself would use for an address, or for the name of a remote.

    It contacts nobody to know.
    """
    try:
        with ask() as git:
            answer = git.ask("ls-remote", "--get-url", "--", url)
    except GitError:
        return None

    return os.fsdecode(answer).removesuffix("\n")


def _read_parents(ask: Ask, sha: str) -> tuple[str, ...]:
    # In a shallow clone, rev-list says that the commit has no parents. The commit still names them.
    try:
        with ask() as git:
            commit = git.start("cat-file", "commit", sha).first(_MAX_HEADER)
    except GitError:
        return ()

    header = commit.partition(b"\n\n")[0].decode(errors="replace")
    return tuple(re.findall(r"^parent ([0-9a-f]+)$", header, re.MULTILINE))
