"""The program behind a launcher: every launcher that is understood, and what is not."""

from __future__ import annotations

import pytest

from conda_provenance.builders.launchers import LAUNCHERS, Program, find_program

BUILDERS = ("rattler-build", "conda-build")

OURS = {
    "env": ["env A=1 -u B", "env -i", "env --unset=B --", "/usr/bin/env"],
    "nohup": ["nohup"],
    "time": ["time -p", "time -o times.txt -f %e", "time --output=times.txt"],
    "timeout": ["timeout 60", "timeout -k 5 -s INT 1h", "timeout --signal=INT 60"],
}
"""Launchers that start a program of our own environment."""

FOREIGN = {
    "conda": ["conda run -n other", "conda run --no-capture-output -p /other", "conda.exe run"],
    "mamba": ["mamba run -n other", "mamba run --prefix /other"],
    "micromamba": ["micromamba run -n other", "micromamba -r /other run -n other"],
    "pixi": [
        "pixi exec",
        "pixi x -s python -c conda-forge --",
        "pixi exec --spec rattler-build",
        "pixi run",
        "pixi r -e build",
        "pixi -v --color never exec",
    ],
}
"""Launchers that start a program of another environment."""


def test_every_launcher_has_cases():
    assert OURS.keys() | FOREIGN.keys() == LAUNCHERS.keys()


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("launcher", [line for lines in OURS.values() for line in lines])
def test_a_builder_of_our_environment(launcher, builder):
    words = [*launcher.split(), builder, "build"]
    assert find_program(words, BUILDERS) == Program(builder, len(words) - 2, foreign=False)


@pytest.mark.parametrize("launcher", [line for lines in FOREIGN.values() for line in lines])
def test_a_builder_of_another_environment(launcher):
    words = [*launcher.split(), "conda-build", "recipe"]
    assert find_program(words, BUILDERS) == Program("conda-build", len(words) - 2, foreign=True)


def test_another_path_is_another_environment():
    words = ["env", "PATH=/other/bin", "conda-build"]
    assert find_program(words, BUILDERS) == Program("conda-build", 2, foreign=True)


def test_conda_build_behind_conda_run():
    words = ["conda", "run", "-n", "other", "conda", "build", "recipe"]
    assert find_program(words, ("conda",), "build") == Program("conda", 4, foreign=True)
    assert find_program(words[:4], ("conda",), "build") is None
    assert find_program(["conda"], ("conda",), "build") is None


def test_launchers_behind_launchers():
    words = ["env", "A=1", "timeout", "60", "nohup", "pixi", "exec", "rattler-build", "build"]
    assert find_program(words, BUILDERS) == Program("rattler-build", 7, foreign=True)


def test_a_program_without_a_launcher_by_any_path():
    for word in ("rattler-build", "/opt/bin/rattler-build", "C:\\bin\\Rattler-Build.exe"):
        assert find_program([word], BUILDERS) == Program("rattler-build", 0, foreign=False)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "env",
        "timeout 60",
        "conda",
        "conda install conda-build",
        "pixi build",
        "pixi --color exec rattler-build",
        "pixi exec",
        "make conda-build",
        "docker run image rattler-build build",
        "nice rattler-build build",
        "env -C elsewhere rattler-build build",
        "env -S 'rattler-build build'",
        "conda run --cwd elsewhere rattler-build build",
        "pixi run --manifest-path elsewhere rattler-build build",
    ],
)
def test_what_is_not_understood(line):
    assert find_program(line.split(), BUILDERS) is None


@pytest.mark.parametrize("option", ["-Celsewhere", "--chdir=elsewhere", "-Srattler-build"])
def test_an_option_that_hides_the_program_is_seen_with_its_value_joined(option):
    assert find_program(["env", option, "rattler-build", "build"], BUILDERS) is None
