"""The rules in a ``.gitignore`` or ``.ignore`` file, as the Rust crate ``ignore`` reads them.

rattler-build searches folders with that crate (https://docs.rs/ignore). This module knows only the
lines of one file. It does not know folders or git.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from pathlib import Path

MAX_SIZE = 1 << 20
"""Bytes of a file that are read."""

_MAX_LINES = 5000
_MAX_SEGMENTS = 100
_MAX_ALTERNATIVES = 100
_BRACES = re.compile(r"(?<!\\)\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: which paths below the file's folder it ignores, or keeps."""

    globs: tuple[tuple[str, ...], ...]
    """The alternatives. Each is a list of segments; ``**`` stands for any number of folders."""
    keeps: bool
    """Does the line begin with ``!``?"""
    folders_only: bool

    @classmethod
    def parse(cls, line: str) -> Rule | None:
        """The rule in a line. ``None``: it holds no rule, or one that we cannot read."""
        if line.startswith("#"):
            return None

        if not line.endswith("\\ "):
            line = line.rstrip()
        keeps = line.startswith("!")
        line = line.removeprefix("!")
        is_anchored = line.startswith("/")
        line = line.removeprefix("/")
        folders_only = line.endswith("/")
        if folders_only:
            line = line[:-1].removesuffix("\\")
        if not line:
            return None

        if not is_anchored and "/" not in line:
            line = f"**/{line}"
        if line.endswith("/**"):
            line += "/*"

        globs = tuple(tuple(each.split("/")) for each in _alternatives(line))
        if not globs or max(map(len, globs)) > _MAX_SEGMENTS:
            return None
        return cls(globs, keeps, folders_only)

    def matches(self, path: Sequence[str], *, is_folder: bool) -> bool:
        """Does it apply to this path, given as its segments below the file's folder?"""
        if self.folders_only and not is_folder:
            return False

        return any(_matches(glob, tuple(path)) for glob in self.globs)


def read_rules(file: Path) -> tuple[Rule, ...]:
    """The rules in ``file``. There are none if it cannot be read."""
    try:
        # Anything but a plain file, such as a pipe, could hang the reader.
        if not stat.S_ISREG(os.stat(file).st_mode):
            return ()
        with open(file, "rb") as opened:
            data = opened.read(MAX_SIZE)
    except (OSError, ValueError):  # ValueError: no file can have this name.
        return ()

    return parse_rules(data)


def parse_rules(data: bytes) -> tuple[Rule, ...]:
    """The rules in a file with these bytes."""
    return tuple(_rules(data.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:_MAX_LINES]))


def _rules(lines: Sequence[bytes]) -> Iterator[Rule]:
    for line in lines:
        try:
            rule = Rule.parse(line.removesuffix(b"\r").decode())
        except UnicodeDecodeError:
            return  # The crate reads no further, either.
        if rule is not None:
            yield rule


def decide(rules: Sequence[Rule], path: Sequence[str], *, is_folder: bool) -> bool | None:
    """Is this path ignored? ``None``: no rule applies. The last one that applies counts."""
    for rule in reversed(rules):
        if rule.matches(path, is_folder=is_folder):
            return not rule.keeps
    return None


def _alternatives(glob: str) -> list[str]:
    """The globs that this one stands for, as ``{a,b}`` does. Empty if there are too many."""
    done: list[str] = []
    waiting = [glob]
    while waiting:
        if len(done) + len(waiting) > _MAX_ALTERNATIVES:
            return []

        each = waiting.pop()
        braces = _BRACES.search(each)
        if braces is None:
            done.append(each)
        else:
            start, end = each[: braces.start()], each[braces.end() :]
            waiting += [start + part + end for part in braces[1].split(",")]
    return done


@lru_cache(maxsize=100_000)
def _matches(glob: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Does the glob match the whole path? Not recursive, since folders can be nested deeply."""
    positions = _after_stars(glob, {0})
    for name in path:
        # Where in the glob the next name may be, if this one is matched.
        positions = _after_stars(glob, {each for at in positions for each in _step(glob, at, name)})
    return len(glob) in positions


def _step(glob: tuple[str, ...], position: int, name: str) -> Iterator[int]:
    if position == len(glob):
        return
    if glob[position] == "**":
        yield position
    elif _segment(glob[position]).match(name):
        yield position + 1


def _after_stars(glob: tuple[str, ...], positions: set[int]) -> set[int]:
    """The positions, and those after each ``**``, which also stands for no name at all."""
    reached = set(positions)
    for position in positions:
        following = position
        while following < len(glob) and glob[following] == "**":
            following += 1
            reached.add(following)
    return reached


@lru_cache(maxsize=10_000)
def _segment(glob: str) -> re.Pattern[str]:
    """One segment as a regular expression. Python's own translation cannot be made to run long."""
    translated = re.sub(r"\\(.)|\[\^", _in_pythons_spelling, glob)
    return re.compile(translate(translated))


def _in_pythons_spelling(match: re.Match[str]) -> str:
    if match[0] == "[^":
        return "[!"
    return f"[{match[1]}]" if match[1] in "*?[" else match[1]
