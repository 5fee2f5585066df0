"""What is in raw git objects: commits and trees, and the ids that prove them.

Everything here was written by strangers. Where the objects come from is not known here.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

from conda_provenance.errors import UnavailableError
from conda_provenance.verify.repository import Commit, Entry

TREE = "40000"
_LINES = {
    40: re.compile(rb"([0-7]{5,7}) ([^\0]*)\0(.{20})", re.DOTALL),
    64: re.compile(rb"([0-7]{5,7}) ([^\0]*)\0(.{32})", re.DOTALL),
}
"""A line of a tree, by the digits of an id."""


class TreeEntry(NamedTuple):
    """A line of a tree."""

    name: str
    entry: Entry


def id_of(kind: str, data: bytes, length: int) -> str:
    """The id of an object, in a repository whose ids have so many digits."""
    make = hashlib.sha256 if length == 64 else hashlib.sha1
    return make(b"%s %d\0" % (kind.encode(), len(data)) + data).hexdigest()


def check_id(kind: str, data: bytes, id: str) -> None:
    """Raise :class:`~conda_provenance.errors.UnavailableError` if it is another object."""
    if id_of(kind, data, len(id)) != id:
        raise UnavailableError(f"An answer of git is not the {kind} that was asked for.")


@lru_cache(maxsize=8)
def parse_commit(sha: str, data: bytes) -> Commit:
    """A commit object, whose id was checked. Several checks ask for it, one after the other."""
    head, _, message = data.partition(b"\n\n")
    fields: dict[str, list[str]] = {}
    for line in head.decode("utf-8", "replace").split("\n"):
        name, _, value = line.partition(" ")
        fields.setdefault(name, []).append(value)

    trees = fields.get("tree", [])
    tree, parents = trees[0] if trees else "", fields.get("parent", [])
    if not all(_is_id(each, len(sha)) for each in (tree, *parents)):
        raise UnavailableError("The commit is damaged: it names no tree.")

    author, _ = _person(fields.get("author", [""])[0])
    committer, committed = _person(fields.get("committer", [""])[0])
    subject = message.lstrip(b"\n").partition(b"\n")[0].decode("utf-8", "replace")
    return Commit(sha, tree, tuple(parents), author, committer, committed, subject)


def _person(line: str) -> tuple[str, int]:
    match = re.fullmatch(r"(.*?) ?(-?\d{1,15}) [+-]\d{1,8}", line)
    return (match[1], int(match[2])) if match else (line, 0)


def _is_id(text: str, length: int) -> bool:
    return len(text) == length and re.fullmatch(r"[0-9a-f]+", text) is not None


def parse_tree(data: bytes, length: int) -> list[TreeEntry]:
    """The lines of a tree object. ``length``: the digits of the repository's ids."""
    entries: list[TreeEntry] = []
    names: set[bytes] = set()
    at, line = 0, _LINES[length]
    while at < len(data):
        match = line.match(data, at)
        if match is None:
            raise UnavailableError("The commit's files are damaged: a folder cannot be read.")

        mode, name, target = match.groups()
        if name in (b"", b".", b"..") or b"/" in name or name in names:
            raise UnavailableError("The commit has a file with a name that no file can have.")

        names.add(name)
        entry = Entry(_mode(mode), target.hex())
        entries.append(TreeEntry(name.decode("utf-8", "surrogateescape"), entry))
        at = match.end()
    return entries


@lru_cache(maxsize=100)
def _mode(mode: bytes) -> str:
    """The mode as git reads it: old ones have zeros before them, or other bits."""
    number = int(mode, 8)
    kind = number & 0o170000
    if kind == 0o040000:
        return TREE
    if kind == 0o100000:
        return "100755" if number & 0o100 else "100644"
    return "120000" if kind == 0o120000 else "160000"
