"""The attestations that a forge lists for a file, each asked for once and kept as evidence.

What lets the bearer of an address in is in no question and in no answer that is kept. Whether a
bundle holds is not known here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import Attestation, ForgeApi
from conda_provenance.verify.answers import Answer
from conda_provenance.verify.check import World

MAX_LISTED = 100
"""Attestations of one file that are looked at."""

_MAX_LISTS = 200
"""Lists that are remembered, until their bundles are asked for."""


class Listed(NamedTuple):
    """One of them."""

    page: str
    """A stranger's text."""
    initiator: str | None


class Listing:
    """The list of one file."""

    def __init__(self, api: ForgeApi, sha256: str, world: World) -> None:
        self._api = api
        self._sha256 = sha256
        self._answers = world.answers
        self._about = f"{api.url} sha256:{sha256}"
        self._scope = api.door.scope
        self._addresses = world.bundles.addresses

    def entries(self) -> Sequence[Listed]:
        """What is listed, within bounds. One more than :data:`MAX_LISTED` says that there are more.

        Raises :class:`UnavailableError`, and ``NotImplementedError`` where the forge lists none.
        """
        answer = self._answers.get(f"ATTESTATIONS {self._about}", self._ask, scope=self._scope)
        try:
            found = json.loads(answer.body)["attestations"]
            return tuple(_listed(each) for each in found[: MAX_LISTED + 1])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UnavailableError(
                "The list of attestations that was kept makes no sense."
            ) from None

    def bundle(self, number: int) -> bytes:
        """The bundle of an entry, by its place in the list. Raises the same."""
        return self._answers.get(
            f"BUNDLE {self._about} {number + 1}",
            lambda: self._ask_for(number),
            scope=self._scope,
        ).body

    def _ask(self) -> Answer:
        fresh = self._ask_now()
        listed = [{"page": each.page, "initiator": each.initiator} for each in fresh]
        body = json.dumps({"attestations": listed}).encode()
        return Answer(body, with_token=bool(self._scope), is_lasting=bool(listed))

    def _ask_for(self, number: int) -> Answer:
        """The address may be valid for some minutes only, so it is asked for in this run."""
        fresh = self._addresses.get(self._about)
        if fresh is None:
            fresh = self._ask_now()
        if number >= len(fresh):
            raise UnavailableError("The forge lists fewer attestations than before.")
        return Answer(self._api.bundle(fresh[number]), with_token=bool(self._scope))

    def _ask_now(self) -> Sequence[Attestation]:
        """As the forge says it now, with what may not be kept."""
        if len(self._addresses) >= _MAX_LISTS:
            self._addresses.clear()
        fresh = self._addresses[self._about] = self._api.attestations(self._sha256)
        return fresh


def _listed(entry: Any) -> Listed:
    page, initiator = entry["page"], entry.get("initiator")
    if not isinstance(page, str):
        raise TypeError
    return Listed(page, initiator if isinstance(initiator, str) else None)
