"""The words of a command line: its options and their values. Knows no program."""

from __future__ import annotations

from collections.abc import Callable, Sequence


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
