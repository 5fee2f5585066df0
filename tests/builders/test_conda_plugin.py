"""Real conda with the plugin: what it costs every command, and ``conda provenance`` itself."""

from __future__ import annotations

import json
import sys

import pytest

pytestmark = pytest.mark.usefixtures("conda_build_environment")

COMMANDS = {"detect", "build", "run", "stamp", "show"}

HEAVY = {"git", "rich", "rattler_build", "conda_build", "conda_package_streaming"}


@pytest.fixture
def python(run):
    """Runs code in a process of its own, after what conda imports at every command."""

    def run_code(code: str):
        head = "import json, sys\nfrom conda.base.context import context\n"
        head += "from conda.cli.conda_argparse import generate_parser\n"
        return json.loads(run(sys.executable, "-c", head + code).stdout.splitlines()[-1])

    return run_code


def test_no_conda_command_imports_more_of_us_than_names_and_options(python):
    modules = python(
        "generate_parser(); context.plugins\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('conda_provenance')]))"
    )
    assert set(modules) == {
        "conda_provenance",
        "conda_provenance.builders",
        "conda_provenance.builders.imports",
        "conda_provenance.cli",
        "conda_provenance.cli.commands",
        "conda_provenance.cli.parser",
        "conda_provenance.conda_plugin",
        "conda_provenance.condarc",
        "conda_provenance.keys",
        "conda_provenance.log",
    }


def test_no_conda_command_imports_anything_heavy_for_us(python):
    code = "generate_parser(); context.plugins\nprint(json.dumps(list(sys.modules)))"
    ours = set(python(code))
    hide = (
        "import conda.plugins.manager as manager\n"
        "real = manager.distributions\n"
        "manager.distributions = lambda: (d for d in real() if d.name != 'conda-provenance')\n"
    )
    without_us = set(python(hide + code))
    assert not HEAVY & {name.partition(".")[0] for name in ours - without_us}


def test_condas_parser_knows_our_commands_and_their_options(python):
    known = python(
        "import argparse\n"
        "def commands(parser):\n"
        "    kind = argparse._SubParsersAction\n"
        "    return next(each for each in parser._actions if isinstance(each, kind)).choices\n"
        "ours = commands(commands(generate_parser())['provenance'])\n"
        "print(json.dumps({name: list(p._option_string_actions) for name, p in ours.items()}))"
    )
    assert known.keys() >= COMMANDS
    assert "--json" in known["detect"]
    assert "--help" in known["show"]


def test_condas_help_names_the_commands(run):
    assert "provenance" in run("conda", "--help").stdout
    words = run("conda", "provenance", "--help").stdout.split()
    assert set(words) >= COMMANDS
    assert "conda provenance stamp" in run("conda", "provenance", "stamp", "--help").stdout


PRINT = "import sys; print('arguments:', sys.argv[1:])"


@pytest.mark.parametrize(
    "words",
    [
        ["--json", "-v"],
        ["-q", "--debug", "--help", "--version", "-V", "--no-plugins"],
        ["--", "-n", "x", "--", "--json"],
        ["detect", "--color", "never"],
    ],
)
def test_run_passes_everything_through(run, words):
    done = run("conda", "provenance", "run", "--", sys.executable, "-c", PRINT, *words)
    assert f"arguments: {words}" in done.stdout


@pytest.mark.parametrize("words", [[], ["--no-such-option"], ["detect", "--no-such-option"]])
def test_used_wrongly_the_status_is_2(run, words):
    done = run("conda", "provenance", *words, status=2)
    assert "Traceback" not in done.stdout
    assert "usage: conda" in done.stdout


def test_our_options_do_not_change_condas_own_settings(run, tmp_path):
    """Conda reads its settings from the parsed names too: none of ours is named like one of its."""
    code = (
        "import sys\n"
        "from conda.base.context import context\n"
        "import conda_provenance.cli.main as ours\n"
        "def report(parsed, program):\n"
        "    print([context.quiet, context.dry_run, context.offline, list(context.channels)])\n"
        "    return 0\n"
        "ours.run_parsed = report\n"
        "from conda.cli import main; sys.exit(main(*sys.argv[1:]))"
    )
    plain = run(sys.executable, "-c", code, "provenance", "detect").stdout
    stamp = ["stamp", "-q", "--dry-run", "x.conda"]
    assert run(sys.executable, "-c", code, "provenance", *stamp).stdout == plain
    build = ["build", "-q", "-c", "other", "recipe"]
    assert run(sys.executable, "-c", code, "provenance", *build).stdout == plain
