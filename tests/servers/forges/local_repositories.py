"""A stand-in for the repositories that verify fetches: it reads a history where it lies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from histories import History

from conda_provenance.errors import UnavailableError
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.repository import Commit, Entry, Position, Refs


class LocalRepository:
    def __init__(self, remote: RemoteUrl, history: History) -> None:
        self.remote = remote
        self.history = history
        self.gone: set[str] = set()
        """Commits that the server no longer serves."""

    def addresses(self) -> Sequence[RemoteUrl]:
        return (self.remote,)

    def refs(self) -> Refs:
        listed = self.history.git(
            "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags"
        )
        return Refs("refs/heads/main", dict(line.split() for line in listed.splitlines()))

    def commit(self, sha: str) -> Commit | None:
        if sha in self.gone:
            return None
        try:
            shown = self.history.git(
                "show", "-s", "--format=%T%n%P%n%an <%ae>%n%cn <%ce>%n%ct%n%s", sha
            )
        except AssertionError:
            return None
        tree, parents, author, committer, when, subject = shown.split("\n", 5)
        return Commit(sha, tree, tuple(parents.split()), author, committer, int(when), subject)

    def position(self, sha: str, ref: str) -> Position:
        raise UnavailableError("This stand-in does not know that.")

    def refs_with(self, sha: str) -> Mapping[str, Position]:
        raise UnavailableError("This stand-in does not know that.")

    def files(self, sha: str) -> Mapping[str, Entry]:
        listed = self.history.git("ls-tree", "-r", sha)
        entries = {}
        for line in listed.splitlines():
            about, _, path = line.partition("\t")
            mode, _, blob = about.split()
            entries[path] = Entry(mode, blob)
        return entries

    def blobs(self, sha: str, ids: Iterable[str]) -> Mapping[str, bytes]:
        raise UnavailableError("This stand-in does not know that.")

    def blob_ids(self, sha: str, contents: Sequence[bytes]) -> Sequence[str]:
        raise UnavailableError("This stand-in does not know that.")


class LocalRepositories:
    def __init__(self, repository: LocalRepository) -> None:
        self.repository = repository
        self.expected: list[tuple[RemoteUrl, tuple[str, ...], bool]] = []

    def expect(
        self,
        remote: RemoteUrl,
        shas: Iterable[str],
        *,
        with_files: bool,
        with_token: bool = True,
        contents: Iterable[bytes] = (),
    ) -> None:
        self.expected.append((remote, tuple(shas), with_files))

    def of(self, remote: RemoteUrl, *, with_token: bool = True) -> LocalRepository:
        assert remote == self.repository.remote
        return self.repository
