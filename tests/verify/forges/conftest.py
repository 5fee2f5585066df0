from __future__ import annotations

import pytest
from histories import History, everyday


@pytest.fixture(scope="session")
def everyday_history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """One of everything. Do not change it: copy it."""
    return everyday(tmp_path_factory.mktemp("forges") / "history")
