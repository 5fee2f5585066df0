"""The gate: what falls short, and what is said of it."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from audit_samples import HOSTILE, complete, row, unreadable
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.audit.baseline import Baseline
from conda_provenance.audit.gate import Gate, failures, percent, share_failure
from conda_provenance.audit.state import State
from conda_provenance.audit.summary import summarize
from conda_provenance.errors import UsageError
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.text import json_text

FORGE = (RepositoryPattern.parse("https://github.com/conda-forge/*"),)


def _short(made, gate):
    return [(each.requirement, each.message) for each in failures([made], gate)]


def test_a_gate_that_asks_nothing_lets_all_pass():
    assert not Gate()
    assert Gate(fail_under=Decimal(0)), "0 percent is asked, and needs something to judge"
    assert _short(row(1, extra={}), Gate()) == []


def test_a_required_key_must_be_there_with_nothing_wrong_with_it():
    gate = Gate(require=("sha", "flow_run_id"))
    assert _short(row(1), gate) == []
    assert _short(row(1, extra={"flow_run_id": "github_1"}), gate) == [("sha", "sha is missing.")]

    ((key, message),) = _short(row(1, extra=complete() | {"sha": "abc"}), gate)
    assert key == "sha"
    assert message.startswith("sha is shorter than")


def test_an_empty_key_is_missing():
    gate = Gate(require=("sha",))
    assert _short(row(1, extra={"sha": ""}), gate) == [("sha", "sha is missing.")]


def test_a_package_that_is_too_old_lacks_a_required_key_all_the_same():
    made = row(1, extra={}, state="too-old")
    ((_, message),) = _short(made, Gate(require=("sha",)))
    assert "before conda-build could write it" in message
    assert _short(made, Gate(complete=True)) == []


def test_what_could_not_be_read_neither_passes_nor_fails():
    gate = Gate(("sha",), FORGE, ("azure",), complete=True)
    assert _short(unreadable(), gate) == []


def test_a_repository_must_be_named_and_allowed():
    gate = Gate(repositories=FORGE)
    assert _short(row(1), gate) == []
    assert _short(row(1, extra={}), gate) == [("repo", "It names no repository.")]

    other = complete() | {"remote_url": "https://github.com/conda-forge.evil/x"}
    ((_, message),) = _short(row(1, extra=other), gate)
    assert message.endswith("https://github.com/conda-forge.evil/x.")


@pytest.mark.parametrize(
    "address",
    [
        # What is shown of these is free of what is wrong with them.
        "https://user:pw@github.com/conda-forge/x",
        "https://github.com/conda-forge/x?token=1",
        "https://github.com/conda-forge/x#y",
        "https://github.com/conda-forge/x;a=b",
        "https://github.com/conda-forge/x\n",
        ["https://github.com/conda-forge/x"],
        "git://github.com/conda-forge/x",
        "https://github.com/conda-forge/" + "x" * 3000,
    ],
)
def test_a_malformed_address_matches_no_pattern(address):
    made = row(1, extra=complete() | {"remote_url": address})
    assert [name for name, _ in _short(made, Gate(repositories=FORGE))] == ["repo"]


def test_an_ssh_address_is_malformed_but_names_its_repository():
    made = row(1, extra=complete() | {"remote_url": "git@github.com:conda-forge/x.git"})
    assert made["state"] == "malformed"
    assert _short(made, Gate(repositories=FORGE)) == []


def test_a_provider_must_be_named_and_allowed():
    gate = Gate(providers=("azure", "github"))
    assert _short(row(1), gate) == []
    for run, why in (
        ("travis_1", "not allowed, travis."),
        ("12345", "names no CI system"),
        ("", "names no CI run"),
        ("azure_", "names no CI system"),
        ("azure_none", "names no CI system"),
        ("Azure_1", "not allowed, Azure."),
    ):
        ((name, message),) = _short(row(1, extra=complete() | {"flow_run_id": run}), gate)
        assert name == "provider"
        assert why in message


def test_each_requirement_fails_on_its_own():
    gate = Gate(("sha", "remote_url"), FORGE, ("azure",), complete=True)
    names = [name for name, _ in _short(row(1, extra={}), gate)]
    assert names == ["sha", "remote_url", "repo", "provider", "complete"]
    assert list(gate.requirements) == names


@given(st.sampled_from(HOSTILE), st.sampled_from(["sha", "remote_url", "flow_run_id"]))
def test_a_failure_can_be_printed(value, key):
    gate = Gate(("sha", "remote_url", "flow_run_id"), FORGE, ("azure",), complete=True)
    for _, message in _short(row(1, extra=complete() | {key: value}), gate):
        assert message.isprintable()
        assert len(message) < 400


def test_no_secret_is_repeated():
    extra = complete() | {
        "remote_url": "https://user:s3cr3t@github.com/o/r",
        "flow_run_id": "u:s3cr3t@x",
    }
    gate = Gate(("remote_url", "flow_run_id"), FORGE, ("azure",), complete=True)
    assert "s3cr3t" not in str(_short(row(1, extra=extra), gate))


@pytest.mark.parametrize(
    ("text", "number"), [("80", "80"), ("99.9", "99.9"), ("0", "0"), ("100 %", "100"), (" 5", "5")]
)
def test_a_percentage_is_read(text, number):
    assert percent(text.replace(" %", "%")) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "x",
            "-1",
            "-0",
            "101",
            "100.01",
            "nan",
            "inf",
            "1e3",
            "80%%",
            "%",
            "1e-99999",
            "1_0",
        ),
        *("\uff15\uff10", "5.", ".5"),
    ],
)
def test_what_is_no_percentage_is_refused(text):
    with pytest.raises(UsageError, match="0 to 100"):
        percent(text)


def _counted(**numbers):
    return {**{each.value: 0 for each in State}, **numbers}


def test_fewer_than_the_percentage_fail_exactly():
    assert share_failure(_counted(complete=999, absent=1), Decimal("99.9")) is None
    failure = share_failure(_counted(complete=9989, absent=11), Decimal("99.9"))
    assert (
        failure.message
        == "99.8 % of the packages are complete (9989 of 10000), but 99.9 % must be."
    )
    assert (failure.package, failure.requirement) == (None, "fail-under")


def test_nothing_to_judge_does_not_fail_and_is_not_100_percent():
    assert share_failure(_counted(unreadable=3), Decimal(100)) is None
    assert summarize([unreadable()])["percent"] is None


def test_a_share_that_was_no_better_before_is_not_new():
    now, before = _counted(complete=5, absent=5), _counted(complete=1, absent=1)
    assert share_failure(now, Decimal(80), before) is None
    assert share_failure(_counted(complete=4, absent=6), Decimal(80), before)
    assert share_failure(now, Decimal(80), _counted(unreadable=1))


GATE = Gate(require=("sha",), complete=True)


def _new(now, before, gate=GATE):
    return [each.requirement for each in failures([now], gate, Baseline(before, gate).has)]


def test_the_same_file_is_not_new():
    old = row(1, extra={})
    assert _new(old, [old]) == []
    assert _new({**old, "sha256": None}, [{**old, "sha256": None}]) == []


def test_a_newer_build_may_lack_what_its_name_never_had():
    assert _new(row(2, extra={}, name="a"), [row(1, extra={}, name="a")]) == []


def test_a_name_that_once_had_it_must_go_on_having_it():
    before = [row(1, extra={}, name="a"), row(2, name="a")]
    assert _new(row(3, extra={}, name="a"), before) == ["sha", "complete"]
    # But that file is what it was.
    assert _new(before[0], before) == []


def test_a_new_name_or_a_new_shortfall_fails():
    assert _new(row(2, extra={}, name="b"), [row(1, extra={}, name="a")]) == ["sha", "complete"]
    without_run = complete() | {"flow_run_id": None}
    before = [row(1, extra=without_run, name="a")]
    assert _new(row(2, extra=without_run, name="a"), before) == []
    assert _new(row(2, extra={"flow_run_id": "x_1"}, name="a"), before) == ["sha"]


def test_what_was_unreadable_or_too_old_before_tells_nothing():
    assert _new(row(1, extra={}), [unreadable(1)]) == ["sha", "complete"]
    gate = Gate(complete=True)
    old = row(1, extra={}, name="a", state="too-old")
    assert _new(row(2, extra={}, name="a"), [old], gate) == ["complete"]
    assert _new(row(2, extra={}, name="a"), [old, row(3, extra={}, name="a")], gate) == []


def test_a_name_that_is_no_text_is_known_again_from_a_saved_audit():
    """In a saved audit, a file name's byte that is no text is written out."""
    now = {**row(1, state="partial", sha=None), "package": "bad\udcff.conda", "name": None}
    now["sha256"] = None
    before = json.loads(json_text([now]))
    assert before[0]["package"] != now["package"]
    assert not _new(now, before)
