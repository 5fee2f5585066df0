"""Finds the program that launchers such as ``env`` or ``pixi exec`` start. Knows no builder.

It knows the launchers that people start builders with. Of any other launcher we do not know in
which folder and in which environment it starts a program.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from conda_provenance.builders.options import first_plain_word


@dataclass(frozen=True, slots=True)
class Launcher:
    """A program that starts the program named after its own options."""

    takes_value: frozenset[str] = frozenset()
    """Options whose value is the next word."""
    opaque: frozenset[str] = frozenset()
    """Options that start the program in another folder, or whose value hides the program."""
    subcommands: frozenset[str] = frozenset()
    """The launcher's subcommands that start a program, if it has subcommands."""
    takes_value_before: frozenset[str] = frozenset()
    """Options before the subcommand whose value is the next word."""
    operands: int = 0
    """How many plain words come before the program, such as the duration of ``timeout``."""
    foreign: bool = False
    """Does it start programs of another environment than ours?"""


@dataclass(frozen=True, slots=True)
class Program:
    """A program within a command line."""

    name: str
    index: int
    """Of its word in the command line."""
    foreign: bool
    """Does it come from another environment than the one of our PATH?"""


def _options(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONDA_RUN = Launcher(
    takes_value=_options("-n --name -p --prefix"),
    opaque=_options("--cwd"),
    subcommands=_options("run"),
    takes_value_before=_options("-r --root-prefix --rc-file --log-level"),
    foreign=True,
)

LAUNCHERS = {
    "conda": _CONDA_RUN,
    "env": Launcher(
        takes_value=_options("-u --unset"), opaque=_options("-C --chdir -S --split-string")
    ),
    "mamba": _CONDA_RUN,
    "micromamba": _CONDA_RUN,
    "nohup": Launcher(),
    "pixi": Launcher(
        takes_value=_options("-s --spec -w --with -c --channel -p --platform -e --environment"),
        opaque=_options("--manifest-path -m --list"),
        subcommands=_options("exec x run r"),
        takes_value_before=_options("--color"),
        foreign=True,
    ),
    "time": Launcher(takes_value=_options("-f --format -o --output")),
    "timeout": Launcher(takes_value=_options("-k --kill-after -s --signal"), operands=1),
}
"""The launchers that are understood, by name."""


def find_program(
    words: Sequence[str], names: Sequence[str], subcommand: str | None = None
) -> Program | None:
    """The program with one of these names that ``words`` start, directly or by launchers.

    With a ``subcommand``, only a program counts that this word follows: ``conda`` may be a launcher
    of itself.
    """
    index, foreign = 0, False
    while index < len(words):
        name = _program_name(words[index])
        if name in names and subcommand in (None, *words[index + 1 : index + 2]):
            return Program(name, index, foreign)

        launcher = LAUNCHERS.get(name)
        target = None if launcher is None else _target(words, index, launcher)
        if launcher is None or target is None:
            return None

        sets_path = any(word.startswith("PATH=") for word in words[index + 1 : target])
        foreign = foreign or launcher.foreign or sets_path
        index = target
    return None


def _program_name(word: str) -> str:
    return os.path.basename(word.replace("\\", "/")).lower().removesuffix(".exe")


def _target(words: Sequence[str], index: int, launcher: Launcher) -> int | None:
    """The index of the program that the launcher at ``index`` starts, ``None`` if not known."""
    index += 1
    if launcher.subcommands:
        subcommand = first_plain_word(words, index, launcher.takes_value_before)
        if subcommand is None or words[subcommand] not in launcher.subcommands:
            return None
        index = subcommand + 1

    operands = launcher.operands
    while index < len(words):
        word = words[index]
        if _is_opaque(word, launcher):
            return None

        if word in launcher.takes_value:
            index += 2
        elif word.startswith("-") or re.match(r"[A-Za-z_]\w*=", word):
            index += 1
        elif operands:
            operands -= 1
            index += 1
        else:
            return index
    return None


def _is_opaque(word: str, launcher: Launcher) -> bool:
    """Is ``word`` an opaque option, as ``--chdir``, ``--chdir=DIR``, ``-C`` and ``-CDIR`` are?"""
    if word.startswith("--"):
        return word.partition("=")[0] in launcher.opaque

    return word[:2] in launcher.opaque
