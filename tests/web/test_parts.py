from __future__ import annotations

import pytest

from conda_provenance.web.backoff import retry_after, wait_before
from conda_provenance.web.ranges import ContentRange, parse_content_range


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 120 ", 120.0),
        ("1.5", 1.5),
        ("Fri, 13 Feb 2009 23:31:40 GMT", 10.0),
        ("Friday, 13-Feb-09 23:31:40 GMT", 10.0),
        ("Fri, 13 Feb 2009 20:00:00 GMT", 0.0),
        ("", None),
        (None, None),
        ("soon", None),
        ("-5", None),
        ("1e9", None),
        ("9" * 400, None),
        ("Fri, 99 Foo 2009 23:31:40 GMT", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, now=1234567890.0) == seconds


def test_each_wait_is_longer_up_to_a_bound() -> None:
    waits = [wait_before(attempt, 1, 20) for attempt in range(1, 8)]
    assert all(2.0**index <= wait or wait == 20 for index, wait in enumerate(waits))
    assert max(waits) == 20


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("bytes 0-9/100", ContentRange(0, 10, 100)),
        ("BYTES 5-9/*", ContentRange(5, 10, None)),
        ("bytes */100", ContentRange(None, None, 100)),
        ("bytes 9-5/100", None),
        ("bytes 0-100/100", None),
        ("bytes=0-9/100", None),
        ("items 0-9/100", None),
        (None, None),
    ],
)
def test_a_content_range(value: str | None, found: ContentRange | None) -> None:
    assert parse_content_range(value) == found
