"""The same with other versions of git, those that ``CONDA_PROVENANCE_TEST_GITS`` names.

They may be built without http, so they read the repository as a file: a stand-in for a server.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from git_asking import QUICK
from histories import MAIN, History, everyday, shallow

from conda_provenance.errors import UnavailableError
from conda_provenance.git.addresses import Way
from conda_provenance.git.network import OLDEST, Fault, GitServer, ServerError
from conda_provenance.git.processes import Processes
from conda_provenance.net import Origin
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.git import clone as cloning
from conda_provenance.verify.git.clone import Clone
from conda_provenance.verify.git.opening import Listing, Tools
from conda_provenance.verify.git.ref_list import parse_refs
from conda_provenance.verify.repository import Position

GITS = [
    os.path.abspath(program)
    for program in (
        shutil.which("git"),
        *os.environ.get("CONDA_PROVENANCE_TEST_GITS", "").split(os.pathsep),
    )
    if program
]


def version_of(program: str) -> tuple[int, ...]:
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:3]))


def no_probe(url: str) -> object:
    raise UnavailableError(f"{url} is a file")


@pytest.fixture(params=GITS, ids=[".".join(map(str, version_of(program))) for program in GITS])
def tools(request: pytest.FixtureRequest, tmp_path: Path) -> Tools:
    version = version_of(request.param)
    if version[:2] < OLDEST:
        pytest.skip("this git is too old to ask servers")
    processes = Processes(request.param, QUICK)
    return Tools(processes, version, tmp_path / "clones", no_probe)  # type: ignore[arg-type]


def clone_of(history: History, tools: Tools, monkeypatch: pytest.MonkeyPatch, *names: str) -> Clone:
    history.git("config", "uploadpack.allowFilter", "true")
    history.git("config", "uploadpack.allowAnySHA1InWant", "true")
    remote = RemoteUrl.parse("https://forge.example.org/o/n")

    def open_file(tools: Tools, _: RemoteUrl, folder: str) -> Listing:
        way = Way(Origin("file", "forge.example.org", 1), "file")
        environ = {"PATH": os.path.dirname(tools.processes.program)}
        server = GitServer(history.folder.as_uri(), way, tools.processes, environ=environ)
        return Listing(server, server.list_refs(folder), remote)

    monkeypatch.setattr(cloning, "open_server", open_file)
    clone = Clone(tools, remote, 1)
    clone.announce([history[name] for name in names], with_files=True)
    return clone


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
@pytest.mark.parametrize("names", [("second",), ("first", "side", "tip", "fork")])
def test_commits_and_their_places(
    tools: Tools,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    object_format: str,
    names: tuple[str, ...],
) -> None:
    history = everyday(tmp_path / "h.git", object_format=object_format)
    clone = clone_of(history, tools, monkeypatch, *names)
    refs = parse_refs(clone.listing().refs)
    assert refs.default == MAIN
    places = {"side": Position.MERGED, "fork": Position.ABSENT}
    for name in names:
        raw = clone.commit(history[name])
        assert raw is not None
        tree = raw[5 : 5 + len(history[name])].decode()
        assert b"README.md" in clone.trees(history[name], [tree])[tree]
        expected = places.get(name, Position.ON_LINE)
        assert clone.position(history[name], refs.commits[MAIN]) is expected
        found = clone.positions(history[name], refs.commits)
        assert (MAIN in found) is (name != "fork")
    unknown = "1" * len(history["tip"])
    assert clone.commit(unknown) is None
    blob = clone.blobs(
        history[names[0]], [history.git("rev-parse", f"{history[names[0]]}:recipe/build.sh")]
    )
    assert list(blob.values()) == [b"echo hi > $PREFIX/hi\n"]


def test_a_shallow_server(tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = shallow(everyday(tmp_path / "h.git"), tmp_path / "s.git")
    clone = clone_of(history, tools, monkeypatch, "first", "tip")
    with pytest.raises(UnavailableError, match="only a part of its history"):
        clone.commit(history["first"])
    assert clone.commit(history["tip"])


def test_its_errors_are_understood(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = everyday(tmp_path / "h.git")
    server = clone_of(history, tools, monkeypatch).listing().server
    folder = str(tools.folder / "1" / "1")
    with pytest.raises(ServerError) as caught:
        server.fetch(folder, [f"+{'1' * 40}:refs/verify/c1"], depth=1, leave_out="tree:0")
    assert caught.value.fault is Fault.UNKNOWN
    assert set(caught.value.ids) == {"1" * 40}
