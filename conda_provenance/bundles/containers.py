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

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw, Struct

from conda_provenance.bundles.signed import BundleError, UncheckableError
from conda_provenance.text import show

MAX_SIZE = 32 << 20
"""Bytes of a container. Read at most one byte more of a stranger's file."""

MAX_BUNDLES = 256
"""In one container. Verifying one takes 10 ms. GitHub lists up to 100 on a page."""

_MAX_VALUES = 500 * MAX_BUNDLES
"""Commas. A bundle has some 60: what it signs is one text in it. Each value takes memory."""

_ENDINGS = (".conda", ".tar.bz2")
_BESIDE = (".sigstore.json", ".sigstore", ".v0.sigs", ".sigs", ".intoto.jsonl")
_BESIDE_STEM = (".attestation.json", ".intoto.jsonl")


class Listed(Struct, frozen=True):
    """One entry of GitHub's listing. What it lists was not verified."""

    bundle: bytes | None
    bundle_url: str | None
    """Where the bundle is, packed by Snappy. The address holds a login: no token may go there, and
    it may be shown nowhere."""
    repository_id: int | None
    initiator: str | None
    """``user``, or ``github`` for what GitHub itself attests, such as an immutable release."""


class _Entry(Struct):
    bundle: Raw = Raw()  # In a union, msgspec takes it for nothing.
    bundle_url: str | None = None
    repository_id: int | None = None
    initiator: str | None = None


class _Listing(Struct):
    attestations: list[_Entry]


def beside(package: str, sha256: str | None = None) -> tuple[str, ...]:
    """Names of the files in a package's folder that may hold bundles about it.

    ``package``: the name of its file. ``sha256``: of its bytes, for files that are named by it.
    A server is asked for ``.sigs`` only where the record of the package says that it is there.
    """
    stem = next((package.removesuffix(end) for end in _ENDINGS if package.endswith(end)), package)
    names = [f"{package}{ending}" for ending in _BESIDE]
    names += [f"{stem}{ending}" for ending in _BESIDE_STEM]
    if sha256 is not None:
        # The second is that of Windows, where a name has no colon.
        names += [f"sha256:{sha256}.jsonl", f"sha256-{sha256}.jsonl"]
    return tuple(dict.fromkeys(names))


def bundles_in(data: bytes, name: str) -> Iterator[bytes]:
    """Each bundle in a file, as it stands there. Nothing is one until it was verified.

    ``name``: what the user calls the file, for the messages.

    Raises :class:`BundleError` for a file that holds none, and :class:`UncheckableError` for one
    that only says where they are.
    """
    shown = show(name)
    found = _found(data, shown)
    if len(found) > MAX_BUNDLES:
        raise BundleError(f"{shown} holds more than {MAX_BUNDLES} bundles.")
    return iter(found)


def listing(data: bytes, name: str) -> tuple[Listed, ...]:
    """The entries of GitHub's listing. Raises :class:`BundleError` for anything else."""
    shown = show(name)
    _require_bounds(data, shown)
    entries = _listing(data)
    if entries is None:
        raise BundleError(f"{shown} is not a listing of attestations.")
    if len(entries) > MAX_BUNDLES:
        raise BundleError(f"{shown} lists more than {MAX_BUNDLES} attestations.")
    return entries


def _found(data: bytes, shown: str) -> list[bytes]:
    _require_bounds(data, shown)
    if data.lstrip()[:1] == b"[":
        return _array(data, shown)

    entries = _listing(data)
    if entries is not None:
        return _in_listing(entries, shown)
    if _is_object(data):
        return [data.strip()]
    return _lines(data, shown)


def _array(data: bytes, shown: str) -> list[bytes]:
    elements = _decoded(data, list[Raw])
    if elements is None:
        raise BundleError(f"{shown} is not JSON.")
    return [bytes(each) for each in elements]


def _in_listing(entries: tuple[Listed, ...], shown: str) -> list[bytes]:
    bundles = [each.bundle for each in entries if each.bundle is not None]
    if entries and not bundles:
        raise UncheckableError(f"{shown} says where bundles are, and holds none.")
    return bundles


def _lines(data: bytes, shown: str) -> list[bytes]:
    """Those lines that are objects. Others are skipped, such as an empty last one."""
    lines = []
    for line in _split(data):
        if line[:1] == b"{" and _is_object(line):
            lines.append(line)
            if len(lines) > MAX_BUNDLES:
                break

    if not lines:
        raise BundleError(f"{shown} holds no bundle.")
    return lines


def _split(data: bytes) -> Iterator[bytes]:
    """The lines one by one: a file may have millions of empty ones."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        yield data[start:end].strip()
        start = end + 1


def _listing(data: bytes) -> tuple[Listed, ...] | None:
    read = _decoded(data, _Listing)
    if read is None:
        return None
    return tuple(
        Listed(_raw(each.bundle), each.bundle_url, each.repository_id, each.initiator)
        for each in read.attestations
    )


def _raw(value: Raw) -> bytes | None:
    data = bytes(value)
    return None if data in (b"", b"null") else data


def _is_object(data: bytes) -> bool:
    return data.lstrip()[:1] == b"{" and _decoded(data, Raw) is not None


def _decoded(data: bytes, kind: Any) -> Any:
    """Nothing in it is built, so it takes no more memory than its bytes. ``None``: it is not so."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def _require_bounds(data: bytes, shown: str) -> None:
    if len(data) > MAX_SIZE:
        raise BundleError(f"{shown} has more than {MAX_SIZE >> 20} MB.")
    if data.count(b",") > _MAX_VALUES:
        raise BundleError(f"{shown} has more values than are read.")
