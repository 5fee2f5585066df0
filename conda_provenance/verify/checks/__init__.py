"""The built-in checks, one module each. Other distributions bring more by a hook."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

from conda_provenance.policy.check_ids import IDS

if TYPE_CHECKING:
    from conda_provenance.verify.check import Check

__all__ = ["IDS", "built_in"]


def built_in() -> Iterable[Check]:
    """All of them: ``CHECK`` of the module of each name, which is loaded when its turn comes."""
    for each in IDS:
        check: Check = import_module(f"{__name__}.{each.replace('-', '_')}").CHECK
        yield check
