"""``Verifier``: verifies many packages and gives the results in their order.

It reads packages, announces what will be asked of which repository, and runs the checks. What a
check asks is not known here, nor how an answer is got.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from typing import NamedTuple, Protocol

from conda_provenance.claim import Claim
from conda_provenance.errors import ProvenanceError, UnavailableError
from conda_provenance.packages.contents import PackageContents
from conda_provenance.packages.read import INDEX
from conda_provenance.policy.expectations import Expectations
from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.sources import Artifact, Found, Unreadable
from conda_provenance.survey.reading import reading_of_fault, waits_for_a_server
from conda_provenance.values import is_full_sha
from conda_provenance.verify.check import World
from conda_provenance.verify.checking import check_package, is_left_out
from conda_provenance.verify.grounds import Grounds
from conda_provenance.verify.keeping import Keeping, Kept, answered_at
from conda_provenance.verify.logins import world_for
from conda_provenance.verify.outcome import Result
from conda_provenance.verify.recipes.search import compared_contents
from conda_provenance.verify.roster import Member
from conda_provenance.verify.subject import Subject
from conda_provenance.verify.verdict import Verdict, verdict_of, verdict_of_unreadable
from conda_provenance.verify.workers import InOrder, Workers

MAX_PACKAGES = 1000
MAX_BYTES = 64 << 20
"""Packages that are held at once, and the bytes of what was read of them. In one such chunk, each
repository is asked once, and each commit and each run."""

MAX_ANSWERS = 64 << 20
"""Bytes of answers that are held for the next chunk."""

READERS = 16
"""Threads that read packages from servers."""

REPOSITORIES = 6
"""Repositories that are asked at once. How many may ask one host is decided by the doors."""

PATIENCE = 0.1
"""Seconds of waiting, after which several are asked. git needs less for a few hundred ids."""


class Wanted(NamedTuple):
    """A package that was found, and how it is to be read."""

    found: Found
    is_whole: bool = False
    """Is its payload read too, for its digest?"""


class Verified(NamedTuple):
    """What came of verifying one package."""

    found: Found
    verdict: Verdict
    results: Mapping[str, Result] = {}
    """By the checks' ids, in their order. Empty where the package could not be read."""
    subject: Subject | None = None
    expected: Expectations = Expectations()
    error: str | None = None
    """Why the package could not be read: one sentence, fit to be shown."""
    evidence: Kept | None = None
    """The file with the answers that the checks stood on, if there is one."""
    answered_at: float | None = None
    """When the oldest of those answers was got: seconds since 1970, UTC. ``None``: the package was
    not read."""


class Progress(Protocol):
    """Is told about progress, in the caller's thread."""

    def advance(self) -> None:
        """One more package is verified."""

    def tick(self) -> None:
        """Nothing has happened for a while."""


class _Read(NamedTuple):
    """A package that was read, or why it could not be."""

    found: Found
    subject: Subject | None = None
    expected: Expectations = Expectations()
    error: str | None = None
    size: int = 0
    """Bytes that are held of it."""


class Verifier:
    """Verifies packages against one world.

    ``expect`` says what is expected of a package that was read.
    """

    def __init__(
        self,
        world: World,
        members: Sequence[Member],
        expect: Callable[[Subject], Expectations],
        *,
        keeping: Keeping | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._keeping = keeping or Keeping()
        self._world = world
        self._members = members
        self._expect = expect
        self._progress = progress
        self.left_over: list[Verified] = []
        """What was verified and not handed out, because somebody closed :meth:`verify`."""

    def verify(self, wanted: Iterable[Wanted]) -> Generator[Verified, None, None]:
        """Verify every package, in the order of ``wanted``, which is consumed as it goes on.

        What cannot be read has an error, and the rest goes on. What ``wanted`` itself raises is
        raised after the results of what came before. Close it (``contextlib.closing``) if you may
        not come to its end.
        """
        with closing(self._chunks(wanted)) as chunks:
            for chunk in chunks:
                self._announce(chunk)
                with closing(self._checked(chunk)) as results:
                    yield from results
                self._world.answers.forget(MAX_ANSWERS)

    def _chunks(self, wanted: Iterable[Wanted]) -> Generator[list[_Read], None, None]:
        """The packages that were read, as many at once as may be held."""
        chunk: list[_Read] = []
        size = 0
        failure: ProvenanceError | None = None
        with closing(self._read(wanted)) as reads:
            while failure is None:
                try:
                    read = next(reads, None)
                except ProvenanceError as error:
                    failure = error
                    break

                if read is None:
                    break

                chunk.append(read)
                size += read.size
                if len(chunk) >= MAX_PACKAGES or size >= MAX_BYTES:
                    yield chunk
                    chunk, size = [], 0

        if chunk:
            yield chunk
        if failure is not None:
            raise failure

    def _read(self, wanted: Iterable[Wanted]) -> Generator[_Read, None, None]:
        """Every package, in its order. What waits for a server is read in threads."""
        order = InOrder[_Read](READERS, self._tick)
        try:
            for each in wanted:
                read = partial(_read, each, self._expect)
                if isinstance(each.found, Artifact) and waits_for_a_server(each.found):
                    order.submit(read)
                else:
                    order.put(read())
                yield from order.ready(READERS * 4)
            yield from order.ready(0)
        finally:
            order.stop()

    def _announce(self, chunk: Iterable[_Read]) -> None:
        """Say which commits will be asked for, so that each repository is asked once."""
        wanted: dict[tuple[RemoteUrl, bool, bool], dict[str, None]] = {}
        contents: dict[RemoteUrl, list[bytes]] = {}
        for read in chunk:
            subject = read.subject
            if subject is None or subject.remote is None or not is_full_sha(subject.sha or ""):
                continue

            with_files = not is_left_out("recipe-matches", read.expected)
            with_token = read.expected.has_repository(subject.remote)
            shas = wanted.setdefault((subject.remote, with_files, with_token), {})
            shas[str(subject.sha)] = None
            if with_files:
                contents.setdefault(subject.remote, []).extend(_compared(subject))

        for (remote, with_files, with_token), shas in wanted.items():
            with suppress(UnavailableError):  # The checks will be told, when they ask.
                self._world.repositories.expect(
                    remote,
                    list(shas),
                    with_files=with_files,
                    with_token=with_token,
                    contents=contents.pop(remote, ()),
                )

    def _checked(self, chunk: Sequence[_Read]) -> Generator[Verified, None, None]:
        """The results of a chunk, in its order."""
        if self._world.answers.is_offline:  # Nothing is waited for: threads would only compute.
            for read in chunk:
                yield self._verified(read)
                self._advance()
            return

        lines = _Lines(chunk, self._verified)
        given = 0
        try:
            while given < len(chunk):
                if given in lines.finished:
                    yield lines.finished.pop(given)
                    given += 1
                elif lines.wait():
                    self._advance()
                else:
                    self._tick()
        finally:
            lines.stop()
            self.left_over += lines.finished.values()

    def _verified(self, read: _Read) -> Verified:
        """Run the checks of a package. It is called in a thread, and raises nothing."""
        if read.subject is None:
            verdict = verdict_of_unreadable(read.error or "It is no conda package.")
            return Verified(read.found, verdict, error=read.error)

        try:
            return self._verified_subject(read.found, read.subject, read.expected)
        except (Exception, SystemExit) as fault:
            error = reading_of_fault(read.found, fault).error or ""
            return Verified(read.found, verdict_of_unreadable(error), error=error)

    def _verified_subject(self, found: Found, subject: Subject, expected: Expectations) -> Verified:
        recorded = self._keeping.recorded(subject)
        with self._world.answers.noted(recorded) as questions:
            world = world_for(self._world, expected)
            results = check_package(subject, expected, self._members, world)

        grounds = Grounds(
            results,
            expected,
            says_anything=bool(subject.package.claim),
            is_hashed=subject.computed_sha256 is not None,
            repository=str(subject.remote or ""),
        )
        kept = self._keeping.keep(subject, self._world.answers, questions, recorded)
        if recorded is not None and kept is not None:
            grounds = grounds._replace(is_believed=kept.is_believed, by_whom=kept.sentence)

        # The other files of the package are not needed any more.
        files = {name: file for name, file in subject.contents.files.items() if name == INDEX}
        light = subject._replace(contents=PackageContents(subject.package, files))
        since = answered_at(self._world.answers, questions, recorded, self._world.now)
        verdict = verdict_of(grounds)
        return Verified(found, verdict, results, light, expected, evidence=kept, answered_at=since)

    def _advance(self) -> None:
        if self._progress is not None:
            self._progress.advance()

    def _tick(self) -> None:
        if self._progress is not None:
            self._progress.tick()


class _Lines:
    """Packages on their way, those of one repository one after the other.

    Else two of them would ask the same at the same time, and one would only wait.
    """

    def __init__(self, chunk: Sequence[_Read], verified: Callable[[_Read], Verified]) -> None:
        self._chunk = chunk
        self._verified = verified
        self._workers = Workers[tuple[int, Verified]](REPOSITORIES, patience=PATIENCE)
        self._next: dict[int, int] = {}
        """After which package another one of its repository comes, by their numbers."""
        self.finished: dict[int, Verified] = {}

        last: dict[RemoteUrl, int] = {}
        for number, read in enumerate(chunk):
            remote = read.subject.remote if read.subject is not None else None
            if remote is not None and remote in last:
                self._next[last[remote]] = number
            else:
                self._begin(number)
            if remote is not None:
                last[remote] = number

    def wait(self) -> bool:
        """Wait for a package to be verified, but not for long. Is there one?"""
        done = self._workers.wait()
        if done is None:
            return False

        number, verified = done[0]
        self.finished[number] = verified
        if number in self._next:
            self._begin(self._next.pop(number))
        return True

    def stop(self) -> None:
        """Begin nothing more. What is done by now is finished."""
        self.finished.update(self._workers.stop())

    def _begin(self, number: int) -> None:
        read = self._chunk[number]
        self._workers.submit(lambda: (number, self._verified(read)))


def _read(wanted: Wanted, expect: Callable[[Subject], Expectations]) -> _Read:
    """Read a package. Whatever is wrong with it becomes its error."""
    found = wanted.found
    if isinstance(found, Unreadable):
        return _Read(found, error=found.why)

    if not isinstance(found, Artifact):
        return _Read(found)

    try:
        contents = found.contents.everything(whole=wanted.is_whole)
        subject = Subject(found, contents, _remote(contents.package.claim))
        size = sum(len(file.data) for file in contents.files.values())
        return _Read(found, subject, expect(subject), size=size)
    except ProvenanceError as error:
        return _Read(found, error=str(error))
    except (Exception, SystemExit) as error:
        return _Read(found, error=reading_of_fault(found, error).error)


def _compared(subject: Subject) -> list[bytes]:
    """What will be compared by its id. What is wrong with it is said by the check."""
    try:
        return compared_contents(subject.contents)
    except Exception:
        return []


def _remote(claim: Claim) -> RemoteUrl | None:
    try:
        return RemoteUrl.parse(claim.remote_url or "")
    except RemoteUrlError:
        return None
