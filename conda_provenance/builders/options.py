"""The words of a command line: its options and their values. Knows no program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Arguments:
    """A command line taken apart."""

    values: dict[str, list[str]] = field(default_factory=dict)
    """The values of each option that takes one. A short option is named like its long one."""
    flags: set[str] = field(default_factory=set)
    """The options without a value, and those that we do not know."""
    plain: list[str] = field(default_factory=list)
    """All other words."""

    def of(self, option: str) -> list[str]:
        """The values of ``option``."""
        return self.values.get(option, [])


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which options of a program take a value. It reads them as the Rust crate clap does."""

    takes_value: frozenset[str]
    """Options whose value is the next word, or is joined to the option."""
    may_take_value: frozenset[str] = frozenset()
    """Options whose value is the next word unless that is an option."""
    short: dict[str, str] = field(default_factory=dict)
    """The long options of the short ones, such as ``r``."""

    def parse(self, words: Sequence[str]) -> Arguments:
        """Take ``words`` apart. A ``--`` ends the options."""
        arguments = Arguments()
        index = 0
        while index < len(words):
            word = words[index]
            index += 1
            if word == "--":
                arguments.plain.extend(words[index:])
                break

            if len(word) < 2 or not word.startswith("-"):
                arguments.plain.append(word)
                continue

            name, value = self._split(word, arguments.flags)
            following = words[index] if index < len(words) else None
            if value is None and self._is_value(name, following):
                value = following
                index += 1
            if value is None:
                arguments.flags.add(name)
            else:
                arguments.values.setdefault(name, []).append(value)
        return arguments

    def _split(self, word: str, flags: set[str]) -> tuple[str, str | None]:
        """The option in ``word``, and the value joined to it. Short flags before it are noted."""
        if word.startswith("--"):
            name, sign, value = word.partition("=")
            return name, value if sign else None

        for index, letter in enumerate(word[1:], 1):
            long = self.short.get(letter)
            if long is not None:
                return long, word[index + 1 :].removeprefix("=") or None
            flags.add(f"-{letter}")
        return f"-{word[-1]}", None

    def _is_value(self, name: str, following: str | None) -> bool:
        if following is None:
            return False
        if name in self.takes_value:
            return True
        return name in self.may_take_value and not following.startswith("-")


def first_plain_word(words: Sequence[str], start: int, takes_value: frozenset[str]) -> int | None:
    """The index of the first word from ``start`` on that is no option and no option's value.

    ``takes_value`` are the options whose value is the next word.
    """
    while start < len(words):
        if words[start] in takes_value:
            start += 2
        elif words[start].startswith("-"):
            start += 1
        else:
            return start
    return None


def option_values(words: Sequence[str], option: str) -> list[str]:
    """The values of an option, given as ``--option value`` or ``--option=value``.

    A short one is given as ``-o value``, ``-ovalue`` or ``-o=value``.
    """
    values = []
    for index, word in enumerate(words):
        if word == option and index + 1 < len(words):
            values.append(words[index + 1])
        elif (value := _joined_value(word, option)) is not None:
            values.append(value)
    return values


def _joined_value(word: str, option: str) -> str | None:
    if option.startswith("--"):
        return word[len(option) + 1 :] if word.startswith(option + "=") else None

    is_joined = word.startswith(option) and len(word) > 2 and not word.startswith("--")
    return word[2:].removeprefix("=") if is_joined else None


def without_option(words: Sequence[str], option: str, drop: Callable[[str], bool]) -> list[str]:
    """``words`` without each ``--option`` whose value is to be dropped."""
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


def split_pair(pair: str) -> tuple[str, str]:
    """``KEY=VALUE`` split at its first ``=``."""
    key, _, value = pair.partition("=")
    return key, value
