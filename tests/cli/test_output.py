"""Colour, the exit status, and what reaches a terminal."""

from __future__ import annotations

import io
import json
import logging
import os
import shlex
import subprocess
import sys

import pytest
from cli_running import answer, run_command, run_on_terminal
from packages_making import make_conda

from conda_provenance.cli import color
from conda_provenance.cli.log_handler import LogHandler
from conda_provenance.cli.output import Output
from conda_provenance.cli.status import Status, of_all, of_error
from conda_provenance.errors import (
    PackageError,
    ProvenanceError,
    RefusedError,
    RequirementError,
    SettingsError,
    UsageError,
)
from conda_provenance.packages import read_about


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "environ", "on_terminal", "in_pipe"),
    [
        ("auto", {}, True, False),
        ("auto", {"TERM": "dumb"}, False, False),
        ("auto", {"CLICOLOR": "0"}, False, False),
        ("auto", {"NO_COLOR": "1"}, False, False),
        ("auto", {"NO_COLOR": ""}, True, False),
        ("auto", {"FORCE_COLOR": "1"}, True, True),
        ("auto", {"FORCE_COLOR": "0"}, True, False),
        ("auto", {"FORCE_COLOR": ""}, True, False),
        ("auto", {"CLICOLOR_FORCE": "1"}, True, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, True, False),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ("always", {"NO_COLOR": "1", "TERM": "dumb"}, True, True),
        ("never", {"FORCE_COLOR": "1"}, False, False),
    ],
)
def test_the_first_that_is_given_decides_on_colour(choice, environ, on_terminal, in_pipe):
    on_windows = {"WT_SESSION": "1"}
    assert color.is_wanted(choice, Terminal(), on_windows | environ) is on_terminal
    assert color.is_wanted(choice, io.StringIO(), environ) is in_pipe


def test_a_no_counts_before_what_cannot_be_told():
    assert of_all([]) == Status.YES
    assert of_all([Status.YES, Status.UNKNOWN]) == Status.UNKNOWN
    assert of_all([Status.UNKNOWN, Status.NO, Status.YES]) == Status.NO


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UsageError, 2),
        (SettingsError, 2),
        (PackageError, 3),
        (RefusedError, 1),
        (RequirementError, 1),
        (ProvenanceError, 1),
    ],
)
def test_the_status_of_an_error(error, status):
    assert of_error(error("why")) == status


@pytest.mark.parametrize("choice", ["always", "never"])
def test_nothing_that_a_terminal_obeys_gets_out(capsys, choice):
    output = Output("p", "show", color_choice=choice)
    evil = "\x1b]0;owned\x07\n\x9b2J\u202e"
    output.line(evil, (evil, color.BOLD), (evil, color.LINK))
    output.field(evil, evil)
    output.table([evil], [[evil]])
    output.words([evil])
    output.log_line(evil)
    for print_sentence in (output.warning_line, output.note, output.warn, output.error):
        print_sentence(evil)
    printed = "".join(capsys.readouterr())
    for own in ("\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b]8;;", "\x1b\\"):
        printed = printed.replace(own, "")
    assert not any(char in printed for char in "\x1b\x07\x9b\u202e")
    assert printed.count("\n") == len(printed.splitlines())


def test_results_go_to_stdout_and_all_else_to_stderr(capsys):
    output = Output("p", "show", color_choice="never")
    output.line("result")
    output.note("doing")
    output.warn("careful")
    output.error("wrong")
    printed = capsys.readouterr()
    assert printed.out == "result\n"
    assert printed.err == "p: doing\np: warning: careful\np: wrong\n"


def test_quiet_leaves_results_and_errors(capsys):
    output = Output("p", "show", quiet=True, color_choice="never")
    output.line("result")
    output.warning_line("careful")
    output.note("doing")
    output.warn("careful")
    output.error("wrong")
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("result\n", "p: wrong\n")


def test_a_failure_is_an_object_too(capsys):
    Output("p", "show", json=True, color_choice="always").fail("Nothing is there.")
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {
        "version": 1,
        "command": "show",
        "error": "Nothing is there.",
    }
    assert "Nothing is there." in printed.err


def test_a_log_of_ours_is_a_warning_on_stderr(capsys):
    output = Output("p", "show", color_choice="never")
    record = logging.LogRecord("x", logging.WARNING, "", 0, "conda-provenance: a %s", ("b",), None)
    LogHandler(output).emit(record)
    assert capsys.readouterr().err == "p: warning: a b\n"


def test_a_warning_of_the_builders_log_is_marked_as_such_once(capsys):
    record = logging.LogRecord(
        "x", logging.WARNING, "", 0, "conda-provenance: warning: The folder is dirty.", (), None
    )
    LogHandler(Output("p", "build")).emit(record)
    assert capsys.readouterr().err == "p: warning: The folder is dirty.\n"


def test_a_terminal_that_is_narrower_than_any_word():
    done = run_command("detect", "--explain", COLUMNS="1")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("columns", ["0", "-3", "many"])
def test_a_width_that_cannot_be_is_not_given(columns):
    usage, *_ = run_command("detect", "--help", COLUMNS=columns).stdout.splitlines()
    assert len(usage) > 60


def test_a_terminal_that_does_not_know_its_width_has_80_columns():
    _, written = run_on_terminal("show", "--help", columns=0)
    usage, *_ = written.splitlines()
    assert len(usage) > 50


@pytest.mark.skipif(os.name == "nt", reason="a POSIX shell closes the streams")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_stream_that_is_closed_is_not_missed(closed):
    command = f"{shlex.quote(sys.executable)} -m conda_provenance show nowhere.conda {closed}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode == Status.UNKNOWN
    assert "Traceback" not in done.stderr
    assert ("nowhere.conda" in done.stderr) is ("2>&-" not in closed)


def test_a_character_that_the_stream_of_another_program_lacks_is_escaped(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    monkeypatch.setattr("sys.stdout", stream)
    Output("conda provenance", "show").line("caf\N{LATIN SMALL LETTER E WITH ACUTE}.conda")
    assert stream.buffer.getvalue().rstrip() == rb"caf\xe9.conda"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder that is in use")
def test_an_error_of_the_system_is_an_object_too(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    words = [sys.executable, "-m", "conda_provenance", "detect", "--json"]
    command = f"rmdir ../gone && exec {shlex.join(words)}"
    done = subprocess.run(
        command, shell=True, cwd=gone, capture_output=True, text=True, check=False
    )
    assert done.returncode == Status.UNKNOWN
    assert answer(done)["error"] in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["detect"],
        ["build"],
        ["stamp", "x.conda", "--recipe"],
        ["show"],
        ["show", "--json"],
    ],
)
@pytest.mark.parametrize("address", ["https://user:s3cr3t@host/x", "https:/user:s3cr3t@host/x"])
def test_a_password_in_an_address_that_is_taken_for_a_path_is_not_printed(words, address):
    done = run_command(*words, address)
    assert done.returncode != 0
    assert "host/x" in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr


@pytest.mark.skipif(os.name == "nt", reason="a shell closes streams otherwise there")
@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_a_stream_that_is_closed_is_no_failure(tmp_path, closed):
    package = make_conda(tmp_path, {})
    command = shlex.join([sys.executable, "-m", "conda_provenance", "stamp", "--sha", "b" * 40])
    shell = ["sh", "-c", f"{command} {shlex.quote(str(package))} {closed}"]
    assert subprocess.run(shell, capture_output=True, check=False).returncode == 0
    assert read_about(package)["extra"]["sha"] == "b" * 40


@pytest.mark.parametrize("columns", [1, 40, 80, 120])
def test_on_a_terminal_a_sentence_is_wrapped_in_its_own_column(columns, capsys, monkeypatch):
    monkeypatch.setattr(Output, "columns", lambda _output: columns)
    address = f"https://example.com/{'a' * 90}"
    sentence = f"The repository is {address}, which somebody has named with an option."
    Output("p", "verify").sentence([("  pass", "1"), "  expected  "], sentence)

    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("  pass  expected  The repository")
    assert all(line.startswith(" " * 18) and line[18] != " " for line in rest)
    # An address is copied whole.
    assert any(address in line for line in rest)
    assert all(len(line) <= max(columns, 42) for line in (first, *rest) if address not in line)
    assert " ".join([first[18:], *(line.strip() for line in rest)]) == sentence


def test_elsewhere_a_sentence_is_one_line(capsys):
    Output("p", "verify").sentence(["  "], "a word " * 100)
    assert len(capsys.readouterr().out.splitlines()) == 1
