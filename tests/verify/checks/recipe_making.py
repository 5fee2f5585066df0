"""Packages that are really built from commits, and forgeries of them, for the checks by git.

:class:`HistoryRepository` stands in for the repositories that verify fetches: it asks git where the
history lies. It has all answers, and no network between.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from histories import ENVIRONMENT, PROGRAM, Contents, History, empty
from packages_making import tar, zip_members, zst

from conda_provenance.packages import stamp_package
from conda_provenance.packages.contents import PackageContents, PackageFile
from conda_provenance.packages.read_contents import read_contents
from conda_provenance.policy import Expectations
from conda_provenance.remotes import RemoteUrl
from conda_provenance.sources.files import package_at
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.outcome import Result
from conda_provenance.verify.repository import Commit, Entry, Position, Refs
from conda_provenance.verify.subject import Subject

REMOTE = "https://github.com/example/hello-feedstock"

_BUILD = """
import sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
import rattler_build
rattler_build.build_recipes([Path(sys.argv[1])], output_dir=sys.argv[2], channel=[])
"""


class HistoryRepository:
    """A history, asked by git in its own folder."""

    def __init__(self, history: History, remote: str = REMOTE) -> None:
        self.history = history
        self.remote = RemoteUrl.parse(remote)
        self.fetched: list[str] = []
        """Ids of the files whose contents were asked for."""

    def addresses(self) -> Sequence[RemoteUrl]:
        return (self.remote,)

    def refs(self) -> Refs:
        listed = self.history.git(
            "for-each-ref", "--format=%(refname) %(objectname) %(*objectname)",
            "refs/heads", "refs/tags",
        )  # fmt: skip
        commits = {line.split()[0]: line.split()[-1] for line in listed.splitlines()}
        return Refs("refs/heads/main" if commits else None, commits)

    def commit(self, sha: str) -> Commit | None:
        done = self._git("log", "-1", "--format=%T%n%P%n%an <%ae>%n%cn <%ce>%n%ct%n%s", sha, "--")
        if done.returncode:
            return None
        tree, parents, author, committer, when, subject = done.stdout.decode().split("\n", 5)
        return Commit(sha, tree, tuple(parents.split()), author, committer, int(when), subject)

    def position(self, sha: str, ref: str) -> Position:
        if sha in self.history.git("rev-list", "--first-parent", ref).split():
            return Position.ON_LINE
        return (
            Position.MERGED if sha in self.history.git("rev-list", ref).split() else Position.ABSENT
        )

    def refs_with(self, sha: str) -> Mapping[str, Position]:
        positions = {ref: self.position(sha, ref) for ref in self.refs().commits}
        return {ref: each for ref, each in positions.items() if each is not Position.ABSENT}

    def files(self, sha: str) -> Mapping[str, Entry]:
        listed = self._git("ls-tree", "-r", "-z", "--full-tree", sha).stdout
        entries = {}
        for line in filter(None, listed.split(b"\0")):
            about, _, path = line.decode("utf-8", "surrogateescape").partition("\t")
            mode, _, blob = about.split()
            entries[path] = Entry(mode, blob)
        return entries

    def blobs(self, sha: str, ids: Iterable[str]) -> Mapping[str, bytes]:
        ids = list(ids)
        self.fetched += ids
        return {each: self._git("cat-file", "blob", each).stdout for each in ids}

    def blob_ids(self, sha: str, contents: Sequence[bytes]) -> Sequence[str]:
        return [
            self._git("hash-object", "--no-filters", "--stdin", given=each).stdout.decode().strip()
            for each in contents
        ]

    def _git(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [PROGRAM, *arguments], cwd=self.history.folder, input=given, capture_output=True,
            env=ENVIRONMENT, check=False,
        )  # fmt: skip


class HistoryRepositories:
    def __init__(self, *repositories: Any) -> None:
        self._known = {each.remote: each for each in repositories}

    def expect(self, remote: RemoteUrl, shas: Iterable[str], *, with_files: bool) -> None: ...

    def of(self, remote: RemoteUrl) -> Any:
        return self._known[remote]


def checked(
    check: Check,
    contents: PackageContents,
    repository: Any,
    answers: Answers | None = None,
    **expected: Any,
) -> Result:
    """How a check of the package with these contents ends.

    ``answers`` are those that the repository asks.
    """
    artifact = package_at(contents.package.location)
    subject = Subject(artifact, contents, repository.remote)
    lookup: Any = None
    world = World(HistoryRepositories(repository), lookup, 0.0, answers or Answers())
    return check.run(Case(subject, Expectations(**expected), {}), world)


def one_commit(folder: Path, files: Mapping[str, Contents], **options: Any) -> History:
    """A history of one commit, ``first``, on ``main``."""
    history = empty(folder, **options)
    history.commit("first", files)
    return history


def checkout(history: History, sha: str, folder: Path) -> Path:
    """The files of a commit, as a clone has them."""
    for arguments in (
        ("clone", "-q", "--no-checkout", str(history.folder), str(folder)),
        ("-C", str(folder), "fetch", "-q", "origin", sha),
        ("-C", str(folder), "checkout", "-q", sha),
    ):
        command = [PROGRAM, "-c", "protocol.file.allow=always", *arguments]
        subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT)
    return folder


def rattler_build(recipe: Path, out: Path) -> list[Path]:
    """The packages that rattler-build's real engine makes of a recipe."""
    pytest.importorskip("rattler_build", reason="py-rattler-build is not installed here")
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(recipe), str(out)], capture_output=True, check=False
    )
    assert not done.returncode, done.stderr.decode(errors="replace")[-2000:]
    return sorted(out.glob("*/*.conda"))


def stamped(package: Path, sha: str, remote: str = REMOTE) -> PackageContents:
    """What a package holds that says that it is of this commit."""
    stamp_package(package, {"sha": sha, "remote_url": remote})
    return read_contents(package, whole=True)


def repacked(
    contents: PackageContents,
    folder: Path,
    changes: Mapping[str, PackageFile | bytes | None] = {},
    payload: Mapping[str, bytes] = {},
) -> PackageContents:
    """The package with other files, made by hand: a forgery. ``None`` takes a file out."""
    files = dict(contents.files)
    for name, change in changes.items():
        if change is None:
            del files[name]
        elif isinstance(change, bytes):
            was = files.get(name)
            files[name] = PackageFile(name, change, False, was.is_executable if was else False)
        else:
            files[name] = change

    stem = Path(contents.package.location).name.removesuffix(".conda")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.conda"
    scripts = {name: PackageFile(name, data, False, True) for name, data in payload.items()}
    members = [
        ("metadata.json", b'{"conda_pkg_format_version": 2}'),
        (f"pkg-{stem}.tar.zst", zst(tar([_member(each) for each in scripts.values()]))),
        (f"info-{stem}.tar.zst", zst(tar([_member(each) for each in files.values()]))),
    ]
    zip_members(path, members)
    return read_contents(path, whole=True)


def in_subdir(contents: PackageContents, subdir: str, folder: Path) -> PackageContents:
    """The package as one for this system."""
    index = json.loads(contents.files["info/index.json"].data)
    return repacked(
        contents, folder, {"info/index.json": json.dumps({**index, "subdir": subdir}).encode()}
    )


def _member(file: PackageFile) -> tuple[tarfile.TarInfo, bytes | None]:
    info = tarfile.TarInfo(file.name)
    info.mode = 0o755 if file.is_executable else 0o644
    if file.is_link:
        info.type, info.linkname = tarfile.SYMTYPE, file.data.decode()
        return info, None
    info.size = len(file.data)
    return info, file.data
