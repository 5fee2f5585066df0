"""Reads from an answer whether a server limits how often it is asked, and until when.

Each forge has its own form. Who waits, and how long, is not known here.

- https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
- https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
- https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from conda_provenance.web.backoff import retry_after

SECONDARY = 60.0
"""GitHub: "wait for at least one minute", where it does not say how long."""

_EPOCH = 1e8
"""A greater number is a time, not a number of seconds."""

_SAYS_LIMIT = re.compile(rb"rate.?limit|too many requests|abuse detection", re.I)


class Limit(NamedTuple):
    """A server asks to be left alone."""

    seconds: float | None
    """For so long. ``None``: it does not say."""


def limit_of(status: int, headers: Mapping[str, str], beginning: bytes, now: float) -> Limit | None:
    """What an answer says of a limit. ``None``: there is none.

    ``beginning``: the first bytes of the body of a 403. Only its text tells a limit from a refusal
    where the headers do not.
    """
    asked = retry_after(headers.get("Retry-After"), now)
    if status in {429, 503}:
        return Limit(asked if asked is not None else _reset(headers, now))
    if status == 403:
        if asked is not None:
            return Limit(asked)
        if _remaining(headers) == 0:
            wait = _reset(headers, now)
            return Limit(SECONDARY if wait is None else wait)
        return Limit(SECONDARY) if _SAYS_LIMIT.search(beginning) else None
    # Azure answers, and asks to be asked more slowly.
    return Limit(asked) if status == 200 and asked else None


def _remaining(headers: Mapping[str, str]) -> int | None:
    for name in ("X-RateLimit-Remaining", "RateLimit-Remaining"):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,9}", value):
            return int(value)
    return None


def _reset(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until the limit is over. Most name the time, some the seconds."""
    for name in ("X-RateLimit-Reset", "RateLimit-Reset"):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", value):
            number = float(value)
            return max(0.0, number - now) if number > _EPOCH else number
    return None
