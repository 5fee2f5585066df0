"""The folders that rattler-build searches for recipes: all but the hidden and the ignored ones.

It searches with the Rust crate ``ignore`` (https://docs.rs/ignore, ``WalkBuilder``) and its
defaults. The order of precedence is that crate's, too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from conda_provenance.ignore_rules import MAX_SIZE, Rule, decide, read_rules

MAX_FOLDERS = 20_000

_EXCLUDES_FILE = re.compile(rb'(?im)^\s*excludesfile\s*=\s*"?\s*(\S+?)\s*"?\s*$')


class TooManyFolders(Exception):
    """There are more folders than we look through."""


@dataclass(frozen=True, slots=True)
class _Level:
    """A folder, and its rules on what to ignore."""

    folder: Path
    ignore: tuple[Rule, ...]
    gitignore: tuple[Rule, ...]
    exclude: tuple[Rule, ...]
    is_repository: bool

    @classmethod
    def read(cls, folder: Path) -> _Level:
        is_git = os.path.exists(folder / ".git")
        return cls(
            folder=folder,
            ignore=read_rules(folder / ".ignore"),
            gitignore=read_rules(folder / ".gitignore"),
            exclude=read_rules(_common_dir(folder / ".git") / "info/exclude") if is_git else (),
            is_repository=is_git or os.path.exists(folder / ".jj"),
        )


def searched_folders(root: Path) -> Iterator[Path]:
    """``root`` and the folders below it that rattler-build looks into. Each begins with ``root``.

    A link to a folder is looked into, but not the folders below it. Raises
    :class:`TooManyFolders`.
    """
    real = Path(os.path.realpath(root))
    above = [_Level.read(parent) for parent in real.parents]
    rules_of_user = _read_users_rules()

    yield root
    # Each folder with the levels that apply in it, the nearest first.
    waiting: list[tuple[Path, list[_Level]]] = [(root, [_Level.read(real), *above])]
    count = 1
    while waiting:
        folder, levels = waiting.pop()
        for entry in _entries(folder):
            is_folder = entry.is_dir(follow_symlinks=False)
            if not (is_folder or entry.is_dir()):
                continue
            if _is_left_out(levels, rules_of_user, entry.name, is_folder=is_folder):
                continue

            count += 1
            if count > MAX_FOLDERS:
                raise TooManyFolders

            yield folder / entry.name
            if is_folder:
                level = _Level.read(levels[0].folder / entry.name)
                waiting.append((folder / entry.name, [level, *levels]))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    entries: list[os.DirEntry[str]] = []
    with suppress(OSError), os.scandir(folder) as found:
        entries.extend(found)
    return entries


def _is_left_out(
    levels: list[_Level], rules_of_user: tuple[Rule, ...], name: str, *, is_folder: bool
) -> bool:
    """Is the entry ``name`` of the first level's folder ignored, or hidden and not kept?"""
    verdict = _first_verdict(levels, rules_of_user, levels[0].folder / name, is_folder=is_folder)
    return name.startswith(".") if verdict is None else verdict


def _first_verdict(
    levels: list[_Level], rules_of_user: tuple[Rule, ...], path: Path, *, is_folder: bool
) -> bool | None:
    """Is this path ignored? ``None``: no file says so.

    The kinds of files are asked in turn, and of each kind the nearest file first. The first answer
    counts.
    """
    within = _within_repository(levels)
    by_kind = (
        ((level.folder, level.ignore) for level in levels),
        ((level.folder, level.gitignore) for level in within),
        ((level.folder, level.exclude) for level in within),
        ((Path.cwd(), rules_of_user) for _ in within[:1]),
    )
    for kind in by_kind:
        for folder, rules in kind:
            if not rules:
                continue
            relative = path.relative_to(folder) if path.is_relative_to(folder) else path
            verdict = decide(rules, relative.parts, is_folder=is_folder)
            if verdict is not None:
                return verdict
    return None


def _within_repository(levels: list[_Level]) -> list[_Level]:
    """The levels up to the nearest repository. Empty if no repository is around them."""
    for index, level in enumerate(levels):
        if level.is_repository:
            return levels[: index + 1]
    return []


def _common_dir(entry: Path) -> Path:
    """The git directory that ``.git`` is, or leads to. That of a worktree is the repository's."""
    try:
        if entry.is_dir():
            return entry

        git_dir = entry.parent / _head(entry).removeprefix("gitdir: ").rstrip("\r\n")
        return git_dir / _head(git_dir / "commondir").rstrip("\r\n")
    except (OSError, ValueError):
        return entry


def _head(file: Path) -> str:
    """The first line of a plain file. Anything else, such as a pipe, could hang the reader."""
    if not file.is_file():
        raise FileNotFoundError(file)

    with open(file, encoding="utf-8") as opened:
        return opened.readline(MAX_SIZE)


def _read_users_rules() -> tuple[Rule, ...]:
    """The rules of the user's own file. In git's settings it is ``core.excludesFile``."""
    home = Path.home()
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "git"
    named = os.environ.get("GIT_CONFIG_GLOBAL")
    system = os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig"
    for file in (named, home / ".gitconfig", settings / "config", system):
        match = _EXCLUDES_FILE.search(_beginning(Path(file))) if file else None
        if match is not None:
            return read_rules(Path(os.fsdecode(match[1]).replace("~", str(home))))

    return read_rules(settings / "ignore")


def _beginning(file: Path) -> bytes:
    if not file.is_file():
        return b""

    try:
        with open(file, "rb") as opened:
            return opened.read(MAX_SIZE)
    except OSError:
        return b""
