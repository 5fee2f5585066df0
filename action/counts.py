"""Prints the numbers of a report as outputs of a step, ``name=number``.

Numbers only, so that nothing a package says gets into an output. It needs no library: it runs with
any Python, also where conda-provenance is a program that the user named.
"""

from __future__ import annotations

import json
import os
import sys

NAMES = (
    "total",
    *("complete", "partial", "absent", "malformed", "too-old", "unreadable"),
    *("verified", "consistent", "silent", "unavailable", "refuted", "accepted", "known"),
)
MAX_BYTES = 1 << 30
"""Larger results are not counted here. The page and the exit status are there all the same."""


def counts(path: str) -> dict[str, int]:
    """The counts in a file that ``audit --json`` or ``verify --json`` has written, if it is one."""
    try:
        if os.path.getsize(path) > MAX_BYTES:
            return {}

        with open(path, encoding="utf-8") as file:
            summary = json.load(file)["summary"]
        found = {name: summary.get(name) for name in NAMES}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return {}

    return {name: number for name, number in found.items() if type(number) is int}


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}={number}\n" for name, number in counts(sys.argv[1]).items()))
