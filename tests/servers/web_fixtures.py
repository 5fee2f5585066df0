"""Doors to the web for tests: impatient, and blind to the proxies and logins of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conda_provenance.web import Patience, Web

QUICK = Patience(
    busy_tries=4,
    failed_tries=3,
    first_wait=0.02,
    longest_wait=5,
    connect=2,
    read=1,
    answer=1,
    slowest=1 << 20,
)


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "no-netrc"))


@pytest.fixture
def web(plain_environment: None) -> Iterator[Web]:
    """A door without conda."""
    with Web(use_conda=False, patience=QUICK) as door:
        yield door
