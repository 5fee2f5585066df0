"""Which commit, whose words: a recipe is asked once, when conda-build reads it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from builders_recipes import V0, V1, about, extract_recipe, packaged_recipe
from conda_builds import ORIGIN, RUN, build, packages, stamp

pytestmark = pytest.mark.usefixtures("conda_build_environment")

OWN = "extra:\n  flow_run_id: farm_own\n"
OUTPUTS = """\
package:
  name: many
  version: "1.0"
outputs:
  - name: many-a
    build:
      noarch: generic
    script: build_output.sh
  - name: many-b
    build:
      noarch: generic
    script: build_output.sh
  - name: many-c
    build:
      noarch: generic
    script: build_output.sh
"""
VARIANTS = V0.replace("script:", "string: s{{ flavour }}\n  script:")
FLAVOURS = "flavour:\n  - a\n  - b\n  - c\n"
RECIPES = {
    "one output": {"meta_yaml": V0},
    "outputs": {"meta_yaml": OUTPUTS, "build_output_sh": "echo $PKG_NAME > $PREFIX/$PKG_NAME\n"},
    "variants": {"meta_yaml": VARIANTS, "conda_build_config_yaml": FLAVOURS},
    "recipe.yaml": {"recipe_yaml": V1},
}
COUNTS = {"one output": 1, "outputs": 3, "variants": 3, "recipe.yaml": 1}
DOORS = ("conda build", "conda-build", "api")

CHANGE = "echo '# 2.0' >> $RECIPE_DIR/{recipe}"
COMMIT = f"{shutil.which('git')} -C $RECIPE_DIR -c user.name=A -c user.email=a@b commit -aqm 2.0"


@pytest.fixture(params=[*RECIPES])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, kind: str) -> str:
    if request.param == "api" and kind == "recipe.yaml":
        pytest.skip("conda_build.api builds no recipe.yaml")
    return str(request.param)


def with_extra(kind: str, extra: str) -> dict[str, str]:
    """The files of the recipe, which has this ``extra``."""
    return {
        name: text + extra if name in ("meta_yaml", "recipe_yaml") else text
        for name, text in RECIPES[kind].items()
    }


def with_script(kind: str, line: str) -> dict[str, str]:
    """The files of the recipe, whose scripts run this line first."""
    return {
        name: text.replace("echo hi", f"{line} && echo hi").replace("echo $", f"{line}\necho $")
        for name, text in RECIPES[kind].items()
    }


def test_every_package_of_a_recipe_has_the_recipes_own_words(
    write_feedstock, run, git, tmp_path, door, kind
):
    recipe = write_feedstock(**with_extra(kind, OWN))
    build(run, door, recipe, tmp_path / "out")
    found = packages(tmp_path / "out")
    assert len(found) == COUNTS[kind]
    for package in found:
        expected = {**stamp(recipe, git), "flow_run_id": "farm_own"}
        assert expected.items() <= about(package)["extra"].items()
        if kind != "recipe.yaml":
            assert expected.items() <= packaged_recipe(package)["extra"].items()


def test_every_package_has_the_commit_that_its_recipe_was_read_at(
    write_feedstock, run, git, tmp_path, door, kind
):
    recipe_file = "recipe.yaml" if kind == "recipe.yaml" else "meta.yaml"
    line = f"{CHANGE.format(recipe=recipe_file)} && {COMMIT}"
    recipe = write_feedstock(**with_script(kind, line))
    expected = stamp(recipe, git)
    build(run, door, recipe, tmp_path / "out")
    assert git(recipe, "rev-parse", "HEAD") != expected["sha"]
    found = packages(tmp_path / "out")
    assert len(found) == COUNTS[kind]
    for package in found:
        assert expected.items() <= about(package)["extra"].items()


def test_what_the_build_writes_beside_the_recipe_does_not_make_it_dirty(
    write_feedstock, run, tmp_path, door, kind
):
    recipe = write_feedstock(**with_script(kind, "echo log > $RECIPE_DIR/build.log"))
    strict = {"CONDA_PLUGINS_PROVENANCE_DIRTY": "error"}
    build(run, door, recipe, tmp_path / "out", **strict)
    assert (recipe / "build.log").exists()
    assert len(packages(tmp_path / "out")) == COUNTS[kind]
    done = build(run, door, recipe, tmp_path / "again", status=1, **strict)
    assert "plugins.provenance_dirty is error" in done.stdout


LOOP = """
import shutil, subprocess, sys
from pathlib import Path
import conda_build.api as api
recipe, out = Path(sys.argv[1]), sys.argv[2]
def build(number, what, **options):
    for package in api.build(what, notest=True, **options):
        folder = Path(f"{out}{number}", "noarch")
        folder.mkdir(parents=True)
        shutil.copy(package, folder)
def change(old, new):
    file = recipe / "meta.yaml"
    file.write_text(file.read_text().replace(old, new))
    identity = ["-c", "user.name=A", "-c", "user.email=a@b"]
    subprocess.run(["git", *identity, "commit", "-aqm", f"to {new}"], cwd=recipe, check=True)
"""


def test_a_recipe_that_changes_between_two_builds_of_a_process_is_read_again(
    write_feedstock, run, git, tmp_path
):
    recipe = write_feedstock(meta_yaml=V0 + OWN)
    code = LOOP + "build(1, str(recipe)); build(2, str(recipe))\n"
    code += "change('farm_own', 'farm_new'); build(3, str(recipe))\n"
    code += "change('extra:\\n  flow_run_id: farm_new\\n', ''); build(4, str(recipe))\n"
    run(sys.executable, "-c", code, recipe, tmp_path / "out", **RUN)
    commits = git(recipe, "rev-list", "--reverse", "HEAD").split()
    expected = [
        ("farm_own", commits[0]),
        ("farm_own", commits[0]),
        ("farm_new", commits[1]),
        ("github_77", commits[2]),
    ]
    for number, (flow_run_id, sha) in enumerate(expected, 1):
        (package,) = packages(tmp_path / f"out{number}")
        extra = about(package)["extra"]
        assert (extra["flow_run_id"], extra["sha"]) == (flow_run_id, sha)


@pytest.mark.parametrize(("extra", "expected"), [(OWN, "farm_own"), ("", "github_77")])
def test_a_rendered_recipe_that_is_built_several_times_keeps_its_words_and_its_commit(
    write_feedstock, run, git, tmp_path, extra, expected
):
    recipe = write_feedstock(meta_yaml=V0 + extra)
    commit = stamp(recipe, git)["sha"]
    code = LOOP + "from conda.base.context import context; context.plugin_manager\n"
    code += "((m, _, _),) = api.render(str(recipe))\n"
    code += "change('1.0', '2.0'); build(1, m); build(2, m)\n"
    code += "build(3, m, extra_meta={'a': 'b'})\n"
    run(sys.executable, "-c", code, recipe, tmp_path / "out", **RUN)
    for number in (1, 2, 3):
        (package,) = packages(tmp_path / f"out{number}")
        extra_of_package = about(package)["extra"]
        assert extra_of_package["flow_run_id"] == expected
        assert extra_of_package["sha"] == commit


def rebuildable(run, recipe: Path, folder: Path, door: str) -> Path:
    """The recipe of a package that an older farm has built from this recipe."""
    old = {"CONDA_PROVENANCE_FLOW_RUN_ID": "oldfarm_1"}
    build(run, door, recipe, folder / "old", **old)
    (package,) = packages(folder / "old")
    return extract_recipe(package, folder / "rebuilt" / "recipe")


PACKAGED = {"meta.yaml": V0, "recipe.yaml": V1 + "extra:\n  flow_run_id: oldfarm_1\n"}


@pytest.mark.parametrize("file", PACKAGED)
def test_the_stamp_in_a_recipe_out_of_a_package_is_not_taken_over(
    write_feedstock, run, git, tmp_path, file
):
    recipe = write_feedstock(**{file.replace(".", "_"): PACKAGED[file]})
    again = rebuildable(run, recipe, tmp_path, "conda build")
    done = build(run, "conda build", again, tmp_path / "out", GITHUB_ACTIONS="")
    (package,) = packages(tmp_path / "out")
    extra = about(package)["extra"]
    assert extra["sha"] == ""
    assert not {"remote_url", "flow_run_id"} & extra.keys()
    assert "The recipe comes out of a package, and its extra has that package's" in done.stdout
    required = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "flow_run_id", "GITHUB_ACTIONS": ""}
    done = build(run, "conda build", again, tmp_path / "strict", status=1, **required)
    assert "flow_run_id is required" in done.stdout


@pytest.mark.parametrize("file", PACKAGED)
def test_a_recipe_out_of_a_package_has_the_commit_of_its_new_repository(
    write_feedstock, run, git, tmp_path, file
):
    recipe = write_feedstock(**{file.replace(".", "_"): PACKAGED[file]})
    again = rebuildable(run, recipe, tmp_path, "conda build")
    root = again.parent
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "again")
    git(root, "remote", "add", "origin", "https://github.com/new/again")
    done = build(run, "conda build", again, tmp_path / "out")
    (package,) = packages(tmp_path / "out")
    expected = {
        "sha": git(root, "rev-parse", "HEAD"),
        "remote_url": "https://github.com/new/again",
        "flow_run_id": "github_77",
    }
    assert expected.items() <= about(package)["extra"].items()
    assert "flow_run_id: this is not taken over" in done.stdout
    assert ORIGIN not in str(about(package)["extra"])
