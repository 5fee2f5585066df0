"""Python's own TOML reader, or the same one for Python 3.10. Nothing else is known here."""

from __future__ import annotations

import sys
from typing import Any


def loads(text: str) -> dict[str, Any]:
    """The keys and values. Raises :class:`ValueError` with the place, if ``text`` is not TOML."""
    # Hardly any command reads a policy.
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        table: dict[str, Any] = tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return table
