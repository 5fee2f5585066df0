"""Every test of this folder runs with each git program there is: the installed one, and those that
``CONDA_PROVENANCE_TEST_GITS`` names, a list of programs as ``PATH`` is a list of folders."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

INSTALLED = shutil.which("git")
MORE = os.environ.get("CONDA_PROVENANCE_TEST_GITS", "").split(os.pathsep)
PROGRAMS = [os.path.abspath(program) for program in (INSTALLED, *MORE) if program]


def version_of(program: str) -> tuple[int, ...]:
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:3]))


@pytest.fixture(
    autouse=True,
    params=PROGRAMS,
    ids=[".".join(map(str, version_of(program))) for program in PROGRAMS],
)
def program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The git program that is asked. Repositories are made with the installed one."""
    monkeypatch.setenv("PATH", os.path.dirname(request.param) + os.pathsep + os.environ["PATH"])
    return str(request.param)


@pytest.fixture
def version(program: str) -> tuple[int, ...]:
    return version_of(program)
