"""Which commit of a pull request is stamped: real repositories, checked out as CIs do it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from conda_provenance import ci, systems
from conda_provenance.collector import collect
from conda_provenance.origin import Origin
from conda_provenance.settings import Settings

BASE = "https://github.com/example/hello-feedstock"
FORK = "https://github.com/somebody/hello-feedstock"


@dataclass
class Checkout:
    """A clone with the commits of a pull request: the base's, its own, and the merge of both."""

    root: Path
    base: str
    head: str
    merge: str
    git: Callable[..., str]

    def at(self, commit: str) -> Checkout:
        self.git(self.root, "checkout", "-q", "--detach", commit)
        return self

    def find(self, environ: dict[str, str]) -> Origin:
        return collect(
            self.root / "recipe" / "recipe.yaml",
            environ=environ,
            settings=Settings(),
            adapters=systems.adapters(),
        )


@pytest.fixture
def checkout(feedstock, git) -> Checkout:
    base = git(feedstock, "rev-parse", "HEAD")
    git(feedstock, "checkout", "-q", "-b", "fix")
    (feedstock / "recipe" / "fix.patch").write_text("fix")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "fix")
    head = git(feedstock, "rev-parse", "HEAD")
    git(feedstock, "checkout", "-q", "main")
    git(feedstock, "merge", "-q", "--no-ff", "-m", "parent 0000\n\nMerge", "fix")
    merge = git(feedstock, "rev-parse", "HEAD")
    git(feedstock, "checkout", "-q", "--detach", base)
    git(feedstock, "branch", "-q", "-f", "main", base)
    return Checkout(feedstock, base, head, merge, git)


def github(
    checkout: Checkout,
    tmp_path: Path,
    *,
    sha: str,
    event: str = "pull_request",
    repository: str = FORK,
) -> dict[str, str]:
    file = tmp_path / "event.json"
    head = {"sha": checkout.head, "ref": "fix", "repo": {"html_url": repository}}
    file.write_text(json.dumps({"number": 12, "pull_request": {"number": 12, "head": head}}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_RUN_ID": "77",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "example/hello-feedstock",
        "GITHUB_WORKSPACE": str(checkout.root),
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(file),
        "GITHUB_REF": "refs/pull/12/merge" if event == "pull_request" else "refs/heads/main",
        "GITHUB_HEAD_REF": "fix",
        "GITHUB_SHA": sha,
    }


def test_the_merge_commit_and_its_head_are_named(checkout, tmp_path):
    found = checkout.at(checkout.merge).find(github(checkout, tmp_path, sha=checkout.merge))
    assert found.provenance.sha == checkout.merge
    assert (
        found.commit
        == f"the merge commit of pull request 12 from {FORK}; its own commit is {checkout.head}"
    )
    (warning,) = found.warnings
    assert "may not be found later" in warning
    assert checkout.head in warning


def test_of_the_same_repository_no_fork_is_named(checkout, tmp_path):
    found = checkout.at(checkout.merge).find(
        github(checkout, tmp_path, sha=checkout.merge, repository=BASE)
    )
    assert found.commit == f"the merge commit of pull request 12; its own commit is {checkout.head}"


def test_the_head_that_a_workflow_checks_out_is_no_other_commit(checkout, tmp_path):
    """As with ``ref: ${{ github.event.pull_request.head.sha }}``."""
    found = checkout.at(checkout.head).find(github(checkout, tmp_path, sha=checkout.merge))
    assert found.provenance.sha == checkout.head
    assert found.commit == f"the head of pull request 12 from {FORK}"
    assert found.warnings == ()


def test_a_forks_own_checkout_is_no_other_repository(checkout, tmp_path):
    checkout.git(checkout.root, "remote", "set-url", "origin", f"{FORK}.git")
    found = checkout.at(checkout.head).find(github(checkout, tmp_path, sha=checkout.merge))
    assert found.provenance.remote_url == FORK
    assert found.warnings == ()
    checkout.git(
        checkout.root, "remote", "set-url", "origin", "https://github.com/third/hello-feedstock"
    )
    (warning,) = checkout.find(github(checkout, tmp_path, sha=checkout.merge)).warnings
    assert "another repository" in warning


def test_pull_request_target_is_of_the_base_unless_the_head_is_checked_out(checkout, tmp_path):
    environ = github(checkout, tmp_path, sha=checkout.base, event="pull_request_target")
    found = checkout.at(checkout.base).find(environ)
    assert found.commit == (
        f"the commit that GitHub Actions ran for, of pull request 12 from {FORK}, "
        f"whose own is {checkout.head}"
    )
    assert found.warnings == ()
    assert (
        checkout.at(checkout.head).find(environ).commit
        == f"the head of pull request 12 from {FORK}"
    )


def test_a_third_commit_is_another_one(checkout, tmp_path):
    environ = github(checkout, tmp_path, sha=checkout.merge)
    found = checkout.at(checkout.base).find(environ)
    assert (
        found.commit
        == "the commit that is checked out, which is not the one that GitHub Actions ran for"
    )
    assert ["another commit" in warning for warning in found.warnings] == [True]


@pytest.mark.parametrize(
    "environ",
    [
        {
            "PROW_JOB_ID": "1",
            "JOB_TYPE": "presubmit",
            "PULL_NUMBER": "12",
            "PULL_PULL_SHA": "HEAD",
            "PULL_REFS": "main:a,12:b",
        },
        {"BITBUCKET_PIPELINE_UUID": "{1}", "BITBUCKET_PR_ID": "12", "BITBUCKET_COMMIT": "HEAD"},
    ],
    ids=["Prow", "Bitbucket"],
)
@pytest.mark.parametrize("shallow", [False, True])
def test_a_merge_made_in_the_job_itself_is_known_by_its_parents(
    checkout, tmp_path, environ, shallow, git
):
    environ = {name: checkout.head if value == "HEAD" else value for name, value in environ.items()}
    root = checkout.at(checkout.merge).root
    if shallow:
        checkout.git(root, "branch", "-f", "merged")
        git(tmp_path, "clone", "-q", "--depth=1", "-b", "merged", root.as_uri(), "shallow")
        checkout.root = tmp_path / "shallow"
        assert git(checkout.root, "rev-list", "--count", "HEAD") == "1"
    found = checkout.find(environ)
    assert found.provenance.sha == checkout.merge
    assert found.commit.startswith("the merge commit of pull request 12")
    assert [warning for warning in found.warnings if "may not be found later" in warning]
    assert not [warning for warning in found.warnings if "another commit" in warning]


def test_an_ordinary_merge_is_not_of_the_pull_request(checkout):
    """Its parents are others."""
    environ = {
        "BITBUCKET_PIPELINE_UUID": "{1}",
        "BITBUCKET_PR_ID": "12",
        "BITBUCKET_COMMIT": "c" * 40,
    }
    found = checkout.at(checkout.merge).find(environ)
    assert "merge" not in found.commit
    assert "another commit" in found.warnings[0]


@pytest.mark.parametrize(
    ("more", "commit"),
    [
        (
            {"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/heads/main"},
            "the commit of branch main that GitHub Actions ran for",
        ),
        (
            {"GITHUB_EVENT_NAME": "schedule", "GITHUB_REF": "refs/heads/main"},
            "the commit of branch main that GitHub Actions ran for",
        ),
        ({"GITHUB_EVENT_NAME": "push", "GITHUB_REF": "refs/tags/v1.0"}, "tag v1.0"),
        ({"GITHUB_SHA": ""}, "the commit that is checked out"),
        (
            {
                "GITHUB_EVENT_NAME": "merge_group",
                "GITHUB_REF": "refs/heads/gh-readonly-queue/main/pr-1-x",
            },
            "the merge commit of a pull request",
        ),
    ],
)
def test_other_runs(checkout, tmp_path, more, commit):
    environ = (
        github(checkout, tmp_path, sha=checkout.base, event="push") | {"GITHUB_HEAD_REF": ""} | more
    )
    assert checkout.at(checkout.base).find(environ).commit == commit


@pytest.mark.parametrize("commit", ["head", "merge"])
def test_a_system_that_does_not_say_what_it_builds_is_not_guessed_at(checkout, commit):
    """Jenkins' multibranch jobs build the head, or a merge of it that they make themselves."""
    sha = getattr(checkout, commit)
    jenkins = {
        "JENKINS_URL": "https://j",
        "BUILD_TAG": "jenkins-a-1",
        "CHANGE_ID": "12",
        "GIT_COMMIT": sha,
    }
    found = checkout.at(sha).find(jenkins)
    assert found.provenance.sha == sha
    assert found.commit == "the commit that Jenkins ran for, of pull request 12"
    assert found.warnings == ()


def test_a_commit_with_an_endless_message_is_read_no_further_than_its_parents(checkout, git):
    root = checkout.at(checkout.merge).root
    (root / "message").write_text("m" * 3_000_000)
    git(root, "commit", "-q", "--amend", "-F", "message")
    (root / "message").unlink()
    environ = {
        "BITBUCKET_PIPELINE_UUID": "{1}",
        "BITBUCKET_PR_ID": "12",
        "BITBUCKET_COMMIT": checkout.head,
    }
    assert checkout.find(environ).commit.startswith("the merge commit of pull request 12")


def test_a_merge_that_only_its_parents_tell_is_known_though_the_system_ran_for_it(checkout):
    """GitLab's plugin for Jenkins can merge before the build."""
    plugin = {"gitlabMergeRequestIid": "12", "gitlabMergeRequestLastCommit": checkout.head}
    jenkins = {
        "JENKINS_URL": "https://j",
        "BUILD_TAG": "jenkins-a-1",
        "GIT_COMMIT": checkout.merge,
        **plugin,
    }
    found = checkout.at(checkout.merge).find(jenkins)
    assert found.commit == f"the merge commit of pull request 12; its own commit is {checkout.head}"
    assert "may not be found later" in found.warnings[0]


def test_an_unreadable_repository_within_the_checkout_has_not_the_checkouts_commit(
    checkout, tmp_path, git
):
    nested = checkout.root / "nested"
    nested.mkdir()
    (nested / "recipe.yaml").write_text("")
    git(nested, "init", "-q")
    git(nested, "add", ".")
    git(nested, "commit", "-q", "-m", "x")
    for path in (nested / ".git" / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    environ = github(checkout, tmp_path, sha=checkout.base, event="push")
    found = collect(
        nested / "recipe.yaml", environ=environ, settings=Settings(), adapters=systems.adapters()
    )
    assert (found.provenance.sha, found.provenance.remote_url) == (None, None)
    assert "cannot be read" in found.warnings[0]


def test_what_a_person_gave_is_not_explained(checkout):
    assert checkout.find({"CONDA_PROVENANCE_SHA": "c" * 40}).commit == ""


@pytest.mark.parametrize("kind", ["folder", "pipe", "huge", "deep", "missing"])
def test_an_event_file_that_is_none_says_nothing(checkout, tmp_path, kind, monkeypatch):
    import os

    environ = github(checkout, tmp_path, sha=checkout.merge)
    file = tmp_path / "event.json"
    if kind in ("folder", "pipe", "missing"):
        file.unlink()
    if kind == "folder":
        file.mkdir()
    elif kind == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("there are no named pipes here")
        os.mkfifo(file)
    elif kind == "huge":
        monkeypatch.setattr("conda_provenance.systems.github.event._MAX_SIZE", 10)
    elif kind == "deep":
        file.write_text("[" * 200_000)
    run = ci.detect(environ, systems.adapters())
    assert run is not None
    assert (run.pull_request, run.merge, run.head_sha) == ("12", True, None)
