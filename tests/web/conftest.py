from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hostile_forge import certificate
from misbehaving import misbehaving, other_server
from nginx import nginx
from urllib3.connectionpool import HTTPConnectionPool
from web_fixtures import plain_environment, web

__all__ = ["certificate", "misbehaving", "nginx", "other_server", "plain_environment", "web"]

_BOTH_WAYS = ("test_encodings", "test_parts", "test_web")
"""Tests that run by new connections, and by open ones: those are read by other code."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.module.__name__.rpartition(".")[2] in _BOTH_WAYS:
        metafunc.fixturenames.append("reached_by")
        metafunc.parametrize("reached_by", ["new", "open"], indirect=True)


@pytest.fixture
def reached_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """``open``: every connection is open before it is used."""
    found = HTTPConnectionPool._get_conn

    def opened(pool: Any, timeout: float | None = None) -> Any:
        connection: Any = found(pool, timeout)
        if connection.sock is None:
            with contextlib.suppress(Exception):  # Then urllib3 tries again, and says what it is.
                connection.connect()
        return connection

    if request.param == "open":
        monkeypatch.setattr(HTTPConnectionPool, "_get_conn", opened)
