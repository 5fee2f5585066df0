"""A replaced file is closed without waiting for its blocks to be freed."""

from __future__ import annotations

import os
import time

import pytest

from conda_provenance.packages.blob import open_file_blob
from conda_provenance.packages.files import release


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
