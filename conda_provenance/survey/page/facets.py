"""What packages can be grouped and filtered by: host, organisation, CI, year and so on.

All of it is what the packages say, by the same rules as the groups of an audit's summary.
``NOT_SAID`` stands for what a package does not say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, NamedTuple

from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.survey.page.states import state_of
from conda_provenance.text import escape, show_value

Row = Mapping[str, Any]

NOT_SAID = "-"
"""Never a host, a CI system or a year."""

MAX_LABEL = 80
"""Characters of a value that is named in a list."""

_PROVIDER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,63})_.", re.DOTALL)
_YEAR_10000 = 253_402_300_800_000
"""In milliseconds. No calendar of a browser or of Python goes on for ever."""


class Facet(NamedTuple):
    """One thing to group and filter by."""

    key: str
    """Its name in the address of a view."""
    label: str
    values: Callable[[Row], Sequence[str]]
    """The values of a row. Only a package with several problems has more than one."""


def year_of(row: Row) -> str:
    """The year in which the package was made, UTC."""
    stamp = milliseconds(row.get("timestamp"))
    if stamp is None:
        return NOT_SAID

    return str(datetime.fromtimestamp(stamp / 1000, timezone.utc).year)


def milliseconds(timestamp: object) -> int | None:
    """A timestamp in milliseconds since 1970, or ``None`` if it cannot be one."""
    if not isinstance(timestamp, int) or isinstance(timestamp, bool):
        return None

    return timestamp if 0 < timestamp < _YEAR_10000 else None


def host_of(row: Row) -> str:
    """The host of the repository that the package names."""
    return _place(row.get("remote_url"))[0]


def organisation_of(row: Row) -> str:
    """The host and the first part of the repository's path: ``github.com/conda-forge``."""
    return _place(row.get("remote_url"))[1]


@lru_cache(maxsize=100_000)
def _place(remote_url: str | None) -> tuple[str, str]:
    try:
        remote = RemoteUrl.parse(remote_url or "")
    except RemoteUrlError:
        return NOT_SAID, NOT_SAID

    host = remote.host if remote.port is None else f"{remote.host}:{remote.port}"
    owner, slash, _ = remote.path.partition("/")
    return label_of(host), label_of(f"{host}/{owner}") if slash else NOT_SAID


def provider_of(row: Row) -> str:
    """The CI system that ``flow_run_id`` names."""
    match = _PROVIDER.match(row.get("flow_run_id") or "")
    return match[1] if match else NOT_SAID


def channel_of(row: Row) -> str:
    """The channel's address or name."""
    # It may be an address with a login: the user typed it, or a record has it.
    return label_of_channel(str(row.get("channel") or NOT_SAID))


def problems_of(row: Row) -> Sequence[str]:
    """The codes of the row's problems, each once."""
    codes = [label_of(str(problem.get("code"))) for problem in row.get("problems") or ()]
    return list(dict.fromkeys(codes)) or [NOT_SAID]


@lru_cache(maxsize=1_000)
def label_of_channel(text: str) -> str:
    """A channel as it stands in lists."""
    return show_value(text, MAX_LABEL)


def label_of(text: str) -> str:
    """A value as it stands in lists."""
    return escape(text, MAX_LABEL)


FACETS = (
    Facet("state", "State", lambda row: (state_of(row),)),
    Facet("problem", "Problem", problems_of),
    Facet("provider", "CI system", lambda row: (provider_of(row),)),
    Facet("host", "Host", lambda row: (host_of(row),)),
    Facet("organisation", "Organisation", lambda row: (organisation_of(row),)),
    Facet("year", "Year", lambda row: (year_of(row),)),
    Facet("channel", "Channel", lambda row: (channel_of(row),)),
)
