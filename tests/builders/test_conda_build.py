"""Real conda-build, where it is installed: every door, both kinds of recipe."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest
from builders_recipes import V0, V0_SPLIT, V1, V1_SPLIT, about, packaged_recipe
from conda_builds import DOORS, RUN, build, packages, stamp

from conda_provenance.package_line import PackageLine

pytestmark = pytest.mark.usefixtures("conda_build_environment")

SPLIT = {
    "meta_yaml": V0_SPLIT,
    "base_sh": "echo base > $PREFIX/base.txt\n",
    "top_sh": "echo top > $PREFIX/top.txt\n",
}


@pytest.mark.parametrize("door", DOORS)
def test_meta_yaml_is_stamped_by_every_door(write_feedstock, run, git, tmp_path, door):
    recipe = write_feedstock(meta_yaml=V0)
    done = build(run, door, recipe, tmp_path / "out")
    (package,) = packages(tmp_path / "out")
    expected = stamp(recipe, git)
    assert expected.items() <= about(package)["extra"].items()
    assert expected.items() <= packaged_recipe(package)["extra"].items()
    assert "s3cr3t" not in done.stdout


@pytest.mark.parametrize("door", ["conda build", "conda-build"])
def test_every_output_of_a_meta_yaml_is_stamped(write_feedstock, run, git, tmp_path, door):
    recipe = write_feedstock(**SPLIT)
    build(run, door, recipe, tmp_path / "out")
    found = packages(tmp_path / "out")
    assert len(found) == 2
    for package in found:
        assert stamp(recipe, git).items() <= about(package)["extra"].items()
        assert stamp(recipe, git).items() <= packaged_recipe(package)["extra"].items()


@pytest.mark.parametrize("kind", ["meta.yaml", "recipe.yaml"])
@pytest.mark.parametrize("door", ["conda build", "conda-build"])
def test_the_users_extra_meta_is_kept_and_wins(write_feedstock, run, git, tmp_path, door, kind):
    recipe = (
        write_feedstock(meta_yaml=V0) if kind == "meta.yaml" else write_feedstock(recipe_yaml=V1)
    )
    build(run, door, recipe, tmp_path / "out", "--extra-meta", "flow_run_id=farm_5", "date=today")
    (package,) = packages(tmp_path / "out")
    assert (stamp(recipe, git) | {"flow_run_id": "farm_5", "date": "today"}).items() <= about(
        package
    )["extra"].items()


@pytest.mark.parametrize("kind", ["meta.yaml", "recipe.yaml"])
def test_a_secret_in_the_users_extra_meta_does_not_arrive(write_feedstock, run, tmp_path, kind):
    recipe = (
        write_feedstock(meta_yaml=V0) if kind == "meta.yaml" else write_feedstock(recipe_yaml=V1)
    )
    given = ["--extra-meta", "remote_url=https://user:s3cr3t@h/o/r", "flow_run_url=user:s3cr3t@h:x"]
    done = build(run, "conda-build", recipe, tmp_path / "out", *given)
    (package,) = packages(tmp_path / "out")
    extra = about(package)["extra"]
    assert extra["remote_url"] == "https://h/o/r"
    assert "flow_run_url" not in extra
    assert "s3cr3t" not in done.stdout
    if kind == "meta.yaml":
        assert "s3cr3t" not in json.dumps(packaged_recipe(package))


@pytest.mark.parametrize("door", ["conda build", "conda-build"])
def test_recipe_yaml_is_stamped_and_the_index_agrees(write_feedstock, run, git, tmp_path, door):
    recipe = write_feedstock(
        recipe_yaml=V1_SPLIT
    )  # the second output installs the first, by its checksum in the index
    done = build(run, door, recipe, tmp_path / "out")
    found = packages(tmp_path / "out")
    assert len(found) == 2
    for package in found:
        assert stamp(recipe, git).items() <= about(package)["extra"].items()
        assert_indexed(package)
        assert_logged_once(done.stdout, package, stamp(recipe, git))


def assert_logged_once(log: str, package: Path, values: dict[str, str]) -> None:
    """The line of a package, with the digest of the file that is there in the end."""
    sha256 = hashlib.sha256(package.read_bytes()).hexdigest()
    lines = [line for line in map(PackageLine.parse, log.splitlines()) if line is not None]
    assert [line for line in lines if line.file_name == package.name] == [
        PackageLine(package.parent.name, package.name, sha256, values)
    ]


def assert_indexed(package: Path) -> None:
    index = json.loads((package.parent / "repodata.json").read_text())
    record = (index["packages.conda"] | index["packages"])[package.name]
    assert record["sha256"] == hashlib.sha256(package.read_bytes()).hexdigest()
    assert record["size"] == package.stat().st_size


def test_the_case_that_the_plugin_does_not_reach_is_covered_by_run(
    write_feedstock, run, git, tmp_path
):
    recipe = write_feedstock(recipe_yaml=V1)
    channel = ["--override-channels", "-c", os.environ["CONDA_CHANNELS"]]
    build(run, "conda-build", recipe, tmp_path / "plain", *channel)
    (package,) = packages(tmp_path / "plain")
    assert "sha" not in about(package).get("extra", {}), (
        "conda-build loads plugins here now: the case is gone"
    )
    command = [
        "conda-provenance",
        "run",
        "--",
        "conda-build",
        recipe,
        "--output-folder",
        tmp_path / "out",
        *channel,
    ]
    run(*command, "--extra-meta", "date=today", **RUN)
    (package,) = packages(tmp_path / "out")
    assert (stamp(recipe, git) | {"date": "today"}).items() <= about(package)["extra"].items()


def test_both_package_formats(write_feedstock, run, git, tmp_path):
    recipe = write_feedstock(meta_yaml=V0)
    build(run, "conda-build", recipe, tmp_path / "out", "--package-format", "1")
    (package,) = packages(tmp_path / "out")
    assert package.name.endswith(".tar.bz2")
    assert stamp(recipe, git).items() <= about(package)["extra"].items()


def test_a_recipes_own_extra_wins(write_feedstock, run, tmp_path):
    recipe = write_feedstock(
        meta_yaml=V0 + "extra:\n  flow_run_id: farm_own\n  remote_url: https://user:s3cr3t@h/o/r\n"
    )
    build(
        run, "conda-build", recipe, tmp_path / "out"
    )  # conda-build prints the recipe itself, as it always does
    (package,) = packages(tmp_path / "out")
    assert about(package)["extra"]["flow_run_id"] == "farm_own"
    assert about(package)["extra"]["remote_url"] == "https://h/o/r"
    assert packaged_recipe(package)["extra"]["remote_url"] == "https://h/o/r"


@pytest.mark.parametrize("kind", ["meta.yaml", "recipe.yaml"])
@pytest.mark.parametrize("door", ["conda build", "conda-build"])
def test_a_missing_required_key_fails_the_build_before_its_package(
    write_feedstock, run, tmp_path, door, kind
):
    recipe = (
        write_feedstock(meta_yaml=V0) if kind == "meta.yaml" else write_feedstock(recipe_yaml=V1)
    )
    out = tmp_path / "out"
    required = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "sha,flow_run_id"}
    done = build(
        run, door, recipe, out, status=None, **required, GITHUB_RUN_ID="", GITHUB_ACTIONS=""
    )
    assert done.returncode != 0
    assert not packages(out)
    missing = "flow_run_id is required (plugins.provenance_required) but missing"
    assert f"{missing}: no CI run was recognised" in done.stdout


@pytest.mark.parametrize("kind", ["meta.yaml", "recipe.yaml"])
@pytest.mark.parametrize("door", ["conda build", "conda-build", "api"])
def test_a_missing_required_key_fails_before_the_recipes_script_runs(
    write_feedstock, run, tmp_path, door, kind
):
    if door == "api" and kind == "recipe.yaml":
        pytest.skip("conda_build.api builds no recipe.yaml")
    text = (V0 if kind == "meta.yaml" else V1).replace(
        "echo hi", f"touch {tmp_path}/ran && echo hi"
    )
    recipe = (
        write_feedstock(meta_yaml=text)
        if kind == "meta.yaml"
        else write_feedstock(recipe_yaml=text)
    )
    for setting in (
        {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "flow_run_url"},
        {"CONDA_PLUGINS_PROVENANCE_DIRTY": "error"},
    ):
        (recipe / "new.patch").write_text("x")
        done = build(run, door, recipe, tmp_path / "out", status=None, **setting, GITHUB_ACTIONS="")
        assert done.returncode != 0
        assert not (tmp_path / "ran").exists()
    build(run, door, recipe, tmp_path / "out")
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["meta.yaml", "recipe.yaml"])
def test_dirty_is_warned_of_or_an_error(write_feedstock, run, git, tmp_path, kind):
    recipe = (
        write_feedstock(meta_yaml=V0) if kind == "meta.yaml" else write_feedstock(recipe_yaml=V1)
    )
    (recipe / "new.patch").write_text("x")
    done = build(run, "conda-build", recipe, tmp_path / "out")
    assert (
        "conda-provenance: warning: The recipe's folder has changes that are not committed"
        in done.stdout
    )
    assert stamp(recipe, git).items() <= about(packages(tmp_path / "out")[0])["extra"].items()
    done = build(
        run,
        "conda-build",
        recipe,
        tmp_path / "strict",
        status=None,
        CONDA_PLUGINS_PROVENANCE_DIRTY="error",
    )
    assert done.returncode != 0
    assert "plugins.provenance_dirty is error" in done.stdout
    assert not packages(tmp_path / "strict")


@pytest.mark.parametrize("kind", ["meta.yaml", "recipe.yaml"])
def test_switched_off_nothing_is_written(write_feedstock, run, tmp_path, kind):
    recipe = (
        write_feedstock(meta_yaml=V0) if kind == "meta.yaml" else write_feedstock(recipe_yaml=V1)
    )
    build(run, "conda-build", recipe, tmp_path / "out", CONDA_PLUGINS_PROVENANCE_ENABLED="false")
    assert not {"sha", "remote_url", "flow_run_id"} & set(
        about(packages(tmp_path / "out")[0]).get("extra", {})
    )


def test_condarc_keys(write_feedstock, run, tmp_path):
    recipe = write_feedstock(meta_yaml=V0)
    (Path(os.environ["HOME"]) / ".condarc").write_text(
        "plugins:\n"
        "  provenance_fields: [sha, flow_run_url]\n"
        "  provenance_required: [sha]\n"
        "  provenance_ci: github\n"
    )
    build(run, "conda build", recipe, tmp_path / "out")
    extra = about(packages(tmp_path / "out")[0])["extra"]
    assert extra["flow_run_url"] == "https://github.com/example/hello-feedstock/actions/runs/77"
    assert "sha" in extra
    assert not {"remote_url", "flow_run_id"} & set(extra)


def test_conda_config_describes_the_keys_and_sets_them(run):
    from conda_provenance.condarc import SETTINGS

    for setting in SETTINGS:
        done = run("conda", "config", "--json", "--describe", f"plugins.{setting.name}")
        assert setting.description in json.loads(done.stdout)[0]["description"]
    run("conda", "config", "--set", "plugins.provenance_dirty", "error")
    assert "provenance_dirty: error" in run(
        "conda", "config", "--show", "plugins.provenance_dirty"
    ).stdout.replace("plugins.", "")


@pytest.mark.parametrize(
    ("variable", "allowed"),
    [
        ("CONDA_PLUGINS_PROVENANCE_ENABLED", "true or false"),
        ("CONDA_PLUGINS_PROVENANCE_REQUIRED", "a list of any of sha"),
    ],
)
@pytest.mark.parametrize("kind", ["meta.yaml", "recipe.yaml"])
def test_a_wrong_setting_stops_the_build_and_names_the_key(
    write_feedstock, run, tmp_path, kind, variable, allowed
):
    recipe = (
        write_feedstock(meta_yaml=V0) if kind == "meta.yaml" else write_feedstock(recipe_yaml=V1)
    )
    done = build(run, "conda-build", recipe, tmp_path / "out", status=None, **{variable: "perhaps"})
    assert done.returncode != 0
    assert f"(or {variable}) has an invalid value: it may be {allowed}" in done.stdout
    assert not packages(tmp_path / "out")


@pytest.mark.parametrize("kind", ["meta.yaml", "recipe.yaml"])
def test_a_failure_of_ours_is_one_line_and_the_package_is_built(
    write_feedstock, run, tmp_path, kind
):
    recipe = (
        write_feedstock(meta_yaml=V0) if kind == "meta.yaml" else write_feedstock(recipe_yaml=V1)
    )
    code = (
        "import sys, conda_provenance.collector as c\n"
        "def fail(*a, **k): raise ZeroDivisionError('s3cr3t')\n"
        "c.collect_from = fail\n"
        "from conda_build.cli.main_build import execute; sys.exit(execute())"
    )
    done = run(sys.executable, "-c", code, recipe, "--output-folder", tmp_path / "out", **RUN)
    assert len([line for line in done.stdout.splitlines() if "conda-provenance" in line]) == 1
    assert "The package is built unstamped: ZeroDivisionError" in done.stdout
    assert "s3cr3t" not in done.stdout
    assert "sha" not in about(packages(tmp_path / "out")[0]).get("extra", {})
    required = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "sha"}
    done = run(
        sys.executable,
        "-c",
        code,
        recipe,
        "--output-folder",
        tmp_path / "strict",
        status=None,
        **required,
    )
    assert done.returncode != 0
    assert not packages(tmp_path / "strict")


def test_conda_build_that_is_not_known_is_left_alone(write_feedstock, run, tmp_path):
    recipe = write_feedstock(meta_yaml=V0)
    code = (
        "import sys, conda_build.build as b\n"
        "original = b.write_about_json\n"
        "b.write_about_json = lambda metadata, **new: original(metadata)\n"
        "from conda_build.cli.main_build import execute; sys.exit(execute())"
    )
    done = run(sys.executable, "-c", code, recipe, "--output-folder", tmp_path / "out", **RUN)
    assert "built unstamped: this version of conda-build is not known" in done.stdout
    assert len(packages(tmp_path / "out")) == 1


def test_an_untracked_recipe_says_so_by_an_empty_sha(write_feedstock, run, tmp_path):
    recipe = write_feedstock(meta_yaml=V0)
    copy = recipe.parent / "generated"
    copy.mkdir()
    (copy / "meta.yaml").write_text(V0)
    build(run, "conda-build", copy, tmp_path / "out")
    extra = about(packages(tmp_path / "out")[0])["extra"]
    assert extra["sha"] == ""
    assert "remote_url" not in extra


def test_conda_provenance_is_the_same_as_a_subcommand_of_conda(write_feedstock, run, git):
    recipe = write_feedstock(meta_yaml=V0)
    for arguments, status in (
        (["detect", "--json", recipe], 0),
        (["detect", "/no/such/package"], 2),
        (["show", __file__], 3),
    ):
        outputs = [
            run(*program, *arguments, status=status, **RUN).stdout
            for program in (["conda-provenance"], ["conda", "provenance"])
        ]
        assert outputs[0].replace("conda-provenance:", "conda provenance:") == outputs[1]
    assert "conda provenance detect" in run("conda", "provenance", "detect", "--help").stdout


def test_no_conda_command_goes_over_the_installed_distributions_twice(run):
    code = (
        "import importlib.metadata, collections\n"
        "count = collections.Counter()\n"
        "import conda.plugins.manager as manager\n"
        "real = manager.distributions\n"
        "manager.distributions = lambda: (count.update([d._path]) or d for d in real())\n"
        "from conda.base.context import context; context.plugin_manager\n"
        "print(max(count.values()))"
    )
    assert run(sys.executable, "-c", code).stdout.split()[-1] == "1"


@pytest.mark.parametrize("launcher", [[], ["env", "A=1"], ["timeout", "600"]])
def test_run_reaches_conda_build_behind_a_launcher_too(
    write_feedstock, run, git, tmp_path, launcher
):
    recipe = write_feedstock(recipe_yaml=V1)
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd" / "requests.py").write_text(
        "raise SystemExit('a module of the current folder was imported')"
    )
    channel = ["--override-channels", "-c", os.environ["CONDA_CHANNELS"]]
    command = [
        "conda-provenance",
        "run",
        "--",
        *launcher,
        "conda-build",
        recipe,
        "--output-folder",
        tmp_path / "out",
        *channel,
    ]
    done = run(*command, cwd=tmp_path / "cwd", **RUN)
    (package,) = packages(tmp_path / "out")
    assert_logged_once(done.stdout, package, stamp(recipe, git))
    assert stamp(recipe, git).items() <= about(package)["extra"].items()


def test_condarc_counts_outside_condas_own_commands_too(write_feedstock, run, git, tmp_path):
    recipe = write_feedstock(recipe_yaml=V1)
    condarc = Path(os.environ["HOME"]) / ".condarc"
    condarc.write_text("plugins:\n  provenance_fields: [sha]\n  provenance_ci:\n")
    sha = git(recipe, "rev-parse", "HEAD")
    assert (
        run("conda-provenance", "detect", recipe, "--format", "env", **RUN).stdout
        == f"CONDA_PROVENANCE_SHA={sha}\n"
    )
    run(
        "conda-provenance",
        "build",
        "-q",
        recipe,
        "-o",
        tmp_path / "out",
        "-c",
        os.environ["CONDA_CHANNELS"],
        **RUN,
    )
    assert about(packages(tmp_path / "out")[0])["extra"] == {"sha": sha}
    condarc.write_text("plugins:\n  provenance_required: [flow_run_id]\n")
    for command in (["detect", recipe], ["build", "-q", recipe], ["run", "--", "make"]):
        assert "flow_run_id is required" in run("conda-provenance", *command, status=1).stdout
    engine = "import sys, conda_provenance, rattler_build as r; conda_provenance.activate()\n"
    engine += "r.Stage0Recipe.from_file(sys.argv[1]).run_build(output_dir=sys.argv[2], channels=[])"
    done = run(sys.executable, "-c", engine, recipe / "recipe.yaml", tmp_path / "engine", status=1)
    assert "flow_run_id is required" in done.stdout
    condarc.write_text("plugins: [oops\n")
    assert (
        "conda's configuration cannot be read"
        in run("conda-provenance", "detect", recipe, status=2).stdout
    )


@pytest.mark.parametrize("package_format", ["1", "2"])
def test_a_finished_package_is_stamped_for_both_kinds_of_reader(
    write_feedstock, run, git, tmp_path, package_format
):
    recipe = write_feedstock(meta_yaml=V0 + "extra:\n  recipe-maintainers:\n    - someone\n")
    off = {"CONDA_PLUGINS_PROVENANCE_ENABLED": "false"}
    build(run, "conda-build", recipe, tmp_path / "out", "--package-format", package_format, **off)
    (package,) = packages(tmp_path / "out")
    before = packaged_recipe(package)
    run("conda-provenance", "stamp", "--recipe", recipe, package, **RUN)
    expected = stamp(recipe, git)
    assert expected.items() <= about(package)["extra"].items()
    assert packaged_recipe(package) == before | {"extra": before["extra"] | expected}
    index = json.loads((package.parent / "repodata.json").read_text())
    record = (index["packages.conda"] | index["packages"])[package.name]
    assert record["size"] == package.stat().st_size


@pytest.mark.parametrize("command", [["conda", "debug"], ["conda-debug"]])
@pytest.mark.parametrize("folder", [[], ["-p", "farm"]])
def test_debugging_needs_no_provenance(write_feedstock, run, tmp_path, command, folder):
    recipe = write_feedstock(meta_yaml=V0)
    where = [*folder[:1], *(tmp_path / name for name in folder[1:])]
    run(*command, *where, recipe, CONDA_PLUGINS_PROVENANCE_REQUIRED="flow_run_url")


@pytest.mark.parametrize("door", ["conda build", "conda-build"])
def test_a_build_in_a_folder_named_like_that_of_debugging_fails_early_too(
    write_feedstock, run, tmp_path, door
):
    recipe = write_feedstock(meta_yaml=V0.replace("echo hi", f"touch {tmp_path}/ran && echo hi"))
    required = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "flow_run_url", "GITHUB_ACTIONS": ""}
    croot = ["--croot", tmp_path / "debug_farm"]
    build(run, door, recipe, tmp_path / "out", *croot, status=1, **required)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("kind", ["meta.yaml", "recipe.yaml"])
@pytest.mark.parametrize("door", ["conda build", "conda-build", "api"])
@pytest.mark.parametrize(
    "setting",
    [
        {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "flow_run_url"},
        {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "perhaps"},
        {"CONDA_PLUGINS_PROVENANCE_DIRTY": "error"},
    ],
)
def test_a_refusal_is_a_sentence_and_no_traceback(
    write_feedstock, run, tmp_path, door, kind, setting
):
    if door == "api" and kind == "recipe.yaml":
        pytest.skip("conda_build.api builds no recipe.yaml")
    recipe = write_feedstock(**{kind.replace(".", "_"): V0 if kind == "meta.yaml" else V1})
    (recipe / "new.patch").write_text("x")
    done = build(run, door, recipe, tmp_path / "out", status=1, **setting, GITHUB_ACTIONS="")
    assert "plugins.provenance_" in done.stdout
    assert "Traceback" not in done.stdout


def test_another_error_of_conda_build_keeps_its_traceback(write_feedstock, run, tmp_path):
    recipe = write_feedstock(meta_yaml=V0.replace("echo hi > $PREFIX/hi", "exit 3"))
    assert "Traceback" in build(run, "conda-build", recipe, tmp_path / "out", status=1).stdout


@pytest.mark.parametrize("door", ["conda build", "conda-build", "api"])
def test_every_stamp_is_in_the_log(write_feedstock, run, git, tmp_path, door):
    recipe = write_feedstock(**SPLIT)
    done = build(run, door, recipe, tmp_path / "out")
    found = packages(tmp_path / "out")
    assert len(found) == 2
    for package in found:
        assert_logged_once(done.stdout, package, stamp(recipe, git))


def test_where_conda_loads_no_plugins_nothing_is_stamped(write_feedstock, run, tmp_path):
    recipe = write_feedstock(meta_yaml=V0)
    done = build(run, "conda-build", recipe, tmp_path / "out", CONDA_NO_PLUGINS="true")
    assert "conda-provenance:" not in done.stdout
    assert "sha" not in about(packages(tmp_path / "out")[0])["extra"]


def test_conda_builds_own_warnings_are_printed_no_more_often(write_feedstock, run, tmp_path):
    text = V0.replace("script:", "string: s{{ flavour }}\n  script_env:\n    - NOT_SET\n  script:")
    recipe = write_feedstock(
        meta_yaml=text, conda_build_config_yaml="flavour:\n  - a\n  - b\n  - c\n"
    )
    with_us, without_us = (
        build(run, "conda-build", recipe, tmp_path / f"out{no}", CONDA_NO_PLUGINS=no).stdout
        for no in ("", "true")
    )
    warning = "UserWarning: The environment variable 'NOT_SET'"
    assert len(packages(tmp_path / "out")) == 3
    assert with_us.count(warning) == without_us.count(warning) > 0
