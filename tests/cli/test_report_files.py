"""The files of a report: whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from conda_provenance.cli.report_files import Form, is_step_summary, require_places, write_forms
from conda_provenance.errors import UsageError


def _form(path, text="new\r\n", **further) -> Form:
    return Form("--csv", str(path), lambda file: file.write(text) and None, **further)


def _fails(_file) -> None:
    raise OSError(28, "No space left on device")


def _left(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_file_is_written_with_its_own_line_ends(tmp_path):
    write_forms([_form(tmp_path / "a.csv")])
    assert (tmp_path / "a.csv").read_bytes() == b"new\r\n"
    assert _left(tmp_path) == ["a.csv"]


def test_no_file_is_changed_if_one_of_them_cannot_be_written(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(OSError, match="No space"):
        write_forms([_form(tmp_path / "a"), Form("--html", str(tmp_path / "b"), _fails)])
    assert (tmp_path / "a").read_text() == "old"
    assert _left(tmp_path) == ["a"]


def test_an_error_names_the_file_that_was_given(tmp_path):
    with pytest.raises(OSError, match="No space") as caught:
        write_forms([Form("--html", str(tmp_path / "b"), _fails)])
    assert caught.value.filename == str(tmp_path / "b")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_device_is_named():
    with pytest.raises(OSError, match="No space") as caught:
        write_forms([_form("/dev/full")])
    assert caught.value.filename == "/dev/full"


def test_nothing_is_printed_or_appended_either(tmp_path, capsys):
    (tmp_path / "summary").write_text("old")
    appended = _form(tmp_path / "summary", appends=True)
    with pytest.raises(OSError, match="No space"):
        write_forms([_form("-"), appended, Form("--html", str(tmp_path / "b"), _fails)])
    assert (tmp_path / "summary").read_text() == "old"
    assert capsys.readouterr().out == ""


def test_a_ctrl_c_in_the_middle_leaves_nothing(tmp_path):
    def interrupted(file):
        file.write("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_forms([Form("--csv", str(tmp_path / "a"), interrupted)])
    assert _left(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_file_keeps_its_mode_and_a_new_one_obeys_the_umask(tmp_path):
    (tmp_path / "old").write_text("")
    (tmp_path / "old").chmod(0o600)
    before = os.umask(0o027)
    try:
        write_forms([_form(tmp_path / "old"), _form(tmp_path / "new")])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no links without rights")
def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_forms([_form(tmp_path / "link")])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_what_is_no_plain_file_is_written_to_and_stays_what_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_forms([_form(tmp_path / "pipe")])
    assert os.read(reader, 100) == b"new\r\n"
    os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_a_step_summary_is_appended_to(tmp_path):
    path = tmp_path / "summary"
    path.write_text("of a program before\n")
    assert is_step_summary(str(path), {"GITHUB_STEP_SUMMARY": str(path)})
    assert not is_step_summary(str(path), {"GITHUB_STEP_SUMMARY": ""})
    assert not is_step_summary(str(path), {})

    write_forms([_form(path, appends=True)])
    assert path.read_bytes() == b"of a program before\nnew\r\n"


def test_standard_output_takes_one_form(capsys):
    write_forms([_form("-", "text–\n")])
    assert capsys.readouterr().out == "text–\n"
    require_places([("--csv", "-")], stdout_is_taken=False)
    with pytest.raises(UsageError, match=r"--csv - and --json both"):
        require_places([("--csv", "-")], stdout_is_taken=True)
    with pytest.raises(UsageError, match=r"--csv - and --junit both"):
        require_places([("--csv", "-"), ("--junit", "-")], stdout_is_taken=False)


def test_what_can_surely_not_be_written_is_said_before_the_work(tmp_path):
    def refused(*places):
        with pytest.raises(UsageError) as caught:
            require_places(list(places), stdout_is_taken=False)
        return str(caught.value)

    assert "does not exist" in refused(("--csv", str(tmp_path / "none" / "x.csv")))
    assert "is none" in refused(("--csv", str(tmp_path)))
    assert "an empty text" in refused(("--csv", ""))
    same = refused(("--csv", str(tmp_path / "x")), ("--junit", f"{tmp_path}/./x"))
    assert "--csv and --junit both name" in same
    require_places([("--csv", str(tmp_path / "x")), ("--junit", "-")], stdout_is_taken=False)
