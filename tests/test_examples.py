"""The files that people copy: each fits its schema, and the commands in it do what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from conda_provenance import __version__

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples" / "ci"

SCHEMAS = {
    "examples/ci/github-actions.yml": ("vendor.github-workflows",),
    "examples/ci/gitlab-ci.yml": ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
    "examples/ci/azure-pipelines.yml": (
        "vendor.azure-pipelines",
        "--data-transform",
        "azure-pipelines",
        "--regex-variant",
        "nonunicode",
    ),
    "examples/ci/docker.yml": ("vendor.github-workflows",),
    "examples/worker/worker.yml": ("vendor.github-workflows",),
    "action.yml": ("vendor.github-actions",),
    ".github/workflows/docs.yml": ("vendor.github-workflows",),
    ".github/workflows/package.yml": ("vendor.github-workflows",),
    ".github/workflows/tests.yml": ("vendor.github-workflows",),
    ".github/ISSUE_TEMPLATE/bug.yml": ("vendor.github-issue-forms",),
    ".github/ISSUE_TEMPLATE/ci-system.yml": ("vendor.github-issue-forms",),
    ".github/ISSUE_TEMPLATE/config.yml": ("vendor.github-issue-config",),
}
"""Which of check-jsonschema's own schemas a file must fit, and further options for the check.

The schema of conda-forge.yml comes with conda-smithy, which is too much to install for one file.
"""

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not here")


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.skipif(
    find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed"
)
def test_a_file_fits_its_schema(name):
    if not (ROOT / name).is_file():
        pytest.skip("not part of a source distribution")
    done = _check(ROOT / name, *SCHEMAS[name])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(
    find_spec("check_jsonschema") is None, reason="check-jsonschema is not installed"
)
def test_a_file_that_does_not_fit_is_found(tmp_path):
    broken = tmp_path / "workflow.yml"
    text = (EXAMPLES / "github-actions.yml").read_text("utf-8")
    broken.write_text(text.replace("runs-on:", "run-on:"), "utf-8")
    assert _check(broken, *SCHEMAS["examples/ci/github-actions.yml"]).returncode == 1


@pytest.mark.parametrize(
    "name", ["github-actions.yml", "docker.yml", "gitlab-ci.yml", "azure-pipelines.yml"]
)
def test_an_example_installs_this_version_from_the_projects_own_address(name):
    (home,) = re.findall(
        r'^Homepage = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
    )
    text = (EXAMPLES / name).read_text("utf-8")
    addresses = re.findall(r"git\+(\S+?)@(\S+?)[\"\s]", text)
    assert set(addresses) == {(home, f"v{__version__}")}


@pytest.mark.parametrize(
    "page", [*sorted(ROOT.glob("examples/**/*.yml")), ROOT / "docs" / "how-to" / "action.md"],
    ids=lambda page: page.name,
)  # fmt: skip
def test_an_example_uses_the_action_of_this_version(page):
    versions = re.findall(r"uses: conda-provenance/conda-provenance@(\S+)", page.read_text("utf-8"))
    assert set(versions) <= {f"v{__version__}"}


GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_ID": "77",
    "CI_PIPELINE_URL": "https://gitlab.example.org/example/hello-feedstock/-/pipelines/77",
    "CI_PROJECT_URL": "https://gitlab.example.org/example/hello-feedstock",
    "CI_SERVER_URL": "https://gitlab.example.org",
}
AZURE = {
    "TF_BUILD": "True",
    "BUILD_BUILDID": "77",
    "BUILD_BUILDNUMBER": "20260302.1",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/example/",
    "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/example/",
    "SYSTEM_TEAMPROJECT": "feedstocks",
    "SYSTEM_JOBATTEMPT": "1",
}


@pytest.mark.skipif(sys.platform == "win32", reason="the examples run on Linux")
@pytest.mark.skipif(find_spec("rattler_build") is None, reason="py-rattler-build is not installed")
@pytest.mark.parametrize(
    ("name", "run", "provider"),
    [("gitlab-ci.yml", GITLAB, "gitlab"), ("azure-pipelines.yml", AZURE, "azure")],
)
def test_the_commands_of_an_example_build_a_stamped_package(name, run, provider, feedstock, git):
    shutil.copy(ROOT / "examples" / "hello" / "recipe.yaml", feedstock / "recipe")
    git(feedstock, "commit", "-qam", "hello")
    settings, commands = _job(YAML(typ="safe").load((EXAMPLES / name).read_text("utf-8")))
    packages = feedstock.parent / "staging"
    for variable in ("$(Build.ArtifactStagingDirectory)", "$(Agent.TempDirectory)"):
        commands = [each.replace(variable, str(packages)) for each in commands]
    assert commands[0].startswith("python -m pip install ")

    output = "".join(_shell(command, feedstock, run | settings) for command in commands[1:])

    (package,) = [*feedstock.glob("output/*/*.conda"), *packages.glob("packages/*/*.conda")]
    shown = json.loads(_shell(f"conda-provenance show --json '{package}'", feedstock, {}))
    assert git(feedstock, "rev-parse", "HEAD") in json.dumps(shown)
    assert f'"{provider}_' in json.dumps(shown)
    assert package.name in output
    (page,) = [*feedstock.glob("audit.html"), *packages.glob("audit.html")]
    assert "1 of 1" in page.read_text("utf-8")


DOCKER = """\
#!/bin/sh
# A stand-in for docker: it keeps the file of variables and the words that it was given.
while [ $# -gt 0 ]; do
  [ "$1" != --env-file ] || cp "$2" "$KEPT/variables"
  printf '%s\\n' "$1" >> "$KEPT/words"
  shift
done
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the examples run on Linux")
def test_the_container_of_an_example_is_given_what_will_be_stamped(feedstock, git, tmp_path):
    job = YAML(typ="safe").load((EXAMPLES / "docker.yml").read_text("utf-8"))["jobs"]["build"]
    steps = {step["name"]: step["run"] for step in job["steps"] if "run" in step}
    program = tmp_path / "programs" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER)
    program.chmod(0o755)
    run = {
        **job["env"],
        "GITHUB_ACTIONS": "true",
        "GITHUB_RUN_ID": "77",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "example/hello-feedstock",
        "GITHUB_WORKSPACE": str(feedstock),
        "RUNNER_TEMP": str(tmp_path),
        "KEPT": str(tmp_path),
    }
    for name in ("What will be stamped", "Build"):
        path = os.pathsep.join((str(program.parent), os.environ["PATH"]))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PATH", path)
            _shell(steps[name], feedstock, run)

    # Inside there is nothing else: no git, no .git, no variable of the CI.
    inside = tmp_path / "inside"
    shutil.copytree(feedstock / "recipe", inside)
    lines = (tmp_path / "variables").read_text().splitlines()
    variables = dict(line.split("=", 1) for line in lines)
    found = json.loads(_shell("conda-provenance detect --json .", inside, variables))
    assert found["sha"] == git(feedstock, "rev-parse", "HEAD")
    assert found["remote_url"] == "https://github.com/example/hello-feedstock"
    assert found["flow_run_id"] == "github_77"
    words = (tmp_path / "words").read_text()
    assert "CONDA_PLUGINS_PROVENANCE_REQUIRED=sha,remote_url,flow_run_id" in words
    assert "conda build /home/conda/recipe_root" in words
    assert "s3cr3t" not in words + "".join(lines)


@pytest.mark.skipif(sys.platform == "win32", reason="the examples run on Linux")
@pytest.mark.skipif(find_spec("rattler_build") is None, reason="py-rattler-build is not installed")
def test_an_example_builds_nothing_where_no_run_is_known(feedstock):
    job = YAML(typ="safe").load((EXAMPLES / "gitlab-ci.yml").read_text("utf-8"))
    settings, commands = _job(job)
    (build,) = [command for command in commands if command.startswith("conda-provenance build")]
    with pytest.raises(subprocess.CalledProcessError):
        _shell(build, feedstock, settings)
    assert not list(feedstock.glob("output/*/*.conda"))


def _job(pipeline: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    """The variables and the commands of a pipeline of GitLab's or Azure's."""
    if "packages" in pipeline:
        return pipeline["packages"]["variables"], pipeline["packages"]["script"]
    return pipeline["variables"], [step["script"] for step in pipeline["steps"] if "script" in step]


def _shell(command: str, folder: Path, environ: Mapping[str, str]) -> str:
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    return subprocess.run(
        ["sh", "-ec", command],
        cwd=folder,
        env={**os.environ, **environ, "PATH": programs},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


def _check(path: Path, schema: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *options, path],
        capture_output=True,
        text=True,
        check=False,
    )
