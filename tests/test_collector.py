from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conda_provenance import systems
from conda_provenance.collector import collect
from conda_provenance.errors import RequirementError
from conda_provenance.origin import Origin
from conda_provenance.settings import Settings
from conda_provenance.values import KEYS

ORIGIN = "https://github.com/example/hello-feedstock"
OTHER = "b" * 40


def github(**more: str) -> dict[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_RUN_ID": "77",
        "GITHUB_REPOSITORY": "ci/repo",
        "GITHUB_SERVER_URL": "https://github.com",
    } | more


def find(recipe, environ=None, *, settings=None, **given) -> Origin:
    return collect(
        recipe,
        environ=environ or {},
        settings=settings or Settings(),
        adapters=systems.adapters(),
        **given,
    )


@pytest.fixture
def recipe(feedstock):
    return feedstock / "recipe" / "recipe.yaml"


@pytest.fixture
def loose(tmp_path):
    """A recipe in no repository, in a folder that may be a CI's checkout."""
    (tmp_path / "checkout").mkdir()
    path = tmp_path / "checkout" / "recipe.yaml"
    path.write_text("")
    return path


def test_git_says_what_and_the_ci_which_run(recipe, feedstock, git):
    found = find(recipe, github())
    assert found.provenance.to_extra() == {
        "sha": git(feedstock, "rev-parse", "HEAD"),
        "remote_url": ORIGIN,
        "flow_run_id": "github_77",
        "flow_run_url": "https://github.com/ci/repo/actions/runs/77",
    }
    assert dict(found.sources) == {
        "sha": "git",
        "remote_url": "git",
        "flow_run_id": "ci",
        "flow_run_url": "ci",
    }


def test_precedence_for_each_key(recipe):
    variables = {
        "CONDA_PROVENANCE_SHA": "1" * 40,
        "CONDA_PROVENANCE_REMOTE_URL": "https://h/variable/r",
        "CONDA_PROVENANCE_FLOW_RUN_ID": "farm_variable",
        "CONDA_PROVENANCE_FLOW_RUN_URL": "https://h/variable",
    }
    in_recipe = {
        "sha": "2" * 40,
        "remote_url": "https://h/recipe/r",
        "flow_run_id": "farm_recipe",
        "flow_run_url": "https://h/recipe",
    }
    extra_meta = {
        "sha": "3" * 40,
        "remote_url": "https://h/flag/r",
        "flow_run_id": "farm_flag",
        "flow_run_url": "https://h/flag",
    }
    assert (
        find(
            recipe, github() | variables, recipe_extra=in_recipe, extra_meta=extra_meta
        ).provenance.to_extra()
        == extra_meta
    )
    found = find(recipe, github() | variables, recipe_extra=in_recipe)
    assert found.provenance.to_extra() == in_recipe
    assert set(found.sources.values()) == {"recipe"}
    found = find(recipe, github() | variables)
    assert list(found.provenance.to_extra().values()) == list(variables.values())
    assert set(found.sources.values()) == {"environment"}


def test_each_key_is_looked_up_for_itself(recipe):
    found = find(recipe, github(), extra_meta={"flow_run_id": "farm_1", "date": "today"})
    assert dict(found.sources) == {"sha": "git", "remote_url": "git", "flow_run_id": "extra-meta"}
    assert found.provenance.flow_run_url is None, "the CI's page is not the page of the user's run"


def test_empty_variables_are_not_given(recipe):
    assert (
        find(recipe, {"CONDA_PROVENANCE_SHA": "", "CONDA_PROVENANCE_REMOTE_URL": ""}).sources["sha"]
        == "git"
    )


def test_an_empty_flag_is_given(recipe):
    found = find(recipe, extra_meta={"remote_url": ""})
    assert found.provenance.remote_url == ""


def test_ci_values_serve_where_git_is_silent_in_its_checkout(loose):
    environ = github(GITHUB_SHA=OTHER, GITHUB_WORKSPACE=str(loose.parent))
    found = find(loose, environ)
    assert (found.provenance.sha, found.provenance.remote_url) == (
        OTHER,
        "https://github.com/ci/repo",
    )
    assert found.sources["sha"] == "ci"


def test_where_only_the_repository_is_known_its_commit_is_not_said_to_be_none(loose):
    """An empty sha would say that the recipe is not under version control."""
    checkout = github(GITHUB_WORKSPACE=str(loose.parent))
    for environ in (checkout, {"CONDA_PROVENANCE_REMOTE_URL": "https://github.com/ci/repo"}):
        found = find(loose, environ)
        assert found.provenance.sha is None
        assert found.provenance.remote_url == "https://github.com/ci/repo"
    assert find(loose, checkout).missing["sha"].startswith("GitHub Actions names no full commit")


@pytest.mark.parametrize("workspace", ["{parent}/other", "{parent}2"])
def test_ci_values_do_not_serve_outside_its_checkout(loose, workspace):
    folder = loose.parent.parent / workspace.format(parent=loose.parent)
    folder.mkdir()
    found = find(loose, github(GITHUB_SHA=OTHER, GITHUB_WORKSPACE=str(folder)))
    assert (found.provenance.sha, found.provenance.remote_url) == ("", None)
    assert found.provenance.flow_run_id == "github_77"


@pytest.mark.parametrize("workspace", ["/folder/of/another/machine", "~/project", "", "relative"])
def test_nor_where_its_checkout_is_not_here_and_then_nothing_is_said(loose, workspace):
    """As in a container: the recipe may well be of the run's commit, so it is not said to be of
    none."""
    found = find(loose, github(GITHUB_SHA=OTHER, GITHUB_WORKSPACE=workspace))
    assert found.values.keys() == {"flow_run_id", "flow_run_url"}
    (warning,) = found.warnings
    assert "the folder that GitHub Actions checked out is not known here" in warning
    assert "outside" not in found.missing["sha"]


def test_ci_values_do_not_serve_where_git_says_untracked(feedstock):
    (feedstock / "new").mkdir()
    (feedstock / "new" / "recipe.yaml").write_text("")
    found = find(
        feedstock / "new" / "recipe.yaml", github(GITHUB_SHA=OTHER, GITHUB_WORKSPACE=str(feedstock))
    )
    assert (found.provenance.sha, found.provenance.remote_url) == ("", None)


def test_of_a_recipe_that_git_does_not_track_a_given_repository_is_kept(feedstock):
    (feedstock / "new").mkdir()
    (feedstock / "new" / "recipe.yaml").write_text("")
    environ = {"CONDA_PROVENANCE_REMOTE_URL": "https://h/o/r"}
    assert find(feedstock / "new", environ).values == {"remote_url": "https://h/o/r"}


def test_where_both_speak_and_disagree_git_wins_and_a_warning_says_so(recipe, feedstock, git):
    found = find(recipe, github(GITHUB_SHA=OTHER, GITHUB_WORKSPACE=str(feedstock)))
    assert found.provenance.sha == git(feedstock, "rev-parse", "HEAD")
    assert found.provenance.remote_url == ORIGIN
    assert any("another commit" in warning for warning in found.warnings)
    assert any("another repository" in warning for warning in found.warnings)


def test_the_cis_url_serves_for_a_clone_of_a_local_mirror(recipe, feedstock, git):
    git(feedstock, "remote", "set-url", "origin", "/var/lib/mirrors/hello.git")
    environ = github(
        GITHUB_SHA=git(feedstock, "rev-parse", "HEAD"), GITHUB_WORKSPACE=str(feedstock)
    )
    found = find(recipe, environ)
    assert found.provenance.remote_url == "https://github.com/ci/repo"
    assert find(recipe, environ | {"GITHUB_SHA": OTHER}).provenance.remote_url is None


def test_a_merge_commit_is_warned_of(recipe, feedstock, git):
    environ = github(
        GITHUB_SHA=git(feedstock, "rev-parse", "HEAD"),
        GITHUB_EVENT_NAME="pull_request",
        GITHUB_REF="refs/pull/12/merge",
    )
    assert any("pull request 12" in warning for warning in find(recipe, environ).warnings)
    assert not any(
        "pull request 12" in warning
        for warning in find(recipe, environ | {"GITHUB_SHA": OTHER}).warnings
    )


def test_a_repository_that_cannot_be_read_is_not_said_to_be_none(recipe, feedstock):
    (feedstock / ".git" / "index").write_bytes(b"DIRC garbage")
    found = find(recipe)
    assert (found.provenance.sha, found.provenance.remote_url) == (None, None)
    assert "cannot be read" in found.warnings[0]
    found = find(recipe, github(GITHUB_SHA=OTHER, GITHUB_WORKSPACE=str(feedstock)))
    assert (found.provenance.sha, found.sources["sha"]) == (OTHER, "ci")


def test_dirty(recipe):
    recipe.write_text("changed")
    assert any("not committed" in warning for warning in find(recipe).warnings)
    assert not find(recipe, settings=Settings(dirty="ignore")).warnings
    strict = Settings(dirty="error")
    with pytest.raises(RequirementError, match="provenance_dirty"):
        find(recipe, settings=strict).require(strict)


def test_a_dirty_folder_names_its_first_files(recipe):
    recipe.write_text("changed")
    for name in ("a b.sh", "c\n.sh", "d.sh", "e.sh"):
        (recipe.parent / name).write_text("")

    origin = find(recipe)
    assert len(origin.changed) == 5
    (warning,) = origin.warnings
    named = "(recipe/recipe.yaml, recipe/a b.sh, recipe/c\\n.sh and 2 more)"
    assert warning.startswith(f"The recipe's folder has changes that are not committed {named}: ")
    strict = Settings(dirty="error")
    with pytest.raises(RequirementError, match=r"commit or remove recipe/recipe\.yaml, recipe/a"):
        origin.require(strict)


def test_a_clean_folder_names_nothing(recipe):
    assert find(recipe).changed == ()


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ({}, "CI_PIPELINE_ID is not set"),
        ({"CI_PIPELINE_ID": ""}, "CI_PIPELINE_ID is empty"),
        ({"CI_PIPELINE_ID": "s3cr3t"}, "CI_PIPELINE_ID has no usable value"),
        ({"CI_PIPELINE_ID": "1" * 5000}, "CI_PIPELINE_ID is too long"),
    ],
)
def test_a_run_without_an_id_names_the_variable(recipe, variables, why):
    origin = find(recipe, {"GITLAB_CI": "true", **variables})
    assert origin.missing["flow_run_id"] == f"GitLab CI says no id of its run: {why}"
    assert "s3cr3t" not in str(origin.missing)


@pytest.mark.parametrize("key", KEYS)
def test_a_missing_required_key_names_itself_the_reason_and_the_remedy(tmp_path, key):
    (tmp_path / "recipe.yaml").write_text("")
    strict = Settings(required=(key,), fields=KEYS)
    with pytest.raises(RequirementError) as caught:
        find(tmp_path / "recipe.yaml", settings=strict).require(strict)
    message = str(caught.value)
    assert message.startswith(f"{key} is required")
    assert f"--extra-meta {key}=" in message
    assert f"CONDA_PROVENANCE_{key.upper()}" in message
    assert "missing: " in message
    assert message.count(". ") == 0


def test_required_but_left_out_of_the_fields(recipe):
    strict = Settings(required=("remote_url",), fields=("sha",))
    with pytest.raises(RequirementError, match="provenance_fields leaves it out") as caught:
        find(recipe, settings=strict).require(strict)
    assert "add it there, or give it with the builder's --extra-meta remote_url=" in str(
        caught.value
    )
    assert "CONDA_PROVENANCE_" not in str(caught.value), "a variable would be left out, too"


def test_fields_choose_what_is_written_and_the_users_flags_stay(recipe):
    found = find(recipe, github(), extra_meta={"remote_url": "https://h/o/r"})
    assert set(found.stamp(("sha",))) == {"sha", "remote_url"}
    assert set(find(recipe, github()).stamp(("sha", "flow_run_url"))) == {"sha", "flow_run_url"}


@pytest.mark.parametrize("given", ["abc123", "HEAD"])
def test_a_users_odd_sha_is_kept_with_a_warning_and_a_variables_is_not(recipe, given):
    found = find(recipe, extra_meta={"sha": given})
    assert found.values["sha"] == given
    assert found.provenance.sha is None
    assert "kept" in found.warnings[0]
    found = find(recipe, {"CONDA_PROVENANCE_SHA": given})
    assert found.sources["sha"] == "git"
    assert "CONDA_PROVENANCE_SHA" in found.warnings[0]


@pytest.mark.parametrize("source", ["extra_meta", "recipe_extra", "environ"])
@pytest.mark.parametrize(
    "url",
    [
        "user:s3cr3t@host:o/r",
        "https://user:s3cr3t%40host/o/r",
        "file:///s3cr3t",
        "/s3cr3t",
        "https://h/o/r\ns3cr3t",
        "ext::s3cr3t",
    ],
)
def test_a_users_url_that_does_not_parse_is_left_out_and_not_repeated(loose, source, url):
    given = {"remote_url": url}
    found = (
        find(loose, {"CONDA_PROVENANCE_REMOTE_URL": url})
        if source == "environ"
        else find(loose, **{source: given})
    )
    assert found.provenance.remote_url is None
    assert "s3cr3t" not in repr(found)
    assert found.warnings


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sha", "https://user:s3cr3t@github.com/o/r"),
        ("sha", "user:s3cr3t"),
        ("flow_run_id", "git@h:user/s3cr3t?token=x"),
        ("flow_run_id", "user:s3cr3t@h"),
        ("flow_run_id", "user:s3cr3t%40h"),
        ("flow_run_id", "ci_h/x?token=s3cr3t"),
    ],
)
def test_what_may_be_a_secret_in_other_keys_is_left_out(recipe, key, value):
    found = find(recipe, extra_meta={key: value})
    assert "s3cr3t" not in repr(found)
    assert key not in found.sources or found.sources[key] == "git"
    assert any("left out" in warning for warning in found.warnings)


@pytest.mark.parametrize("key", ["remote_url", "flow_run_url", "flow_run_id"])
def test_a_users_url_is_cleaned(recipe, key):
    found = find(recipe, extra_meta={key: "https://user:s3cr3t@host/o/r?token=s3cr3t#s3cr3t"})
    assert getattr(found.provenance, key) == "https://host/o/r"


@pytest.mark.parametrize("value", [17, ["a"], {"a": 1}, True])
def test_a_recipes_value_that_is_no_string_is_left_out(recipe, value):
    found = find(recipe, recipe_extra={"sha": value})
    assert found.sources["sha"] == "git"
    assert "not a string" in found.warnings[0]


names = st.sampled_from(
    [*(f"CONDA_PROVENANCE_{key.upper()}" for key in KEYS), "GITHUB_ACTIONS", "GITHUB_RUN_ID",
     "GITHUB_SHA", "GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "GITHUB_WORKSPACE", "GITLAB_CI",
     "CI_PIPELINE_ID", "CI_REPOSITORY_URL", "CI_COMMIT_SHA", "flow_run_id",
     "JENKINS_URL", "BUILD_TAG", "BUILD_URL", "GIT_URL", "WORKSPACE"]
)  # fmt: skip
values = (
    st.text()
    | st.just("true")
    | st.just("/")
    | st.from_regex(r"\Ahttps://[^\n]{0,10}:s3cr3t[^\n]{0,5}@[a-z]{1,5}/[a-z]\Z")
)


@given(
    environ=st.dictionaries(names, values),
    extra_meta=st.dictionaries(st.sampled_from(KEYS), values),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_any_surroundings_make_clean_values(tmp_path, environ, extra_meta):
    found = find(tmp_path, environ, extra_meta=extra_meta)
    for value in found.provenance.to_extra().values():
        assert value.isprintable()
    assert "s3cr3t" not in repr(
        [found.provenance.remote_url, found.provenance.flow_run_url, found.warnings]
    )


OLD = {"sha": OTHER, "remote_url": "https://github.com/old/farm", "flow_run_id": "oldfarm_1"}


def packaged(place, values=OLD):
    """A recipe as conda-build has put it into a package, with the stamp of that package."""
    recipe = place / "meta.yaml"
    extra = "".join(f"  {key}: {value}\n" for key, value in values.items())
    recipe.write_text(f"# This file created by conda-build 26.7.1\n\nextra:\n{extra}")
    return recipe


def test_the_stamp_in_a_recipe_out_of_a_package_is_nobodys_word(tmp_path):
    found = find(packaged(tmp_path))
    assert found.provenance.to_extra() == {"sha": ""}
    (warning,) = found.warnings
    assert warning.startswith("The recipe comes out of a package, and its extra has that package's")
    assert warning.endswith("sha, remote_url, flow_run_id: this is not taken over.")
    for key in OLD:
        with pytest.raises(RequirementError, match=f"{key} is required"):
            found.require(Settings(required=(key,)))


def test_git_the_ci_and_the_user_speak_for_a_recipe_out_of_a_package(feedstock, git):
    recipe = packaged(feedstock / "recipe")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "taken out of a package")
    sha = git(feedstock, "rev-parse", "HEAD")
    found = find(recipe, github())
    assert (found.provenance.sha, found.provenance.remote_url) == (sha, ORIGIN)
    assert found.provenance.flow_run_id == "github_77"
    given = find(recipe, {"CONDA_PROVENANCE_REMOTE_URL": ORIGIN}, extra_meta={"sha": "c" * 40})
    assert (given.sources["sha"], given.sources["remote_url"]) == ("extra-meta", "environment")
    assert "flow_run_id" not in given.values


def test_a_stamp_that_is_still_right_needs_no_warning(feedstock, git):
    recipe = packaged(feedstock / "recipe", {"remote_url": ORIGIN, "flow_run_id": "github_77"})
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "taken out of a package")
    assert find(recipe, github(GITHUB_REPOSITORY="example/hello-feedstock")).warnings == ()


@pytest.mark.parametrize(
    ("extra", "key"),
    [({"sha": OTHER}, "sha"), ({"remote_url": "https://github.com/old/farm"}, "remote_url")],
)
def test_a_recipes_own_extra_that_git_contradicts_is_stamped_with_a_warning(recipe, extra, key):
    found = find(recipe, recipe_extra=extra)
    assert found.values[key] == extra[key]
    assert found.warnings == (
        f"{key} of the recipe's extra is not that of its git repository; the recipe's is stamped.",
    )


def test_a_recipes_own_extra_that_git_confirms_is_not_warned_of(recipe, feedstock, git):
    remote_url = ORIGIN.replace("hello", "Hello")  # forges do not tell these apart
    extra = {"sha": git(feedstock, "rev-parse", "HEAD"), "remote_url": remote_url}
    assert find(recipe, recipe_extra=extra).warnings == ()
