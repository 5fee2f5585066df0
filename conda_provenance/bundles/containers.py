"""Finds the bundles in a file, in every container that they come in, and names those files.

Whether a bundle holds is not known here: each comes out as the bytes that stand in the file. What
a container is, its content decides. Sources, for each container:

- one bundle: sigstore-python, conda-sigstore, rattler-build;
- an array of bundles: prefix.dev, https://github.com/conda/ceps/pull/142;
- a bundle on each line: ``gh attestation download``, and in-toto's ``.intoto.jsonl``;
- GitHub's listing:
  https://docs.github.com/en/rest/repos/attestations#list-attestations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from conda_provenance.bundles.signed import BundleError, UncheckableError
from conda_provenance.text import show

MAX_SIZE = 16 << 20
"""Bytes of a file of bundles, and of one bundle. A usual one has some ten thousand."""

MAX_BUNDLES = 256
"""In one container. Verifying one takes 10 ms. GitHub lists up to 100 on a page."""

_MAX_VALUES = 500 * MAX_BUNDLES
"""Commas. A bundle has some 60: what it signs is one text in it. Each value takes memory."""

_MAX_LINES = 4 * MAX_BUNDLES
"""That have a brace."""

_PACKAGE = re.compile(r"\.(?:conda|tar\.bz2)\Z")
_BESIDE = (".sigstore.json", ".sigstore", ".v0.sigs", ".intoto.jsonl")
_BESIDE_STEM = (".attestation.json", ".intoto.jsonl")


_NULL = Raw(b"null")


class _Entry(Struct):
    bundle: Raw = _NULL  # In a union, msgspec takes it for nothing.


class _Listing(Struct):
    """GitHub's. Where the bundle is null, the entry only says where it is."""

    attestations: list[_Entry] | None = None
    """``None``: it is another object."""


def beside(package: str, sha256: str | None = None) -> tuple[str, ...]:
    """Names of the files in a package's folder that may hold bundles about it.

    ``package``: the name of its file. ``sha256``: of its bytes, for files that are named by it.
    Not ``.sigs``: it counts only where the record of the package names it.
    """
    stem = _PACKAGE.sub("", package)
    names = [f"{package}{ending}" for ending in _BESIDE]
    names += [f"{stem}{ending}" for ending in _BESIDE_STEM]
    if sha256 is not None:
        # The second is that of Windows, where a name has no colon.
        names += [f"sha256:{sha256}.jsonl", f"sha256-{sha256}.jsonl"]
    return tuple(dict.fromkeys(names))


def bundles_in(data: bytes, name: str) -> Iterator[bytes]:
    """Each bundle in a file, as it stands there. Nothing is one until it was verified.

    ``name``: what the user calls the file, for the messages.

    Raises :class:`BundleError` for a file that is none of these containers or is too large, and
    :class:`UncheckableError` for a listing that only says where bundles are.
    """
    found = _found(data, name)
    if len(found) > MAX_BUNDLES:
        raise BundleError(f"{show(name)} holds more than {MAX_BUNDLES} bundles.")
    return iter(found)


def _found(data: bytes, name: str) -> list[bytes]:
    if len(data) > MAX_SIZE:
        raise BundleError(f"{show(name)} has more than {MAX_SIZE >> 20} MiB.")
    if data.count(b",") > _MAX_VALUES:
        raise BundleError(f"{show(name)} has more values than are read.")

    data = data.strip(b" \t\r\n")
    if data.startswith(b"["):
        return _array(data, name)
    listing = _decoded(data, _Listing)
    if listing is not None and listing.attestations is not None:
        return _in_listing(listing.attestations, name)
    if listing is not None or _is_object(data):
        return [data]
    return _lines(data, name)


def _array(data: bytes, name: str) -> list[bytes]:
    elements = _decoded(data, list[Raw])
    if elements is None:
        raise BundleError(f"{show(name)} is not JSON.")
    return [bytes(each) for each in elements]


def _in_listing(entries: list[_Entry], name: str) -> list[bytes]:
    bundles = [bytes(each.bundle) for each in entries if each.bundle != _NULL]
    if entries and not bundles:
        raise UncheckableError(f"{show(name)} says where bundles are, and holds none.")
    return bundles


def _lines(data: bytes, name: str) -> list[bytes]:
    """Those lines that are objects. Others are skipped, such as an empty last one."""
    lines: list[bytes] = []
    for tried, line in enumerate(_lines_with_objects(data)):
        if tried >= _MAX_LINES:
            raise BundleError(f"{show(name)} has more lines than are read.")
        if _is_object(line):
            lines.append(line)

    if not lines:
        raise BundleError(f"{show(name)} holds no bundle.")
    return lines


def _lines_with_objects(data: bytes) -> Iterator[bytes]:
    """The lines that have a brace. A file may have millions of others."""
    end = 0
    while (brace := data.find(b"{", end)) >= 0:
        start = data.rfind(b"\n", end, brace) + 1 or end
        end = data.find(b"\n", brace)
        end = len(data) if end < 0 else end
        yield data[start:end].strip()


def _is_object(data: bytes) -> bool:
    return data.lstrip()[:1] == b"{" and _decoded(data, Raw) is not None


def _decoded(data: bytes, kind: Any) -> Any:
    """Nothing in it is built, so it takes no more memory than its bytes. ``None``: it is not so."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None
