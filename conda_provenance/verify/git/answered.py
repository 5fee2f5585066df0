"""``AnsweredRepository``: a repository as its answers tell it, whoever gives them.

The answers are raw commits and trees where there can be such, each proved by its id. So a run from
recorded answers sees what the first run saw, and an edited one is noticed. Nothing is fetched here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from conda_provenance.errors import UnavailableError
from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.values import is_full_sha
from conda_provenance.verify.answers import Answer, Answers
from conda_provenance.verify.git.objects import (
    TREE,
    TreeEntry,
    check_id,
    parse_commit,
)
from conda_provenance.verify.git.ref_list import parse_refs
from conda_provenance.verify.git.trees import Trees
from conda_provenance.verify.repository import Commit, Entry, Position, Refs

_MAX_FILES = 300_000
_MAX_DEPTH = 64
_MAX_NAMES = 64 << 20
"""Characters of all paths together: a few small folders, each in the next, make millions."""


class RefList(NamedTuple):
    """The list of refs as git prints it, and the address that answered."""

    listing: bytes
    address: str


class Source(Protocol):
    """Who is asked if there is no answer yet."""

    @property
    def scope(self) -> str:
        """Which token it is asked with, by a digest. Empty: with none."""

    def refs(self) -> RefList: ...
    def commit(self, sha: str) -> bytes | None: ...
    def trees(self, sha: str, ids: Sequence[str]) -> Mapping[str, bytes]: ...
    def blobs(self, sha: str, ids: Sequence[str]) -> Mapping[str, bytes]: ...
    def position(self, sha: str, tip: str) -> Position: ...
    def positions(self, sha: str, tips: Mapping[str, str]) -> Mapping[str, Position]: ...


BlobIds = Callable[[Sequence[bytes], str], Sequence[str]]
"""The ids of contents, in the repository that has this commit."""


class AnsweredRepository:
    """Implements :class:`~conda_provenance.verify.repository.Repository`."""

    def __init__(
        self,
        remote: RemoteUrl,
        answers: Answers,
        source: Source,
        blob_ids: BlobIds,
        trees: Trees | None = None,
    ) -> None:
        self._remote = remote
        self._answers = answers
        self._source = source
        self._blob_ids = blob_ids
        self._known_trees = trees or Trees()

    @property
    def remote(self) -> RemoteUrl:
        return self._remote

    def addresses(self) -> Sequence[RemoteUrl]:
        answered = self._refs_answer().about.get("address", "")
        try:
            there = RemoteUrl.parse(answered)
        except RemoteUrlError:
            raise UnavailableError("The address that answered was not kept.") from None
        return tuple(dict.fromkeys((self._remote, there)))

    def refs(self) -> Refs:
        return parse_refs(self._refs_answer().body)

    def commit(self, sha: str) -> Commit | None:
        raw = self._raw_commit(sha)
        return None if raw is None else parse_commit(sha, raw)

    def position(self, sha: str, ref: str) -> Position:
        _require_sha(sha)
        tip = self.refs().commits.get(ref)
        if tip is None:
            raise UnavailableError(f"{self._remote} does not have the branch or tag asked for.")

        def ask() -> Answer:
            found = self._source.position(sha, tip)
            is_lasting = found is not Position.ABSENT
            return Answer(found.value.encode(), {"tip": tip}, is_lasting=is_lasting)

        def is_of_tip(answer: Answer) -> bool:
            return answer.about.get("tip") == tip

        # The branch may have moved since an earlier run asked.
        answer = self._get(f"git position {self._remote} {sha} {ref}", ask, is_of_tip)
        if not is_of_tip(answer):
            raise UnavailableError(f"What was kept about {self._remote} is of another tip.")
        return _position(answer.body.decode("ascii", "replace"))

    def refs_with(self, sha: str) -> Mapping[str, Position]:
        _require_sha(sha)
        tips = self.refs().commits

        def ask() -> Answer:
            found = self._source.positions(sha, tips)
            named = {name: position.value for name, position in sorted(found.items())}
            return Answer(json.dumps(named).encode(), is_lasting=bool(named))

        answer = self._get(f"git refs-with {self._remote} {sha}", ask)
        return {name: _position(word) for name, word in _words(answer.body) if name in tips}

    def files(self, sha: str) -> Mapping[str, Entry]:
        commit = self._existing(sha)
        files: dict[str, Entry] = {}
        known: dict[str, Sequence[TreeEntry]] = {}
        level = [("", commit.tree)]
        room = _MAX_NAMES
        for _ in range(_MAX_DEPTH):
            if not level:
                return files
            new = [tree for _, tree in level if tree not in known]
            known |= self._trees(sha, new)
            below: list[tuple[str, str]] = []
            for folder, tree in level:
                for name, entry in known[tree]:
                    path = f"{folder}{name}"
                    room -= len(path)
                    if entry.mode == TREE:
                        below.append((f"{path}/", entry.id))
                    else:
                        files[path] = entry
                if room < 0 or len(files) + len(below) > _MAX_FILES:
                    raise UnavailableError(f"The commit of {self._remote} has too many files.")
            level = below
        raise UnavailableError(f"The commit of {self._remote} has folders in folders too deep.")

    def blobs(self, sha: str, ids: Iterable[str]) -> Mapping[str, bytes]:
        self._existing(sha)
        found = self._all(sha, "blob", list(dict.fromkeys(ids)), self._source.blobs)
        for each, data in found.items():
            check_id("blob", data, each)
        return found

    def blob_ids(self, sha: str, contents: Sequence[bytes]) -> Sequence[str]:
        _require_sha(sha)
        return self._blob_ids(contents, sha) if contents else []

    def _refs_answer(self) -> Answer:
        def ask() -> Answer:
            found = self._source.refs()
            return Answer(found.listing, {"address": found.address})

        return self._get(f"git refs {self._remote}", ask)

    def _raw_commit(self, sha: str) -> bytes | None:
        _require_sha(sha)

        def ask() -> Answer:
            raw = self._source.commit(sha)
            if raw is None:
                return Answer(b"", {"absent": "yes"}, is_lasting=False)
            return Answer(raw)

        answer = self._get(f"git commit {self._remote} {sha}", ask)
        if answer.about.get("absent") == "yes":
            return None
        check_id("commit", answer.body, sha)
        return answer.body

    def _existing(self, sha: str) -> Commit:
        commit = self.commit(sha)
        if commit is None:
            raise UnavailableError(f"{self._remote} has no such commit.")
        return commit

    def _trees(self, sha: str, ids: Sequence[str]) -> dict[str, Sequence[TreeEntry]]:
        found = self._all(sha, "tree", list(dict.fromkeys(ids)), self._source.trees)
        known, remote = self._known_trees, str(self._remote)
        return {each: known.entries(remote, each, raw) for each, raw in found.items()}

    def _all(
        self,
        sha: str,
        kind: str,
        ids: list[str],
        ask_all: Callable[[str, Sequence[str]], Mapping[str, bytes]],
    ) -> dict[str, bytes]:
        """Objects by their ids, unchecked. The first that nobody has asked for brings all."""

        found: dict[str, bytes] = {}

        def ask(wanted: str) -> Answer:
            if not found:
                found.update(ask_all(sha, ids))
            if wanted not in found:
                raise UnavailableError(f"The server of {self._remote} lacks a {kind}.")
            return Answer(found[wanted])

        start = f"git {kind} {self._remote}"
        return {each: self._get(f"{start} {each}", partial(ask, each)).body for each in ids}

    def _get(
        self,
        question: str,
        ask: Callable[[], Answer],
        is_usable: Callable[[Answer], bool] = lambda _: True,
    ) -> Answer:
        scope = self._source.scope

        def asked() -> Answer:
            return ask()._replace(with_token=bool(scope))

        return self._answers.get(question, asked, scope=scope, is_usable=is_usable)


def _require_sha(sha: str) -> None:
    if not is_full_sha(sha):
        raise UnavailableError("Only a whole commit id can be asked for.")


def _position(word: str) -> Position:
    try:
        return Position(word)
    except ValueError:
        raise UnavailableError("An answer of git cannot be read.") from None


def _words(body: bytes) -> list[tuple[str, str]]:
    try:
        named = json.loads(body)
    except ValueError:
        named = None
    if not isinstance(named, dict):
        raise UnavailableError("An answer of git cannot be read.")
    return [(str(name), str(word)) for name, word in named.items()]
