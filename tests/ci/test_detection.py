"""Which system's run is chosen, and what happens when an adapter fails."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conda_provenance import systems
from conda_provenance.ci import Adapter, CIRun, Environ, detect, providers

SHA = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
SMITHY = {"GITHUB_ACTIONS": "true", "flow_run_id": "github_1"}


def _adapter(provider: str, **facts: Any) -> Adapter:
    return Adapter(
        provider=provider,
        name=provider.title(),
        docs="https://example.org",
        **{"active": ("ALWAYS",), **facts},
    )


def _detect(*adapters: Adapter, **options: Any) -> CIRun | None:
    return detect({"ALWAYS": "1"}, adapters, **options)


def _fail(environ: Environ) -> str | None:
    raise KeyError("hunter2")


def test_an_empty_environment_is_no_run() -> None:
    assert detect({}, systems.adapters()) is None


@pytest.mark.parametrize("value", ["true", "1", "woodpeckers", "azure"])
def test_ci_alone_names_nobody(value: str) -> None:
    assert (
        detect(
            {"CI": value, "CONTINUOUS_INTEGRATION": "true", "BUILD_NUMBER": "3"}, systems.adapters()
        )
        is None
    )


def test_the_first_active_adapter_with_an_id_wins() -> None:
    adapters = [
        _adapter("idle", active=("NEVER",), run_id="0"),
        _adapter("first", first=True, run_id="1"),
        _adapter("second", run_id="2"),
    ]
    assert _detect(*adapters) == CIRun("first", "First", "first_1")


def test_an_id_is_preferred_over_an_earlier_adapter_without() -> None:
    assert _detect(_adapter("nameless", sha=SHA), _adapter("named", run_id="2")) == CIRun(
        "named", "Named", "named_2"
    )


def test_without_any_id_the_first_active_adapter_counts() -> None:
    adapters = [_adapter("one", sha=SHA), _adapter("two", remote_url="https://example.org/a/b")]
    assert _detect(*adapters) == CIRun("one", "One", sha=SHA)


def test_a_machine_or_platform_counts_last() -> None:
    machine = _adapter("machine", run_id="1", last=True)
    assert _detect(machine, _adapter("inner", run_id="2")) == CIRun("inner", "Inner", "inner_2")
    assert (
        _detect(machine, _adapter("nameless", sha=SHA))
        == _detect(machine)
        == CIRun("machine", "Machine", "machine_1")
    )


def test_two_systems_at_once_are_told_apart_by_the_checkout(tmp_path: Path) -> None:
    """For example, a build farm passes the variables of its own run on to another one."""
    adapters = [
        _adapter(name, run_id="1", workspace=f"{tmp_path}/{name}") for name in ("inner", "outer")
    ]
    for name, other in (("inner", "Outer"), ("outer", "Inner")):
        place = tmp_path / name / "recipe"
        place.mkdir(parents=True)

        run = _detect_at(adapters, place)
        assert run is not None
        assert (run.provider, run.rivals) == (name, (other,))

    run = _detect_at(adapters, tmp_path)
    assert run is not None
    assert (run.provider, run.rivals) == ("inner", ("Outer",))


def _detect_at(adapters: list[Adapter], place: Path) -> CIRun | None:
    return detect({"ALWAYS": "1"}, adapters, place=place)


def test_another_distributions_adapter_has_no_rivals() -> None:
    """It comes first, so that a farm that sets another CI's variables is not taken for that CI."""
    run = detect(
        {"ALWAYS": "1", "GITHUB_ACTIONS": "1", "GITHUB_RUN_ID": "2"},
        [_adapter("farm", run_id="1", first=True), *systems.adapters()],
    )
    assert run == CIRun("farm", "Farm", "farm_1")


@pytest.mark.parametrize("active", [True, False], ids=["while reading", "while being recognised"])
def test_an_adapter_that_raises_is_left_out(active: bool, caplog: pytest.LogCaptureFixture) -> None:
    broken = (
        _adapter("broken", run_id=_fail) if active else _adapter("broken", active=("{ALWAYS:(}",))
    )
    with caplog.at_level(logging.WARNING):
        run = _detect(broken, _adapter("sound", run_id="1"))
    assert run == CIRun("sound", "Sound", "sound_1")
    (message,) = caplog.messages
    assert "broken" in message
    assert ("KeyError" if active else "rror") in message  # re.error, PatternError since 3.13
    assert "hunter2" not in caplog.text


def test_none_asks_nobody(caplog: pytest.LogCaptureFixture) -> None:
    assert (
        detect(SMITHY, [_adapter("broken", active=("flow_run_id",), run_id=_fail)], provider="none")
        is None
    )
    assert not caplog.messages


def test_a_named_provider_takes_no_other_answer() -> None:
    adapters = [_adapter("one", run_id="1"), _adapter("two", run_id="2")]
    assert _detect(*adapters, provider="two") == CIRun("two", "Two", "two_2")
    assert _detect(*adapters, provider="three") is None


@pytest.mark.parametrize("provider", ["auto", "github", "smithy"])
def test_conda_smithys_answer_counts_as_the_ci_it_names(provider: str) -> None:
    run = detect(SMITHY, systems.adapters(), provider=provider)
    assert run is not None
    assert (run.provider, run.flow_run_id) == ("github", "github_1")


def test_conda_smithys_answer_for_another_ci_is_not_taken() -> None:
    assert detect(SMITHY, systems.adapters(), provider="azure") is None


def test_providers_are_named_once_in_their_order() -> None:
    assert providers([_adapter("b"), _adapter("a"), _adapter("b")]) == ("b", "a")


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'git', 'rich', 'conda', 'pluggy', 'ruamel', 'subprocess'}"
    code = f"import sys; import conda_provenance.ci; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
