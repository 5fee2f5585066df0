"""The built-in checks, one module each. Other distributions bring more by a hook."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conda_provenance.verify.check import Check

IDS = (
    "well-formed",
    "expected",
    "commit-exists",
    "commit-on-branch",
    "recipe-matches",
    "commit-reviewed",
    "run-matches",
    "artifact-in-run",
)
"""In the order in which they run and are shown. Each is ``CHECK`` of the module of its name."""


def built_in() -> Iterable[Check]:
    """All of them. Each module is loaded when its turn comes."""
    for each in IDS:
        name = f"{__name__}.{each.replace('-', '_')}"
        if find_spec(name) is None:  # Not written yet.
            continue

        check: Check = import_module(name).CHECK
        yield check
