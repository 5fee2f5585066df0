"""A replaced file is closed without waiting for its blocks to be freed."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from packages_making import make_conda

from conda_provenance.packages import read_about
from conda_provenance.packages.blob import open_file_blob
from conda_provenance.packages.files import release

STAMP = """
import signal, sys
from conda_provenance.packages import expect_exit, stamp_package
from conda_provenance.packages.files import release
release.SOON_WRITTEN = 0
if "child" in sys.argv:
    expect_exit()
if "ignored" in sys.argv:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if "refused" in sys.argv:
    def refuse():
        raise OSError(11, "Resource temporarily unavailable")
    release.os.fork = refuse
for number in range(3):
    assert stamp_package(sys.argv[1], {"sha": str(number)})
print(len(release._children))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.parametrize(
    ("words", "has_children"),
    [([], False), (["child"], True), (["child", "ignored"], True), (["child", "refused"], False)],
)
def test_a_child_frees_the_blocks_only_if_the_process_ends_soon(tmp_path, words, has_children):
    package = make_conda(tmp_path, {})
    command = [sys.executable, "-c", STAMP, str(package), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert (int(done.stdout) > 0) is has_children
    assert done.stderr == ""
    assert read_about(package)["extra"]["sha"] == "2"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_nobody_waits_for_a_child_that_takes_long(tmp_path):
    """Neither the process nor whoever reads its output."""
    package = make_conda(tmp_path, {})
    slow = STAMP.replace("for number", "release.os._exit = lambda status: os_exit()\nfor number", 1)
    slow = "import os, time\nend = os._exit\ndef os_exit():\n    time.sleep(8)\n    end(0)\n" + slow
    started = time.monotonic()
    command = [sys.executable, "-c", slow, str(package), "child"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert int(done.stdout) > 0
    assert time.monotonic() - started < 7


@pytest.fixture
def replaced(tmp_path, monkeypatch):
    """A large file that is open and has no name any more."""
    monkeypatch.setattr(release, "SOON_WRITTEN", 10)
    (tmp_path / "x").write_bytes(bytes(50))
    blob = open_file_blob(tmp_path / "x")
    (tmp_path / "x").unlink()
    return blob


def no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed on Windows")
def test_a_replaced_file_is_closed_by_a_thread(replaced):
    release.close_replaced(replaced)
    for _ in range(500):
        if replaced.file.closed:
            break
        time.sleep(0.01)
    assert replaced.file.closed


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed on Windows")
def test_without_threads_it_is_closed_at_once(replaced, monkeypatch):
    monkeypatch.setattr(release, "start_new_thread", no_thread)
    release.close_replaced(replaced)
    assert replaced.file.closed


def test_a_file_that_was_not_replaced_is_closed_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(release, "SOON_WRITTEN", 10)
    monkeypatch.setattr(release, "start_new_thread", lambda *_: pytest.fail("a thread"))
    (tmp_path / "x").write_bytes(bytes(50))
    blob = open_file_blob(tmp_path / "x")
    release.close_replaced(blob)
    assert blob.file.closed
    release.close_replaced(blob)
