"""Which raw values of a run are usable."""

from __future__ import annotations

import pytest

from conda_provenance.ci import CIRun, make_run


@pytest.mark.parametrize(
    "run_id",
    ["$GITHUB_RUN_ID", "${{ github.run_id }}", "$(Build.BuildId)", "undefined", "None", "ghp_x"],
)
def test_what_was_not_expanded_or_looks_like_a_token_is_no_id(run_id: str) -> None:
    assert make_run("farm", "Farm", run_id=run_id).flow_run_id is None


def test_all_zeros_are_no_commit() -> None:
    assert make_run("farm", "Farm", sha="0" * 40, head_sha="0" * 64) == CIRun("farm", "Farm")


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


@pytest.mark.parametrize(
    "url",
    [
        "git@github.com-work:acme/x.git",
        "git@work:acme/x.git",
        "ssh://git@gitserver/acme/x.git",
        "ssh://git@bitbucket.example.org:7999/prj/x.git",
        "me@h.example.org:/srv/git/x.git",
        "/srv/git/x.git",
    ],
)
def test_an_address_that_may_lead_nowhere_is_none(url: str) -> None:
    run = make_run("farm", "Farm", remote_url=url, head_remote_url=url)
    assert (run.remote_url, run.head_remote_url) == (None, None)
