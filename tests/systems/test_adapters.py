"""Every built-in adapter has a module of its own, with notes. What it leaves out has a reason."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from conda_provenance import systems
from conda_provenance.ci import FACTS, Adapter, detect
from conda_provenance.ci.fact import conditions, templates


@pytest.mark.parametrize("adapter", systems.adapters(), ids=lambda adapter: adapter.provider)
def test_a_system_is_one_module_of_its_providers_name_with_notes(adapter: Adapter) -> None:
    provider = adapter.provider
    assert provider in systems.names(), f"{provider!r} is not the name of its module"

    module = importlib.import_module(systems.module_name(provider))
    assert module.ADAPTER is adapter

    title, _, notes = (module.__doc__ or "").partition("\n\n")
    assert title == f"{adapter.name}.", "the docstring's first line is the name and a full stop"
    assert re.match("- .", notes), "the docstring has no notes; each begins with '- '"
    assert adapter.docs.startswith("https://")


def test_no_system_is_a_module_and_a_folder() -> None:
    """The module would be left over, and never loaded."""
    folder = Path(systems.__file__).parent
    folders = {path.parent.name for path in folder.glob("*/__init__.py")}
    both = [path.name for path in folder.glob("*.py") if path.stem in folders]
    assert not both, f"{both} are left over beside a folder of the same name"


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
    unknown = sorted(adapter.left_out.keys() - set(FACTS))
    assert not unknown, f"left_out has {unknown}, which are none of {', '.join(FACTS)}"
    assert all(adapter.left_out.values())


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


def test_a_system_is_a_candidate_if_one_of_its_variables_is_set() -> None:
    assert systems.candidates({}) == ()
    assert [each.provider for each in systems.candidates({"APPVEYOR": ""})] == ["appveyor"]


def test_names_are_in_upper_case_on_windows() -> None:
    environ = {"OS": "Windows_NT", "BAMBOO_BUILDRESULTKEY": "A-B-1"}
    assert [each.provider for each in systems.candidates(environ)] == ["bamboo"]


def test_a_system_that_is_not_listed_yet_is_always_a_candidate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(systems.VARIABLES, "appveyor")
    assert [each.provider for each in systems.candidates({})] == ["appveyor"]


@pytest.mark.parametrize(
    ("mark", "variables"),
    [
        ("MYCI", ("MYCI",)),
        ("MYCI=yes", ("MYCI",)),
        ("{MYCI:x+}", ("MYCI",)),
        ("{ONE}{OTHER:y}", ("ONE", "OTHER")),
    ],
)
def test_the_variables_of_a_mark(mark: str, variables: tuple[str, ...]) -> None:
    adapter = Adapter(provider="x", name="X", docs="https://x.example", active=(mark,))
    assert adapter.mark_variables == variables
