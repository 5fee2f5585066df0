"""GitHub's list of the attestations of a file, and the bundles that it leads to.

- Since July 2026 ``bundle`` is null, and ``bundle_url`` leads to another server, where it lies
  packed by Snappy. The query of that address lets its bearer in for some minutes: it is never kept,
  and no token may go there.
- Before, the bundle stood in the list. Both forms are read.
- Whoever may write to the repository may post one. ``initiator`` is ``github`` for what GitHub
  itself attests, such as an immutable release.

https://docs.github.com/en/rest/repos/attestations#list-attestations
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec import Raw, Struct

from conda_provenance.api import Door
from conda_provenance.bundles.snappy import decompress
from conda_provenance.errors import UnavailableError
from conda_provenance.forge_api import Attestation

MAX_LISTED = 101
"""Attestations of one file that are read. One more than is looked at says that there are more."""

MAX_BUNDLE = 4 << 20
"""Bytes of a bundle, packed and unpacked."""


class _Entry(Struct):
    bundle: Raw = Raw()  # In a union, msgspec takes it for nothing.
    bundle_url: str | None = None
    initiator: str | None = None


class _Page(Struct):
    attestations: list[_Entry]


def listed(door: Door, url: str) -> Sequence[Attestation]:
    """What is listed at an address, within bounds."""
    return tuple(islice(_entries(door, url), MAX_LISTED))


def _entries(door: Door, url: str) -> Iterator[Attestation]:
    # 404: none is listed.
    for page in door.pages(f"{url}?per_page=100", _Page, missing=(404,), is_kept=False):
        for each in page.attestations:
            data = bytes(each.bundle)
            address = each.bundle_url or ""
            yield Attestation(
                (address or url).partition("?")[0].partition("#")[0],
                data if data not in (b"", b"null", b"{}") else None,
                address,
                each.initiator,
            )


def bundle(door: Door, attestation: Attestation) -> bytes:
    """The bundle of an attestation."""
    if attestation.data is not None:
        return attestation.data
    if not attestation.address:
        raise UnavailableError("GitHub lists an attestation without saying where its bundle is.")

    data = door.elsewhere(attestation.address, limit=MAX_BUNDLE)
    if data.lstrip()[:1] == b"{":
        return data
    try:
        return decompress(data, MAX_BUNDLE)
    except ValueError as error:
        raise UnavailableError(f"A bundle that GitHub lists {error}.") from None
