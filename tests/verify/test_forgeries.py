"""Forgeries are not verified: each row of the table, end to end through the command."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from acceptance_asking import hold, verify
from acceptance_sites import TOKEN
from acceptance_table import PAGE, VERIFIED, Row, filled, tables
from acceptance_world import World, open_world
from forgery_rows import FORGERIES
from honest_rows import HONEST

ROWS = [row for rows in FORGERIES.values() for row in rows]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_it_is_caught(row: Row, acceptance: World, capsys: pytest.CaptureFixture[str]) -> None:
    said = verify(acceptance, capsys, [row.make(acceptance)], row.options(acceptance))
    hold(row, *said.packages, said.status)
    assert row.outcome != VERIFIED
    assert said.status != 0
    assert TOKEN not in said.printed
