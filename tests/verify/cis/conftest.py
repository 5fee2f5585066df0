from __future__ import annotations

from collections.abc import Iterator

import pytest
from ci_cases import SERVERS, CiSetting, serve
from histories import History, everyday


@pytest.fixture(scope="session")
def everyday_history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """One of everything. Do not change it: copy it."""
    return everyday(tmp_path_factory.mktemp("cis") / "history")


@pytest.fixture(params=SERVERS)
def ci(request: pytest.FixtureRequest, everyday_history: History) -> Iterator[CiSetting]:
    """Every CI in turn, with a run that was pushed and ended well."""
    with serve(request.param, everyday_history) as setting:
        yield setting


@pytest.fixture
def github(everyday_history: History) -> Iterator[CiSetting]:
    with serve("github", everyday_history) as setting:
        yield setting


@pytest.fixture
def azure(everyday_history: History) -> Iterator[CiSetting]:
    with serve("azure", everyday_history) as setting:
        yield setting
