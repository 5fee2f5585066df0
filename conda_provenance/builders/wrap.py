"""Replaces a builder's function by one of ours that calls it. Knows no builder."""

from __future__ import annotations

import functools
from collections.abc import Callable

Function = Callable[..., object]

_MARK = "__conda_provenance__"


def wrap(owner: object, name: str, make: Callable[[Function], Function]) -> None:
    """Replace the function ``name`` of a module or class by what ``make`` returns for it.

    A function that is wrapped already is left as it is.
    """
    original: Function = getattr(owner, name)
    if hasattr(original, _MARK):
        return

    wrapper = functools.wraps(original)(make(original))
    setattr(wrapper, _MARK, True)
    setattr(owner, name, wrapper)
