"""The rules in a ``.gitignore`` or ``.ignore`` file, as the Rust crate ``ignore`` reads them.

rattler-build searches folders with that crate (https://docs.rs/ignore). It knows the lines of one
file, and neither folders nor git.
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
    """The alternatives. Each is a list of segments, of which ``**`` stands for any number."""
    keeps: bool
    """Does the line begin with ``!``?"""
    folders_only: bool

    @classmethod
    def parse(cls, line: str) -> Rule | None:
        """The rule in a line. ``None``: the line has none, or one that cannot be read."""
        if line.startswith("#"):
            return None

        line = line if line.endswith("\\ ") else line.rstrip()
        keeps = line.startswith("!")
        line = line[1:] if keeps else line
        is_anchored = line.startswith("/")
        line = line[1:] if is_anchored else line
        folders_only = line.endswith("/")
        line = line[:-1].removesuffix("\\") if folders_only else line
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
    """The rules in ``file``. None if it cannot be read."""
    try:
        # Whatever is no plain file could hang the reader.
        if not stat.S_ISREG(os.stat(file).st_mode):
            return ()
        with open(file, "rb") as opened:
            data = opened.read(MAX_SIZE)
    except OSError:
        return ()

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
    """The globs that ``{a,b}`` in this one stands for. None if there are too many."""
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
    if not glob:
        return not path
    if glob[0] == "**":
        return _matches(glob[1:], path) or (bool(path) and _matches(glob, path[1:]))
    if not path or _segment(glob[0]).match(path[0]) is None:
        return False

    return _matches(glob[1:], path[1:])


@lru_cache(maxsize=10_000)
def _segment(glob: str) -> re.Pattern[str]:
    """One segment as a regular expression. Python's own translation cannot be made to run long."""
    translated = re.sub(r"\\(.)|\[\^", _in_pythons_spelling, glob)
    return re.compile(translate(translated))


def _in_pythons_spelling(match: re.Match[str]) -> str:
    if match[0] == "[^":
        return "[!"
    return f"[{match[1]}]" if match[1] in "*?[" else match[1]
