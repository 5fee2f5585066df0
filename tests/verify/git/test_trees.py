"""Folders of commits that are read once: a known one is no reason to believe another's bytes."""

from __future__ import annotations

import pytest

from conda_provenance.errors import UnavailableError
from conda_provenance.verify.git import trees as trees_module
from conda_provenance.verify.git.objects import id_of
from conda_provenance.verify.git.trees import Trees

REMOTE = "https://github.com/o/n"


def tree(name: str) -> bytes:
    return b"100644 " + name.encode() + b"\0" + bytes(20)


def test_a_folder_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    known, raw = Trees(), tree("build.sh")
    sha = id_of("tree", raw, 40)
    first = known.entries(REMOTE, sha, raw)
    monkeypatch.setattr(trees_module, "parse_tree", None)
    assert known.entries(REMOTE, sha, bytes(raw)) is first
    assert [line.name for line in first] == ["build.sh"]


def test_other_bytes_are_not_taken_for_a_folder_that_is_known() -> None:
    known, raw = Trees(), tree("build.sh")
    sha = id_of("tree", raw, 40)
    known.entries(REMOTE, sha, raw)
    with pytest.raises(UnavailableError, match="not the tree"):
        known.entries(REMOTE, sha, tree("evil.sh"))
    with pytest.raises(UnavailableError, match="not the tree"):
        Trees().entries(REMOTE, sha, tree("evil.sh"))


def test_no_more_is_held_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees_module, "_MAX_BYTES", 100)
    known = Trees()
    for number in range(50):
        raw = tree(f"file-{number}")
        (line,) = known.entries(REMOTE, id_of("tree", raw, 40), raw)
        assert line.name == f"file-{number}"
        assert sum(len(each.raw) for each in known._known.values()) <= 100
    large = tree("x" * 200)
    assert known.entries(REMOTE, id_of("tree", large, 40), large)[0].name == "x" * 200
    assert sum(len(each.raw) for each in known._known.values()) <= 100
