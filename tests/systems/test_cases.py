"""What each environment is recognised as. The cases are data: one file for each system."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from conda_provenance import systems
from conda_provenance.ci import CIRun, Environ, detect

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        cases: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name} is not JSON: {error}") from None

    for number, case in enumerate(cases, 1):
        missing = sorted({"title", "source", "environ", "expect"} - case.keys())
        assert not missing, f"{path.name}: case {number} has no {', '.join(missing)}"
    return cases


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['title']}")
        for path in CASES
        for case in _read(path)
    ]


@pytest.fixture
def environ(case: dict[str, Any], tmp_path: Path) -> dict[str, str]:
    """The case's variables. ``files`` has the contents of files that variables name."""
    environ = dict(case["environ"])
    for number, (variable, content) in enumerate(case.get("files", {}).items()):
        file = tmp_path / str(number)
        file.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        environ[variable] = str(file)
    return environ


@pytest.mark.parametrize("case", _cases())
def test_the_systems_that_are_not_loaded_would_say_nothing(
    case: dict[str, Any], environ: dict[str, str]
) -> None:
    candidates = systems.candidates(environ)
    active = [each for each in systems.adapters() if each.is_active(Environ(environ))]
    assert [each for each in candidates if each in active] == active
    assert detect(environ, candidates) == detect(environ, systems.adapters())


@pytest.mark.parametrize("case", _cases())
def test_environment_is_read_as_expected(case: dict[str, Any], environ: dict[str, str]) -> None:
    run = detect(environ, systems.adapters())
    if case["expect"] is None:
        assert run is None
    else:
        assert run is not None
        unknown = case["expect"].keys() - {field.name for field in fields(CIRun)}
        assert not unknown, f"expect has what is no field of CIRun: {', '.join(sorted(unknown))}"

        expected = {
            key: tuple(value) if key == "rivals" else value for key, value in case["expect"].items()
        }
        assert asdict(run) == asdict(CIRun(**expected))


def test_every_builtin_system_has_cases() -> None:
    known = {adapter.provider for adapter in systems.adapters()}
    files = {path.stem for path in CASES} - {"lookalikes"}

    assert not known - files, f"tests/systems/cases has no file for {sorted(known - files)}"
    assert not files - known, f"conda_provenance/systems has no module for {sorted(files - known)}"
    for path in CASES:
        assert len(_read(path)) >= 3, f"{path.name} has fewer than three cases"


@pytest.mark.parametrize("case", _cases())
def test_lookalikes_do_not_both_claim_an_environment(case: dict[str, Any]) -> None:
    """Otherwise asking for one provider could give the run of a system that imitates it.

    A system that is ``last`` may be there next to a CI. Nobody imitates it.
    """
    active = [
        adapter
        for adapter in systems.adapters()
        if not adapter.last and adapter.is_active(Environ(case["environ"]))
    ]
    assert len(active) <= 1 or case["title"].startswith("two at once")


@pytest.mark.parametrize("case", _cases())
def test_the_order_of_variables_does_not_matter(environ: dict[str, str]) -> None:
    assert detect(dict(reversed(environ.items())), systems.adapters()) == detect(
        environ, systems.adapters()
    )


@pytest.mark.parametrize("case", _cases())
def test_no_variable_is_needed_and_no_value_is_half_made(environ: dict[str, str]) -> None:
    """If one variable is missing, each value is the same, another complete one, or missing."""
    for missing in environ:
        run = detect(
            {name: value for name, value in environ.items() if name != missing}, systems.adapters()
        )
        for value in (asdict(run) if run else {}).values():
            if isinstance(value, str):
                assert value.strip()
                assert "None" not in value
                assert not value.endswith(("_", "{", "="))
