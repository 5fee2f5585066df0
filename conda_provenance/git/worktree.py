"""The commit and remote of the repository that tracks a recipe, and whether its folder is clean.

It reads only, never contacts a remote, and runs nothing that a repository of another user names.
"""

from __future__ import annotations

import os
from functools import partial
from importlib import import_module
from pathlib import Path

from conda_provenance.git.command import TIME_LIMIT, GitError, find_program
from conda_provenance.git.facts import (
    Candidate,
    EmptyGitDirError,
    GitFacts,
    Reading,
    UnreadableError,
)
from conda_provenance.git.markers import other_system
from conda_provenance.git.version import OLDEST, asking_version
from conda_provenance.text import escape

_UNKNOWN = "It is not known whether the recipe's folder has uncommitted changes."


def read_git(recipe: Path, *, time_limit: float = TIME_LIMIT) -> GitFacts:
    """What the innermost repository that tracks ``recipe`` says of it.

    ``recipe`` is a recipe's file, or a folder, which counts as tracked if any file in it is. A
    symbolic link is followed: what counts is the repository that holds the content. No git process
    runs for longer than ``time_limit`` seconds. Never raises for the state of a repository.

    Whether anything has changed is asked of all that is built: of the folder that the recipe is
    built in, of what the links in it lead to, and of the submodules in it.
    """
    path = Path(os.path.realpath(recipe))
    folder = path if os.path.isdir(path) else Path(os.path.realpath(os.path.dirname(recipe)))
    if path in (folder, folder / path.name):
        facts = _read_place(path, folder, time_limit)
        others = facts.elsewhere
    else:
        # The recipe's file is a link. conda-build works in the folder of the link, and
        # rattler-build in that of the file.
        is_rattler_builds = os.path.basename(recipe).startswith("recipe.")
        facts = _read_place(path, path.parent if is_rattler_builds else path, time_limit)
        others = (folder, *facts.elsewhere)

    if not others or not facts.sha or facts.dirty:
        return facts

    from conda_provenance.git.elsewhere import has_changed

    read_place = partial(_read_place, time_limit=time_limit)
    is_changed, place = has_changed(others, folder, read_place, time_limit)
    if is_changed:
        return facts._replace(dirty=True, changed=(str(place),))
    if is_changed is None and facts.dirty is not None:
        return facts._replace(dirty=None, warnings=_once([*facts.warnings, _UNKNOWN]))
    return facts


def _read_place(path: Path, scope: Path, time_limit: float) -> GitFacts:
    """The same for one place without links. Only what is in ``scope`` can have changed."""
    folder = path if os.path.isdir(path) else path.parent
    warnings: list[str] = []
    is_enclosed = is_added = False
    # What an empty .git says. It is the answer unless a repository further out tracks the recipe.
    empty: GitFacts | None = None

    for place in (folder, *folder.parents):
        candidate = Candidate(path, folder, place, scope)
        if not os.path.lexists(candidate.entry):
            obstacle = _obstacle(candidate, time_limit)
            if obstacle is not None:
                return empty or obstacle

            continue

        is_enclosed = True
        try:
            reading = _read(candidate, time_limit, warnings)
        except EmptyGitDirError as error:
            empty = empty or _unreadable(candidate, error, warnings)
            continue
        except UnreadableError as error:
            return empty or _unreadable(candidate, error, warnings)
        except Exception as error:  # a damaged repository raises whatever it likes
            why = UnreadableError(type(error).__name__)
            return empty or _unreadable(candidate, why, warnings)

        warnings += reading.warnings
        is_added = is_added or reading.is_added
        if reading.sha:
            return _facts(reading, warnings)

        # The recipe only lies here. A repository further out may track it.

    if empty is not None:
        return empty

    if is_added:
        warnings.append("The recipe is in no commit yet: it counts as not under version control.")

    return GitFacts("" if is_enclosed else None, None, is_added or None, _once(warnings))


def _read(candidate: Candidate, time_limit: float, warnings: list[str]) -> Reading:
    """Ask the git program, or read the files if there is none or only one that is too old."""
    program = find_program()
    if program is not None:
        version = _read_version(program, time_limit)
        if version[:2] >= OLDEST:
            from conda_provenance.git.repository import read_with_git

            return read_with_git(program, candidate, time_limit)

        warnings.append(_too_old(version))

    from conda_provenance.git.library import read_with_library

    return read_with_library(candidate)


def _read_version(program: str, time_limit: float) -> tuple[int, ...]:
    try:
        with asking_version(program, time_limit) as version:
            # git takes as long to start as these take to load.
            import_module("conda_provenance.git.repository")
            return version()
    except GitError as error:
        raise UnreadableError(str(error)) from None


def _too_old(version: tuple[int, ...]) -> str:
    oldest = ".".join(map(str, OLDEST))
    if not version:
        return f"The git program does not name its version; install git {oldest} or later."

    installed = ".".join(map(str, version))
    return f"git {installed} is older than {oldest} and is not used; install a newer one."


def _facts(reading: Reading, warnings: list[str]) -> GitFacts:
    if reading.configuration is None:
        remote_url = None
        warnings.append("The repository's configuration cannot be read: remote_url is left out.")
    else:
        from conda_provenance.git.configuration import web_address

        remote_url, doubts = web_address(reading.configuration, reading.branch, reading.rewrite)
        warnings += doubts

    if reading.dirty is None:
        warnings.append(_UNKNOWN)

    return GitFacts(
        reading.sha,
        remote_url,
        reading.dirty,
        _once(warnings),
        read_parents=reading.read_parents,
        changed=reading.changed,
        elsewhere=reading.elsewhere,
    )


def _unreadable(candidate: Candidate, why: UnreadableError, warnings: list[str]) -> GitFacts:
    place = str(why.work_tree or candidate.work_tree)
    warning = f"The recipe's git repository at {escape(place)} cannot be read: {why}."
    return GitFacts(warnings=_once([*warnings, warning]), unreadable=place)


def _obstacle(candidate: Candidate, time_limit: float) -> GitFacts | None:
    """What else than a ``.git`` makes this folder a work tree, or a part of one."""
    place = candidate.work_tree
    if system := other_system(place):
        return _of_other_system(place, system)

    if not os.path.lexists(place / ".gitmodules"):
        return None

    from conda_provenance.git.submodules import check_declarations

    try:
        check_declarations(place, candidate.folder, time_limit)
    except UnreadableError as error:
        return _unreadable(candidate, error, [])

    return None


def _of_other_system(place: Path, system: str) -> GitFacts:
    warning = (
        f"The recipe lies in a work tree of {system}, {escape(str(place))}: "
        "its commit is not known; give sha and remote_url yourself."
    )
    return GitFacts(warnings=(warning,), unreadable=str(place))


def _once(warnings: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(warnings))
