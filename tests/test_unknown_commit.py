"""A commit that is not known is left out, with a warning. Only a recipe that is certainly under no
version control has an empty ``sha``."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conda_provenance import systems
from conda_provenance.collector import collect
from conda_provenance.origin import Origin
from conda_provenance.settings import Settings

FULL = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
VAGUE = ["HEAD", "FETCH_HEAD", FULL[:12], FULL[:39], FULL + "0", "main", "refs/heads/main", "r1234"]
NONE = ["0" * 40, "0" * 64]
LINES = [f"{FULL[:20]}\n{FULL[20:]}", f"{FULL}\n{FULL}"]
ORIGIN = "https://github.com/example/hello-feedstock"


def find(place: Path, environ: dict[str, str] | None = None, **given: object) -> Origin:
    return collect(
        place, environ=environ or {}, settings=Settings(), adapters=systems.adapters(), **given
    )


def buildkite(commit: str, **more: str) -> dict[str, str]:
    return {
        "BUILDKITE": "true",
        "BUILDKITE_BUILD_ID": "0190",
        "BUILDKITE_COMMIT": commit,
        "BUILDKITE_REPO": f"{ORIGIN}.git",
    } | more


@pytest.fixture
def loose(tmp_path: Path) -> Path:
    """A folder with a recipe, in no repository."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "recipe.yaml").write_text("package: {name: x}\n")
    return folder


@pytest.mark.parametrize("commit", [*VAGUE, *NONE, *LINES, ""])
@pytest.mark.parametrize("repository", [ORIGIN, "/srv/mirror.git", ""])
def test_in_the_checkout_of_a_run_that_names_no_full_hash_nothing_is_said(
    loose, commit, repository
):
    environ = buildkite(commit, BUILDKITE_REPO=repository, BUILDKITE_BUILD_CHECKOUT_PATH=str(loose))
    origin = find(loose, environ)
    assert "sha" not in origin.values
    assert origin.provenance.remote_url == (repository if "://" in repository else None)
    (warning,) = origin.warnings
    assert warning.startswith("Buildkite names no full commit hash")
    assert "sha" in origin.missing


@pytest.mark.parametrize("commit", [*VAGUE, *NONE])
@pytest.mark.parametrize("workspace", ["", "relative", "/folder/of/another/machine"])
def test_nor_where_the_run_does_not_say_where_its_checkout_is(loose, commit, workspace):
    origin = find(loose, buildkite(commit, BUILDKITE_BUILD_CHECKOUT_PATH=workspace))
    assert origin.provenance.to_extra() == {"flow_run_id": "buildkite_0190"}
    assert len(origin.warnings) == 1


@pytest.mark.parametrize("repository", ["http://localhost:3000/o/r", "git@work:o/r", ORIGIN])
def test_nor_where_it_names_a_repository_alone(loose, repository):
    """Even one that leads nowhere for others."""
    assert "sha" not in find(loose, buildkite("", BUILDKITE_REPO=repository)).values


@pytest.mark.parametrize("commit", [*VAGUE, FULL])
def test_outside_the_runs_checkout_there_is_none(loose, tmp_path, commit):
    (tmp_path / "other").mkdir()
    origin = find(loose, buildkite(commit, BUILDKITE_BUILD_CHECKOUT_PATH=str(tmp_path / "other")))
    assert origin.provenance.to_extra() == {"sha": "", "flow_run_id": "buildkite_0190"}


@pytest.mark.parametrize("commit", [*VAGUE, *NONE, *LINES, ""])
def test_git_is_asked_where_the_run_names_no_full_hash(feedstock, git, commit):
    origin = find(
        feedstock / "recipe", buildkite(commit, BUILDKITE_BUILD_CHECKOUT_PATH=str(feedstock))
    )
    assert origin.values["sha"] == git(feedstock, "rev-parse", "HEAD")
    assert (origin.sources["sha"], origin.warnings) == ("git", ())


@pytest.mark.parametrize("commit", [FULL.upper(), f" {FULL}\n"])
def test_a_full_hash_in_another_spelling_is_a_full_hash(loose, commit):
    environ = buildkite(commit, BUILDKITE_BUILD_CHECKOUT_PATH=str(loose))
    assert find(loose, environ).values["sha"] == FULL


SHORT = {
    "APPVEYOR": "true",
    "APPVEYOR_PULL_REQUEST_NUMBER": "7",
    "APPVEYOR_PULL_REQUEST_HEAD_COMMIT": FULL,
    "APPVEYOR_REPO_COMMIT": FULL[:12],
}, {
    "SEMAPHORE": "true",
    "SEMAPHORE_GIT_PR_NUMBER": "7",
    "SEMAPHORE_GIT_PR_SHA": FULL,
    "SEMAPHORE_GIT_SHA": "HEAD",
}, {
    "TRAVIS": "true",
    "TRAVIS_PULL_REQUEST": "7",
    "TRAVIS_PULL_REQUEST_SHA": FULL,
    "TRAVIS_COMMIT": FULL[:12],
}, {
    "JENKINS_URL": "https://j/",
    "sha1": "origin/pr/7/merge",
    "ghprbPullId": "7",
    "ghprbActualCommit": FULL,
    "GIT_COMMIT": FULL[:12],
}  # fmt: skip


@pytest.mark.parametrize("environ", SHORT, ids=lambda environ: next(iter(environ)))
def test_a_shortened_hash_is_not_compared_with_a_full_one(loose, environ):
    """Otherwise the head of a pull request would be taken for its merge commit."""
    run = find(loose, environ).ci
    assert run is not None
    assert (run.sha, run.head_sha, run.merge) == (None, FULL, False)


@pytest.mark.parametrize("commit", [*VAGUE, *NONE])
def test_a_variable_that_names_a_commit_badly_does_not_make_it_none(loose, commit):
    origin = find(loose, {"CONDA_PROVENANCE_SHA": commit})
    assert origin.values == {}
    assert "CONDA_PROVENANCE_SHA is left out" in origin.warnings[0]


@pytest.mark.parametrize("url", ["ssh://git@bitbucket.corp:7999/prj/x.git", "/srv/x.git"])
def test_a_variable_that_names_a_repository_badly_does_not_make_it_none(loose, url):
    origin = find(loose, {"CONDA_PROVENANCE_REMOTE_URL": url})
    assert origin.values == {}
    assert "CONDA_PROVENANCE_REMOTE_URL is left out" in origin.warnings[0]


@pytest.mark.parametrize("given", ["extra_meta", "recipe_extra"])
def test_beside_an_empty_sha_that_somebody_gave_no_repository_is_written(feedstock, given):
    environ = buildkite(FULL, BUILDKITE_BUILD_CHECKOUT_PATH=str(feedstock))
    for variables in ({}, environ, {"CONDA_PROVENANCE_REMOTE_URL": ORIGIN}):
        origin = find(feedstock / "recipe", variables, **{given: {"sha": ""}})
        assert origin.values["sha"] == ""
        assert "remote_url" not in origin.values
        assert "empty" in origin.missing["remote_url"]


def test_somebody_who_gives_both_is_warned(feedstock):
    extra = {"sha": "", "remote_url": ORIGIN}
    origin = find(feedstock / "recipe", extra_meta=extra)
    assert origin.values == extra, "the builder writes it anyway"
    assert any("empty" in warning for warning in origin.warnings)


NAMES = [
    "CONDA_PROVENANCE_SHA", "CONDA_PROVENANCE_REMOTE_URL", "BUILDKITE", "BUILDKITE_BUILD_ID",
    "BUILDKITE_COMMIT", "BUILDKITE_REPO", "BUILDKITE_BUILD_CHECKOUT_PATH", "GITHUB_ACTIONS",
    "GITHUB_RUN_ID", "GITHUB_SHA", "GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "GITHUB_WORKSPACE",
    "JENKINS_URL", "BUILD_TAG", "GIT_COMMIT", "GIT_URL", "WORKSPACE", "sha", "remote_url",
    "flow_run_id", "RECIPE_ROOT",
]  # fmt: skip
VALUES = ["", "1", "true", "{place}", "/", ORIGIN, "o/r", "https://h", "git@work:o/r", FULL, *VAGUE]


@pytest.mark.parametrize("kind", ["loose", "tracked", "untracked", "unreadable"])
@given(environ=st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_an_empty_sha_never_stands_beside_a_repository(feedstock, kind, environ):
    place = {
        "loose": feedstock.parent / "loose",
        "tracked": feedstock / "recipe",
        "untracked": feedstock / "new",
        "unreadable": feedstock.parent / "unreadable",
    }[kind]
    place.mkdir(exist_ok=True)
    (place / "recipe.yaml").touch()
    if kind == "unreadable":
        (place / ".git").touch()
    variables = {name: value.format(place=place) for name, value in environ.items()}
    origin = find(place, variables)
    sha, remote_url = origin.values.get("sha"), origin.values.get("remote_url")
    assert not (sha == "" and remote_url)
    assert sha is None or sha == "" or len(sha) == 40
    assert kind != "unreadable" or sha != ""
