"""Finds bundles for one package: those that the user names, those beside it, and those that its
forge lists. None of them is parsed further than to tell one from the next.

Every answer goes through ``Answers``: it is asked for once, kept as evidence, and found again
without network. What a bundle is worth is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from conda_provenance.bundles.signed import BundleError
from conda_provenance.errors import UnavailableError
from conda_provenance.verify.answers import Answer
from conda_provenance.verify.attested.given import Given
from conda_provenance.verify.check import Case, World

MAX_BUNDLES = 200
"""Bundles that are looked at for one package. Further ones are counted."""

MAX_BYTES = 64 << 20
"""Bytes of all of them."""


class Found(NamedTuple):
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

    found: list[Found]
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
    search = Search([], [])
    size = more = 0
    for place in _PLACES:
        try:
            for container in place(case, world, sha256):
                for found in _bundles_of(container, search.unread):
                    size += len(found.data)
                    if len(search.found) < MAX_BUNDLES and size <= MAX_BYTES:
                        search.found.append(found)
                    else:
                        more += 1
        except UnavailableError as error:
            search.unread.append(Unread("", str(error), error.retry_at))
    return search._replace(more=more)


def _bundles_of(container: Container, unread: list[Unread]) -> Iterator[Found]:
    from conda_provenance.bundles.containers import bundles_in

    try:
        data = container.read()
        if data is None:
            return
        for number, bundle in enumerate(bundles_in(data, container.name)):
            which = f", number {number + 1}" if number else ""
            yield Found(container.where + which, bundle)
    except UnavailableError as error:
        unread.append(Unread(container.where, str(error), error.retry_at))
    except BundleError as error:
        unread.append(Unread(container.where, str(error), is_broken=True))


def _given(case: Case, world: World, _: str) -> Iterator[Container]:  # noqa: ARG001
    """What the user named, for every package."""
    names: dict[str, int] = {}
    for given in world.bundles.given:
        names[given.name] = count = names.get(given.name, 0) + 1
        name = given.name if count == 1 else f"{given.name} ({count})"
        yield Container(name, given.name, lambda given=given, name=name: _read(given, name, world))  # type: ignore[misc]


def _read(given: Given, name: str, world: World) -> bytes:
    data = given.data
    if data is None:
        question = f"BUNDLE given: {name}"
        return world.answers.get(
            question, lambda: Answer(world.bundles.fetch(given.url), is_lasting=False)
        ).body
    return world.answers.get(
        f"BUNDLE given: {name}", lambda: Answer(data, is_lasting=False), is_local=True
    ).body


_PLACES: tuple[Place, ...] = (_given,)
