"""Keeps the queries of our requests out of urllib3's log: they may let their bearer in.

What others send by urllib3 in this process is logged as ever.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_ours: ContextVar[bool] = ContextVar("is_ours", default=False)


class _WithoutQueries(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if _is_ours.get() and isinstance(record.args, tuple):
            record.args = tuple(map(_without_query, record.args))
        return True


_FILTER = _WithoutQueries()


@contextmanager
def without_queries() -> Iterator[None]:
    """While this block runs, urllib3 logs no query of what this thread sends."""
    logger = logging.getLogger("urllib3.connectionpool")
    if _FILTER not in logger.filters:
        logger.addFilter(_FILTER)
    token = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(token)


def _without_query(value: object) -> object:
    if isinstance(value, str) and "?" in value:
        return f"{value.partition('?')[0]}?***"
    return value
