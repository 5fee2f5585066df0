"""Remembers the user's ``--extra-meta`` for rattler-build's engine.

conda-build takes the option, but for a recipe.yaml it does not pass it to the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_extra_meta: ContextVar[Mapping[str, str]] = ContextVar("extra_meta", default={})


@contextmanager
def extra_meta_given(pairs: Mapping[str, str]) -> Iterator[None]:
    """Remember the user's ``--extra-meta`` for the builds within this block."""
    token = _extra_meta.set(pairs)
    try:
        yield
    finally:
        _extra_meta.reset(token)


def given_extra_meta() -> dict[str, str]:
    """The ``--extra-meta`` of the enclosing :func:`extra_meta_given`."""
    return dict(_extra_meta.get())
