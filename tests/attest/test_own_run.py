"""A build is attested only inside the run that did it.

The environment, the token and the certificate must all say what the package says.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from ci_identities import GitHubRun

from conda_provenance.attest.own_run import (
    INSTEAD,
    NotThisRunError,
    require_certificate_of_run,
    require_own_run,
    require_token_of_run,
)
from conda_provenance.attest.sigstore_client.claims import run_of
from conda_provenance.bundles.certificate import Certificate
from conda_provenance.ci import detect
from conda_provenance.claim import Claim
from conda_provenance.systems import adapters

RUN = GitHubRun()
STAMP = {
    "sha": RUN.sha,
    "remote_url": RUN.remote_url,
    "flow_run_id": f"github_{RUN.run_id}",
}
NAME = "hello-1.0-h0_0.conda"

GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_ID": "77",
    "CI_PIPELINE_SOURCE": "push",
    "CI_PROJECT_URL": "https://gitlab.com/group/hello",
    "CI_COMMIT_SHA": RUN.sha,
}
GITLAB_STAMP = {
    "sha": RUN.sha,
    "remote_url": "https://gitlab.com/group/hello",
    "flow_run_id": "gitlab_77",
}
GITLAB_CLAIMS = {
    "pipeline_id": "77",
    "project_path": "group/hello",
    "sha": RUN.sha,
    "pipeline_source": "push",
}
CIRCLE = {
    "CIRCLECI": "true",
    "CIRCLE_WORKFLOW_ID": "5",
    "CIRCLE_SHA1": RUN.sha,
    "CIRCLE_REPOSITORY_URL": RUN.remote_url,
}


def claim_of(**changes: str | None) -> Claim:
    stamp = {**STAMP, **changes}
    return Claim.from_extra({key: value for key, value in stamp.items() if value is not None})


def certificate_of(of: GitHubRun = RUN, /, **changes: Any) -> Certificate:
    said = {number: str(value) for number, value in of.extensions.items()}
    certificate = Certificate(
        of.san,
        issuer=of.issuer,
        repository=said[12],
        commit=said[13],
        ref=said[14],
        trigger=said[20],
        run=said[21],
    )
    return certificate._replace(**changes)


def require_here(claim: Claim, environ: dict[str, str]) -> None:
    require_own_run(NAME, claim, detect(environ, adapters()))


def test_the_run_that_built_it_may_sign() -> None:
    require_here(claim_of(), RUN.environ)
    require_token_of_run(NAME, claim_of(), run_of(RUN.claims))
    require_certificate_of_run(NAME, claim_of(), certificate_of())


def test_so_may_a_pipeline_of_gitlab() -> None:
    claim = Claim.from_extra(GITLAB_STAMP)
    require_here(claim, GITLAB)
    require_token_of_run(NAME, claim, run_of(GITLAB_CLAIMS))
    certificate = Certificate(
        "https://gitlab.com/group/hello//.gitlab-ci.yml@refs/heads/main",
        repository="https://gitlab.com/group/hello",
        commit=RUN.sha,
        ref="refs/heads/main",
        trigger="push",
        run="https://gitlab.com/group/hello/-/jobs/5",
    )
    require_certificate_of_run(NAME, claim, certificate)


@pytest.mark.parametrize(
    ("page", "is_its"),
    [
        (RUN.run_url, True),
        (f"{RUN.remote_url}/actions/runs/{RUN.run_id}", True),
        (f"{RUN.remote_url}/actions/runs/{RUN.run_id}/job/5", True),
        (f"{RUN.remote_url}/actions/runs/1", False),
        (f"{RUN.remote_url}/actions/runs/{RUN.run_id}0", False),
        (f"https://github.com/mallory/x/actions/runs/{RUN.run_id}", False),
        (f"https://git.example/{RUN.repository}/actions/runs/{RUN.run_id}", False),
        (f"https://ci.example.com/{RUN.run_id}", False),
    ],
)
def test_the_page_that_is_stamped_is_that_of_the_run(page: str, is_its: bool) -> None:
    """The statement names the run by it."""
    if is_its:
        require_here(claim_of(flow_run_url=page), RUN.environ)
        return
    with pytest.raises(NotThisRunError, match="flow_run_url is not the page of that run"):
        require_here(claim_of(flow_run_url=page), RUN.environ)


@pytest.mark.parametrize(
    ("page", "is_its"),
    [("pipelines/77", True), ("jobs/5", True), ("pipelines/78", False), ("x/77", False)],
)
def test_so_is_a_page_of_gitlab(page: str, is_its: bool) -> None:
    address = f"{GITLAB_STAMP['remote_url']}/-/{page}"
    claim = Claim.from_extra({**GITLAB_STAMP, "flow_run_url": address})
    if is_its:
        require_here(claim, GITLAB)
        return
    with pytest.raises(NotThisRunError, match="flow_run_url is not the page of that run"):
        require_here(claim, GITLAB)


def test_a_name_in_another_case_is_the_same_repository() -> None:
    claim = claim_of(remote_url="https://github.com/Example/Hello-Feedstock")
    require_here(claim, RUN.environ)
    require_token_of_run(NAME, claim, run_of(RUN.claims))
    require_certificate_of_run(NAME, claim, certificate_of())


@pytest.mark.parametrize("key", ["sha", "remote_url", "flow_run_id"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_package_that_does_not_say_it_is_nobodys(key: str, value: str | None) -> None:
    with pytest.raises(NotThisRunError, match=f"it does not say its {key}"):
        require_here(claim_of(**{key: value}), RUN.environ)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"flow_run_id": "github_123456788"}, "github_123456788 built it, and this is github_1234"),
        ({"flow_run_id": "gitlab_123456789"}, "gitlab_123456789 built it"),
        ({"flow_run_id": "123456789"}, "the run 123456789 built it"),
        ({"flow_run_id": "github_0123456789"}, "github_0123456789 built it"),
        ({"remote_url": "https://github.com/example/other"}, "another repository"),
        ({"remote_url": "https://ghe.example/example/hello-feedstock"}, "another repository"),
        ({"remote_url": "/home/me/hello-feedstock"}, "another repository"),
        ({"sha": "1" * 40}, "another commit"),
        ({"sha": RUN.sha[:12]}, "another commit"),
        ({"sha": RUN.sha.upper()}, "another commit"),
        ({"flow_run_url": RUN.run_url.replace("attempts/1", "attempts/2")}, "a later attempt"),
    ],
)
def test_a_stamp_of_another_run_is_refused(changes: dict[str, str], why: str) -> None:
    with pytest.raises(NotThisRunError) as refused:
        require_here(claim_of(**changes), RUN.environ)

    assert why in str(refused.value)
    assert str(refused.value).startswith(f"{NAME}: provenance is signed only inside the run")
    assert INSTEAD in str(refused.value)


def test_a_page_without_an_attempt_is_of_all_of_them() -> None:
    url = RUN.run_url.partition("/attempts")[0]
    require_here(claim_of(flow_run_url=url), RUN._replace(attempt="3").environ)
    require_here(claim_of(flow_run_url=RUN.run_url), RUN.environ)


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({}, "this is no run of a CI"),
        ({"CI": "true"}, "this is no run of a CI"),
        ({"GITHUB_ACTIONS": "true"}, "this is an unknown one"),
        ({**RUN.environ, "ACT": "true"}, "this is no run of a CI"),
        ({**RUN.environ, "FORGEJO_ACTIONS": "true"}, "of Forgejo Actions"),
        (RUN._replace(run_id="5").environ, "this is github_5"),
        (RUN._replace(sha="2" * 40).environ, "another commit"),
        (RUN._replace(repository="somebody/hello-feedstock").environ, "another repository"),
        (RUN._replace(event="pull_request_target").environ, "a pull request"),
        (RUN._replace(event="pull_request", ref="refs/pull/7/merge").environ, "a pull request"),
        (CIRCLE, "of CircleCI"),
        (GITLAB, "this is gitlab_77"),
        # What a user sets for us says nothing about the run that we are in.
        (
            {f"CONDA_PROVENANCE_{key.upper()}": value for key, value in STAMP.items()},
            "this is no run of a CI",
        ),
        (
            {f"CONDA_PLUGINS_PROVENANCE_{key.upper()}": value for key, value in STAMP.items()}
            | {"CONDA_PLUGINS_PROVENANCE_CI_PROVIDER": "github"},
            "this is no run of a CI",
        ),
    ],
)
def test_another_environment_may_not_sign(environ: dict[str, str], why: str) -> None:
    with pytest.raises(NotThisRunError, match=why):
        require_here(claim_of(), environ)


def test_a_merge_request_of_gitlab_may_not_sign() -> None:
    environ = {**GITLAB, "CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_IID": "3"}
    with pytest.raises(NotThisRunError, match="a pull request"):
        require_here(Claim.from_extra(GITLAB_STAMP), environ)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (RUN._replace(run_id="5"), "another run"),
        (RUN._replace(repository="somebody/hello-feedstock"), "another repository"),
        (RUN._replace(sha="2" * 40), "another commit"),
        (RUN._replace(event="pull_request"), "a pull request"),
    ],
)
def test_whoever_sets_variables_cannot_change_the_token(run: GitHubRun, why: str) -> None:
    require_here(claim_of(), RUN.environ)
    with pytest.raises(NotThisRunError, match=f"token is of {why}"):
        require_token_of_run(NAME, claim_of(), run_of(run.claims))


def test_the_variables_of_conda_forges_container_are_not_enough() -> None:
    """Anybody can set ``sha``, ``remote_url`` and ``flow_run_id``; a token nobody can make."""
    require_here(claim_of(), STAMP)
    with pytest.raises(NotThisRunError):
        require_token_of_run(NAME, claim_of(), None)
    with pytest.raises(NotThisRunError, match="another run"):
        require_token_of_run(NAME, claim_of(), run_of(RUN._replace(run_id="5").claims))


def test_a_token_of_an_earlier_attempt_is_refused_where_the_stamp_names_one() -> None:
    built = claim_of(flow_run_url=RUN._replace(attempt="2").run_url)
    for attempt in ("2", "3", "10"):
        require_token_of_run(NAME, built, run_of(RUN._replace(attempt=attempt).claims))
    for attempt in ("1", "0", "", "x", "-3", "²"):
        with pytest.raises(NotThisRunError, match="an earlier attempt"):
            require_token_of_run(NAME, built, run_of(RUN._replace(attempt=attempt).claims))
    require_token_of_run(NAME, claim_of(), run_of(RUN.claims))


def test_a_person_or_a_machine_is_no_run() -> None:
    with pytest.raises(NotThisRunError, match="not that of a CI's run"):
        require_token_of_run(NAME, claim_of(), run_of({"email": "me@example.org"}))


@pytest.mark.parametrize("name", ["run_id", "repository", "sha"])
@pytest.mark.parametrize("value", [None, 5, "", ["x"], {}])
def test_a_token_that_does_not_say_it_is_nobodys(name: str, value: Any) -> None:
    with pytest.raises(NotThisRunError):
        require_token_of_run(NAME, claim_of(), run_of({**RUN.claims, name: value}))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"repository": "https://github.com/somebody/hello-feedstock"}, "another repository"),
        ({"repository": "https://ghe.example/example/hello-feedstock"}, "another repository"),
        ({"repository": None}, "another repository"),
        ({"commit": "1" * 40}, "another commit"),
        ({"commit": None}, "another commit"),
        ({"run": None}, "another run"),
        ({"run": f"{RUN.remote_url}/actions/runs/5/attempts/1"}, "another run"),
        ({"run": f"{RUN.remote_url}/actions/runs/{RUN.run_id}/x"}, "another run"),
        ({"run": f"https://github.com/a/b/actions/runs/{RUN.run_id}"}, "another repository"),
        ({"trigger": "pull_request"}, "a pull request"),
        ({"trigger": "pull_request_target"}, "a pull request"),
        ({"ref": "refs/pull/7/merge"}, "a pull request"),
    ],
)
def test_the_certificate_has_the_last_word(changes: dict[str, str | None], why: str) -> None:
    with pytest.raises(NotThisRunError, match=f"certificate is of {why}"):
        require_certificate_of_run(NAME, claim_of(), certificate_of(**changes))


def test_a_certificate_of_an_earlier_attempt_is_refused_where_the_stamp_names_one() -> None:
    built = claim_of(flow_run_url=RUN._replace(attempt="2").run_url)
    require_certificate_of_run(NAME, built, certificate_of(RUN._replace(attempt="3")))
    require_certificate_of_run(NAME, claim_of(), certificate_of())
    for run in (certificate_of(), certificate_of(run=RUN.run_url.partition("/attempts")[0])):
        with pytest.raises(NotThisRunError, match="an earlier attempt"):
            require_certificate_of_run(NAME, built, run)


def test_a_sentence_shows_no_escape_and_no_secret() -> None:
    claim = claim_of(flow_run_id="github_1\x1b[2J https://me:s3cret@host/x?token=s3cret")
    with pytest.raises(NotThisRunError) as refused:
        require_here(claim, RUN.environ)

    assert str(refused.value).isprintable()
    assert "s3cret" not in str(refused.value)


def test_our_own_settings_have_no_part_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in RUN.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CONDA_PROVENANCE_FLOW_RUN_ID", "github_5")
    monkeypatch.setenv("CONDA_PROVENANCE_SHA", "1" * 40)
    with pytest.raises(NotThisRunError, match="github_5 built it"):
        require_here(claim_of(flow_run_id="github_5", sha="1" * 40), dict(os.environ))
