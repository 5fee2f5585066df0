"""What packages can be grouped and filtered by: host, organisation, CI, year and so on.

All of it is what the packages say. ``NOT_SAID`` stands for what a package does not say.
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

_PROVIDER = re.compile(r"([A-Za-z][A-Za-z0-9-]{0,39})_.")
_SECONDS = 100_000_000_000
"""A smaller timestamp counts seconds, as those of old packages do."""


class Facet(NamedTuple):
    """One thing to group and filter by."""

    key: str
    """Its name in the address of a view."""
    label: str
    title: str
    """Of its bars."""
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
    if not isinstance(timestamp, int) or isinstance(timestamp, bool) or timestamp <= 0:
        return None

    stamp = timestamp * 1000 if timestamp < _SECONDS else timestamp
    # The year 2200. Dates far away are a stranger's joke, and break charts.
    return stamp if stamp < 7_258_118_400_000 else None


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
    owner = remote.path.strip("/").partition("/")[0]
    return _label(host), _label(f"{host}/{owner}")


def provider_of(row: Row) -> str:
    """The CI system that ``flow_run_id`` names."""
    match = _PROVIDER.match(row.get("flow_run_id") or "")
    return match[1].lower() if match else NOT_SAID


def channel_of(row: Row) -> str:
    """The channel's address or name."""
    # It may be an address with a login: the user typed it, or a record has it.
    return _shown(str(row.get("channel") or NOT_SAID))


def problems_of(row: Row) -> Sequence[str]:
    """The codes of the row's problems, each once."""
    codes = [_label(str(problem.get("code"))) for problem in row.get("problems") or ()]
    return list(dict.fromkeys(codes)) or [NOT_SAID]


@lru_cache(maxsize=1_000)
def _shown(text: str) -> str:
    return show_value(text, MAX_LABEL)


def _label(text: str) -> str:
    return escape(text, MAX_LABEL)


FACETS = (
    Facet("state", "State", "", lambda row: (state_of(row),)),
    Facet("problem", "Problem", "By problem", problems_of),
    Facet("provider", "CI system", "By CI system", lambda row: (provider_of(row),)),
    Facet("host", "Host", "By host", lambda row: (host_of(row),)),
    Facet("organisation", "Organisation", "By organisation", lambda row: (organisation_of(row),)),
    Facet("year", "Year", "By year of the build", lambda row: (year_of(row),)),
    Facet("channel", "Channel", "By channel", lambda row: (channel_of(row),)),
)
