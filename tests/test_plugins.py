"""Extension by other distributions: really installed ones, found by their entry points."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

FARM = """
from conda_provenance import hookimpl
from conda_provenance.ci import Adapter
from conda_provenance.errors import RequirementError
from conda_provenance.forges import Forge
from conda_provenance.runs import Runs

FORGE = Forge(commit_page="{remote}/changes/{sha}", self_hosted=True)
RUNS = Runs(run_id="[0-9]+", page="https://farm.example/runs/{id}")

@hookimpl
def conda_provenance_systems():
    yield Adapter(
        provider="myfarm", name="My Farm", docs="https://farm.example/docs", active=("MYFARM",),
        run_id="{MYFARM_RUN}", run_url="https://farm.example/runs/{MYFARM_RUN}",
        forge="myfarm_plugin:FORGE", runs="myfarm_plugin:RUNS",
    )

@hookimpl
def conda_provenance_post_build(build):
    import os
    if "VETO" in os.environ:
        raise RequirementError("my farm says no.")
    ticket = f"{build.name}-{build.origin.provenance.flow_run_id}"
    return {"farm_ticket": ticket, "remote_url": os.environ.get("FARM_URL"), "odd": 5}
"""
HOOK = """
from conda_provenance import hookimpl

@hookimpl{options}
def conda_provenance_post_build(build):
    return {answer}
"""
BROKEN = """
from conda_provenance import hookimpl

@hookimpl
def conda_provenance_systems():
    raise ZeroDivisionError("s3cr3t")

@hookimpl
def conda_provenance_post_build(build):
    raise ZeroDivisionError("s3cr3t")
"""


@pytest.fixture
def install(tmp_path: Path):
    """Installs a wheel into a folder, and gives the variables by which Python finds it."""
    site = tmp_path / "site"

    def run(name: str, source: str) -> dict[str, str]:
        wheel = tmp_path / f"{name}-1.0-py3-none-any.whl"
        info = f"{name}-1.0.dist-info"
        with zipfile.ZipFile(wheel, "w") as file:
            file.writestr(f"{name}.py", source)
            file.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
            )
            file.writestr(
                f"{info}/WHEEL",
                "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            )
            file.writestr(f"{info}/entry_points.txt", f"[conda_provenance]\n{name} = {name}\n")
            file.writestr(f"{info}/RECORD", "")
        command = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-index",
            "--no-deps",
            "--target",
            str(site),
            str(wheel),
        ]
        subprocess.run(command, check=True, capture_output=True)
        return {"PYTHONPATH": os.pathsep.join([str(site), str(Path(__file__).parents[1])])}

    return run


def detect(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "conda_provenance", "detect", "--json", str(folder)]
    return subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )


def test_an_installed_adapter_names_the_run_before_the_built_in_ones(install, tmp_path):
    variables = install("myfarm_plugin", FARM)
    done = detect(
        tmp_path, **variables, MYFARM="1", MYFARM_RUN="42", GITHUB_ACTIONS="true", GITHUB_RUN_ID="7"
    )
    answer = json.loads(done.stdout)
    assert (answer["ci_provider"], answer["flow_run_id"]) == ("myfarm", "myfarm_42")
    assert answer["flow_run_url"] == "https://farm.example/runs/42"


def test_a_plugin_in_a_zip_file_is_found(install, tmp_path):
    install("myfarm_plugin", FARM)
    wheel = tmp_path / "myfarm_plugin-1.0-py3-none-any.whl"
    path = os.pathsep.join([str(wheel), str(Path(__file__).parents[1])])
    done = detect(tmp_path, PYTHONPATH=path, MYFARM="1", MYFARM_RUN="42")
    assert json.loads(done.stdout)["flow_run_id"] == "myfarm_42"


def test_without_plugins_what_is_only_for_them_is_not_loaded(tmp_path):
    code = (
        "import sys\n"
        "from conda_provenance.plugins import ci_adapters\n"
        "ci_adapters()\n"
        "print(sys.modules.keys() & {'importlib.metadata', 'pluggy'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_an_installed_system_has_pages(install):
    variables = install("myfarm_plugin", FARM)
    code = """
import sys
from conda_provenance.links import commit_page, run_page
from conda_provenance.remotes import RemoteUrl
print(commit_page(RemoteUrl.parse("https://code.farm.example/o/r"), "abc", "myfarm"))
print(run_page(None, "myfarm_42"))
print("conda_provenance.systems.jenkins" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == [
        "https://code.farm.example/o/r/changes/abc",
        "https://farm.example/runs/42",
        "False",
    ]


def test_its_name_can_be_chosen_in_the_settings(install, tmp_path):
    variables = install("myfarm_plugin", FARM)
    both = {"MYFARM": "1", "MYFARM_RUN": "42", "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "7"}
    done = detect(tmp_path, **variables, **both, CONDA_PLUGINS_PROVENANCE_CI="github")
    assert json.loads(done.stdout)["flow_run_id"] == "github_7"
    done = detect(tmp_path, **both, CONDA_PLUGINS_PROVENANCE_CI="myfarm")
    assert done.returncode == 2
    assert "plugins.provenance_ci" in done.stderr


def test_a_plugin_that_fails_takes_nothing_along(install, tmp_path):
    variables = install("broken_plugin", BROKEN)
    done = detect(tmp_path, **variables, GITHUB_ACTIONS="true", GITHUB_RUN_ID="7")
    assert done.returncode == 0
    assert json.loads(done.stdout)["flow_run_id"] == "github_7"
    assert "The plugin broken_plugin failed (ZeroDivisionError)" in done.stderr
    assert "s3cr3t" not in done.stderr


@pytest.mark.parametrize(
    ("code", "error"),
    [("import no_such_module", "ModuleNotFoundError"), ("raise SystemExit(3)", "SystemExit")],
)
def test_a_plugin_that_cannot_be_loaded_is_reported(install, tmp_path, code, error):
    variables = install("unloadable_plugin", code)
    done = detect(tmp_path, **variables)
    assert done.returncode == 0
    assert f"unloadable_plugin cannot be loaded ({error})" in done.stderr


BUILD = """
import sys
from pathlib import Path
import conda_provenance
from rattler_build import Stage0Recipe, VariantConfig
conda_provenance.activate()
for variant in Stage0Recipe.from_file(Path(sys.argv[1])).render(VariantConfig()):
    variant.run_build(output_dir=sys.argv[2], channels=[])
"""


def test_a_post_build_hook_of_another_distribution_adds_its_own(install, feedstock, tmp_path):
    pytest.importorskip("rattler_build")
    from conda_package_streaming.package_streaming import stream_conda_info

    variables = install("myfarm_plugin", FARM) | {
        "MYFARM": "1",
        "MYFARM_RUN": "42",
        "FARM_URL": "https://user:s3cr3t@h/farm/r",
    }
    command = [
        sys.executable,
        "-c",
        BUILD,
        str(feedstock / "recipe" / "recipe.yaml"),
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    (package,) = (tmp_path / "out" / "noarch").glob("*.conda")
    extra = next(
        json.load(tar.extractfile(member))
        for tar, member in stream_conda_info(str(package))
        if member.name == "info/about.json"
    )["extra"]
    assert extra["farm_ticket"] == "hello-myfarm_42"
    assert extra["remote_url"] == "https://h/farm/r"
    assert extra["flow_run_id"] == "myfarm_42"
    assert "'odd' of the plugin myfarm_plugin is left out: it is not a string" in done.stderr


def test_a_post_build_hook_may_stop_the_build(install, feedstock, tmp_path):
    pytest.importorskip("rattler_build")
    variables = install("myfarm_plugin", FARM) | {"VETO": "1"}
    command = [
        sys.executable,
        "-c",
        BUILD,
        str(feedstock / "recipe" / "recipe.yaml"),
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "my farm says no." in done.stderr
    assert not list((tmp_path / "out" / "noarch").glob("*.conda"))
    assert "hello" not in (tmp_path / "out" / "noarch" / "repodata.json").read_text()


@pytest.mark.parametrize(
    ("answer", "warning"),
    [
        ("{1: 'x'}", "1 of the plugin odd_plugin is left out: the key is not a printable string"),
        ("['a']", "The answer of the plugin odd_plugin is not a mapping"),
        ("'text'", "The answer of the plugin odd_plugin is not a mapping"),
        ("{'note': 'https://user:s3cr3t@h/'}", "'note' of the plugin odd_plugin is left out"),
        ("{'note': 'a\\x1b[31m'}", "'note' of the plugin odd_plugin is left out"),
        ("{'sha': 'https://user:s3cr3t@h/'}", "'sha' of the plugin odd_plugin is left out"),
        ("__import__('sys').exit(3)", "The plugin odd_plugin failed (SystemExit)"),
    ],
)
def test_an_odd_answer_is_left_out_and_the_stamp_stays(
    install, feedstock, tmp_path, git, answer, warning
):
    pytest.importorskip("rattler_build")
    from conda_provenance.packages import read_about

    variables = install("odd_plugin", HOOK.format(options="", answer=answer))
    command = [
        sys.executable,
        "-c",
        BUILD,
        str(feedstock / "recipe" / "recipe.yaml"),
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    assert warning in done.stderr
    assert "s3cr3t" not in done.stderr
    (package,) = (tmp_path / "out" / "noarch").glob("*.conda")
    assert read_about(package)["extra"] == {
        "sha": git(feedstock, "rev-parse", "HEAD"),
        "remote_url": "https://github.com/example/hello-feedstock",
    }


def test_a_wrapper_is_told_that_there_are_none(install, feedstock, tmp_path):
    pytest.importorskip("rattler_build")
    variables = install("wrapper_plugin", HOOK.format(options="(wrapper=True)", answer="(yield)"))
    command = [
        sys.executable,
        "-c",
        BUILD,
        str(feedstock / "recipe" / "recipe.yaml"),
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=True
    )
    assert (
        "wrapper_plugin wraps conda_provenance_post_build; wrappers are not called" in done.stderr
    )


def test_a_hook_that_removes_what_is_required_stops_the_build(install, feedstock, tmp_path):
    pytest.importorskip("rattler_build")
    variables = install("remover_plugin", HOOK.format(options="", answer="{'sha': None}")) | {
        "CONDA_PLUGINS_PROVENANCE_REQUIRED": "sha"
    }
    command = [
        sys.executable,
        "-c",
        BUILD,
        str(feedstock / "recipe" / "recipe.yaml"),
        str(tmp_path / "out"),
    ]
    done = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "sha is required (plugins.provenance_required), but a plugin removes it" in done.stderr
    assert not list((tmp_path / "out" / "noarch").glob("*.conda"))
