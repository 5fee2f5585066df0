"""How long to wait before a server is asked again."""

from __future__ import annotations

import random
import re
import time
from typing import NamedTuple


class Patience(NamedTuple):
    """How often and how long a command waits for a server. Seconds."""

    busy_tries: int = 8
    """Times that one file is asked for, of a server that says it is too busy (429, 503)."""
    failed_tries: int = 3
    """The same where the connection fails, or the server does (500, 502, 504)."""
    first_wait: float = 1.0
    """It doubles each time, where the server does not say how long."""
    longest_wait: float = 120.0
    """If a server asks for more, it is not waited for."""
    longest_rest: float = 600.0
    """In all, for a server with an API. After that it is not waited for any more."""
    connect: float = 9.15
    read: float = 60.0
    """Without a byte."""
    answer: float = 120.0
    """For a whole answer, and as long again for every ``slowest`` bytes of it."""
    slowest: int = 2 << 20


def retry_after(value: str | None, now: float | None = None) -> float | None:
    """The seconds in a ``Retry-After`` header, which holds a number or a date. RFC 9110, 10.2.3."""
    value = (value or "").strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", value):
        return float(value)

    from email.utils import parsedate_to_datetime  # Nearly every server gives a number.

    try:
        then = parsedate_to_datetime(value).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return max(0.0, then - (time.time() if now is None else now))


def wait_before(attempt: int, first_wait: float, longest_wait: float) -> float:
    """Seconds before the next try, which is number ``attempt``, counted from 1.

    Each is twice the last one, and up to half as long again by chance, so that not all ask at once.
    """
    wait = first_wait * 2.0 ** (attempt - 1) * (1 + random.random() / 2)  # noqa: S311 no secret
    return float(min(longest_wait, wait))
