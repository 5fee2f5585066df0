"""The one place that decides what may be written under a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.claim import Claim
from conda_provenance.errors import ProvenanceError
from conda_provenance.provenance import Provenance
from conda_provenance.values import (
    KEYS,
    ImproperValue,
    InvalidValue,
    check,
    clean,
    clean_entry,
    clean_or_none,
)

SHA = "50a4e2d4203f05082fcbb93e14541180de3aa8ac"


@pytest.mark.parametrize(
    ("key", "given_value", "cleaned"),
    [
        ("sha", SHA, SHA),
        ("remote_url", "git@github.com:o/r.git", "https://github.com/o/r"),
        ("remote_url", "https://u:p@github.com/o/r?x#y", "https://github.com/o/r"),
        ("remote_url", "https://github.com/o/DATABASE", "https://github.com/o/DATABASE"),
        ("remote_url", "https://github.com/o/weighs_up", "https://github.com/o/weighs_up"),
        ("flow_run_id", "github_1", "github_1"),
        ("flow_run_id", "https://u:p@ci.example.org/1?t=s", "https://ci.example.org/1"),
        ("flow_run_url", "https://u:p@ci.example.org/1?t=s#f", "https://ci.example.org/1"),
        *((key, "", "") for key in KEYS),
    ],
)
def test_a_value_is_cleaned(key, given_value, cleaned):
    assert clean(key, given_value) == cleaned


@pytest.mark.parametrize("value", ["abc123", SHA.upper(), "0" * 40, "0" * 64])
def test_an_odd_hash_is_improper_but_holds_no_secret(value):
    with pytest.raises(ImproperValue):
        clean("sha", value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sha", "user:s3cr3t"),
        ("sha", None),
        ("sha", 5),
        ("sha", "ghp_s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t"),
        ("remote_url", "/s3cr3t"),
        ("remote_url", "https://h/ghp_s3cr3ts3cr3ts3cr3ts3cr3ts3cr3t/r"),
        ("remote_url", "https://h/t/dk-5ec2e75e-0000-4000-8000-s3cr3t456789/o/r"),
        ("flow_run_url", "https://h/t/dk-5ec2e75e-0000-4000-8000-s3cr3t456789/o/r"),
        ("flow_run_id", "user:s3cr3t@h"),
        ("flow_run_id", "ci_glpat-s3cr3ts3cr3ts3cr3t"),
        ("flow_run_id", "ci_1%2Fghp_s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t"),
        ("flow_run_id", "x" * 3000 + "user:s3cr3t@h"),
        ("flow_run_url", "ftp://h/s3cr3t"),
        ("flow_run_url", "https://glpat-s3cr3ts3cr3ts3cr3t/1"),
        *((key, "s3cr3t\x1b") for key in KEYS),
    ],
)
def test_what_may_hold_a_secret_is_refused_without_repeating_it(key, value):
    with pytest.raises(InvalidValue) as caught:
        clean(key, value)
    assert not isinstance(caught.value, ImproperValue)
    assert "s3cr3t" not in str(caught.value)
    assert clean_or_none(key, value) is None


def test_a_plugins_entry_may_have_any_key_and_no_login():
    assert clean_entry("ticket", "A-1") == "A-1"
    assert clean_entry("ticket", None) is None
    assert clean_entry("remote_url", "git@github.com:o/r") == "https://github.com/o/r"
    for key, value in [("t", "https://u:p@h"), ("t", "a\nb"), ("t", 5), ("a\n", "x"), (5, "x")]:
        with pytest.raises(InvalidValue):
            clean_entry(key, value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("remote_url", " https://github.com/o/r"),
        ("remote_url", "https://github.com/o/r.git"),
        ("remote_url", "https://github.com//token=s3cr3t"),
        ("remote_url", "https://github.com/ghp_s3cr3ts3cr3ts3cr3t/r"),
        ("remote_url", "HTTPS://github.com/o/r"),
        ("flow_run_id", "https://ci.example.org/1?t=s3cr3t"),
        ("flow_run_url", "https://ci.example.org/1?t=s3cr3t"),
    ],
)
def test_what_cleaning_would_change_may_not_be_written_as_it_is(key, value):
    with pytest.raises(InvalidValue) as caught:
        check(key, value)
    assert "s3cr3t" not in str(caught.value)


def test_a_long_run_is_improper_but_holds_no_secret():
    with pytest.raises(ImproperValue, match="longer than"):
        clean("flow_run_id", "farm_" + "1" * 3000)


_PARTS = [
    "https://", "http://", "HTTPS://", "ssh://", "git@", "user:", "pw", "@", "%40", "%2540", "h",
    "github.com", "[::1]", ":80", ":443", "/", "/r", ".git", "?", "#", "=", "&", "buildId=12",
    "token=", "ghp_" + "a1B2" * 9, "glpat-" + "a" * 16, "farm_", "..", ".", "~", "\\", "%2F", "%25",
    ";", " ", "$", "${", "undefined", "12", SHA, "0" * 40, "C:", "file:", "//", "\u3000", "%00",
]  # fmt: skip


@given(st.sampled_from(KEYS), st.lists(st.sampled_from(_PARTS), max_size=9).map("".join))
def test_with_what_was_cleaned_nothing_is_wrong(key, value):
    """Only an empty hash and a run's id without its system are valid and doubtful at once."""
    for accepted in (clean_or_none(key, value), value):
        try:
            extra = Provenance(**{key: accepted}).to_extra()
        except ProvenanceError:
            continue
        codes = {problem.code for problem in Claim.from_extra(extra).problems}
        assert codes <= {"sha-empty", "run-bare"}


@given(st.sampled_from(KEYS), st.text() | st.integers() | st.none())
def test_what_was_cleaned_passes_the_check_and_makes_a_provenance(key, value):
    cleaned = clean_or_none(key, value)
    check(key, cleaned)
    assert Provenance.cleaned({key: value} if cleaned else {}) == Provenance(**{key: cleaned})
