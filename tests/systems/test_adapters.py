"""Every built-in adapter is one module of its own, with notes and reasons."""

from __future__ import annotations

import importlib
import re

import pytest

from conda_provenance import systems
from conda_provenance.ci import FACTS, Adapter, detect
from conda_provenance.ci.fact import conditions, templates


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
