"""Progress, on a terminal and in a log."""

from __future__ import annotations

import io

import pytest

from conda_provenance.cli import bar as bar_module
from conda_provenance.cli.bar import Bar, LogLines, Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A stand-in for the time, which goes on when a test says so."""
    clock = Clock()
    monkeypatch.setattr(bar_module, "time", clock)
    return clock


def test_the_rate_and_the_time_left(clock: Clock) -> None:
    pace = Pace(2000, "packages")
    assert pace.text() == "0/2,000 packages"
    clock.now += 2
    pace.done = 120
    assert pace.text() == "120/2,000 packages, 60/s, 31 s left"


def test_without_a_total_there_is_no_time_left(clock: Clock) -> None:
    pace = Pace(None, "packages")
    clock.now += 2
    pace.done = 1234
    assert pace.text() == "1,234 packages, 617/s"


def test_one_is_no_plural(clock: Clock) -> None:
    assert Pace(1, "packages").text() == "0/1 package"
    pace = Pace(None, "packages")
    assert pace.text() == "0 packages"
    pace.done = 1
    assert pace.text() == "1 package"


def test_what_came_from_a_cache_at_first_does_not_promise_a_quick_end(clock: Clock) -> None:
    pace = Pace(2000)
    clock.now += 1
    pace.done = 1000
    pace.text()
    for _ in range(30):
        clock.now += 1
        pace.done += 2
        text = pace.text()
    assert text == "1,060/2,000, 2.0/s, 8 min left"


def test_a_stalled_server_has_no_rate(clock: Clock) -> None:
    pace = Pace(10)
    pace.done = 5
    pace.text()
    clock.now += 5
    pace.text()
    clock.now += 15
    pace.text()
    clock.now += 15
    assert pace.text() == "5/10"


def test_requests_left_where_they_are_known(clock: Clock) -> None:
    assert Pace(10, requests_left=lambda: 4999).text() == "0/10, 4,999 requests left"
    assert Pace(10, requests_left=lambda: None).text() == "0/10"


def test_hours(clock: Clock) -> None:
    pace = Pace(2_000_000)
    clock.now += 1
    pace.done = 600
    assert pace.text() == "600/2,000,000, 600/s, 56 min left"
    clock.now += 60
    pace.done += 600
    assert pace.text().endswith("10/s, 55 h 31 min left")


@pytest.mark.parametrize("columns", [1, 10, 40, 80, 200])
@pytest.mark.parametrize("total", [None, 2, 2_000_000])
def test_the_line_is_never_wrapped(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, columns: int, total: int | None
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = io.StringIO()
    bar = Bar(stream, Pace(total, "packages"))
    for _ in range(3):
        clock.now += 1
        bar.advance()
    bar.tick()
    for line in stream.getvalue().split("\r"):
        assert len(line.removesuffix("\x1b[K")) < columns


def test_more_than_the_total_does_not_break_the_bar(clock: Clock) -> None:
    bar = Bar(io.StringIO(), Pace(2))
    for _ in range(5):
        clock.now += 1
        bar.advance()


def test_a_log_has_a_line_every_half_minute_also_while_a_server_is_slow(clock: Clock) -> None:
    lines: list[str] = []
    log = LogLines(lines.append, Pace(2000, "packages"))
    for _ in range(65):
        clock.now += 1
        log.advance()
    first, second = lines
    assert first == "30/2,000 packages, 1.0/s, 33 min left"
    assert second == "60/2,000 packages, 1.0/s, 32 min left"
    clock.now += 30
    log.tick()
    assert lines[2:] == ["65/2,000 packages, 9/min, 3 h 46 min left"]


def test_a_total_that_becomes_known_grows(clock: Clock) -> None:
    lines: list[str] = []
    log = LogLines(lines.append, Pace(None, "packages"))
    for more in (60, 40):
        log.expect(more)
    clock.now += 30
    log.advance()
    assert lines == ["1/100 packages, 2/min, 50 min left"]


def test_a_total_that_was_too_low_is_not_shown(clock: Clock) -> None:
    pace = Pace(3)
    clock.now += 2
    pace.done = 20
    assert pace.text() == "20/20, 10/s"
