"""What each CI's environment is taken for: the cases in ``cases/`` are data, one file a system."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from conda_provenance.ci import BUILTIN, CIRun, Environ, detect

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['title']}") for path in CASES for case in json.loads(path.read_text("utf-8"))
    ]


@pytest.mark.parametrize("case", _cases())
def test_environment_is_read_as_expected(case: dict[str, Any]) -> None:
    run = detect(case["environ"])
    if case["expect"] is None:
        assert run is None
    else:
        assert run is not None
        assert asdict(run) == asdict(CIRun(**case["expect"]))


def test_every_builtin_system_has_cases() -> None:
    assert {path.stem for path in CASES} == {adapter.provider for adapter in BUILTIN}
    for path in CASES:
        assert len(json.loads(path.read_text("utf-8"))) >= 3, path.name


@pytest.mark.parametrize("case", _cases())
def test_lookalikes_do_not_both_claim_an_environment(case: dict[str, Any]) -> None:
    """So that asking for one provider only cannot bring out an imitated one. conda-smithy runs on a CI, beside it."""
    active = {adapter.provider for adapter in BUILTIN if adapter.is_active(Environ(case["environ"]))}
    assert len(active - {"smithy"}) <= 1


@pytest.mark.parametrize("case", _cases())
def test_the_order_of_variables_does_not_matter(case: dict[str, Any]) -> None:
    assert detect(dict(reversed(case["environ"].items()))) == detect(case["environ"])


@pytest.mark.parametrize("case", _cases())
def test_no_variable_is_needed_and_no_value_is_half_made(case: dict[str, Any]) -> None:
    """Without any one of its variables, an environment gives the same values, others that are whole, or none."""
    for missing in case["environ"]:
        run = detect({name: value for name, value in case["environ"].items() if name != missing})
        for value in (asdict(run) if run else {}).values():
            assert value is None or value.strip()
            assert "None" not in (value or "")
            assert not (value or "").endswith(("_", "{", "="))
