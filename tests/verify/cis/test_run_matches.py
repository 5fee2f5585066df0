"""``run-matches``: each outcome, at each CI that can be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from azure_server import PROJECT
from ci_cases import SERVERS, CiSetting, at_those, serve
from ci_model import FILE, FORK, OTHER, CiJob, block
from forge_server import HTML, LIMITS, Answer, always

from conda_provenance.run_api import Trigger
from conda_provenance.text import show
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.outcome import Outcome

PASS, FAIL, UNAVAILABLE = Outcome.PASS, Outcome.FAIL, Outcome.UNAVAILABLE

NOTED = (Trigger.SCHEDULE, Trigger.MANUAL, Trigger.API)


def test_a_run_of_that_commit_passes_and_says_what_it_does_not_know(ci: CiSetting) -> None:
    result = ci.matches()
    assert result.outcome is PASS, result.message
    assert "whether it made this file is for artifact-in-run to say" in result.message
    assert result.facts["sha"] == ci.model.sha
    assert result.facts["provider"] == ci.server.provider
    assert result.facts["success"] is True


@pytest.mark.parametrize(
    ("ci", "trigger"),
    [(name, trigger) for name, server in SERVERS.items() for trigger in server.events],
    indirect=["ci"],
)
def test_what_started_it_decides(ci: CiSetting, trigger: Trigger) -> None:
    ci.knows(replace(ci.run, trigger=trigger))
    result = ci.matches()
    if trigger is Trigger.PULL_REQUEST:
        assert result.outcome is FAIL
        assert "was started by a pull request" in result.message
        assert not result.contradicts
    elif trigger is Trigger.OTHER:
        assert result.outcome is UNAVAILABLE
        assert "who wrote what it ran is not known" in result.message
    else:
        assert result.outcome is PASS, result.message
        assert ("note" in result.facts) == (trigger in NOTED)


def test_a_run_of_another_commit_contradicts_the_package(ci: CiSetting) -> None:
    other = next(sha for sha in ci.model.history.shas.values() if sha != ci.model.sha)
    ci.knows(replace(ci.run, sha=other))
    result = ci.matches()
    assert (result.outcome, result.contradicts) == (FAIL, True), result.message
    assert other in result.message


def test_a_run_of_another_repository_contradicts_the_package(ci: CiSetting) -> None:
    ci.knows(replace(ci.run, repository="other/repository", head_repository="other/repository"))
    result = ci.matches()
    if ci.server.provider == "azure":
        # The build is found by the check-run, so its own answer counts.
        assert "other/repository" in result.message
    assert (result.outcome, result.contradicts) == (FAIL, True), result.message


@at_those(lambda server: server.tells_head)
def test_a_forks_commit_contradicts_the_package(ci: CiSetting) -> None:
    ci.knows(replace(ci.run, head_repository=FORK))
    result = ci.matches()
    expected = (UNAVAILABLE, False) if ci.server.provider == "forgejo" else (FAIL, True)
    assert (result.outcome, result.contradicts) == expected, result.message


def test_a_run_that_is_not_there_is_unavailable(ci: CiSetting) -> None:
    ci.knows(None)
    result = ci.matches()
    assert result.outcome is UNAVAILABLE
    assert "runs are deleted after a while" in result.message


def test_a_run_that_goes_on_is_unavailable(ci: CiSetting) -> None:
    ci.knows(replace(ci.run, finished=False))
    result = ci.matches()
    assert result.outcome is UNAVAILABLE
    assert "still running" in result.message


def test_a_failed_run_passes_by_the_job_that_named_the_package(ci: CiSetting) -> None:
    jobs = (CiJob("tests", "", success=False), CiJob("build", block()))
    ci.knows(replace(ci.run, success=False, jobs=jobs))
    result = ci.matches()
    if not ci.server.has_logs:
        assert result.outcome is UNAVAILABLE
    elif not ci.server.has_jobs:
        assert result.outcome is FAIL  # Its only job is what failed.
    else:
        assert result.outcome is PASS, result.message
        assert (result.facts["job"], result.facts["success"]) == ("build", False)


def test_a_failed_run_fails_by_the_job_that_named_the_package(ci: CiSetting) -> None:
    jobs = (CiJob("build", block(), success=False), CiJob("tests", ""))
    ci.knows(replace(ci.run, success=False, jobs=jobs))
    result = ci.matches()
    assert result.outcome is (FAIL if ci.server.has_logs else UNAVAILABLE), result.message
    assert not result.contradicts


@at_those(lambda server: server.has_logs and server.has_jobs)
def test_a_failed_run_without_logs_fails_only_if_every_job_did(ci: CiSetting) -> None:
    failed = CiJob("one", None, success=False)
    ci.knows(replace(ci.run, success=False, jobs=(failed, replace(failed, name="two"))))
    assert ci.matches().outcome is FAIL
    ci.knows(replace(ci.run, success=False, jobs=(failed, CiJob("two", None))))
    result = ci.matches()
    assert result.outcome is UNAVAILABLE
    assert "which of its jobs made the package is not known" in result.message


@at_those(lambda server: server.provider != "bitbucket")  # It runs what bitbucket.org hosts.
def test_nobody_but_the_package_names_the_ci(ci: CiSetting) -> None:
    """An attacker's server, organisation or project answers as he likes."""
    if ci.server.own_forge:
        ci.named = False
    else:
        ci.model.pointer = False
    result = ci.matches(flow_run_url=ci.server.flow_run_url)
    assert result.outcome is UNAVAILABLE, result.message
    if not ci.server.own_forge:
        assert "says so of itself" in result.message


@at_those(lambda server: bool(server.named))
def test_a_policy_names_the_ci_organisation_and_project(ci: CiSetting) -> None:
    ci.model.pointer = False
    given = {"flow_run_url": ci.server.flow_run_url}
    result = ci.matches(**given, ci_hosts=(ci.server.named,))
    assert (result.outcome, result.facts["voucher"]) == (PASS, "named"), result.message
    others = (f"{ci.server.named}-evil", "https://evil.example/", "https://dev.azure.com/evil/x")
    assert ci.matches(**given, ci_hosts=others).outcome is UNAVAILABLE


def test_another_repositorys_runs_do_not_count_by_the_page(github: CiSetting) -> None:
    """flow_run_url never stands in for the repository."""
    page = "http://127.0.0.1:1/other/repository/actions/runs/4711"
    assert github.matches(flow_run_url=page).outcome is PASS
    assert github.matches(flow_run_url=page, flow_run_id=None).outcome is UNAVAILABLE


@pytest.mark.parametrize("run_id", ["github", "4711", "github_", "_4711", "GitHub_4711", ""])
def test_ids_without_a_ci_lead_nowhere(github: CiSetting, run_id: str) -> None:
    result = github.matches(flow_run_id=run_id, flow_run_url="https://github.com/o/n/actions")
    assert result.outcome is UNAVAILABLE
    why = "without the name of a CI system" if run_id else "a page is whatever its maker wrote"
    assert why in result.message


@pytest.mark.parametrize("run_id", ["github_x", "github_4711/../4712", "github_1 2", "github_٤"])
def test_malformed_ids_are_not_asked_for(github: CiSetting, run_id: str) -> None:
    assert github.matches(flow_run_id=run_id).outcome is UNAVAILABLE
    assert not any("/actions/runs/" in asked.path for asked in github.server.asked)


@pytest.mark.parametrize(
    "run_id", ["jenkins_1", "buildkite_1", "no-such-ci_1", "drone_7", "codebuild_x"]
)
def test_cis_that_nobody_has_written_are_unavailable(github: CiSetting, run_id: str) -> None:
    result = github.matches(flow_run_id=run_id)
    assert result.outcome is UNAVAILABLE
    assert "cannot be asked for" in result.message


def test_a_called_workflow_is_shown_whole(github: CiSetting) -> None:
    """A text with an "@" is taken for a login where it is shown."""
    called = github.matches().facts["called_workflows"]
    assert show(called) == called == f"o/w/.github/workflows/x.yml at main ({'9' * 40})"


def test_no_run_is_not_applicable(github: CiSetting) -> None:
    assert github.matches(flow_run_id=None).outcome is Outcome.NOT_APPLICABLE


def test_the_ci_of_another_forge_is_not_asked(github: CiSetting) -> None:
    """A mirror at one forge says nothing about a repository at another."""
    result = github.matches(flow_run_id="gitlab_4711")
    assert result.outcome is UNAVAILABLE
    assert not any("pipelines" in asked.path for asked in github.server.asked)


def test_another_provider_than_expected_fails(ci: CiSetting) -> None:
    result = ci.matches(providers=("buildkite",))
    assert result.outcome is FAIL
    assert ci.matches(providers=("buildkite", ci.server.provider)).outcome is PASS


def test_workflows_of_a_policy(github: CiSetting) -> None:
    right, wrong = ".github/workflows/build.yml", ".github/workflows/other.yml"
    assert github.matches(workflows=(right,)).outcome is PASS
    assert github.matches(workflows=(wrong,)).outcome is FAIL
    for ref in ("refs/heads/main", "refs/heads/a@2", "main", "a@2"):
        github.knows(replace(github.run, workflow=f"{right}@{ref}"))
        assert github.matches(workflows=(right,)).outcome is PASS


@pytest.mark.parametrize("ref", ["", "@refs/heads/main", "@refs/heads/a@2", "@main"])
def test_a_workflow_with_an_at_sign_is_another(github: CiSetting, ref: str) -> None:
    right, other = ".github/workflows/build.yml", ".github/workflows/build.yml@x.yml"
    github.knows(replace(github.run, workflow=f"{other}{ref}"))
    assert github.matches(workflows=(right,)).outcome is FAIL
    assert github.matches(workflows=(other,)).outcome is PASS


def test_runners_of_a_policy(github: CiSetting) -> None:
    github.knows(replace(github.run, jobs=(CiJob("build", block(), labels=("self-hosted", "x")),)))
    assert github.matches(runners=("self-hosted",)).outcome is PASS
    result = github.matches(runners=("ubuntu-latest",))
    assert result.outcome is FAIL
    assert "ran on self-hosted, x" in result.message
    assert github.matches(runners=("x",), sha256=OTHER).outcome is UNAVAILABLE


def test_a_renamed_repository_is_still_the_same(github: CiSetting) -> None:
    github.model.full_name = "renamed/hello-feedstock"
    github.knows(replace(github.run, repository="renamed/hello-feedstock",
                         head_repository="renamed/hello-feedstock"))  # fmt: skip
    remote = f"{github.server.loopback}/example/hello-feedstock"
    assert github.matches(remote=remote).outcome is PASS


def bad_answers() -> dict[str, Answer]:
    html = {"Content-Type": "text/html"}
    return {
        **LIMITS,
        "login page": Answer(HTML, 203, html),
        "page": Answer(HTML, 200, html),
        "401": Answer({"message": "Bad credentials"}, 401),
        "500": Answer({}, 500),
        "redirect": Answer({}, 302, {"Location": "https://login.example/"}),
        "dropped": Answer({"id": 4711} | {str(n): "x" * 100 for n in range(99)}, is_dropped=True),
        "silent": Answer({}, is_silent=True),
        "empty object": Answer({}),
        "list": Answer([]),
        "null": Answer(None),
        "strings": Answer({"id": "4711", "head_sha": 5, "status": [], "sha": {}, "build": []}),
        "no json": Answer(b"{", 200),
        "deep": Answer(b"[" * 100_000, 200),
    }


@pytest.mark.parametrize("name", bad_answers())
def test_what_is_no_answer_is_unavailable(ci: CiSetting, name: str) -> None:
    ci.server.moods.append(always(bad_answers()[name]))
    result = ci.matches(flow_run_url=ci.server.flow_run_url, ci_hosts=(ci.server.named,))
    assert result.outcome is UNAVAILABLE, result.message


_FIELDS = {
    "github": ["head_repository", "head_sha", "event", "status", "conclusion", "repository"],
    "gitea": ["head_repository", "head_sha", "event", "status", "repository"],
    "forgejo": ["commit_sha", "trigger_event", "status", "repository"],
    "gitlab": ["sha", "status", "source"],
    "azure": ["sourceVersion", "status", "reason", "repository", "buildNumber", "result"],
    "bitbucket": ["target", "state", "repository", "trigger"],
    "circle": ["status", "vcs", "trigger"],
    "travis": ["state", "commit", "build", "repository"],
    "appveyor": ["project", "build"],
    "woodpecker": ["status", "event", "commit"],
}


@pytest.mark.parametrize("how", ["null", "absent"])
@pytest.mark.parametrize(
    ("provider", "key"), [(name, key) for name, keys in _FIELDS.items() for key in keys]
)
def test_without_a_field_nothing_passes_and_nothing_is_contradicted(
    everyday_history: Any, provider: str, key: str, how: str
) -> None:
    with serve(provider, everyday_history) as ci:
        original = ci.server.answer

        def answer(asked: Any) -> Answer:
            said = original(asked)
            if isinstance(said.body, dict) and key in said.body and "check_runs" not in said.body:
                body = dict(said.body)
                body.pop(key)
                said = replace(said, body=body | ({key: None} if how == "null" else {}))
            return said

        ci.server.answer = answer  # type: ignore[method-assign]
        result = ci.matches()
        assert result.outcome is UNAVAILABLE, result.message
        assert not result.contradicts


def test_every_ci_is_named_by_its_adapter() -> None:
    from conda_provenance import systems

    with_api = {each.provider for each in systems.adapters() if each.run_api}
    assert with_api == set(SERVERS)


def test_azures_number_with_a_star_is_refused(azure: CiSetting) -> None:
    result = azure.matches(flow_run_id="azure_2026*.1")
    assert result.outcome is UNAVAILABLE
    assert not any("_apis" in asked.path for asked in azure.server.asked)


def test_azures_number_is_not_taken_for_one_that_it_begins(azure: CiSetting) -> None:
    """The check-run of build 20260226.10 is at the same commit."""
    assert azure.matches().facts["run"].endswith("buildId=1472776")


def test_azures_deleted_build_is_unavailable_and_so_is_another_of_its_number(
    azure: CiSetting,
) -> None:
    """Two pipelines of a repository count for themselves, and their builds have the same numbers.
    Where the check-run gives the build's id, there is no doubt."""
    azure.model.pointer = False
    given = {"ci_hosts": (azure.server.named,)}
    azure.knows(None)
    assert azure.matches(**given).outcome is UNAVAILABLE
    azure.knows(replace(azure.run if azure.model.run else _run(azure), sha="9" * 40))
    result = azure.matches(**given)
    assert (result.outcome, result.contradicts) == (UNAVAILABLE, False)
    assert "of another commit" in result.message
    azure.model.pointer = True
    azure.answers = Answers()
    result = azure.matches(**given)
    assert (result.outcome, result.contradicts) == (FAIL, True)


def _run(setting: CiSetting) -> Any:
    from ci_model import CiRun

    return CiRun(setting.model.sha)


def test_a_check_run_of_another_app_leads_nowhere(azure: CiSetting) -> None:
    rows = azure.server.check_runs()
    for row in rows:
        row["app"] = {"slug": "some-other-app"}
    azure.server.check_runs = lambda: rows  # type: ignore[method-assign]
    assert azure.matches().outcome is UNAVAILABLE


def test_a_check_run_that_leads_to_another_host_is_not_followed(azure: CiSetting) -> None:
    rows = azure.server.check_runs()
    for row in rows:
        row["details_url"] = "https://dev.azure.com.evil.example/conda-forge/x/_build/results"
    azure.server.check_runs = lambda: rows  # type: ignore[method-assign]
    assert azure.matches().outcome is UNAVAILABLE


def test_the_named_file_is_the_packages(github: CiSetting) -> None:
    """A job that named another file of the run is not the one that is judged."""
    other = FILE.replace("hello", "other")
    jobs = (CiJob("good", block(other)), CiJob("bad", block(), success=False))
    github.knows(replace(github.run, success=False, jobs=jobs))
    assert github.matches().outcome is FAIL


def test_woodpeckers_inner_name_of_its_forge_contradicts_nothing(everyday_history: Any) -> None:
    with serve("woodpecker", everyday_history, site="http://gitea:3000") as ci:
        result = ci.matches()
        assert result.outcome is UNAVAILABLE, result.message
        assert not result.contradicts


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("https://org@dev.azure.com/org/proj/_git/repo", PASS),
        ("https://org.visualstudio.com/proj/_git/repo", UNAVAILABLE),
        (None, UNAVAILABLE),
    ],
)
def test_repositories_in_azure_repos(azure: CiSetting, url: str | None, outcome: Any) -> None:
    """They have several addresses, so another one contradicts nothing."""
    azure.knows(azure.run)
    build = azure.server.build_json()  # type: ignore[attr-defined]
    build["repository"] = {"id": PROJECT, "type": "TfsGit", "url": url}
    azure.server.moods.append(
        lambda asked: (
            Answer({"count": 1, "value": [build]})
            if asked.path == "/org/proj/_apis/build/builds"
            else None
        )
    )
    result = azure.matches(remote="https://dev.azure.com/org/proj/_git/repo")
    assert result.outcome is outcome, result.message


@pytest.mark.parametrize("name", [*LIMITS])
@at_those(lambda server: not server.own_forge and server.provider != "bitbucket")
def test_a_forge_that_is_busy_is_what_is_said(ci: CiSetting, name: str) -> None:
    """Not that nobody vouches for the CI: the forge may well."""
    ci.server.moods.append(lambda asked: LIMITS[name] if "/commits/" in asked.path else None)
    result = ci.matches(flow_run_url=ci.server.flow_run_url)
    assert result.outcome is UNAVAILABLE
    assert "says so of itself" not in result.message
    assert "Nothing says" not in result.message
    named = ci.matches(flow_run_url=ci.server.flow_run_url, ci_hosts=(ci.server.named,))
    assert named.outcome is PASS, "a policy's word is enough"


def test_bitbuckets_cloud_says_nothing_of_other_servers(everyday_history: Any) -> None:
    """A repository at a server of one's own may have the name of another one in the cloud."""
    with serve("bitbucket", everyday_history) as ci:
        remote = "https://bitbucket.example.org/example/hello-feedstock"
        expected = {"forge_hosts": {"bitbucket.example.org": "bitbucket"}}
        ci.user = {"bitbucket.example.org": "bitbucket"}
        assert ci.matches(remote=remote, **expected).outcome is UNAVAILABLE
        assert not ci.server.asked


@pytest.mark.parametrize(
    "run_id",
    [
        "h/../../x/1",
        "h/./n/1",
        "h/o/n",
        "h/o/n/1?x",
        "h/o/n/1/2x",
        "\uff48/o/n/1",
        "h:x/o/n/1",
        "/o/n/1",
    ],
)
def test_malformed_ids_of_woodpecker_lead_nowhere(everyday_history: Any, run_id: str) -> None:
    with serve("woodpecker", everyday_history) as ci:
        named = ("https://h", "https://ci.example.org")
        assert ci.matches(flow_run_id=f"woodpecker_{run_id}", ci_hosts=named).outcome is UNAVAILABLE
        assert not any("/api/" in asked.path for asked in ci.server.asked)


def test_a_strangers_woodpecker_is_not_asked(everyday_history: Any) -> None:
    with serve("woodpecker", everyday_history) as ci:
        ci.model.pointer = False
        assert "says so of itself" in ci.matches().message
        assert not any("/api/" in asked.path for asked in ci.server.asked)


@pytest.mark.parametrize("kind", ["BitbucketRepository", "GitlabRepository", None, 1, ""])
def test_a_policy_names_no_repository_of_that_name_at_another_forge(
    everyday_history: Any, kind: Any
) -> None:
    """Anybody may register an owner's name at another forge, and build the same commit there."""
    with serve("travis", everyday_history) as ci:
        ci.model.pointer = False
        ci.server.kind = kind  # type: ignore[attr-defined]
        result = ci.matches(ci_hosts=(ci.server.named,))
        assert result.outcome is UNAVAILABLE, result.message


RENAMED = "renamed/hello-feedstock"


def is_the_repository(path: str) -> bool:
    """Is it the question for the repository itself?"""
    return path.count("/") == 3 and path.startswith("/repos/")


@pytest.mark.parametrize("provider", ["circle", "travis", "azure", "appveyor", "woodpecker"])
def test_a_ci_that_the_forge_shows_may_know_the_new_name(
    everyday_history: Any, provider: str
) -> None:
    with serve(provider, everyday_history) as ci:
        ci.knows(replace(ci.run, repository=RENAMED, head_repository=RENAMED))
        result = ci.matches()
        assert (result.outcome, result.contradicts) == (FAIL, True), result.message

        ci.model.full_name = RENAMED
        remote = "https://github.com/example/hello-feedstock"
        assert ci.matches(remote=remote).outcome is PASS

        ci.server.moods.append(
            lambda asked: Answer({}, 403) if is_the_repository(asked.path) else None
        )
        result = ci.matches(remote=remote)
        assert result.outcome is UNAVAILABLE, "whether it was renamed cannot be known"


@pytest.mark.parametrize("provider", ["github", "gitea", "gitlab", "bitbucket"])
def test_another_name_is_no_contradiction_while_the_forge_does_not_answer(
    everyday_history: Any, provider: str
) -> None:
    with serve(provider, everyday_history) as ci:
        ci.knows(replace(ci.run, repository=RENAMED, head_repository=RENAMED))
        ci.server.moods.append(
            lambda asked: Answer({}, 403) if "pipelines" not in asked.path
            and "/actions/" not in asked.path and "/version" not in asked.path else None
        )  # fmt: skip
        result = ci.matches()
        assert (result.outcome, result.contradicts) == (UNAVAILABLE, False), result.message
