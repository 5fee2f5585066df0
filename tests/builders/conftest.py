from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(sys.prefix) / ("Scripts" if os.name == "nt" else "bin")


@pytest.fixture
def write_feedstock(tmp_path: Path, git: Callable[..., str]) -> Callable[..., Path]:
    """Writes recipe files into the folder "recipe" of a new repository, and commits them.

    The last "_" of a name stands for a dot.
    """

    def write(**files: str) -> Path:
        recipe = tmp_path / "feedstock" / "recipe"
        recipe.mkdir(parents=True)
        for name, text in files.items():
            (recipe / ".".join(name.rsplit("_", 1))).write_text(text)
        root = recipe.parent
        git(root, "init", "-q", "-b", "main")
        git(root, "add", ".")
        git(root, "commit", "-q", "-m", "first")
        git(
            root,
            "remote",
            "add",
            "origin",
            "https://user:s3cr3t@github.com/example/hello-feedstock.git",
        )
        return recipe

    return write


@pytest.fixture
def conda_build_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """conda-build of this environment, with an empty channel: the recipes depend on nothing."""
    if importlib.util.find_spec("conda_build") is None:
        pytest.skip("conda-build is not installed here; CONTRIBUTING.md says how to have it")
    if tuple(map(int, version("conda-build").split(".")[:2])) < (26, 5):
        pytest.skip("these tests need conda-build 26.5 or newer, the first to build a recipe.yaml")
    channel = tmp_path / "channel"
    (channel / "noarch").mkdir(parents=True)
    (channel / "noarch" / "repodata.json").write_text(
        '{"info": {"subdir": "noarch"}, "packages": {}, "packages.conda": {}}'
    )
    (tmp_path / "home").mkdir()
    for name, value in {
        "CONDA_CHANNELS": channel.as_uri(),
        "CONDA_DEFAULT_CHANNELS": channel.as_uri(),
        "CONDA_BLD_PATH": str(tmp_path / "conda-bld"),
        "CONDA_PKGS_DIRS": str(tmp_path / "pkgs"),
        "CONDA_ANACONDA_UPLOAD": "false",
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path),
        "PATH": str(SCRIPTS) + os.pathsep + os.environ["PATH"],
    }.items():
        monkeypatch.setenv(name, value)


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command with further variables.

    Its output, both streams in one, is printed for the case that the test fails.
    """

    monkeypatch.delenv(
        "PYTEST_CURRENT_TEST", raising=False
    )  # conda-build logs otherwise under tests

    def run_command(
        *command: str | Path, status: int | None = 0, cwd: Path | None = None, **variables: str
    ) -> Any:
        words = [str(word) for word in command]
        done = subprocess.run(
            words,
            env={**os.environ, **variables},
            cwd=cwd,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        print(done.stdout)
        if status is not None:
            assert done.returncode == status, done.stdout
        return done

    return run_command
