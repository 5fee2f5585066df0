"""The state of a package: how much it says, and in which order that is decided."""

from __future__ import annotations

import pytest

from conda_provenance.audit import State, state_of
from conda_provenance.claim import Claim, Problem
from conda_provenance.packages import PackageClaim

SHA = "0123456789abcdef0123456789abcdef01234567"
WHOLE = {
    "sha": SHA,
    "remote_url": "https://github.com/conda-forge/numpy-feedstock",
    "flow_run_id": "azure_20231001.1.1",
}
EMPTY = {"sha": "", "remote_url": "", "flow_run_id": ""}


def _state(extra: object, *further: str, built_by: str | None = None) -> State:
    claim = Claim.from_extra(extra, *(Problem.of(code, "home") for code in further))
    package = PackageClaim("x-1-0.conda", "x-1-0.conda", "file", claim)
    return state_of(
        package
        if built_by is None
        else PackageClaim("x-1-0.conda", "x-1-0.conda", "file", claim, conda_build_version=built_by)
    )


@pytest.mark.parametrize(
    ("extra", "state"),
    [
        (WHOLE, State.COMPLETE),
        (WHOLE | {"flow_run_url": "https://dev.azure.com/x/_build/results?buildId=1"}, "complete"),
        (WHOLE | {"recipe-maintainers": ["x"]}, "complete"),
        ({"sha": SHA}, "partial"),
        ({"remote_url": WHOLE["remote_url"]}, "partial"),
        ({"flow_run_url": "https://ci.example/1"}, "partial"),
        (WHOLE | {"flow_run_id": ""}, "partial"),
        (WHOLE | {"flow_run_id": None}, "partial"),
        # "Not under version control", as CEP 31 says it, is something said.
        ({"sha": ""}, "partial"),
        ({"sha": "", "flow_run_id": "github_1"}, "partial"),
        (WHOLE | {"sha": ""}, "partial"),
        # A local build of conda-forge.
        (EMPTY, "absent"),
        (EMPTY | {"flow_run_url": ""}, "absent"),
        ({"remote_url": ""}, "absent"),
        ({"sha": None}, "absent"),
        ({"recipe-maintainers": ["x"]}, "absent"),
        ({}, "absent"),
        (None, "absent"),
        ([1], "absent"),
        (WHOLE | {"sha": SHA[:7]}, "malformed"),
        (WHOLE | {"sha": "0" * 40}, "malformed"),
        (WHOLE | {"sha": 7}, "malformed"),
        (WHOLE | {"flow_run_id": "12345"}, "malformed"),
        (WHOLE | {"remote_url": "git@github.com:AnacondaRecipes/numpy-feedstock"}, "malformed"),
        (WHOLE | {"remote_url": "https://u:p@github.com/o/r"}, "malformed"),
        ({"sha": SHA[:7]}, "malformed"),
    ],
)  # fmt: skip
def test_the_state_is_what_the_package_says(extra, state):
    assert _state(extra) == state


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ("3.21.7", "too-old"),
        ("3.18.11", "too-old"),
        ("2.1.17", "too-old"),
        ("3.9", "too-old"),
        ("3.21.7+3.gabcdef", "too-old"),
        ("3.21.8", "absent"),
        ("3.21.8+1.gabcdef", "absent"),
        ("3.21.10", "absent"),
        ("3.22", "absent"),
        ("24.1.2", "absent"),
        ("26.5.0", "absent"),
        ("3", "absent"),
        ("", "absent"),
        ("unknown", "absent"),
        ("3.21.x", "absent"),
        ("٣.٢.١", "absent"),
        ("3." + "1" * 5000, "absent"),
    ],
)
def test_an_old_conda_build_could_not_have_written_it_and_an_unknown_one_could(version, state):
    assert _state({}, built_by=version) == state
    assert _state(EMPTY, built_by=version) == state


def test_what_an_old_package_does_say_counts():
    assert _state(WHOLE, built_by="3.1.0") is State.COMPLETE
    assert _state({"sha": SHA}, built_by="3.1.0") is State.PARTIAL
    assert _state({"sha": "x"}, built_by="3.1.0") is State.MALFORMED


def test_a_problem_of_the_package_goes_before_all_that_was_read():
    assert _state(WHOLE, "name-differs") is State.MALFORMED
    assert _state(WHOLE, "recipe-credentials") is State.MALFORMED
    assert _state({}, "recipe-credentials", built_by="3.1.0") is State.MALFORMED


def test_what_was_not_read_has_no_other_state():
    assert state_of(None) is State.UNREADABLE
    assert f"{state_of(None)}" == "unreadable"
