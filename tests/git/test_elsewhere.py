"""A recipe that is built with more than its folder: links that lead out of it, and submodules."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conda_provenance.git import read_git


@pytest.fixture
def linked(tmp_path, git) -> Path:
    """A repository whose recipe is a link to a shared one, and which has links of other kinds."""
    root = tmp_path / "recipes"
    recipe = root / "recipes" / "foo"
    recipe.mkdir(parents=True)
    shared = root / "shared"
    (shared / "patches").mkdir(parents=True)
    for name in ("meta.yaml", "build.sh", "unused.sh", "patches/one.patch", "far.sh"):
        (shared / name).write_text("x\n")
    (recipe / "meta.yaml").symlink_to("../../shared/meta.yaml")
    (recipe / "build.sh").write_text("echo hi\n")
    (recipe / "run_test.sh").symlink_to("../../shared/build.sh")
    (recipe / "patches").symlink_to("../../shared/patches")
    (recipe / "far.sh").symlink_to("near.sh")
    (recipe / "near.sh").symlink_to("../near.sh")
    (root / "recipes" / "near.sh").symlink_to("../shared/far.sh")
    (recipe / "of_the_system.sh").symlink_to("/bin/sh")
    (recipe / "nowhere.sh").symlink_to("no/such/file")
    (recipe / "round.sh").symlink_to("round.sh")
    (root / ".gitignore").write_text("ignored\n")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return recipe


def test_a_clean_recipe_with_links_is_clean(linked, git):
    for recipe in (linked, linked / "meta.yaml"):
        facts = read_git(recipe)
        assert facts.dirty is False
        assert facts.warnings == ()
        assert facts.sha == git(linked, "rev-parse", "HEAD")


@pytest.mark.parametrize(
    "name",
    [
        "build.sh",
        "new.patch",
        "../../shared/meta.yaml",
        "../../shared/build.sh",
        "../../shared/patches/one.patch",
        "../../shared/patches/new.patch",
        "../../shared/far.sh",
    ],
)
def test_whatever_a_recipe_is_built_with_makes_it_dirty(linked, name):
    (linked / name).write_text("changed\n")
    assert read_git(linked / "meta.yaml").dirty is True
    assert read_git(linked).dirty is True


@pytest.mark.parametrize("name", ["../../shared/unused.sh", "../../other", "ignored"])
def test_what_it_is_not_built_with_does_not(linked, name):
    (linked / name).write_text("changed\n")
    assert read_git(linked / "meta.yaml").dirty is False


def test_rattler_build_works_in_the_folder_that_a_linked_recipe_leads_to(linked, git):
    shared = linked.parent.parent / "shared"
    (shared / "recipe.yaml").write_text("x")
    (linked / "recipe.yaml").symlink_to("../../shared/recipe.yaml")
    git(shared, "add", "..")
    git(shared, "commit", "-q", "-m", "second")
    assert read_git(linked / "recipe.yaml").dirty is False
    (shared / "unused.sh").write_text("changed")
    assert read_git(linked / "recipe.yaml").dirty is True


def test_a_link_to_what_is_in_no_commit_makes_it_dirty(linked, git):
    (linked / "made.sh").symlink_to("../../shared/ignored")
    (linked / "../../shared/ignored").write_text("x")
    git(linked, "add", ".")
    git(linked, "commit", "-q", "-m", "second")
    assert read_git(linked / "meta.yaml").dirty is True


def test_a_link_into_another_repository(linked, git, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "x.sh").write_text("x")
    git(other, "init", "-q", "-b", "main")
    git(other, "add", ".")
    git(other, "commit", "-q", "-m", "first")
    (linked / "x.sh").symlink_to(other / "x.sh")
    git(linked, "add", ".")
    git(linked, "commit", "-q", "-m", "second")
    assert read_git(linked / "meta.yaml").dirty is False
    (other / "y.sh").write_text("y")
    assert read_git(linked / "meta.yaml").dirty is False
    (other / "x.sh").write_text("y")
    facts = read_git(linked / "meta.yaml")
    assert facts.dirty is True
    assert facts.changed == (str(other / "x.sh"),)


def test_a_recipe_that_is_linked_from_a_folder_of_no_repository(feedstock, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "recipe.yaml").symlink_to(feedstock / "recipe" / "recipe.yaml")
    assert read_git(folder / "recipe.yaml").dirty is False
    (folder / "build.sh").write_text("x")
    facts = read_git(folder / "recipe.yaml")
    assert facts.dirty is True
    assert facts.sha == read_git(feedstock / "recipe").sha


def test_a_link_to_another_file_of_the_same_folder_leaves_its_folder_the_scope(feedstock, git):
    recipe = feedstock / "recipe"
    (recipe / "meta.yaml").symlink_to("recipe.yaml")
    git(feedstock, "add", ".")
    git(feedstock, "commit", "-q", "-m", "second")
    assert read_git(recipe / "meta.yaml").dirty is False
    (recipe / "new.patch").write_text("x")
    assert read_git(recipe / "meta.yaml").dirty is True


def test_links_to_more_places_than_are_looked_at(linked, git):
    for number in range(60):
        target = linked / f"../../shared/{number}"
        target.write_text("x")
        (linked / f"link{number}").symlink_to(f"../../shared/{number}")
    git(linked.parent.parent, "add", ".")
    git(linked, "commit", "-q", "-m", "second")
    facts = read_git(linked / "meta.yaml")
    assert facts.dirty is None
    assert "not known whether the recipe's folder has uncommitted changes" in str(facts.warnings)


@pytest.fixture
def with_submodule(feedstock, git, tmp_path) -> Path:
    """The submodule in a recipe's folder. It has a submodule itself."""
    inner, outer = tmp_path / "inner", tmp_path / "outer"
    for root in (inner, outer):
        root.mkdir()
        (root / "x.sh").write_text("x")
        git(root, "init", "-q", "-b", "main")
        git(root, "add", ".")
        git(root, "commit", "-q", "-m", "first")
    git(outer, "submodule", "--quiet", "add", str(inner), "inner")
    git(outer, "commit", "-q", "-m", "second")
    git(feedstock, "submodule", "--quiet", "add", str(outer), "recipe/outer")
    git(feedstock, "submodule", "--quiet", "update", "--init", "--recursive")
    git(feedstock, "commit", "-q", "-m", "second")
    return feedstock / "recipe" / "outer"


def test_a_clean_submodule_is_clean(with_submodule):
    facts = read_git(with_submodule.parent / "recipe.yaml")
    assert facts.dirty is False
    assert facts.warnings == ()


@pytest.mark.parametrize("name", ["x.sh", "new.sh", "inner/x.sh", "inner/new.sh"])
def test_changed_content_of_a_submodule_makes_the_recipe_dirty(with_submodule, name):
    (with_submodule / name).write_text("changed")
    assert read_git(with_submodule.parent / "recipe.yaml").dirty is True


def test_another_commit_of_a_submodule_makes_the_recipe_dirty(with_submodule, git):
    (with_submodule / "x.sh").write_text("changed")
    git(with_submodule, "commit", "-qam", "third")
    assert read_git(with_submodule.parent / "recipe.yaml").dirty is True


def test_a_submodule_that_is_not_checked_out_is_clean(with_submodule, git, tmp_path):
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(with_submodule.parent.parent), str(clone))
    assert read_git(clone / "recipe" / "recipe.yaml").dirty is False


def test_files_of_a_submodule_without_its_git_leave_it_unknown(with_submodule):
    (with_submodule / ".git").unlink()
    facts = read_git(with_submodule.parent / "recipe.yaml")
    assert facts.sha
    assert facts.dirty is None


def test_a_submodule_that_cannot_be_read_leaves_it_unknown(with_submodule):
    (with_submodule / ".git").write_text("gitdir: /no/such/place\n")
    facts = read_git(with_submodule.parent / "recipe.yaml")
    assert facts.sha
    assert facts.dirty is not False


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0,
    reason="giving files to another user needs root",
)
def test_a_strangers_submodule_runs_nothing(with_submodule, git, tmp_path):
    mark = tmp_path / "executed"
    git(with_submodule, "config", "filter.e.clean", f"touch {mark}; cat")
    git(with_submodule, "config", "core.fsmonitor", f"touch {mark}; false")
    (with_submodule / ".gitattributes").write_text("* filter=e\n")
    git_dir = Path(git(with_submodule, "rev-parse", "--absolute-git-dir"))
    for path in (with_submodule, *with_submodule.rglob("*"), git_dir, *git_dir.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
    mark.unlink(missing_ok=True)
    os.utime(with_submodule / "x.sh", (1, 1))
    assert read_git(with_submodule.parent / "recipe.yaml").dirty is True
    assert not mark.exists()


@pytest.mark.parametrize(
    "setting",
    [
        ("submodule.recipe/outer.ignore", "all"),
        ("diff.ignoreSubmodules", "all"),
        ("submodule.recipe/outer.active", "false"),
    ],
)
@pytest.mark.parametrize("name", ["x.sh", "new.sh", "inner/x.sh", "inner/new.sh"])
def test_no_setting_hides_changed_content_of_a_submodule(with_submodule, git, setting, name):
    git(with_submodule, "config", *setting)
    git(with_submodule.parent, "config", *setting)
    assert read_git(with_submodule.parent / "recipe.yaml").dirty is False
    (with_submodule / name).write_text("changed")
    assert read_git(with_submodule.parent / "recipe.yaml").dirty is True


@pytest.mark.parametrize("file", [".gitmodules", ".git/config"])
def test_no_setting_hides_another_commit_of_a_submodule(with_submodule, git, file):
    root = with_submodule.parent.parent
    git(root, "config", "--file", file, "submodule.recipe/outer.ignore", "all")
    if file == ".gitmodules":
        git(root, "commit", "-qam", "third")
    (with_submodule / "x.sh").write_text("changed")
    git(with_submodule, "commit", "-qam", "third")
    assert read_git(with_submodule.parent / "recipe.yaml").dirty is True


@pytest.mark.parametrize(
    "setting", [(), ("submodule.recipe/outer.ignore", "all"), ("diff.ignoreSubmodules", "all")]
)
def test_a_commit_of_a_submodule_that_is_only_staged_makes_the_recipe_dirty(
    with_submodule, git, setting
):
    (with_submodule / "x.sh").write_text("changed")
    git(with_submodule, "commit", "-qam", "third")
    git(with_submodule.parent, "add", "-f", "outer")
    if setting:
        git(with_submodule.parent, "config", *setting)
    assert git(with_submodule, "status", "--porcelain") == ""
    assert read_git(with_submodule.parent / "recipe.yaml").dirty is True


def test_a_submodule_that_is_only_staged_makes_the_recipe_dirty(with_submodule, git, tmp_path):
    git(with_submodule.parent, "config", "diff.ignoreSubmodules", "all")
    git(
        with_submodule.parent,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(tmp_path / "inner"),
        "recipe/inner",
    )
    assert read_git(with_submodule.parent / "recipe.yaml").dirty is True
