"""The options: handed to conda, passed through by ``run``, and explained by ``--help``."""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from cli_running import run_command

from conda_provenance.cli.commands import SUMMARIES, command_of
from conda_provenance.cli.main import main, run_parsed
from conda_provenance.cli.options import Option
from conda_provenance.cli.parser import PREFIX, configure, make_parser, parse

NAMES = list(SUMMARIES)


def conda_parser() -> argparse.ArgumentParser:
    """A parser as conda makes one, with its own options before and our commands in it."""
    parser = argparse.ArgumentParser(prog="conda")
    parser.add_argument("-v", "--verbose", action="count", dest="verbosity", default=0)
    parser.add_argument("--json", action="store_true")
    subparsers = parser.add_subparsers(dest="cmd", required=True)
    subparsers.add_parser("list")
    configure(subparsers.add_parser("provenance", add_help=False))
    return parser


def test_handing_the_options_to_conda_loads_no_command():
    code = (
        "import argparse, sys\n"
        "from conda_provenance.cli.parser import configure\n"
        "configure(argparse.ArgumentParser(add_help=False))\n"
        "print(*sorted(name for name in sys.modules if name.startswith('conda_provenance')))\n"
        "print({'dataclasses', 'logging', 'pathlib', 'json'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules, heavy = done.stdout.splitlines()
    assert modules.split() == [
        "conda_provenance",
        "conda_provenance.cli",
        "conda_provenance.cli.commands",
        "conda_provenance.cli.parser",
    ]
    assert heavy == "set()"


def test_conda_takes_no_setting_of_its_own_from_our_options():
    """Conda reads its configuration from the names in the Namespace."""
    parser = argparse.ArgumentParser()
    configure(parser)
    for command, further in {
        "show": ["x", "--json", "-q"],
        "audit": ["x", "--json", "-n", "e", "-c", "main", "--repo", "x", "--csv", "x"],
        "stamp": ["x", "--dry-run", "--force", "-v"],
        "build": ["x", "-c", "main", "--json"],
        "detect": ["--json"],
        "run": ["--", "x"],
    }.items():
        parsed = parser.parse_args([command, *further])
        assert all(name.startswith(PREFIX) for name in vars(parsed))


def test_conda_knows_every_command_and_option(capsys):
    parser = argparse.ArgumentParser(prog="conda provenance")
    configure(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    text = capsys.readouterr().out
    assert all(f"\n    {name} " in text for name in NAMES)
    assert "0 yes or done" in text


def test_both_entry_points_end_in_the_same_place(capsys, tmp_path):
    missing = str(tmp_path / "x.conda")
    assert main(["show", missing]) == 3
    ours = capsys.readouterr().err
    parsed = conda_parser().parse_args(["provenance", "show", missing])
    assert run_parsed(parsed, "conda provenance") == 3
    assert capsys.readouterr().err == ours.replace("conda-provenance:", "conda provenance:")


def test_condas_own_json_option_counts(capsys, tmp_path):
    for words in (["show", str(tmp_path / "x.conda")], ["detect", str(tmp_path)]):
        run_parsed(conda_parser().parse_args(["--json", "provenance", *words]))
        assert json.loads(capsys.readouterr().out)["command"] == words[0]
    parsed = conda_parser().parse_args(
        ["--json", "provenance", "detect", "--format", "env", str(tmp_path)]
    )
    run_parsed(parsed)
    assert "{" not in capsys.readouterr().out


@pytest.mark.parametrize("program", [["conda-provenance"], ["conda", "provenance"]])
def test_the_version_is_told(program, capsys):
    parser = make_parser() if len(program) == 1 else conda_parser()
    with pytest.raises(SystemExit):
        parser.parse_args([*program[1:], "--version"])
    assert capsys.readouterr().out.startswith("conda-provenance ")


@pytest.mark.parametrize(
    "words",
    [
        ["--", "tool", "--json", "-v", "-q", "--color", "x", "--", "-h"],
        ["tool", "--json", "-v", "--help"],
        ["--", "--tool", "-v"],
    ],
)
@pytest.mark.parametrize("options", [[], ["-q"], ["-v", "--color", "never"]])
def test_run_passes_everything_on(words, options):
    passed = words[1:] if words[0] == "--" else words
    for parsed in (
        make_parser().parse_args(["run", *options, *words]),
        conda_parser().parse_args(["provenance", "run", *options, *words]),
    ):
        found = getattr(parsed, f"{PREFIX}words")
        assert found[found[:1] == ["--"] :] == passed
        assert getattr(parsed, f"{PREFIX}quiet") is ("-q" in options)
        assert getattr(parsed, f"{PREFIX}verbose") is ("-v" in options)


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("command", [[], *([name] for name in NAMES)])
def test_help_is_wrapped_at_words_and_keeps_the_examples(command, columns):
    done = run_command(*command, "--help", COLUMNS=str(columns))
    assert done.returncode == 0
    text, _, examples = done.stdout.partition("examples:\n")
    assert all(len(line) <= columns for line in text.splitlines())
    if command:
        assert examples.count("conda-provenance") >= 2
        assert all(len(line) < 80 for line in examples.splitlines())
        described = command_of(*command).description
        assert described in " ".join(text.split())


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_the_common_options(name):
    done = run_command(name, "--help")
    for option in ("-q, --quiet", "-v, --verbose", "--color {auto,always,never}"):
        assert option in done.stdout
    assert ("--json" in done.stdout.partition("examples:")[0]) is (name not in ("run", "attest"))


def test_a_command_that_does_not_exist_is_used_wrongly():
    done = run_command("detct")
    assert (done.returncode, done.stdout) == (2, "")
    assert "invalid choice: 'detct'" in done.stderr


@pytest.mark.parametrize(
    "words", [["{}"], ["show", "--bogus", "{}"], ["show", "--color", "{}", "x.conda"]]
)
def test_an_address_in_a_wrong_place_keeps_its_secrets(words):
    address = "https://user:s3cr3t@h.example/o?t=s3cr3t"
    done = run_command(*(word.format(address) for word in words))
    assert done.returncode == 2
    assert "s3cr3t" not in done.stderr


@pytest.mark.parametrize("module", ["conda_provenance", "conda_provenance.cli.main"])
def test_used_wrongly_is_the_same_however_the_program_is_started(module):
    command = [sys.executable, "-m", module, "run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("conda-provenance: There is no command to run")


def test_real_conda_takes_our_commands():
    conda_argparse = pytest.importorskip("conda.cli.conda_argparse", reason="conda is not here")
    from conda.base.context import Context

    parser = conda_argparse.ArgumentParser(prog="conda provenance", add_help=False)
    configure(parser)
    settings = {name for each in Context.parameter_names for name in (each, each.lstrip("_"))}
    parsed = parser.parse_args(["show", "x", "--json", "-v"])
    assert not settings & vars(parsed).keys()


def test_a_command_is_described_when_somebody_looks_at_it():
    parser = argparse.ArgumentParser(add_help=False)
    configure(parser)
    (commands,) = (each for each in parser._actions if each.choices)
    show = commands.choices["show"]
    assert isinstance(show, argparse.ArgumentParser)
    assert "prog" not in vars(show)
    assert "--json" in show._option_string_actions
    assert show.prog == "conda provenance show"
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = show.no_such_name


@pytest.mark.parametrize("place", ["parse", "import_module"])
def test_a_ctrl_c_while_the_command_is_loaded_ends_without_a_traceback(monkeypatch, capsys, place):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"conda_provenance.cli.main.{place}", interrupted)
    assert main(["show", "x.conda"]) == 130
    assert capsys.readouterr() == ("", "")


def _words_of(option: Option) -> list[str]:
    """One way to give an option."""
    value = option.choices[0] if option.choices else "7"
    takes_one = option.action in ("store", "append") and option.nargs is None
    return [option.flags[-1], value] if takes_one else [option.flags[0]]


@pytest.mark.parametrize("name", list(SUMMARIES))
def test_few_options_are_read_as_the_whole_parser_reads_them(name):
    options = [each for each in command_of(name).options if each.flags]
    ways = [[], ["x.conda"], *(_words_of(each) for each in options)]
    for one, other in itertools.pairwise([*ways, []]):
        words = [name, *one, "a", *other]
        assert _outcome(lambda words=words: parse(words, "p")) == _outcome(
            lambda words=words: make_parser("p").parse_args(words)
        ), words


@pytest.mark.parametrize(
    "words",
    [
        ["verify"],
        ["verify", "-h"],
        ["verify", "--jso", "x"],
        ["verify", "--json=1", "x"],
        ["verify", "--only=sha", "x", "--json", "y"],
        ["verify", "-qv", "x"],
        ["verify", "--", "-x"],
        ["verify", "-", "x"],
        ["verify", "x", "--only"],
        ["verify", "--only", "--json", "x"],
        ["verify", "--version"],
        ["show", "--format", "no", "x"],
        ["nothing"],
        ["--version"],
        [],
    ],
)
def test_whatever_is_said_is_what_the_whole_parser_says(words, capsys):
    found = _outcome(lambda: parse(words, "p")), capsys.readouterr()
    assert found == (_outcome(lambda: make_parser("p").parse_args(words)), capsys.readouterr())


def _outcome(parsed: Callable[[], argparse.Namespace]) -> object:
    try:
        return vars(parsed())
    except SystemExit as stop:
        return stop.code
