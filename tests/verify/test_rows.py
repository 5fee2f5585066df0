"""Rows: JSON of any result, bounded, and without a secret. And what many of them come to."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verify_standins import wanted

from conda_provenance.policy.expectations import Expectations
from conda_provenance.verify.keeping import Kept
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.rows import (
    Tally,
    check_json,
    deciding_check,
    is_accepted,
    last_line,
    row_of,
)
from conda_provenance.verify.verdict import Facet, Standing, Verdict
from conda_provenance.verify.verifier import Verified

FACET = Facet(Outcome.UNAVAILABLE, "Not checked.")


def verified(standing: Standing = Standing.CONSISTENT, **given: Any) -> Verified:
    verdict = Verdict(standing, given.pop("message", "So it is."), FACET, FACET, FACET)
    accepted = given.pop("accepted", False)
    return Verified(wanted("a").found, verdict._replace(is_accepted=accepted), **given)


def row(standing: Standing = Standing.CONSISTENT, error: str | None = None, **given: Any) -> Any:
    return row_of({"error": error, "package": "a"}, verified(standing, **given))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=10), ANYTHING, max_size=5), st.text(), st.text())
def test_any_result_becomes_json(facts, message, detail):
    made = check_json(Result("x", Outcome.PASS, message or "x", facts, detail=detail))
    again = json.loads(json.dumps(made))
    assert again == json.loads(json.dumps(again))
    assert made["message"].isprintable()


def test_what_is_endless_is_cut():
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    facts = {
        "deep": deep,
        "long": "x" * 10_000_000,
        "many": list(range(100_000)),
        "nan": math.nan,
        "keys": {str(number): number for number in range(100_000)},
    }
    made = check_json(Result("x", Outcome.PASS, "y" * 1_000_000, facts, detail="z\n" * 1_000_000))
    assert len(json.dumps(made)) < 150_000


SECRET = st.text("abcdef0123456789", min_size=12, max_size=24)


@given(SECRET)
def test_no_login_gets_into_a_row(secret):
    url = f"https://user:{secret}@git.example.org/o/n"
    token = f"https://h.example.org/t/{secret}/channel"
    result = Result(
        "x",
        Outcome.FAIL,
        f"It is at {url}.",
        {"url": url, url: 1, "list": [url, {"at": token}], "token": token},
        detail=f"- {url}\n+ {token}",
    )
    made = row(
        message=f"See {url} for more.",
        results={"x": result},
        expected=Expectations(exception=f"By {url}.", notes=(f"See {url}.",)),
        evidence=Kept(url, None, f"By {url}.", (f"GET {url}",), fault=f"No {url}."),
    )
    assert secret not in json.dumps(made)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, None),
        (0.5, "1970-01-01T00:00:01Z"),
        (1_790_000_000.0, "2026-09-21T14:13:20Z"),
        (1e300, None),
    ],
)
def test_the_time_to_try_again(seconds, shown):
    result = Result("x", Outcome.UNAVAILABLE, "Wait.", retry_at=seconds)
    assert check_json(result)["retry_at"] == shown


def test_many_rows_are_counted():
    tally = Tally()
    results = {"x": Result("x", Outcome.PASS, "Fine.")}
    for standing, accepted in (
        (Standing.VERIFIED, False),
        (Standing.CONSISTENT, True),
        (Standing.CONSISTENT, False),
        (Standing.REFUTED, False),
    ):
        tally.add(row(standing, accepted=accepted, results=results))
    tally.add(row(Standing.UNAVAILABLE, error="It is torn."))
    tally.not_conda = 2

    assert tally.to_json() == {
        "total": 5,
        "verified": 1,
        "consistent": 2,
        "silent": 0,
        "unavailable": 1,
        "refuted": 1,
        "accepted": 2,
        "unreadable": 1,
        "not_conda": 2,
        "known": 0,
        "by_check": {"x": {"pass": 4, "fail": 0, "unavailable": 0, "not-applicable": 0}},
    }
    line = "checked 5: 1 verified, 2 consistent, 0 silent, 1 unavailable, 1 refuted"
    assert last_line(tally) == line
    assert not tally.is_all_accepted


def test_nothing_is_not_enough():
    tally = Tally()
    assert not tally.is_all_accepted
    tally.add(row(Standing.VERIFIED))
    assert tally.is_all_accepted


def test_a_row_of_another_machine_is_accepted_by_its_own_word_only():
    assert is_accepted(row(Standing.VERIFIED))
    assert not is_accepted({**row(Standing.CONSISTENT), "accepted": "yes"})


def test_the_check_that_decided_is_the_one_that_says_so():
    results = {
        "x": Result("x", Outcome.PASS, "Fine."),
        "y": Result("y", Outcome.FAIL, "It is not."),
    }
    made = row(Standing.REFUTED, message="It is not.", results=results)
    assert deciding_check(made)["id"] == "y"
    assert deciding_check(row(message="Other.", results=results)) is None
