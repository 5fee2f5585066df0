"""Keeps the libraries below sigstore from logging: their lines may hold a token."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing is logged in this block, whatever a program around us has set up.

    sigstore logs the code that its login exchanges for a token, urllib3 the addresses, and both
    through loggers of many names. Warnings go too: what matters of them, our sentences say.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
