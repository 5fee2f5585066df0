"""The summary: what is counted, and where."""

from __future__ import annotations

import time

import pytest
from audit_samples import complete, document, row, rows, unreadable
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.audit import State, percent_complete, summarize
from conda_provenance.audit.summary import GROUPS, STATES
from conda_provenance.keys import KEYS


def _mixed():
    return [
        row(1),
        row(2, extra={}),
        row(3, extra={"sha": complete()["sha"]}),
        row(4, extra=complete(4) | {"sha": "abc", "flow_run_id": "12345"}),
        row(5, extra={}, state="too-old"),
        unreadable(6),
    ]


def test_each_package_is_counted_in_its_state_and_the_total_has_the_excluded_too():
    summary = summarize(_mixed(), excluded=2, not_conda=3)
    assert summary["total"] == 8
    assert [summary[state.value] for state in STATES] == [1, 1, 1, 1, 1, 1]
    assert (summary["excluded"], summary["not_conda"]) == (2, 3)


def test_the_percentage_leaves_out_what_is_excluded_too_old_or_unreadable():
    assert summarize(_mixed(), excluded=2)["percent"] == 25.0


@pytest.mark.parametrize("made", [[], [unreadable(1)], [row(1, extra={}, state="too-old")]])
def test_nothing_to_judge_is_not_all(made):
    assert summarize(made, excluded=1)["percent"] is None


def test_a_percentage_is_rounded_down_so_that_all_means_all():
    assert (
        percent_complete({**dict.fromkeys(State, 0), State.COMPLETE: 9999, State.ABSENT: 1}) == 99.9
    )
    assert percent_complete({**dict.fromkeys(State, 0), State.COMPLETE: 3}) == 100.0
    # By name too, as in the JSON.
    assert percent_complete({"complete": 1, "absent": 2, "partial": 0, "malformed": 0}) == 33.3


def test_every_key_is_given_malformed_or_missing():
    by_key = summarize(_mixed())["by_key"]
    assert list(by_key) == list(KEYS)
    assert by_key["sha"] == {"given": 2, "malformed": 1, "missing": 2}
    assert by_key["flow_run_id"] == {"given": 1, "malformed": 1, "missing": 3}
    assert by_key["flow_run_url"] == {"given": 0, "malformed": 0, "missing": 5}


@pytest.mark.parametrize(
    ("extra", "malformed"),
    [
        ({"sha": 7}, {"sha"}),
        ({"remote_url": ["x"]}, {"remote_url"}),
        ({"remote_url": "/home/me/x"}, {"remote_url"}),
        ({"flow_run_id": "5"}, {"flow_run_id"}),
        ({"flow_run_url": "ftp://x/y"}, {"flow_run_url"}),
        ({"flow_run_url": "x" * 5000}, {"flow_run_url"}),
        ({"sha": "", "flow_run_id": "github_1"}, set()),
    ],
)
def test_a_problem_is_of_its_key(extra, malformed):
    by_key = summarize([row(1, extra=extra)])["by_key"]
    assert {key for key in KEYS if by_key[key]["malformed"]} == malformed


def test_the_groups_are_of_what_the_packages_name():
    summary = summarize(_mixed())
    assert set(summary["by_host"]) == {"github.com"}
    assert summary["by_host"]["github.com"]["total"] == 2
    assert summary["by_organisation"]["github.com/conda-forge"]["malformed"] == 1
    assert summary["by_provider"] == {
        "azure": {
            "total": 1, "complete": 1, "partial": 0, "absent": 0, "malformed": 0, "too-old": 0,
            "unreadable": 0, "percent": 100.0,
        }
    }  # fmt: skip
    assert summary["by_channel"]["https://conda.anaconda.org/conda-forge"]["total"] == 6
    assert summary["by_year"]["2022"]["total"] == 6
    assert summary["by_problem"] == {"run-bare": 1, "sha-short": 1}


def test_what_is_not_known_of_a_package_is_no_group():
    made = row(1, extra={}, channel=None, timestamp=None)
    summary = summarize([made])
    assert [summary[group] for group in GROUPS] == [{}] * len(GROUPS)


@pytest.mark.parametrize("timestamp", [0, -1, True, 10**20, 253_402_300_800_000, "x", 1.5])
def test_an_impossible_time_is_no_year(timestamp):
    assert summarize([row(1, timestamp=timestamp)])["by_year"] == {}


def test_an_ssh_address_is_counted_at_the_host_that_it_leads_to():
    extra = complete() | {"remote_url": "git@github.com:AnacondaRecipes/numpy-feedstock"}
    summary = summarize([row(1, extra=extra)])
    assert set(summary["by_organisation"]) == {"github.com/AnacondaRecipes"}


def test_a_server_with_a_port_is_a_host_of_its_own():
    extra = complete() | {"remote_url": "http://forge.local:3000/name"}
    summary = summarize([row(1, extra=extra)])
    assert set(summary["by_host"]) == {"forge.local:3000"}
    assert summary["by_organisation"] == {}


def test_the_worst_group_comes_first_and_years_come_in_order():
    def channel(name: str, number: int, extra: dict | None = None) -> dict:
        return row(number, extra=extra, channel=name, timestamp=1_600_000_000_000 + number * 10**10)

    made = [channel("good", 1), channel("good", 2), channel("good", 3)]
    made += [channel("bad", 9, {}), channel("worst", 7, {}), channel("worst", 8, {})]
    summary = summarize(made)
    assert list(summary["by_channel"]) == ["worst", "bad", "good"]
    assert list(summary["by_year"]) == sorted(summary["by_year"])


@given(st.integers(0, 300), st.integers(0, 5))
def test_the_numbers_add_up(count, seed):
    summary = summarize(rows(count, seed))
    assert sum(summary[state.value] for state in STATES) == summary["total"] == count
    for group in GROUPS:
        for tally in summary[group].values():
            assert sum(tally[state.value] for state in STATES) == tally["total"] <= count
    for counted in summary["by_key"].values():
        assert sum(counted.values()) == count - summary["unreadable"]


def test_the_sample_has_every_state():
    assert all(document(500)["summary"][state.value] for state in STATES)


def test_ten_thousand_rows_take_no_time():
    made = rows(10_000)
    started = time.process_time()
    summarize(made)
    assert time.process_time() - started < 2
