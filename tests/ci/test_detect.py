"""Which adapter is believed, and what happens when one fails."""

from __future__ import annotations

import importlib
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from conda_provenance import systems
from conda_provenance.ci import (
    FACTS,
    Adapter,
    CIRun,
    Environ,
    Fact,
    detect,
    make_run,
    providers,
    unless,
    when,
)
from conda_provenance.ci.fact import conditions, templates

SHA = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
SMITHY = {"GITHUB_ACTIONS": "true", "flow_run_id": "github_1"}


def _adapter(provider: str, **said: Any) -> Adapter:
    return Adapter(
        provider=provider,
        name=provider.title(),
        docs="https://example.org",
        **{"active": ("ALWAYS",), **said},
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


def test_without_any_id_the_first_active_adapter_is_believed() -> None:
    adapters = [_adapter("one", sha=SHA), _adapter("two", remote_url="https://example.org/a/b")]
    assert _detect(*adapters) == CIRun("one", "One", sha=SHA)


def test_a_machine_or_platform_is_believed_last() -> None:
    machine = _adapter("machine", run_id="1", last=True)
    assert _detect(machine, _adapter("inner", run_id="2")) == CIRun("inner", "Inner", "inner_2")
    assert (
        _detect(machine, _adapter("nameless", sha=SHA))
        == _detect(machine)
        == CIRun("machine", "Machine", "machine_1")
    )


def test_two_systems_at_once_are_told_apart_by_the_checkout(tmp_path: Path) -> None:
    """As where a farm hands the variables of its own run on into another's."""
    adapters = [
        _adapter(name, run_id="1", workspace=f"{tmp_path}/{name}") for name in ("inner", "outer")
    ]
    for name, other in (("inner", "Outer"), ("outer", "Inner")):
        place = tmp_path / name / "recipe"
        place.mkdir(parents=True)
        found = detect_builtin(adapters, place)
        assert found is not None
        assert (found.provider, found.rivals) == (name, (other,))
    found = detect_builtin(adapters, tmp_path)
    assert found is not None
    assert (found.provider, found.rivals) == ("inner", ("Outer",))


def detect_builtin(adapters: list[Adapter], place: Path) -> CIRun | None:
    return detect({"ALWAYS": "1"}, adapters, place=place)


def test_another_distributions_adapter_has_no_rivals() -> None:
    """It is asked first so that a farm that imitates another CI can be told from it."""
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


@pytest.mark.parametrize("adapter", systems.adapters(), ids=lambda adapter: adapter.provider)
def test_a_system_is_one_module_of_its_providers_name_with_notes(adapter: Adapter) -> None:
    module = importlib.import_module(systems.module_name(adapter.provider))
    assert module.ADAPTER is adapter
    title, notes = (module.__doc__ or "").split("\n\n", 1)
    assert title == f"{adapter.name}."
    assert notes.startswith("- ")
    assert adapter.docs.startswith("https://")


@pytest.mark.parametrize("adapter", systems.adapters(), ids=lambda adapter: adapter.provider)
def test_every_regular_expression_can_be_used(adapter: Adapter) -> None:
    texts = [*adapter.active, *adapter.unless]
    for name in ("ran_by", *FACTS):
        fact = getattr(adapter, name)
        texts += [*templates(fact), *conditions(fact)]

    for text in texts:
        for match in re.finditer(r"\{\w+:([^{}]+)\}", text):
            assert re.compile(match[1], re.ASCII).groups <= 1


@pytest.mark.parametrize("adapter", systems.adapters(), ids=lambda adapter: adapter.provider)
def test_what_is_left_out_is_a_fact_with_a_reason(adapter: Adapter) -> None:
    assert adapter.left_out.keys() <= set(FACTS)
    assert all(adapter.left_out.values())


@pytest.mark.parametrize("template", ["{A", "A}", "{A:}", "{}", "{A:x{2}}", "{A-B}", ""])
def test_a_malformed_template_is_refused_where_it_is_written(template: str) -> None:
    with pytest.raises(ValueError, match="farm: sha is no template"):
        _adapter("farm", sha=template)
    with pytest.raises(ValueError, match="farm: sha is no template"):
        _adapter("farm", sha=("{A}", template))


def test_one_mark_that_is_no_tuple_is_refused() -> None:
    """Its letters would be taken for marks."""
    with pytest.raises(ValueError, match="farm: active is a tuple of marks"):
        _adapter("farm", active="FARM")


@pytest.mark.parametrize(
    "mark", ["{FARM", "$FARM", "FARM}", "{FARM:}", "FARM=", "FARM_*", "", "A B", "{A}x"]
)
@pytest.mark.parametrize("name", ["active", "unless"])
def test_what_is_no_mark_is_refused(name: str, mark: str) -> None:
    """``{FARM`` taken as a text without variables would be there always."""
    with pytest.raises(ValueError, match=f"farm: {name} has what is no mark"):
        _adapter("farm", **{name: (mark,)})


def test_a_system_that_nothing_tells_is_refused() -> None:
    with pytest.raises(ValueError, match="tuple of marks"):
        _adapter("farm", active=())


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{A}", "v/1"),
        ("x{A}y{B}", "xv/1y2"),
        ("{A}{MISSING}", None),
        ("{A}{EMPTY}", None),
        ("{A:v/(.+)}", "1"),
        ("{A:v/.+}", "v/1"),
        ("{A:v}", None),
        ("{A:(w)?.*}", None),
        ("{A:.*}", "v/1"),
        ("fixed", "fixed"),
    ],
)
def test_a_template_is_whole_or_nothing(template: str, value: str | None) -> None:
    assert Environ({"A": " v/1 ", "B": "2", "EMPTY": " "}).fill(template) == value


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        (when("A", "{B}"), "b"),
        (when("NO", "{B}"), None),
        (when(("NO", "A"), "{B}"), "b"),
        (when("A", ("{MISSING}", "{B}")), "b"),
        (when("A", "{MISSING}", otherwise="{B}"), None),
        (when("NO", "{MISSING}", otherwise="{B}"), "b"),
        (when("A", when("A=1", "{B}")), "b"),
        (unless("A", "{B}"), None),
        (unless("NO", "{B}"), "b"),
        (unless(("NO", "A"), "{B}"), None),
        (unless("A=2", "{B}"), "b"),
        (("{MISSING}", when("NO", "{A}"), unless("NO", "{B}")), "b"),
        (when("A", lambda environ: environ["B"]), "b"),
    ],
)
def test_a_fact_may_depend_on_marks(fact: Fact, value: str | None) -> None:
    adapter = _adapter("farm", active=("A",), branch=fact)
    assert adapter.run(Environ({"A": "1", "NO": "false", "B": "b"})).branch == value


def test_a_malformed_condition_is_refused_where_it_is_written() -> None:
    for fact in (when("{A", "x"), unless("A B", "x"), ("{A}", when("A", unless("", "x")))):
        with pytest.raises(ValueError, match="farm: sha has what is no mark"):
            _adapter("farm", sha=fact)
    with pytest.raises(ValueError, match="farm: sha is no template"):
        _adapter("farm", sha=when("A", "{A", otherwise="x"))
    with pytest.raises(ValueError, match="farm: sha is no template"):
        _adapter("farm", sha=(unless("A", "{}"),))


@pytest.mark.parametrize("name", ["forge", "runs"])
@pytest.mark.parametrize(
    "reference", ["my_farm.forge", "my_farm.forge:", ":FORGE", "a b:C", "a:b.c"]
)
def test_a_malformed_reference_is_refused_where_it_is_written(name: str, reference: str) -> None:
    with pytest.raises(ValueError, match=f'farm: {name} is no "package.module:NAME"'):
        _adapter("farm", **{name: reference})


@pytest.mark.parametrize(
    ("mark", "seen"),
    [
        ("A", True),
        ("NO", False),
        ("EMPTY", False),
        ("A=true", True),
        ("A=True", False),
        ("NO=0", True),
        ("{A}{PRE_X}", True),
        ("{A}{MISSING}", False),
    ],
)
def test_marks(mark: str, seen: bool) -> None:
    assert Environ({"A": "true", "NO": "0", "EMPTY": "", "PRE_X": "0"}).has(mark) is seen


def test_on_windows_the_case_of_a_name_does_not_count() -> None:
    assert Environ({"OS": "Windows_NT", "BAMBOO_PLANKEY": "A-B"})["bamboo_planKey"] == "A-B"
    assert "bamboo_planKey" not in Environ({"BAMBOO_PLANKEY": "A-B"})


@pytest.mark.parametrize("name", ["", "my_farm", "GitHub", "1st", "farm\n"])
def test_a_provider_that_would_make_ids_ambiguous_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="provider"):
        _adapter(name)


@pytest.mark.parametrize(
    "run_id",
    ["$GITHUB_RUN_ID", "${{ github.run_id }}", "$(Build.BuildId)", "undefined", "None", "ghp_x"],
)
def test_what_was_not_expanded_or_looks_like_a_token_is_no_id(run_id: str) -> None:
    assert make_run("farm", "Farm", run_id=run_id).flow_run_id is None


def test_all_zeros_are_no_commit() -> None:
    assert make_run("farm", "Farm", sha="0" * 40, head_sha="0" * 64) == CIRun("farm", "Farm")


@pytest.mark.parametrize(
    "environ",
    [
        {"BUILDKITE": "true", "BUILDKITE_SOURCE": "local", "BUILDKITE_BUILD_ID": "0190-uuid"},
        {"DRONE": "true", "DRONE_BUILD_NUMBER": "0"},
        {
            "CI_SYSTEM_NAME": "woodpecker",
            "CI_SYSTEM_HOST": "h",
            "CI_REPO": "a/b",
            "CI_PIPELINE_NUMBER": "0",
        },
        {"VELA": "true", "VELA_REPO_FULL_NAME": "/", "VELA_BUILD_NUMBER": "1"},
        {"JENKINS_URL": "https://j/", "BUILD_TAG": "v1.2.3"},
        {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "0"},
        {"FORGEJO_ACTIONS": "true", "ACT_EXEC": "true", "GITHUB_RUN_ID": "1"},
    ],
)
def test_runs_on_ones_own_machine_have_no_id(environ: dict[str, str]) -> None:
    run = detect(environ, systems.adapters())
    assert run is None or run.flow_run_id is None


@pytest.mark.parametrize("run_id", [None, "", "1\n2", "\x1b[31m1", "1\u202e2", "9" * 3000])
def test_an_id_that_cannot_be_written_is_none(run_id: str | None) -> None:
    assert make_run("farm", "Farm", run_id=run_id).flow_run_id is None


def test_an_id_that_is_an_address_has_no_login() -> None:
    run = make_run("farm", "Farm", run_id="https://bot:hunter2@farm.example.org/run/1")
    assert run.flow_run_id == "farm_https://farm.example.org/run/1"


def test_a_url_that_grows_too_long_by_encoding_is_dropped() -> None:
    run = make_run(
        "farm",
        "Farm",
        remote_url="https://example.org/o/" + "ü" * 1000,
        run_url="https://example.org/" + "ü" * 1000,
    )
    assert run == CIRun("farm", "Farm")


@pytest.mark.parametrize("text", ["../etc", "a\nb", "\x9b31m"])
def test_no_fact_holds_control_characters(text: str) -> None:
    run = make_run(
        "farm",
        "Farm",
        workspace=text,
        pull_request=text,
        branch=text,
        event=text,
        tag=text,
        attempt=text,
    )
    wanted = text if text.isprintable() else None
    assert {run.workspace, run.pull_request, run.branch, run.event, run.tag, run.attempt} == {
        wanted
    }


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'git', 'rich', 'conda', 'pluggy', 'ruamel', 'subprocess'}"
    code = f"import sys; import conda_provenance.ci; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
