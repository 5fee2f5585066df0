"""What vouches for the bytes of a package file: signatures and attestations, which a stamp breaks.

Whether they are right is not known here. Signatures within an index are known in index_records.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence

from conda_provenance.packages.blob import Blob, open_file_blob
from conda_provenance.packages.checksum_files import MAX_SIZE, checksum_files, speaks_of
from conda_provenance.packages.files.digests import Digests
from conda_provenance.packages.files.places import places_of
from conda_provenance.packages.neighbours import Neighbours
from conda_provenance.packages.refusals import NotAllowed, PathLike, Refusal, shown_name

_KINDS = (
    # GnuPG, signify, minisign, OpenSSL, SSH.
    r"sign?|signature|asc|gpg|pgp|minisig|sshsig|p7[ms]|pkcs7|cms",
    # prefix.dev's and CEP 27's lists of bundles.
    r"(v[0-9]+\.)?sigs|publish\.attestation",
    # Sigstore: cosign, sigstore-python, gh, rattler-build.
    r"(cosign\.|sigstore\.)?bundle|sigstore|cosign|rekor",
    # in-toto and SLSA.
    r"att|attestations?|intoto|provenance|slsa|vsa|dsse|link",
    # Time stamps.
    r"ots|tsr",
)
"""The endings of files that vouch for others. Each may be one JSON object, or one a line."""

_KIND = rf"({'|'.join(_KINDS)})(\.(intoto|sigstore|att|sig|bundle))?(\.jsonl?)?"

_AFTER_NAME = re.compile(
    rf"(\.(md5|sha-?[0-9]{{1,3}}|b2)(sums?)?(\.txt)?)?\.{_KIND}", re.IGNORECASE
)
"""What follows the name of a package, or of a file with its checksum."""

_BY_DIGEST = re.compile(r"(?P<kind>sha(256|512))[:_-](?P<hex>[0-9a-f]{64,128})\..+", re.IGNORECASE)
"""What ``gh attestation download`` writes: ``sha256:HEX.jsonl``."""

_CLEARSIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_MAX_ARMOR = 1000
"""Bytes within which a text that is signed in itself says so."""


def require_unsigned(
    package: PathLike, blob: Blob, neighbours: dict[str, Neighbours] | None = None
) -> None:
    """Refuse to change a package whose bytes a file beside it vouches for.

    Takes the same as :func:`signatures_of`.
    """
    _require_none(signatures_of(package, blob, neighbours))


def require_unsigned_in(package: PathLike, signed: Mapping[str, Sequence[str]]) -> None:
    """Refuse to change a package over which an index beside it holds a signature.

    ``signed``: the indexes that hold one, by the package's name.
    """
    names = [name for _, name in places_of(package)]
    indexes = [path for name in dict.fromkeys(names) for path in signed.get(name, ())]
    _require_none([os.path.basename(path) for path in indexes])


def _require_none(signatures: Sequence[str]) -> None:
    if signatures:
        names = ", ".join(map(shown_name, signatures))
        raise NotAllowed(f"{names} vouches for its bytes and would be wrong; --force stamps it")


def signatures_of(
    package: PathLike, blob: Blob, neighbours: dict[str, Neighbours] | None = None
) -> list[str]:
    """Names of the files that vouch for the package as it is, such as ``x-1-0.conda.v0.sigs``.

    ``blob`` is the package. ``neighbours``: those of folders that have been listed already.
    """
    known = {} if neighbours is None else neighbours
    found: list[str] = []
    for folder, name in places_of(package):
        if folder not in known:
            known[folder] = Neighbours(folder)
        around = known[folder]
        found += [each for each, ending in around.of(name) if _AFTER_NAME.fullmatch(ending)]
        found += _by_digest(around, blob)
        found += _over_checksums(folder, name, around)
    return list(dict.fromkeys(found))


def _by_digest(neighbours: Neighbours, blob: Blob) -> Iterator[str]:
    """The files that are named by the checksum of the package."""
    digests = Digests(blob)
    for match in neighbours.like(_BY_DIGEST):
        if digests[match["kind"].lower()] == match["hex"].lower():
            yield match[0]


def _over_checksums(folder: str, package: str, neighbours: Neighbours) -> Iterator[str]:
    """What signs a list of checksums that has the package in it, such as ``SHA256SUMS.asc``."""
    for path in checksum_files(folder, [package], neighbours):
        name = os.path.basename(path)
        after = neighbours.starting_with(f"{name}.")
        signing = [each for each in after if _AFTER_NAME.fullmatch(each[len(name) :])]
        if _CLEARSIGNED in _read(path, _MAX_ARMOR):
            signing.append(name)
        if signing and speaks_of(_read(path, MAX_SIZE), path, package):
            yield from signing


def _read(path: str, length: int) -> str:
    """The beginning of a file. Correcting it says what is wrong with it."""
    try:
        with open_file_blob(path) as blob:
            return blob.read(0, length).decode("utf-8", "replace")
    except (OSError, Refusal):
        return ""
