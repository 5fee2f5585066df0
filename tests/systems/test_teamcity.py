"""TeamCity's two files of parameters. They hold passwords too, so only some keys are read."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import pytest

from conda_provenance import systems
from conda_provenance.ci import detect
from conda_provenance.ci.explain import explain
from conda_provenance.systems.teamcity import ADAPTER

SHA = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
BUILD = r"""#TeamCity build properties without 'system.' prefix
build.number=58
teamcity.auth.password=hunter2
teamcity.auth.userId=TeamCityBuildId\=918273
teamcity.build.checkoutDir=/opt/agent/work/b121a771cb6f63e3
teamcity.build.id=918273
"""
CONFIGURATION = r"""#TeamCity configuration parameters
secure\:token=hunter2
teamcity.build.branch=a label
teamcity.build.vcs.branch.Recipes_Main=refs/pull/4/merge
teamcity.pullRequest.number=4
teamcity.pullRequest.source.branch=refs/heads/feature/x
teamcity.serverUrl=https\://teamcity.example.org
vcsroot.url=https\://bot\:hunter2@git.example.org/acme/recipes.git
"""


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    second = tmp_path / "teamcity.config.parameters"
    second.write_text(CONFIGURATION)
    first = tmp_path / "teamcity.build.parameters"
    escaped = str(second).replace("\\", "\\\\").replace(":", "\\:")
    first.write_text(f"{BUILD}teamcity.configuration.properties.file={escaped}\n")
    return {
        "TEAMCITY_VERSION": "2025.11",
        "BUILD_VCS_NUMBER": SHA,
        "TEAMCITY_BUILD_PROPERTIES_FILE": str(first),
    }


def test_both_files_are_read(environ: dict[str, str]) -> None:
    run = detect(environ, systems.adapters())
    assert run is not None
    assert {key: value for key, value in asdict(run).items() if value} == {
        "provider": "teamcity",
        "name": "TeamCity",
        "flow_run_id": "teamcity_918273",
        "flow_run_url": "https://teamcity.example.org/viewLog.html?buildId=918273",
        "sha": SHA,
        "remote_url": "https://git.example.org/acme/recipes",
        "workspace": "/opt/agent/work/b121a771cb6f63e3",
        "branch": "feature/x",
        "pull_request": "4",
        "merge": True,
    }
    assert "hunter2" not in repr(run)
    assert "hunter2" not in repr(explain(environ, [ADAPTER]))


def test_with_several_repositories_no_ref_is_used(environ: dict[str, str], tmp_path: Path) -> None:
    with (tmp_path / "teamcity.config.parameters").open("a") as file:
        file.write("teamcity.build.vcs.branch.Other=refs/heads/main\n")
    run = detect(environ, systems.adapters())
    assert run is not None
    assert (run.merge, run.tag) == (False, None)


@pytest.mark.parametrize("kind", ["folder", "pipe", "large", "missing", "nonsense", "null"])
def test_a_file_that_cannot_be_used_says_nothing(
    environ: dict[str, str], tmp_path: Path, kind: str
) -> None:
    path = Path(environ["TEAMCITY_BUILD_PROPERTIES_FILE"])
    if kind == "null":
        environ["TEAMCITY_BUILD_PROPERTIES_FILE"] = "a\0b"
    elif kind == "large":
        with path.open("r+b") as file:
            file.truncate(1 << 30)
    elif kind == "nonsense":
        path.write_bytes(b"teamcity.build.id=\xff\\u00\nteamcity.build.id=12x\n=\n\x00=\\")
    else:
        path.unlink()
        if kind == "folder":
            path.mkdir()
        elif kind == "pipe":
            if not hasattr(os, "mkfifo"):
                pytest.skip("there are no named pipes here")
            os.mkfifo(path)
    run = detect(environ, systems.adapters())
    assert run is not None
    assert (run.sha, run.flow_run_id, run.remote_url, run.workspace) == (SHA, None, None, None)
