"""The stamper without a builder: what reaches a build, and what is kept away from it."""

from __future__ import annotations

import copy
import dataclasses
import warnings

import pytest

from conda_provenance.builders.snapshots import is_kept, keep, kept
from conda_provenance.builders.stamper import Stamper
from conda_provenance.hookspecs import BuildDescription

REQUIRED = "CONDA_PLUGINS_PROVENANCE_REQUIRED"


class BuilderError(Exception):
    """The one that the builder reports as a sentence."""


@pytest.fixture
def stamper() -> Stamper:
    return Stamper("some-builder", BuilderError)


@pytest.fixture
def describe(feedstock):
    def describe() -> BuildDescription:
        recipe = feedstock / "recipe" / "recipe.yaml"
        return BuildDescription(recipe=recipe, name="hello", version="1.0")

    return describe


def fail() -> BuildDescription:
    raise ZeroDivisionError("s3cr3t")


def test_a_build_carries_its_description_and_its_origin(stamper, describe, feedstock, git):
    build = stamper.begin(describe)
    for field in dataclasses.fields(BuildDescription):
        assert getattr(build, field.name) == getattr(describe(), field.name)
    assert build.builder == "some-builder"
    sha = git(feedstock, "rev-parse", "HEAD")
    assert build.origin.provenance.sha == sha
    assert stamper.entries(build)["sha"] == sha


def test_descriptions_and_builds_do_not_change(stamper, describe):
    for frozen in (describe(), stamper.begin(describe)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            frozen.name = "other"


def test_switched_off_nothing_is_even_described(stamper, monkeypatch):
    monkeypatch.setenv("CONDA_PLUGINS_PROVENANCE_ENABLED", "false")
    monkeypatch.setenv(REQUIRED, "sha")
    assert stamper.begin(lambda: pytest.fail("described")) is None
    stamper.require(lambda: pytest.fail("described"))
    assert stamper.entries(None) == {}


def test_a_failure_of_ours_is_one_line_without_its_text(stamper, caplog):
    assert stamper.begin(fail) is None
    stamper.require(fail)
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "conda-provenance: The package is built unstamped: ZeroDivisionError."
    ]


def test_where_a_key_is_required_a_failure_of_ours_is_the_builders_error(stamper, monkeypatch):
    monkeypatch.setenv(REQUIRED, "sha")
    with pytest.raises(BuilderError, match=r"cannot be stamped \(ZeroDivisionError\)"):
        stamper.begin(fail)


def test_a_missing_key_fails_both_early_and_late(stamper, describe, monkeypatch):
    monkeypatch.setenv(REQUIRED, "flow_run_id")
    for ask in (stamper.require, stamper.begin):
        with pytest.raises(BuilderError, match="flow_run_id is required"):
            ask(describe)


def test_a_setting_that_cannot_be_read_fails_the_build(stamper, describe, monkeypatch):
    monkeypatch.setenv(REQUIRED, "perhaps")
    for ask in (lambda: stamper.begin(describe), lambda: stamper.refuse("of a reason")):
        with pytest.raises(BuilderError, match=r"plugins\.provenance_required"):
            ask()


def test_only_the_late_one_warns(stamper, describe, feedstock, caplog, monkeypatch):
    monkeypatch.setenv(REQUIRED, "sha")
    (feedstock / "recipe" / "new.patch").write_text("x")
    stamper.require(describe)
    assert not caplog.records
    stamper.begin(describe)
    assert "changes that are not committed" in caplog.text


def test_what_cannot_be_stamped_stays_and_is_reported(stamper, tmp_path, caplog, monkeypatch):
    package = tmp_path / "hello-1.0-0.conda"
    package.write_bytes(b"no package")
    stamper.stamp_finished(package, {"sha": "1" * 40})
    assert "The package stays unstamped: " in caplog.text
    assert "hello-1.0-0.conda" in caplog.text
    assert package.read_bytes() == b"no package"

    monkeypatch.setenv(REQUIRED, "sha")
    with pytest.raises(BuilderError, match="could not be stamped"):
        stamper.stamp_finished(package, {"sha": "1" * 40})


def test_a_failure_that_nobody_expected_names_the_package_and_not_what_it_held(
    stamper, tmp_path, caplog, monkeypatch
):
    def fail(*_args, **_options):
        raise ZeroDivisionError("s3cr3t")

    monkeypatch.setattr("conda_provenance.packages.stamp_package", fail)
    monkeypatch.setattr("conda_provenance.packages.withdraw_package", fail)
    package = tmp_path / "hello-1.0-0.conda"
    stamper.stamp_finished(package, {"sha": "1" * 40})
    stamper.withdraw(package)
    assert [record.message for record in caplog.records] == [
        f"conda-provenance: The package stays unstamped: {package}: ZeroDivisionError.",
        f"conda-provenance: The build failed, but its package stays: {package}: ZeroDivisionError.",
    ]


def test_a_refusal_is_a_warning_or_an_error_as_the_user_wants(stamper, caplog, monkeypatch):
    stamper.refuse("this builder is not known")
    assert "is built unstamped: this builder is not known." in caplog.text
    monkeypatch.setenv(REQUIRED, "sha")
    with pytest.raises(BuilderError, match="could not be stamped"):
        stamper.refuse("this builder is not known")


def test_a_build_has_the_commit_and_the_state_of_its_snapshot(
    stamper, describe, feedstock, git, caplog, monkeypatch
):
    monkeypatch.setenv("CONDA_PLUGINS_PROVENANCE_DIRTY", "error")
    sha = git(feedstock, "rev-parse", "HEAD")
    snapshot = stamper.take_snapshot(describe().recipe)
    git(feedstock, "commit", "-q", "--allow-empty", "-m", "2.0")
    (feedstock / "recipe" / "build.log").write_text("x")
    stamper.require(describe, snapshot)
    build = stamper.begin(describe, snapshot)
    assert stamper.entries(build)["sha"] == sha
    assert not caplog.records
    with pytest.raises(BuilderError, match="provenance_dirty is error"):
        stamper.begin(describe)


def test_a_snapshot_is_taken_without_a_word(stamper, describe, feedstock, caplog, monkeypatch):
    (feedstock / "recipe" / "new.patch").write_text("x")
    assert stamper.take_snapshot(describe().recipe) is not None
    monkeypatch.setenv(REQUIRED, "perhaps")
    assert stamper.take_snapshot(describe().recipe) is None
    monkeypatch.setenv("CONDA_PLUGINS_PROVENANCE_ENABLED", "false")
    monkeypatch.delenv(REQUIRED)
    assert stamper.take_snapshot(describe().recipe) is None
    assert not caplog.records


def test_what_is_kept_with_an_object_is_kept_with_its_copies(stamper, describe):
    class Recipe:
        """An object of a builder's."""

    recipe = Recipe()
    assert not is_kept(recipe)
    snapshot = stamper.take_snapshot(describe().recipe)
    keep(snapshot, recipe)
    for held in (recipe, copy.copy(recipe), copy.deepcopy(recipe)):
        assert is_kept(held)
        assert kept(held) is snapshot


@pytest.mark.parametrize("with_git", [True, False])
def test_a_warning_that_python_has_shown_is_not_shown_again(
    stamper, describe, monkeypatch, with_git
):
    """Whoever changes Python's filters of warnings makes it forget what it has shown."""
    if not with_git:
        monkeypatch.setenv("PATH", "")
    code = "import warnings; warnings.warn('of a builder')"
    scope: dict[str, object] = {"__name__": "builder"}
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        for _ in range(3):
            exec(code, scope)
            stamper.entries(stamper.begin(describe, stamper.take_snapshot(describe().recipe)))
    assert [str(each.message) for each in shown] == ["of a builder"]
