from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from composite_runner import ROOT, Composite

if TYPE_CHECKING:
    from acceptance_world import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The steps of the Action are bash, and the Action is no part of the wheel."""
    reason = None
    if not (ROOT / "action.yml").is_file():
        reason = "action.yml is not here"
    elif sys.platform == "win32" or shutil.which("bash") is None:
        reason = "there is no bash here that finds Python as GitHub's does"
    if reason:
        here = Path(__file__).parent
        for item in items:
            if here in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def action(tmp_path: Path) -> Composite:
    """The Action, and a job's folder in which it runs."""
    place = tmp_path / "the job's folder"
    place.mkdir()
    return Composite(place)


@pytest.fixture(scope="session")
def acceptance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world of the acceptance test of ``verify``."""
    from acceptance_world import open_world

    with open_world(tmp_path_factory.mktemp("world")) as world:
        yield world
