"""Checks the values of a package's record: checksums, sizes and times. Strangers wrote them.

Records are in environments, in indexes and in lockfiles. How each is read is not known here.
"""

from __future__ import annotations

_LAST_SECOND = 253_402_300_799
"""The end of the year 9999. conda, too, takes a greater number for milliseconds."""


def hexadecimal(value: object, digits: int) -> str | None:
    """A checksum in lower-case digits. ``None``: it is no such checksum."""
    if not isinstance(value, str) or len(value) != digits:
        return None

    text = value.lower()
    return None if text.strip("0123456789abcdef") else text


def whole_number(value: object) -> int | None:
    """A number of bytes. ``None``: it is no such number."""
    return value if type(value) is int and value >= 0 else None


def milliseconds(value: object) -> int | None:
    """A time in milliseconds since 1970. Very old records count seconds. ``None``: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 < value <= _LAST_SECOND * 1000:
        return None
    return int(value if value > _LAST_SECOND else value * 1000)
