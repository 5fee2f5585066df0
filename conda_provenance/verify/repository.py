"""``Repository``: what can be asked of a git repository, and the answers. Nothing is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from conda_provenance.remotes import RemoteUrl


class Refs(NamedTuple):
    """The branches and tags of a repository."""

    default: str | None
    """The full name of the default branch. ``None``: the server does not tell."""
    commits: Mapping[str, str]
    """Each full name, and the commit that it leads to. Only ``refs/heads/`` and ``refs/tags/``."""


class Position(str, Enum):
    """Where a commit is, seen from a branch or a tag."""

    ON_LINE = "on-line"
    """On its first-parent line: it has been the tip of the branch."""
    MERGED = "merged"
    """Reachable only through a merge's other parent: it never was the branch."""
    ABSENT = "absent"


class Entry(NamedTuple):
    """A file of a commit."""

    mode: str
    """``100644``, ``100755``, ``120000`` for a link or ``160000`` for a submodule."""
    id: str
    """The id of its blob, or the submodule's commit."""


class Commit(NamedTuple):
    """A commit, as it stands in its repository."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: str
    """Name and address, as the commit says. Anybody can write anything there."""
    committer: str
    committed: int
    """Seconds since 1970, UTC."""
    subject: str


class Repository(Protocol):
    """One repository. Methods raise :class:`~conda_provenance.errors.UnavailableError`.

    What was announced to :class:`Repositories` is asked in as few questions as there can be.
    """

    @property
    def remote(self) -> RemoteUrl:
        """The address that was asked."""

    def addresses(self) -> Sequence[RemoteUrl]:
        """It, and every further address that it led to, as after a rename."""

    def refs(self) -> Refs: ...

    def commit(self, sha: str) -> Commit | None:
        """``None``: the repository says that it has no such commit."""

    def position(self, sha: str, ref: str) -> Position:
        """Where the commit is, seen from a branch or tag, by its full name."""

    def refs_with(self, sha: str) -> Mapping[str, Position]:
        """Every branch and tag that has it."""

    def files(self, sha: str) -> Mapping[str, Entry]:
        """Every file of a commit, by its path from the top."""

    def blobs(self, sha: str, ids: Iterable[str]) -> Mapping[str, bytes]:
        """The contents of some of a commit's files, by their ids. Fetched only when asked for."""

    def blob_ids(self, sha: str, contents: Sequence[bytes]) -> Sequence[str]:
        """The ids that these contents would have in this repository, as git computes them."""


class Repositories(Protocol):
    """All repositories of one run."""

    def expect(
        self,
        remote: RemoteUrl,
        shas: Iterable[str],
        *,
        with_files: bool,
        with_token: bool = True,
        contents: Iterable[bytes] = (),
    ) -> None:
        """These commits will be asked for. Call it for all packages before the first question.

        ``contents``: what will be held against them, for :meth:`Repository.blob_ids`.
        """

    def of(self, remote: RemoteUrl, *, with_token: bool = True) -> Repository:
        """``with_token``: may the user's token be sent there?"""
