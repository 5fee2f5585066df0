"""Command lines as lists of words: options, their values, and the program behind launchers such as ``env`` or ``pixi exec``."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Launcher:
    """A program that starts another, which stands behind its own options."""

    values: frozenset[str] = frozenset()
    """Options that take the next word."""
    moving: frozenset[str] = frozenset()
    """Options after which the program runs in another folder, or is not the next plain word."""
    commands: frozenset[str] = frozenset()
    """The launcher's subcommands that start a program, if it has any."""
    operands: int = 0
    """Plain words before the program, such as the duration of ``timeout``."""
    foreign: bool = False
    """Does the program come from another environment than ours?"""


def _options(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONDA_RUN = Launcher(
    _options("-n --name -p --prefix"), _options("--cwd"), _options("run"), foreign=True
)

LAUNCHERS = {
    "env": Launcher(_options("-u --unset"), _options("-C --chdir -S --split-string")),
    "nice": Launcher(_options("-n --adjustment")),
    "ionice": Launcher(_options("-c --class -n --classdata")),
    "nohup": Launcher(),
    "time": Launcher(_options("-f --format -o --output")),
    "timeout": Launcher(_options("-k --kill-after -s --signal"), operands=1),
    "stdbuf": Launcher(_options("-i --input -o --output -e --error")),
    "xvfb-run": Launcher(
        _options("-e --error-file -f --auth-file -n --server-num -s --server-args -w --wait")
    ),
    "pixi": Launcher(
        _options("-s --spec -w --with -c --channel -p --platform -e --environment"),
        _options("--manifest-path -m --list"),
        _options("exec x run r"),
        foreign=True,
    ),
    "conda": _CONDA_RUN,
    "mamba": _CONDA_RUN,
    "micromamba": _CONDA_RUN,
}
"""Those whose command lines are understood; behind any other, nobody knows where a program runs."""


@dataclass(frozen=True, slots=True)
class Program:
    """A builder within a command line."""

    name: str
    index: int
    """Of its word."""
    foreign: bool
    """Does it come from an environment that is not the one of our PATH?"""


def find_program(words: Sequence[str], names: Sequence[str]) -> Program | None:
    """The program of one of these names that ``words`` start, at once or behind launchers that are understood."""
    index, foreign = 0, False
    while index < len(words):
        name = program_name(words[index])
        if name in names:
            return Program(name, index, foreign)
        launcher = LAUNCHERS.get(name)
        if launcher is None:
            return None
        start = index + 1
        if launcher.commands:
            if words[start : start + 1] == [] or words[start] not in launcher.commands:
                return None
            start += 1
        behind = _behind_options(words, start, launcher)
        if behind is None:
            return None
        foreign |= launcher.foreign or any(word.startswith("PATH=") for word in words[start:behind])
        index = behind
    return None


def program_name(word: str) -> str:
    return os.path.basename(word.replace("\\", "/")).lower().removesuffix(".exe")


def _behind_options(words: Sequence[str], index: int, launcher: Launcher) -> int | None:
    operands = launcher.operands
    while index < len(words):
        word = words[index]
        if word == "--":
            index += 1
        elif word.partition("=")[0] in launcher.moving:
            return None
        elif word in launcher.values:
            index += 2
        elif word.startswith("-") or re.match(r"[A-Za-z_]\w*=", word):
            index += 1
        elif operands:
            operands -= 1
            index += 1
        else:
            return index
    return None


def subcommand(words: Sequence[str], start: int, values: frozenset[str]) -> int | None:
    """Index of the first plain word from ``start`` on; ``values`` are the options before it that take the next word."""
    while start < len(words):
        if words[start] in values:
            start += 2
        elif words[start].startswith("-"):
            start += 1
        else:
            return start
    return None


def option_values(words: Sequence[str], option: str) -> list[str]:
    """The values of an option in both spellings, ``--option value`` and ``--option=value`` (``-ovalue``)."""
    found = []
    for index, word in enumerate(words):
        if word == option and index + 1 < len(words):
            found.append(words[index + 1])
        elif option.startswith("--") and word.startswith(option + "="):
            found.append(word[len(option) + 1 :])
        elif (
            not option.startswith("--")
            and word.startswith(option)
            and not word.startswith("--")
            and len(word) > 2
        ):
            found.append(word[2:].removeprefix("="))
    return found


def without_option(words: Sequence[str], option: str, drop: Callable[[str], bool]) -> list[str]:
    """``words`` without the occurrences of ``option`` whose value is to be dropped."""
    kept: list[str] = []
    index = 0
    while index < len(words):
        word = words[index]
        if word == option and index + 1 < len(words) and drop(words[index + 1]):
            index += 2
        elif word.startswith(option + "=") and drop(word[len(option) + 1 :]):
            index += 1
        else:
            kept.append(word)
            index += 1
    return kept
