"""``Row``: one package in the JSON of ``audit``, and what can be learned from it.

The summary, the gate and every form of output work on rows. So it does not matter whether a package
was read just now, on another machine or last month.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, TypeAlias

from conda_provenance.audit.state import State
from conda_provenance.keys import KEYS
from conda_provenance.remotes import RemoteUrl, RemoteUrlError

Row: TypeAlias = Mapping[str, Any]
"""``show``'s object of a package with its ``state``: docs/reference/json.md describes it.

It holds a stranger's text without credentials, but not escaped.
"""

_PROVIDER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,63})_.", re.DOTALL)

_KEYS_OF_PROBLEMS = {
    "sha": ("sha",),
    "remote": ("remote_url",),
    "run-bare": ("flow_run_id",),
    "run-url-malformed": ("flow_run_url",),
    "run-credentials": ("flow_run_id", "flow_run_url"),
}
"""The keys that a problem's code is about, by how it begins. Its sentence names the others."""


def state(row: Row) -> State:
    """The state of the package."""
    return State(row["state"])


def remote(row: Row) -> RemoteUrl | None:
    """The repository that it names, where that is an address at all."""
    try:
        return RemoteUrl.parse(row["remote_url"] or "")
    except RemoteUrlError:
        return None


def place(repository: RemoteUrl | None) -> tuple[str | None, str | None]:
    """Host, and organisation: the host and the first part of the path, ``github.com/conda-forge``.

    A port that is not the usual one is part of the host.
    """
    if repository is None:
        return None, None

    host = repository.host if repository.port is None else f"{repository.host}:{repository.port}"
    owner, slash, _ = repository.path.partition("/")
    return host, f"{host}/{owner}" if slash else None


def provider(row: Row) -> str | None:
    """The CI system that it names, as in ``github_123``."""
    match = _PROVIDER.match(row["flow_run_id"] or "")
    return match and match[1]


def year(row: Row) -> str | None:
    """The year of its timestamp, UTC."""
    timestamp = row["timestamp"]
    if not isinstance(timestamp, int) or isinstance(timestamp, bool) or timestamp <= 0:
        return None

    try:
        return str(datetime.fromtimestamp(timestamp / 1000, timezone.utc).year)
    except (ValueError, OverflowError, OSError):
        return None


def problem_of(row: Row, key: str) -> str | None:
    """What is wrong with the value of ``key``: one sentence. ``None``: nothing."""
    for problem in row["problems"]:
        if key in _keys_of(problem):
            return str(problem["message"])
    return None


def _keys_of(problem: Mapping[str, str]) -> tuple[str, ...]:
    code = problem["code"]
    for start in (code, code.partition("-")[0]):
        if start in _KEYS_OF_PROBLEMS:
            return _KEYS_OF_PROBLEMS[start]

    named = problem["message"].partition(" ")[0]
    return (named,) if named in KEYS else ()
