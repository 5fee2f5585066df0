"""A stranger's text as people see it."""

from __future__ import annotations

import pytest

from conda_provenance.text import (
    MAX_READ,
    escape,
    redact,
    redact_addresses,
    redact_location,
    shorten,
    show,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\x1b[31mb\n", "a\\x1b[31mb\\n"),
        ("\u202e\u200b", "\\u202e\\u200b"),
        ("\udcff", "\\udcff"),
        ("https://user:s3cr3t@h/o/r", "https://***@h/o/r"),
        ("see https://h/o/r?t=s3cr3t now", "see https://h/o/r now"),
        ("git@github.com:o/r", "git@github.com:o/r"),
    ],
)
def test_it_is_redacted_and_escaped(text: str, shown: str) -> None:
    assert show(text) == shown


def test_it_is_cut_after_it_was_redacted() -> None:
    """A login that begins before the cut and ends behind it must not be seen."""
    text = "https://" + "s3cr3t" * 60 + "@h/o/r"
    assert show(text, 50) == "https://***@h/o/r"
    assert show("x" * 400, 300) == "x" * 300 + "…"


def test_a_flood_is_only_counted() -> None:
    assert show("s" * (MAX_READ + 1)) == f"({MAX_READ + 1} characters)"


def test_each_step_for_itself() -> None:
    assert escape("a\nb") == "a\\nb"
    assert escape("abc", 2) == "ab…"
    assert shorten("abc", 3) == "abc"
    assert shorten("abcd", 3) == "abc…"
    assert redact("ssh://git@h/o/r") == "ssh://git@h/o/r"


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/data/me@work/x-1-0.conda", "/data/me@work/x-1-0.conda"),
        ("C:/me@work/x-1-0.conda", "C:/me@work/x-1-0.conda"),
        ("https://u:s3cr3t@h/x-1-0.conda", "https://***@h/x-1-0.conda"),
        ("https:/u:s3cr3t@h/x-1-0.conda", "https:/***@h/x-1-0.conda"),
        ("https://h/t/s3cr3t/ch/x-1-0.conda", "https://h/t/***/ch/x-1-0.conda"),
        ("https://h/x-1-0.conda?sig=s3cr3t", "https://h/x-1-0.conda"),
    ],
)
def test_a_path_stays_and_an_address_loses_its_secrets(location: str, shown: str) -> None:
    assert redact_location(location) == shown
    assert redact_addresses(f"There is no {location} here.") == f"There is no {shown} here."
