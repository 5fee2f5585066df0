"""Check 2, with packages that are read from files. What answers outside is a stand-in here."""

from __future__ import annotations

from pathlib import Path

import pytest
from case_making import CLAIM, REMOTE, SHA, WorldStandIn, case_of, subject_of
from git_asking import asking
from git_servers import GitServer
from histories import History

from conda_provenance.forge_api import Repository
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.verify.checks.expected import CHECK
from conda_provenance.verify.outcome import Outcome, Result

FORGE = RepositoryPattern.parse("https://github.com/conda-forge/*")
NAMED = {"repositories": (FORGE,), "repositories_by": "the policy conda-forge"}


def run(tmp_path, claim=None, stand_in: WorldStandIn | None = None, **expected) -> Result:
    subject = subject_of(tmp_path, {**CLAIM, **(claim or {})})
    return CHECK.run(case_of(subject, **expected), (stand_in or WorldStandIn()).world)


def test_the_expected_repository_passes_and_who_named_it_is_said(tmp_path):
    result = run(tmp_path, **NAMED)
    assert result.outcome is Outcome.PASS
    assert result.message == (
        f"The repository is {REMOTE}, which the policy conda-forge names, by name only, since no "
        "number of the forge is pinned."
    )
    assert result.facts["named_by"] == "the policy conda-forge"
    assert result.facts["addresses"] == [REMOTE]
    assert result.facts["allowed"] == ["https://github.com/conda-forge/*"]


@pytest.mark.parametrize(
    "remote",
    [
        "git@github.com:conda-forge/demo-feedstock.git",
        "https://github.com/Conda-Forge/demo-feedstock.git/",
        "https://GITHUB.com:443/conda-forge/demo-feedstock",
    ],
)
def test_other_forms_of_the_same_address_pass(tmp_path, remote):
    assert run(tmp_path, {"remote_url": remote}, **NAMED).outcome is Outcome.PASS


LOOK_ALIKES = [
    ("https://github.com.evil.example/conda-forge/demo", "its host looks like github.com, and is"),
    ("https://githab.com/conda-forge/demo", "its host looks like github.com, and is another"),
    ("https://xn--gthub-3re.com/conda-forge/demo", "its host has letters that are not ASCII"),
    ("https://gіthub.com/conda-forge/demo", "since it holds characters that are not ASCII"),
    ("https://github.com./conda-forge/demo", "since it has no host, or a dot after it"),
    ("https://github.com@evil.example/conda-forge/demo", "since it names a user"),
    ("https://user@github.com/conda-forge/demo", "since it names a user"),
    ("https://github.com%2fx.evil.example/conda-forge/demo", "since it holds a percent sign"),
    ("https://github.com/conda-forge/..%2fevil/demo", "since it holds a percent sign"),
    ("https://github.com\\@evil.example/conda-forge/demo", "since it "),
    ("https://github.com/conda-forge/../evil/demo", "since it has a dot as a segment"),
    ("https://github.com//conda-forge/demo", "since it has an empty segment"),
    ("https://github.com/conda-forge/demo?x=/conda-forge/demo", "since it has a query"),
    ("http://github.com/conda-forge/demo", "and the policy conda-forge allows https://github.com"),
    ("https://github.com:8443/conda-forge/demo", "allows https://github.com/conda-forge/*"),
    ("https://github.com/conda-forge-evil/demo", "allows https://github.com/conda-forge/*"),
    ("https://github.com/conda-forge/a/b", "allows https://github.com/conda-forge/*"),
    ("https://evil.example/github.com/conda-forge/demo", "allows https://github.com/conda"),
    ("https://140.82.121.3/conda-forge/demo", "allows https://github.com/conda-forge/*"),
    ("ssh://root@github.com/conda-forge/demo", "since it names a user"),
]


@pytest.mark.parametrize(("remote", "why"), LOOK_ALIKES)
def test_an_address_that_only_looks_like_it_fails_and_is_not_asked(tmp_path, remote, why):
    stand_in = WorldStandIn()
    result = run(tmp_path, {"remote_url": remote}, stand_in, **NAMED)
    assert result.outcome is Outcome.FAIL
    assert why in result.message
    assert result.message.isprintable()
    assert stand_in.asked == []


def test_a_package_without_a_repository_fails_where_one_is_expected(tmp_path):
    for nothing in (None, ""):
        result = run(tmp_path, {"remote_url": nothing}, **NAMED)
        assert result.outcome is Outcome.FAIL
        assert "it names no repository" in result.message


def test_a_repository_that_was_moved_to_another_owner_fails(tmp_path):
    moved = "https://github.com/somebody-else/demo-feedstock"
    result = run(tmp_path, stand_in=WorldStandIn(further=[moved]), **NAMED)
    assert result.outcome is Outcome.FAIL
    assert f"it answers at {moved}" in result.message
    assert result.facts["addresses"] == [REMOTE, moved]


def test_a_repository_that_was_renamed_below_its_owner_passes(tmp_path):
    renamed = "https://github.com/conda-forge/demo2-feedstock"
    result = run(tmp_path, stand_in=WorldStandIn(further=[renamed]), **NAMED)
    assert result.outcome is Outcome.PASS


def test_where_the_repository_cannot_be_asked_nothing_follows(tmp_path):
    result = run(tmp_path, stand_in=WorldStandIn(error="github.com does not answer."), **NAMED)
    assert result.outcome is Outcome.UNAVAILABLE
    assert result.message == "github.com does not answer."


PINNED = {**NAMED, "repository_id": "7", "owner_id": "42"}


def forge(id: str | None = "7", owner: str | None = "42", url: str | None = REMOTE) -> WorldStandIn:
    return WorldStandIn(forge=Repository("conda-forge/demo-feedstock", id, owner, url=url))


def test_pinned_numbers_of_the_forge(tmp_path):
    result = run(tmp_path, stand_in=forge(), **PINNED)
    assert result.outcome is Outcome.PASS
    assert "by name and by the number of its repository and its owner" in result.message

    again = run(tmp_path, stand_in=forge(id="8"), **PINNED)
    assert again.outcome is Outcome.FAIL
    assert "the number of its repository is 8, not 7" in again.message
    assert "registered again" in again.message
    assert run(tmp_path, stand_in=forge(owner="1"), **PINNED).outcome is Outcome.FAIL

    unknown = run(tmp_path, stand_in=forge(owner=None), **PINNED)
    assert unknown.outcome is Outcome.UNAVAILABLE
    assert "The forge does not say the number of the owner" in unknown.message
    assert run(tmp_path, **PINNED).outcome is Outcome.UNAVAILABLE

    moved = run(tmp_path, stand_in=forge(url="https://github.com/evil/demo"), **PINNED)
    assert moved.outcome is Outcome.FAIL


def test_the_forge_is_not_asked_where_nothing_is_pinned(tmp_path):
    stand_in = forge()
    run(tmp_path, stand_in=stand_in, **NAMED)
    assert stand_in.asked == [REMOTE]


def test_without_a_named_repository_nothing_can_be_expected_of_it(tmp_path):
    result = run(tmp_path)
    assert result.outcome is Outcome.NOT_APPLICABLE
    assert result.message == (
        f"It is from {REMOTE}, which the package itself names: nobody else named a repository to "
        "compare it with."
    )


def test_an_expected_commit_alone_never_passes(tmp_path):
    result = run(tmp_path, sha=SHA, providers=("github",))
    assert result.outcome is Outcome.NOT_APPLICABLE
    assert result.message.startswith("The commit and the CI are as expected. It is from")

    other = run(tmp_path, sha="f" * 40)
    assert other.outcome is Outcome.FAIL
    assert f"its commit is {SHA}, not {'f' * 40}" in other.message


def test_the_ci_system_that_it_names(tmp_path):
    assert run(tmp_path, providers=("azure", "github"), **NAMED).outcome is Outcome.PASS
    for run_id in ("gitlab_1", "githubx_1", "GITHUB_1", "github", None):
        result = run(tmp_path, {"flow_run_id": run_id}, providers=("github",), **NAMED)
        assert result.outcome is Outcome.FAIL, run_id
        named = "_" in (run_id or "")
        shown = f"{str(run_id).partition('_')[0]} as its CI" if named else "no CI run"
        assert f"it names {shown}, but github is expected" in result.message


def test_a_package_without_a_repository_is_not_said_to_name_one(tmp_path):
    result = run(tmp_path, {"remote_url": None})
    assert result.outcome is Outcome.NOT_APPLICABLE
    assert result.message == "The package names no repository, and nobody else named one."


def test_all_that_differs_is_said_at_once(tmp_path):
    claim = {"remote_url": "https://evil.example/o/n"}
    result = run(tmp_path, claim, sha="f" * 40, providers=("azure",), **NAMED)
    assert result.message.count("; ") == 2


def test_a_package_that_claims_nothing_is_no_failure(tmp_path):
    subject = subject_of(tmp_path, {})
    result = CHECK.run(case_of(subject, sha=SHA, **NAMED), WorldStandIn().world)
    assert result.outcome is Outcome.NOT_APPLICABLE


def test_an_exception_and_one_that_has_ended_are_facts(tmp_path):
    result = run(tmp_path, exception="Built by hand.", notes=("It ended.",), **NAMED)
    assert result.facts["exception"] == "Built by hand."
    assert result.facts["notes"] == ["It ended."]


def test_a_secret_in_an_address_is_not_repeated(tmp_path):
    for remote in (
        "https://user:hunter2@github.com/conda-forge/demo",
        "https://github.com/conda-forge/demo?token=hunter2",
        "https://evil.example/o/n;token=hunter2",
    ):
        for expected in (NAMED, {}):
            assert "hunter2" not in str(run(tmp_path, {"remote_url": remote}, **expected))


# --- real servers ---------------------------------------------------------------------------------


def on_server(tmp_path: Path, server: GitServer, path: str, pattern: str) -> Result:
    """A package that names a repository of a real server, and the pattern that it should match."""
    subject = subject_of(tmp_path, {**CLAIM, "remote_url": server.url(path)})
    allowed = RepositoryPattern.parse(server.url(pattern))
    with asking() as repositories:
        world = WorldStandIn().world._replace(repositories=repositories)
        return CHECK.run(case_of(subject, repositories=(allowed,)), world)


def test_a_repository_that_moved_on_a_real_server(
    tmp_path: Path, git_server: GitServer, history: History
) -> None:
    git_server.publish(history, "evil/n")
    git_server.moved |= {"o/old": "o/n", "o/given-up": "evil/n"}
    assert on_server(tmp_path, git_server, "o/n", "o/*").outcome is Outcome.PASS

    renamed = on_server(tmp_path, git_server, "o/old", "o/*")
    assert renamed.outcome is Outcome.PASS
    assert renamed.facts["addresses"] == [git_server.url("o/old"), git_server.url("o/n")]
    assert on_server(tmp_path, git_server, "o/old", "o/old").outcome is Outcome.FAIL

    taken = on_server(tmp_path, git_server, "o/given-up", "o/*")
    assert taken.outcome is Outcome.FAIL
    assert f"it answers at {git_server.url('evil/n')}" in taken.message

    gone = on_server(tmp_path, git_server, "o/gone", "o/*")
    assert gone.outcome is Outcome.UNAVAILABLE
