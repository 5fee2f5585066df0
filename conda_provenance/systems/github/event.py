"""Reads which pull request GitHub, Gitea or Forgejo build, from the ref and the event's file.

The file that ``GITHUB_EVENT_PATH`` names is the payload of a webhook, so parts of it are written by
strangers. Its size is bounded, and anything that is not as documented counts as missing.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
"""

from __future__ import annotations

import os
import re
import stat
from functools import lru_cache

from conda_provenance.ci import Environ

_MAX_SIZE = 4 << 20
"""In bytes. The event of a pull request has about 30 kB. Parsed, it takes many times as much."""


def pull_request(environ: Environ) -> str | None:
    """``12`` from ``refs/pull/12/merge``, or from the event's file."""
    return environ.fill(r"{GITHUB_REF:refs/pull/(\d+)/.+}") or _number(_payload(environ))


def branch(environ: Environ) -> str | None:
    """``main`` from ``refs/heads/main``; on a pull request, the branch that it comes from."""
    if pull_request(environ):
        return environ.fill("{GITHUB_HEAD_REF:(?!refs/)(.+)}") or _head_branch(environ)
    return environ.fill("{GITHUB_REF:refs/heads/(?!gh-readonly-queue/)(.+)}")


def head_sha(environ: Environ) -> str | None:
    """``.pull_request.head.sha`` of the event."""
    return _text(_payload(environ), "head", "sha")


def head_remote_url(environ: Environ) -> str | None:
    """``.pull_request.head.repo.html_url`` of the event."""
    return _text(_payload(environ), "head", "repo", "html_url")


def _number(event: object) -> str | None:
    number = _text(event, "number")
    return number if number and re.fullmatch(r"\d{1,20}", number, re.ASCII) else None


def _head_branch(environ: Environ) -> str | None:
    name = _text(_payload(environ), "head", "ref")
    return None if name is None or name.startswith("refs/") else name


def _payload(environ: Environ) -> object:
    """``.pull_request`` of the event's file, if a pull request is built."""
    path = environ.get("GITHUB_EVENT_PATH")
    if path is None or not environ.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return None

    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or not 0 < status.st_size <= _MAX_SIZE:
            return None
        return _read(path, status.st_mtime_ns, status.st_size)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=1)
def _read(path: str, _modified: int, _size: int) -> object:
    import json  # Takes a millisecond, which most runs need not pay.

    try:
        with open(path, "rb") as file:
            event = json.loads(file.read(_MAX_SIZE))
    except (OSError, ValueError, RecursionError):
        return None  # cached too, so that the file is read once for all facts
    return event.get("pull_request") if isinstance(event, dict) else None


def _text(value: object, *keys: str) -> str | None:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
