"""Honest packages are not refuted: each row of the table, end to end through the command."""

from __future__ import annotations

import pytest
from acceptance_asking import hold, verify
from acceptance_table import REFUTED, Row
from acceptance_world import World
from honest_rows import HONEST


@pytest.mark.parametrize("row", HONEST, ids=str)
def test_it_is_not_refuted(row: Row, acceptance: World, capsys: pytest.CaptureFixture[str]) -> None:
    said = verify(acceptance, capsys, [row.make(acceptance)], row.options(acceptance))
    hold(row, *said.packages, said.status)
    assert row.outcome != REFUTED
