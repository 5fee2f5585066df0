"""Doors to the web for tests: quick to try again, and blind to the proxies of this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conda_provenance.web import Patience, Web

QUICK = Patience(
    busy_tries=4,
    failed_tries=3,
    first_wait=0.02,
    longest_wait=5,
    connect=20,
    read=20,
    answer=20,
    slowest=1 << 20,
)
"""It soon tries again, but gives a busy machine time to answer."""

IMPATIENT = QUICK._replace(connect=2, read=1, answer=1)
"""For tests of servers that are slow, or say nothing: they have the mark ``impatient``."""


def patience_of(request: pytest.FixtureRequest) -> Patience:
    """What this test needs."""
    return IMPATIENT if request.node.get_closest_marker("impatient") else QUICK


def slow_marked(ways: Iterable[str]) -> list[Any]:
    """The ways of a server as parameters of a test. The slow ones have the mark."""
    slow = ("drip", "silent")
    return [
        pytest.param(way, marks=pytest.mark.impatient) if any(map(way.count, slow)) else way
        for way in ways
    ]


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


@pytest.fixture
def web(request: pytest.FixtureRequest, plain_environment: None) -> Iterator[Web]:
    """A door without conda."""
    with Web(use_conda=False, patience=patience_of(request)) as door:
        yield door
