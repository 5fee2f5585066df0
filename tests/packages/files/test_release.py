"""A replaced file is closed without waiting for its blocks to be freed."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from packages_making import make_conda

from conda_provenance.packages.blob import open_file_blob
from conda_provenance.packages.files import release

STAMP = """
import sys
from conda_provenance.packages import expect_exit, stamp_package
from conda_provenance.packages.files import release
release.SOON_WRITTEN = 0
release._IDLE = sys.argv[3]
if sys.argv[2] == "child":
    expect_exit()
for number in range(3):
    assert stamp_package(sys.argv[1], {"sha": str(number)})
print(len(release._children))
"""


@pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="processes start otherwise here")
@pytest.mark.parametrize(
    ("mode", "program", "children"),
    [("child", "/bin/sh", 1), ("child", "/no/such/program", 0), ("thread", "/bin/sh", 0)],
)
def test_large_files_are_closed_by_a_child_if_the_process_ends_soon(
    tmp_path, mode, program, children
):
    package = make_conda(tmp_path, {})
    command = [sys.executable, "-c", STAMP, str(package), mode, program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert bool(int(done.stdout)) == bool(children)
    assert done.stderr == ""


@pytest.mark.skipif(not hasattr(os, "posix_spawn"), reason="processes start otherwise here")
def test_where_the_system_collects_children_itself(tmp_path):
    """A program that ignores SIGCHLD leaves that to those it starts."""
    package = make_conda(tmp_path, {})
    ignore = "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    command = [sys.executable, "-c", ignore + STAMP, str(package), "child", "/bin/sh"]
    subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)


@pytest.mark.skipif(not os.path.exists("/bin/sleep"), reason="there is no /bin/sleep here")
def test_nobody_waits_for_the_child(tmp_path):
    """Neither the process nor whoever reads its output."""
    package = make_conda(tmp_path, {})
    idle = tmp_path / "idle"
    idle.write_text("#!/bin/sh\nexec sleep 20\n")
    idle.chmod(0o755)
    command = [sys.executable, "-c", STAMP, str(package), "child", str(idle)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=15)
    assert int(done.stdout) == 3


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
