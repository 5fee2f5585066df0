from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from web_fixtures import plain_environment, web

if TYPE_CHECKING:
    from acceptance_world import World

__all__ = ["plain_environment", "web"]


@pytest.fixture(scope="session")
def acceptance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world of the acceptance test."""
    from acceptance_world import open_world

    with open_world(tmp_path_factory.mktemp("world")) as world:
        yield world


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that any library logs."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.removeHandler(handler)
    root.setLevel(before)
