"""Makes real git histories with git itself, and says which commit is which.

:func:`everyday` has one of everything that happens to a repository on a forge. ``python
histories.py FOLDER`` makes it by hand. Commits, dates and ids are the same every time.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

PROGRAM = shutil.which("git") or "git"
START = 1_760_000_000
"""Seconds since 1970 of the first commit. The others follow hour by hour."""

MAIN = "refs/heads/main"
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "LC_ALL": "C",
}


class File(NamedTuple):
    """A file of a commit."""

    data: bytes
    mode: str = "100644"


Contents: TypeAlias = "File | bytes | str | None"
"""``None`` deletes the file."""


def script(text: str) -> File:
    """An executable file."""
    return File(text.encode(), "100755")


def link(target: str) -> File:
    """A symbolic link."""
    return File(target.encode(), "120000")


def submodule(sha: str) -> File:
    return File(sha.encode(), "160000")


def files_below(folder: Path, at: str = "recipe") -> dict[str, Contents]:
    """All files of a folder as they are, for a commit that has them below ``at``."""
    found: dict[str, Contents] = {}
    for path in sorted(folder.rglob("*")):
        name = "/".join(filter(None, (at, path.relative_to(folder).as_posix())))
        if path.is_symlink():
            found[name] = link(os.readlink(path))
        elif path.is_file():
            is_script = path.stat().st_mode & 0o100
            found[name] = File(path.read_bytes(), "100755" if is_script else "100644")
    return found


class MadeChange(NamedTuple):
    """A pull request of a history. Commits by their names in :attr:`History.shas`."""

    number: int
    how: str
    """``merge``, ``squash``, ``rebase``, ``open``, ``closed`` or ``fork``."""
    author: str
    """A login."""
    branch: str
    """The name of the branch that it comes from. It is gone where the change has landed."""
    commits: tuple[str, ...]
    """The last one is the head."""
    landed: str | None = None
    """The commit that is on the branch since: the merge, the squash, or the last rebased one."""
    base: str = MAIN
    test_merge: str | None = None

    @property
    def head(self) -> str:
        return self.commits[-1]


@dataclass(frozen=True)
class History:
    """A bare repository. Copy it with :meth:`copy` before you change it."""

    folder: Path
    shas: dict[str, str] = field(default_factory=dict)
    """Commits by the names that they were made with."""
    changes: tuple[MadeChange, ...] = ()

    def __getitem__(self, name: str) -> str:
        return self.shas[name]

    def git(self, *arguments: str, given: bytes = b"") -> str:
        """Run git in the repository."""
        return run_git(self.folder, *arguments, given=given)

    def copy(self, folder: Path) -> History:
        shutil.copytree(self.folder, folder)
        return History(folder, dict(self.shas), self.changes)

    def commit(
        self,
        name: str,
        files: Mapping[str, Contents],
        *,
        on: str | None = MAIN,
        parents: Sequence[str] | None = None,
        message: str = "",
    ) -> str:
        """Add a commit, and move the ref ``on`` to it. Without ``parents``, after that ref's tip.

        Parents are names of commits, or their ids.
        """
        maker = Maker(self)
        if parents is None:
            tip = self.git("for-each-ref", "--format=%(objectname)", str(on))
            parents = [tip] if tip else []
        maker.commit(name, files, parents, message=message)
        if on is not None:
            maker.point(on, name)
        maker.write()
        return self.shas[name]

    def point(self, ref: str, name: str) -> None:
        """Set a ref, whatever it was before: a force-push."""
        self.git("update-ref", ref, self.shas.get(name, name))

    def delete(self, *refs: str) -> None:
        """Delete refs. The commits stay in the repository, as on a forge."""
        self.git("update-ref", "--stdin", given="".join(f"delete {ref}\n" for ref in refs).encode())


def run_git(folder: Path, *arguments: str, given: bytes = b"") -> str:
    done = subprocess.run(
        [PROGRAM, *arguments],
        cwd=folder,
        input=given,
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert not done.returncode, f"git {arguments}: {done.stderr.decode(errors='replace')}"
    return done.stdout.decode().strip()


def empty(folder: Path, *, object_format: str = "sha1") -> History:
    """A bare repository without commits."""
    folder.mkdir(parents=True)
    run_git(
        folder, "init", "-q", "--bare", "-b", "main", "--template=",
        f"--object-format={object_format}",
    )  # fmt: skip
    return History(folder)


class Maker:
    """Writes commits and refs by one ``git fast-import``."""

    def __init__(self, history: History) -> None:
        self.history = history
        self._stream = bytearray()
        self._marks: dict[str, int] = {}

    def commit(
        self,
        name: str,
        files: Mapping[str, Contents],
        parents: Iterable[str] = (),
        *,
        message: str = "",
        author: str = "Ada Author <ada@example.org>",
        committer: str = "",
    ) -> None:
        """A commit: the first parent's files, changed by ``files``."""
        mark = self._marks[name] = len(self._marks) + 1
        when = START + 3600 * (len(self.history.shas) + mark)
        text = (message or name).encode()
        self._line(f"commit refs/made/{mark}", f"mark :{mark}", f"author {author} {when} +0000")
        self._line(f"committer {committer or author} {when} +0000")
        self._data(text)
        for word, parent in zip(["from", *["merge"] * 20], parents, strict=False):
            self._line(f"{word} {self._known(parent)}")
        for path, contents in files.items():
            self._file(path, contents)
        self._line("")

    def point(self, ref: str, name: str) -> None:
        self._line(f"reset {ref}", f"from {self._known(name)}", "")

    def tag(self, name: str, commit: str) -> None:
        """An annotated tag."""
        self._line(f"tag {name}", f"from {self._known(commit)}")
        self._line(f"tagger Ada Author <ada@example.org> {START} +0000")
        self._data(b"a release")

    def write(self) -> History:
        marks = self.history.folder / "made-marks"
        self.history.git(
            "fast-import", "--quiet", "--force", f"--export-marks={marks}", given=self._stream
        )
        shas = dict(line.split() for line in marks.read_text().splitlines())
        self.history.shas.update({name: shas[f":{mark}"] for name, mark in self._marks.items()})
        self.history.delete(*(f"refs/made/{mark}" for mark in self._marks.values()))
        marks.unlink()
        return self.history

    def _known(self, name: str) -> str:
        return f":{self._marks[name]}" if name in self._marks else self.history.shas.get(name, name)

    def _file(self, path: str, contents: Contents) -> None:
        quoted = path if path.isprintable() and path[:1] != '"' else _quoted(path)
        if contents is None:
            self._line(f"D {quoted}")
            return

        if not isinstance(contents, File):
            contents = File(contents.encode() if isinstance(contents, str) else contents)
        if contents.mode == "160000":
            self._line(f"M 160000 {contents.data.decode()} {quoted}")
        else:
            self._line(f"M {contents.mode} inline {quoted}")
            self._data(contents.data)

    def _line(self, *lines: str) -> None:
        for line in lines:
            self._stream += line.encode("utf-8", "surrogateescape") + b"\n"

    def _data(self, data: bytes) -> None:
        self._stream += b"data %d\n%s\n" % (len(data), data)


def _quoted(path: str) -> str:
    escaped = "".join(
        f"\\{byte:03o}" if byte < 32 or byte > 126 or byte in b'"\\' else chr(byte)
        for byte in path.encode("utf-8", "surrogateescape")
    )
    return f'"{escaped}"'


RECIPE: Mapping[str, Contents] = {
    "recipe/recipe.yaml": (
        'package:\n  name: hello\n  version: "1.0"\nbuild:\n  noarch: generic\n  script: build.sh\n'
    ),
    "recipe/build.sh": script("echo hi > $PREFIX/hi\n"),
    "recipe/fix.patch": "--- a\n+++ b\n",
}
FORGE = "Forge <noreply@forge.example>"


def everyday(
    folder: Path, files: Mapping[str, Contents] | None = None, *, object_format: str = "sha1"
) -> History:
    """One of everything. ``files`` are in every commit; without them there is a small recipe.

    On ``main``, by first parents: ``first``, ``second``, ``merge``, ``squash``, ``rebased-1``,
    ``rebased``, ``tagged``, ``before-tip``, ``tip``. The names of all other commits say why they
    are not on it.
    """
    made = Maker(empty(folder, object_format=object_format))
    own = {**(RECIPE if files is None else files), "LICENSE.txt": "a license\n"}
    made.commit("first", {**own, "README.md": "hello\n"})
    made.commit("second", {"README.md": "hello there\n"}, ["first"])

    # 1: merged. Its commits are reachable only through the merge's second parent.
    made.commit("side-first", {"NEWS.md": "evil\n"}, ["second"], author=_BOB)
    made.commit("side", {"NEWS.md": "reverted\n"}, ["side-first"], author=_BOB)
    made.commit("merge", {"NEWS.md": "reverted\n"}, ["second", "side"], committer=FORGE)

    # 2: squashed.
    made.commit("squash-head-first", {"two.txt": "1\n"}, ["second"], author=_BOB)
    made.commit("squash-head", {"two.txt": "2\n"}, ["squash-head-first"], author=_BOB)
    made.commit("squash", {"two.txt": "2\n"}, ["merge"], author=_BOB, committer=FORGE)

    # 3: rebased.
    made.commit("rebase-head-first", {"three.txt": "1\n"}, ["merge"], author=_BOB)
    made.commit("rebase-head", {"three.txt": "2\n"}, ["rebase-head-first"], author=_BOB)
    made.commit("rebased-1", {"three.txt": "1\n"}, ["squash"], author=_BOB, committer=FORGE)
    made.commit("rebased", {"three.txt": "2\n"}, ["rebased-1"], author=_BOB, committer=FORGE)

    # 4 and 6: not merged. 5: from a fork, not merged either.
    made.commit("unmerged", {"four.txt": "1\n"}, ["rebased"], author=_BOB)
    made.commit("unmerged-test-merge", {"four.txt": "1\n"}, ["rebased", "unmerged"])
    made.commit("closed", {"six.txt": "1\n"}, ["rebased"], author=_BOB)
    made.commit("fork", {"five.txt": "1\n"}, ["rebased"], author="Mallory <m@example.org>")

    # Everything else.
    made.commit("maintenance", {"README.md": "hello 1.x\n"}, ["second"])
    made.commit("tag-only", {"README.md": "hello 0.9\n"}, ["first"])
    made.commit("deleted-branch", {"README.md": "gone\n"}, ["second"], author=_BOB)
    made.commit("forced-away", {"README.md": "a mistake\n"}, ["rebased"])
    made.commit("tagged", {"README.md": "hello 1.0\n"}, ["rebased"])
    made.commit("before-tip", {"README.md": "hello 1.1\n"}, ["tagged"])
    made.commit("tip", {"README.md": "hello 1.2\n"}, ["before-tip"])
    made.commit("unrelated", {"README.md": "another root\n"})

    for ref, name in _REFS.items():
        made.point(ref, name)
    made.tag("v1.0", "tagged")
    made.tag("v0.9", "tag-only")
    history = made.write()
    return History(history.folder, history.shas, _CHANGES)


_BOB = "Bob Builder <bob@example.org>"
_REFS = {
    MAIN: "tip",
    "refs/heads/1.x": "maintenance",
    "refs/heads/open-change": "unmerged",
    "refs/heads/pages": "unrelated",
    "refs/tags/v1.1": "before-tip",
    "refs/pull/1/head": "side",
    "refs/pull/2/head": "squash-head",
    "refs/pull/3/head": "rebase-head",
    "refs/pull/4/head": "unmerged",
    "refs/pull/4/merge": "unmerged-test-merge",
    "refs/pull/5/head": "fork",
    "refs/pull/6/head": "closed",
    "refs/merge-requests/6/head": "closed",
    "refs/keep-around/1": "forced-away",
}
_CHANGES = (
    MadeChange(1, "merge", "bob", "side-change", ("side-first", "side"), "merge"),
    MadeChange(2, "squash", "bob", "two", ("squash-head-first", "squash-head"), "squash"),
    MadeChange(3, "rebase", "bob", "three", ("rebase-head-first", "rebase-head"), "rebased"),
    MadeChange(4, "open", "bob", "open-change", ("unmerged",), test_merge="unmerged-test-merge"),
    MadeChange(5, "fork", "mallory", "evil", ("fork",)),
    MadeChange(6, "closed", "bob", "six", ("closed",)),
)


def fork_of(history: History, folder: Path) -> History:
    """The fork that change 5 comes from. Its ``main`` has the commit ``fork``."""
    fork = history.copy(folder)
    refs = fork.git("for-each-ref", "--format=%(refname)").split()
    fork.delete(*(ref for ref in refs if ref != MAIN))
    fork.point(MAIN, "fork")
    return fork


def shallow(history: History, folder: Path, depth: int = 2) -> History:
    """A clone that lacks the older commits, as some mirrors do."""
    run_git(
        history.folder.parent, "clone", "-q", "--mirror", f"--depth={depth}",
        history.folder.as_uri(), str(folder),
    )  # fmt: skip
    return History(folder, history.shas, history.changes)


def many(
    folder: Path,
    count: int = 10_000,
    *,
    folders: int = 100,
    files: Mapping[str, Contents] | None = None,
    object_format: str = "sha1",
) -> History:
    """A long line of commits, each of which changes one recipe of many: ``recipes/p7/meta.yaml``.

    Names: ``first``, ``middle``, ``near`` (three before the tip), ``tip``, each number from ``0``,
    ``unmerged`` (of an open change) and ``deleted``, two commits before the tip each. ``files``
    come with the tip, so that a package can be built from it.
    """
    maker = Maker(empty(folder, object_format=object_format))
    maker.commit("0", {f"recipes/p{n}/meta.yaml": _meta(n, 0) for n in range(folders)})
    for number in range(1, count):
        last = files if files is not None and number == count - 1 else {}
        which = number % folders
        changed = {f"recipes/p{which}/meta.yaml": _meta(which, number), **last}
        maker.commit(str(number), changed, [str(number - 1)], message=f"Change p{which}")

    places = {"first": 0, "middle": count // 2, "near": count - 4, "tip": count - 1}
    for name in ("unmerged", "deleted"):
        maker.commit(name, {"side.txt": name}, [str(count - 3)])
    maker.point(MAIN, str(count - 1))
    maker.point("refs/pull/1/head", "unmerged")
    history = maker.write()
    history.shas.update({name: history.shas[str(place)] for name, place in places.items()})
    history.git("repack", "-a", "-d", "-q", "-k")
    return history


def _meta(which: int, number: int) -> str:
    return f"package:\n  name: p{which}\n  version: {number}\n"


if __name__ == "__main__":
    made_by_hand = everyday(Path(sys.argv[1]))
    for commit_name, commit_sha in made_by_hand.shas.items():
        print(commit_sha, commit_name)
