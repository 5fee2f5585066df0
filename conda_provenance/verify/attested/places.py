"""Finds bundles for one package: those that the user names, those beside it, and those that its
forge lists. None of them is parsed further than to tell one from the next.

Every answer goes through ``Answers``: it is asked for once, kept as evidence, and found again
without network. What a bundle is worth is not known here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from conda_provenance.bundles.containers import MAX_SIZE, beside, bundles_in
from conda_provenance.bundles.signed import BundleError, UncheckableError
from conda_provenance.errors import UnavailableError
from conda_provenance.sources import Artifact
from conda_provenance.text import show
from conda_provenance.verify.answers import Answer, scope_of
from conda_provenance.verify.attested.given import Given
from conda_provenance.verify.attested.listing import MAX_LISTED, Listing
from conda_provenance.verify.check import Case, World
from conda_provenance.verify.subject import Subject

_SIGS, _V0_SIGS = ".sigs", ".v0.sigs"
_SIGSTORE = ".sigstore.json"

MAX_BUNDLES = 200
"""Bundles that are looked at in one place for one package. Further ones are counted."""

MAX_BYTES = 64 << 20
"""Bytes of all of them. Each place has its own share: whoever fills one crowds out no other."""


class FoundBundle(NamedTuple):
    """One bundle. It may be anything."""

    where: str
    """Fit to be shown."""
    data: bytes


class Unread(NamedTuple):
    """A place that could not be looked at, or holds no bundle."""

    where: str
    why: str
    """One sentence."""
    retry_at: float | None = None
    is_broken: bool = False
    """Was it read, and holds something that is no bundle?"""


class Search(NamedTuple):
    """What was found."""

    found: list[FoundBundle]
    unread: list[Unread]
    more: int = 0
    """Bundles that were left out, since there are too many."""


Place = Callable[[Case, World, str], Iterator["Container"]]


class Container(NamedTuple):
    """A file that may hold bundles. It is asked for when it is read."""

    where: str
    name: str
    read: Callable[[], bytes | None]
    """``None``: it is not there. Raises :class:`UnavailableError`."""


def find_bundles(case: Case, world: World, sha256: str) -> Search:
    """All bundles that may be about a package. ``sha256``: of its bytes, computed by us."""
    found: list[FoundBundle] = []
    unread: list[Unread] = []
    more = 0
    for place in _PLACES:
        more += _look_in(place(case, world, sha256), found, unread)
    return Search(found, unread, more)


def _look_in(
    containers: Iterator[Container], found: list[FoundBundle], unread: list[Unread]
) -> int:
    """Add what is found in one place. Returns how many bundles were left out."""
    count = size = more = 0
    try:
        for container in containers:
            for bundle in _bundles_of(container, unread):
                if count < MAX_BUNDLES and size + len(bundle.data) <= MAX_BYTES:
                    found.append(bundle)
                    count, size = count + 1, size + len(bundle.data)
                else:
                    more += 1
    except UnavailableError as error:
        unread.append(Unread("", str(error), error.retry_at))
    return more


def _bundles_of(container: Container, unread: list[Unread]) -> Iterator[FoundBundle]:
    try:
        data = container.read()
        if data is None:
            return
        for number, bundle in enumerate(bundles_in(data, container.name)):
            which = f", number {number + 1}" if number else ""
            yield FoundBundle(container.where + which, bundle)
    except UnavailableError as error:
        unread.append(Unread(container.where, str(error), error.retry_at))
    except (BundleError, UncheckableError) as error:
        unread.append(Unread(container.where, str(error), is_broken=True))


def _given(_case: Case, world: World, _sha256: str) -> Iterator[Container]:
    """What the user named, for every package."""
    for name, given in world.bundles.given.items():
        yield Container(name, given.name, partial(_read_given, given, name, world))


def _read_given(given: Given, name: str, world: World) -> bytes:
    def ask() -> Answer:
        data = world.bundles.fetch(given.url) if given.data is None else given.data
        return Answer(data, is_lasting=False)

    # A file that the user names counts as it is now, whatever was kept of one of its name.
    question = f"BUNDLE given: {name}"
    if given.data is not None:
        question += f" sha256:{given.sha256}"
    return world.answers.get(question, ask, is_local=given.data is not None).body


def _beside(case: Case, world: World, sha256: str) -> Iterator[Container]:
    """Files in the package's folder, or in its channel. A server is asked for few of them."""
    artifact = case.subject.artifact
    # Nobody vouches for the list of bundles that no record names.
    sigs = [f"{artifact.file_name}{_SIGS}"] if artifact.attestations else []
    if case.subject.package.read_from == "remote":
        asked = _in_channel(artifact, (_SIGS,) if sigs else ())
    else:
        names = _present(case.subject, [*sigs, *beside(artifact.file_name, sha256)], world)
        asked = [(name, f"BUNDLE beside {artifact.file_name}: {name}") for name in names]
        if world.answers.is_replayed:
            # What was kept while the file was in a channel counts wherever it is now.
            kept = _in_channel(artifact, (_SIGS,))
            asked += [each for each in kept if world.answers.is_kept(each[1])]

    for name, question in asked:
        where = f"{show(name, 300)}, beside the package"
        yield Container(where, name, partial(_read_beside, case.subject, name, question, world))


def _in_channel(artifact: Artifact, further: Sequence[str]) -> list[tuple[str, str]]:
    """The files that a channel may have beside a package, each with its question."""
    names = [f"{artifact.file_name}{ending}" for ending in (*further, _V0_SIGS, _SIGSTORE)]
    return [(name, f"BUNDLE in the channel of {artifact.file_name}: {name}") for name in names]


def _present(subject: Subject, names: Sequence[str], world: World) -> list[str]:
    """Those of the names that are there, on this machine."""
    artifact = subject.artifact

    def ask() -> Answer:
        present = artifact.contents.names_beside(names)
        return Answer(json.dumps(present).encode(), is_lasting=False)

    question = f"BUNDLES beside {artifact.file_name}"
    place = scope_of(artifact.location)
    answer = world.answers.get(question, ask, scope=place, is_local=True)
    try:
        present = msgspec.json.decode(answer.body, type=list[str])
    except (msgspec.MsgspecError, ValueError):
        raise UnavailableError("The list of files that was kept makes no sense.") from None
    return [each for each in names if each in present]


def _read_beside(subject: Subject, name: str, question: str, world: World) -> bytes | None:
    """What lies beside the package: bytes, or a digest that its record does not give."""
    artifact = subject.artifact
    pinned = artifact.attestations if name == f"{artifact.file_name}{_SIGS}" else None
    limit = min(pinned.size, MAX_SIZE) if pinned else MAX_SIZE

    def ask() -> Answer:
        data = artifact.contents.beside(name, limit)
        if data is None:
            return Answer(b"", {"file": "missing"}, is_lasting=False)
        if pinned and (len(data), hashlib.sha256(data).hexdigest()) != (pinned.size, pinned.sha256):
            raise UnavailableError(
                f"{show(name, 300)} is not the file that the package's record names."
            )
        return Answer(data, {"file": "there"}, is_lasting=False)

    is_local = subject.package.read_from != "remote"
    # Files of one name may lie in two folders, and in two channels.
    place = scope_of(artifact.location)
    answer = world.answers.get(question, ask, scope=place, is_local=is_local)
    return answer.body if answer.about.get("file") == "there" else None


def _listed(case: Case, world: World, sha256: str) -> Iterator[Container]:
    """What the repository's forge lists. Whoever may write there may post one."""
    remote = case.subject.remote
    if remote is None:
        return

    try:
        listing = Listing(world.lookup.forge(remote), sha256, world)
        entries = listing.entries()
    except NotImplementedError:
        return
    for number, entry in enumerate(entries[:MAX_LISTED]):
        where = f"{show(entry.page, 300)}, listed by the forge"
        yield Container(where, entry.page, partial(listing.bundle, number))
    if len(entries) > MAX_LISTED:
        raise UnavailableError(
            f"The forge lists more than {MAX_LISTED} attestations; the rest was not read."
        )


_PLACES: tuple[Place, ...] = (_given, _beside, _listed)
