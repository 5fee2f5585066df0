"""``EvidenceFolder``: writes and reads the files of evidence, one for each package.

A file that is read may be anybody's: it is bounded, and refused if it contradicts itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from conda_provenance import __version__
from conda_provenance.errors import ProvenanceError
from conda_provenance.text import escape, listed
from conda_provenance.verify.answers import Answer, Answers, Outcome, scope_of
from conda_provenance.verify.evidence.document import (
    FORMAT,
    Document,
    Package,
    chained,
    digest_of,
    first_link,
    last_link,
)
from conda_provenance.verify.evidence.entries import BadEvidence, entry_of, outcome_of
from conda_provenance.verify.evidence.recorded import RecordedAnswers
from conda_provenance.verify.package_places import subdir_of
from conda_provenance.verify.subject import Subject

MAX_FILE = 128 << 20
MAX_ANSWERS = 10_000
_MAX_BODIES = 48 << 20
"""Bytes of all bodies of a file. In base64, and with escapes, they take more."""

_PLACE, _ENDING = "_at-", ".evidence.json"
"""What stands before a digest of where the package is, and after it."""

_MAX_PART, _MAX_NAME = 60, 140
"""Characters. Few systems take a name of more than 255."""


class Written(NamedTuple):
    """A file of evidence that was written."""

    path: str
    digest: str


class EvidenceFolder:
    """The folder that the user names."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._names: Mapping[str, Sequence[str]] | None = None

    def write(self, subject: Subject, answers: Answers, questions: Mapping[str, str]) -> Written:
        """Keep what the checks of a package were told.

        Raises :class:`~conda_provenance.errors.ProvenanceError`.
        """
        package = _package(subject)
        if len(questions) > MAX_ANSWERS:
            raise ProvenanceError(
                f"There are more than {MAX_ANSWERS} answers about {escape(package.name, 200)}: "
                "its evidence is not written."
            )

        found = {
            question: outcome
            for question, scope in questions.items()
            if (outcome := answers.outcome(question, scope)) is not None
        }
        with_room = _with_room(found)
        entries = [
            entry_of(question, outcome, has_room=question in with_room)
            for question, outcome in found.items()
        ]

        now = float(int(time.time()))
        linked = chained(first_link(__version__, now, package), entries)
        last = linked[-1].chain if linked else first_link(__version__, now, package)
        digest = last_link(last, len(linked))
        document = Document(FORMAT, __version__, now, package, linked, digest)
        # The same file may lie in two channels, where other answers are given about it.
        path = self._path_of(package, subject.artifact.location)
        _replace(path, _json(document))
        self._names = None
        return Written(path, digest)

    def read(self, subject: Subject, believed: Collection[str] = ()) -> RecordedAnswers:
        """What was kept for a package. Whatever is wrong with it is its ``fault``.

        Of several files, one with a digest in ``believed`` counts, or else that of the place where
        the package is now, or else the latest. If several are believed and none is of this place,
        none counts: one may say what the other hides.
        """
        package = _package(subject)
        own = escape(self._path_of(package, subject.artifact.location), 500)
        found = [self._read(path, package) for path in self._paths(package)]
        fit = [each for each in found if not each.fault]
        chosen = [each for each in fit if any(map(each.is_digest, believed))]
        if len(chosen) > 1 and all(each.source != own for each in chosen):
            sources = listed((each.source for each in chosen), "and", 3)
            fault = f"{sources} are about this file: give --evidence-digest for one of them."
            return RecordedAnswers({}, source=chosen[0].source, fault=fault)
        return max(
            chosen or fit or found[:1],
            key=lambda each: (each.source == own, each.written_at or 0.0),
        )

    def _read(self, path: str, package: Package) -> RecordedAnswers:
        source = escape(path, 500)
        try:
            document, outcomes = _read(path, package)
        except BadEvidence as error:
            return RecordedAnswers({}, source=source, fault=f"{source} is not used: {error}.")
        except OSError as error:
            why = error.strerror or type(error).__name__
            if isinstance(error, FileNotFoundError):
                why = "there is no evidence of this package; verify it once without --offline"
            return RecordedAnswers({}, source=source, fault=f"{source} cannot be read: {why}.")
        return RecordedAnswers(
            outcomes,
            source=source,
            digest=document.digest,
            written_at=document.written_at,
            is_whole=all(
                each.body is None or each.body.left_out is None for each in document.answers
            ),
        )

    def _path_of(self, package: Package, location: str) -> str:
        name = f"{_stem(package)}{_PLACE}{scope_of(location)[:8]}{_ENDING}"
        return os.path.join(self._path, name)

    def _paths(self, package: Package) -> list[str]:
        """The files of a package. Those that were written without its digest will do."""
        unhashed = msgspec.structs.replace(package, sha256=None)
        stems = dict.fromkeys((_stem(package), _stem(unhashed)))
        if self._names is None:
            self._names = _listed(self._path)
        names = [name for stem in stems for name in self._names.get(stem, ())]
        return [os.path.join(self._path, each) for each in names or [f"{_stem(package)}{_ENDING}"]]


def _listed(folder: str) -> Mapping[str, Sequence[str]]:
    """The files that are there, by what stands before the place in their names."""
    names = defaultdict[str, list[str]](list)
    with contextlib.suppress(OSError):  # It is said of each package that it has no file.
        for name in sorted(os.listdir(folder)):
            if name.endswith(_ENDING):
                names[name.removesuffix(_ENDING).rpartition(_PLACE)[0]].append(name)
    return names


def _package(subject: Subject) -> Package:
    artifact = subject.artifact
    return Package(
        artifact.name,
        artifact.version,
        artifact.build,
        # The same wherever the file lies, since it is kept under another roof than it came from.
        (subdir_of(subject) or "")[:_MAX_PART] or None,
        (subject.package.sha256 or artifact.sha256 or "").lower() or None,
    )


def _with_room(outcomes: Mapping[str, Outcome]) -> set[str]:
    """The questions whose answers are kept, the small ones first.

    So whoever makes an answer large, such as a file beside the package, crowds out no other.
    """
    sizes = {
        question: len(outcome.body) if isinstance(outcome, Answer) else 0
        for question, outcome in outcomes.items()
    }
    kept, room = set(), _MAX_BODIES
    for question in sorted(sizes, key=sizes.__getitem__):
        room -= sizes[question]
        if room >= 0:
            kept.add(question)
    return kept


def _stem(package: Package) -> str:
    """How the name of its file begins, wherever the package lies and whatever it is called."""
    words = (package.subdir or "any", package.name, package.version, package.build)
    parts = [re.sub(r"[^A-Za-z0-9._+-]", "_", word)[:_MAX_PART] for word in words]
    digest = re.sub(r"[^0-9a-f]", "", package.sha256 or "")[:16] or "unhashed"
    return f"{'_'.join(parts)[:_MAX_NAME]}_{digest}".lstrip(".-")


def _json(document: Document) -> bytes:
    return json.dumps(msgspec.to_builtins(document), indent=1).encode("ascii") + b"\n"


def _replace(path: str, data: bytes) -> None:
    """Write the file whole, or leave the old one."""
    temporary = f"{path}.{os.urandom(8).hex()}.tmp"
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ProvenanceError(
            f"The evidence {escape(path, 500)} cannot be written: {why}."
        ) from None
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary)


def _read(path: str, package: Package) -> tuple[Document, dict[str, Outcome]]:
    document = _document(_bytes(path))
    if document.format != FORMAT:
        raise BadEvidence("it has another format than this version reads")
    if len(document.answers) > MAX_ANSWERS:
        raise BadEvidence(f"it has more than {MAX_ANSWERS} answers")
    if not _is_of(document.package, package):
        raise BadEvidence("it is the evidence of another package")
    if digest_of(document) != document.digest:
        raise BadEvidence("its hashes do not hold: somebody has changed it, or cut it")

    outcomes = {entry.question: outcome_of(entry) for entry in document.answers}
    if len(outcomes) != len(document.answers):
        raise BadEvidence("a question in it is answered twice")
    return document, outcomes


def _is_of(found: Package, wanted: Package) -> bool:
    is_same_file = found.sha256 is None or wanted.sha256 is None or found.sha256 == wanted.sha256
    names = [(each.name, each.version, each.build, each.subdir) for each in (found, wanted)]
    return is_same_file and names[0] == names[1]


def _bytes(path: str) -> bytes:
    """The file, if it is one and not too large. A pipe would be waited for."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with open(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise BadEvidence("it is no file")
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise BadEvidence(f"it is larger than {MAX_FILE >> 20} MiB")
    return data


def _document(data: bytes) -> Document:
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_members)
        return msgspec.convert(found, Document)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise BadEvidence("it has not the form of evidence") from None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members
