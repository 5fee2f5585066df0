"""What packages can be grouped and filtered by: host, organisation, CI, year and so on.

All of it is what the packages say, by the same rules as the groups of an audit's summary.
``NOT_SAID`` stands for what a package does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from conda_provenance.audit.page.states import state_of
from conda_provenance.audit.row import Row, place, provider, remote, year
from conda_provenance.text import escape, show_value

NOT_SAID = "-"
"""Never a host, a CI system or a year."""

MAX_LABEL = 80
"""Characters of a value that is named in a list."""

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
    return year(row) or NOT_SAID


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
    host, organisation = place(remote({"remote_url": remote_url}))
    return label_of(host or NOT_SAID), label_of(organisation or NOT_SAID)


def provider_of(row: Row) -> str:
    """The CI system that ``flow_run_id`` names."""
    return provider(row) or NOT_SAID


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
