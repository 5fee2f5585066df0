"""A claim that was kept shows the same as the one that was read, and holds no secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from survey_artifacts import SHA, artifact

from conda_provenance.claim import Claim
from conda_provenance.cli.package_report import PackageReport, fields
from conda_provenance.packages import PackageClaim
from conda_provenance.survey.reading import Reading
from conda_provenance.survey.rows import RowError, ShownClaim, reading_of_row, row_of
from conda_provenance.values import KEYS

PIECES = (
    "https://", "http://", "ssh://", "git+https://", "git@", "user:pw@", "tok?en:x@", "user@",
    "github.com", "gitlab.com", "dev.azure.com", "host.example", "ci.example/run/1", "/o/r", ".git",
    "?token=abc", "?buildId=3", "#f", ";x=1", "/t/tk-1-2/", "/t/secret/", "noarch", " ", "%40", "@",
    "/", "\\", "github_123", "azure_", "circle_12", SHA, "***", "\x1b[31m", "é", ":22", "\ud800",
)  # fmt: skip
VALUES = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)
ANY = VALUES | st.text() | st.none() | st.integers() | st.lists(st.text(), max_size=2)
EXTRAS = st.dictionaries(st.sampled_from(KEYS), ANY)
ADDRESS = "https://example.org/noarch/demo-1.0-0.conda"


def package(extra: Any, **given: Any) -> PackageClaim:
    return PackageClaim(
        "demo-1.0-0.conda",
        ADDRESS,
        "remote",
        Claim.from_extra(extra),
        **{"sha256": "a" * 64, "sha256_from": "index", **given},
    )


def kept(read: PackageClaim, *, is_ours: bool = True) -> PackageClaim:
    """``read`` after a way through JSON."""
    text = json.dumps(row_of(Reading(artifact("demo"), read)))
    reading = reading_of_row(json.loads(text), artifact("demo"), is_ours=is_ours)
    assert reading.package is not None
    return reading.package


@given(EXTRAS, st.booleans(), st.none() | st.just("3.21.8"))
@example({"flow_run_url": "https://%40noarch"}, True, None)
@example({"flow_run_url": "\x1b[31mhttps://ci.example/run/1?x=2"}, True, None)
@example({"sha": SHA, "remote_url": "https://gitlab.com/o/r?x=2\x1b[31m"}, True, None)
@example({"sha": SHA, "remote_url": "ssh://git@github.com12https://ci.example/r?x=2"}, True, None)
def test_what_is_shown_stays_the_same(
    extra: dict[str, Any], has_about: bool, version: str | None
) -> None:
    read = package(extra, has_about=has_about, conda_build_version=version)
    before, after = PackageReport.of(read), PackageReport.of(kept(read))
    if "***" in str(read.claim.shown("remote_url")):
        # A page may have the same secret in its address. It is not kept.
        assert after.commit_url in (before.commit_url, None)
        assert after.run_url in (before.run_url, None)
        return

    assert after.to_json() == before.to_json()
    assert list(fields(after)) == list(fields(before))
    assert bool(after.claim) == bool(before.claim)
    assert after.claim.says_untracked() == before.claim.says_untracked()
    assert kept(read).has_about == has_about
    assert kept(read).conda_build_version == version


@given(EXTRAS)
def test_a_row_of_another_machine_shows_what_it_says_or_less(extra: dict[str, Any]) -> None:
    read = package(extra)
    there = kept(read, is_ours=False)
    assert there.claim.problems == read.claim.problems
    for key in KEYS:
        ours, theirs = read.claim.shown(key), there.claim.shown(key)
        assert theirs == ours or "***" in str(theirs) or len(str(theirs)) < len(str(ours))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("remote_url", "https://user:s3cr3t@github.com/o/r"),
        ("remote_url", "https://github.com/o/r?token=s3cr3t"),
        ("remote_url", "https://gitlab.com/t/tk-12345678-aaaa-bbbb/s3cr3t@x"),
        ("remote_url", "git+https://gitlab.com/t/s3cr3t/o/r/"),
        ("flow_run_id", "farm_https://user:s3cr3t@farm.example/1"),
        ("flow_run_url", "https://ci.example/1?token=s3cr3t"),
        ("sha", ["https://user:s3cr3t@github.com/o/r"]),
    ],
)
def test_no_secret_is_in_a_row(key: str, value: Any) -> None:
    read = package({key: value}, place="https://u:s3cr3t@example.org/a.conda")
    assert "s3cr3t" not in json.dumps(row_of(Reading(artifact("demo"), read)))


def test_an_error_is_kept_as_one() -> None:
    reading = Reading(artifact("demo"), error="It is torn.")
    assert reading_of_row(row_of(reading), artifact("demo")).error == "It is torn."


@pytest.mark.parametrize(
    "row",
    [
        None, [], "x", {}, {"read_from": "moon"}, {"read_from": "remote", "sha": 1},
        {"read_from": "remote", "problems": {}}, {"read_from": "remote", "problems": [1]},
        {"read_from": "remote", "problems": [{"code": "sha-short"}]},
        {"read_from": "remote", "problems": [{"code": "x", "message": "y"}] * 1000},
        {"read_from": "remote", "leads_to": []}, {"error": 1}, {"read_from": "remote", "place": 1},
        {"read_from": "remote", "has_about": "no"},
    ],
)  # fmt: skip
def test_what_is_no_row_is_refused(row: Any) -> None:
    with pytest.raises(RowError):
        reading_of_row(row, artifact("demo"))


def test_a_strangers_row_brings_no_escape_and_no_secret() -> None:
    row = {
        "read_from": "remote",
        "remote_url": "https://user:s3cr3t@github.com/o/r",
        "problems": [{"code": "new-code", "message": "See https://u:s3cr3t@h/x \x1b[2J"}],
    }
    read = reading_of_row(row, artifact("demo")).package
    assert read is not None
    assert isinstance(read.claim, ShownClaim)
    assert "s3cr3t" not in str(PackageReport.of(read).to_json())
    assert "\x1b" not in read.claim.problems[0].message
