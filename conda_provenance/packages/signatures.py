"""Finds signatures and attestations of a package file, which a stamp would break.

Whether they are valid is not known here. For signatures within an index see ``indexes.records``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from conda_provenance.packages.blob import Blob, open_file_blob
from conda_provenance.packages.files.digests import Digests
from conda_provenance.packages.files.places import places_of
from conda_provenance.packages.indexes.checksum_files import MAX_SIZE, speaks_of
from conda_provenance.packages.indexes.checksum_names import checksum_files
from conda_provenance.packages.neighbours import Neighbours
from conda_provenance.packages.refusals import NotAllowed, PathLike, Refusal, shown_name

_KIND = re.compile(
    # GnuPG, signify, minisign, OpenSSL, SSH, JOSE.
    r"sign?|signed|signatures?|asc|gpg|pgp|signify|minisig|sshsig|p7[ms]|pkcs7|cms|jws"
    # prefix.dev's lists of bundles.
    r"|sigs"
    # Sigstore: cosign, sigstore-python, gh, rattler-build.
    r"|bundle|sigstore|cosign|rekor"
    # in-toto and SLSA.
    r"|att|attest|attestations?|intoto|toto|provenance|slsa|vsa|dsse|link"
    # Time stamps.
    r"|ots|tsr"
)
"""A word in the names of files that vouch for others."""

_FORM = re.compile(r"jsonl?|v?[0-9]+")
"""A word that may follow it: the format or the version."""

_BY_DIGEST = re.compile(
    r"((?P<kind>sha(256|512))[:_-])?(?P<hex>[0-9a-f]{64}([0-9a-f]{64})?)(?P<after>\..+)?",
    re.IGNORECASE,
)
"""``sha256:HEX.jsonl``, as ``gh attestation download`` writes it, or without the kind."""

_JSON = (".json", ".jsonl")

_CLEARSIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_MAX_ARMOR = 1000
"""Bytes. A text that holds its own signature says so within them."""


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

    ``blob`` is the package. ``neighbours``: the folders that are listed already. More are added.
    """
    known = {} if neighbours is None else neighbours
    found: list[str] = []
    for folder, name in places_of(package):
        if folder not in known:
            known[folder] = Neighbours(folder)

        around = known[folder]
        found += [each for each, ending in around.of(name) if _vouches(ending)]
        found += _by_digest(around, blob)
        found += _over_checksums(folder, name, around)
    return list(dict.fromkeys(found))


@lru_cache
def _vouches(ending: str) -> bool:
    """Is this the ending of a file that vouches for another, such as ``.slsa.intoto.jsonl``?

    The last word counts: ``.sig.txt`` and ``.sig.sha256`` are about a signature.
    """
    words = re.findall(r"[^._-]+", ending.lower().replace("sha-", "sha"))
    while words and _FORM.fullmatch(words[-1]):
        words.pop()
    # A number belongs to the build string of another package.
    is_named = all(word[0].isalpha() for word in words)
    return bool(words and is_named and _KIND.fullmatch(words[-1]))


def _by_digest(neighbours: Neighbours, blob: Blob) -> Iterator[str]:
    """The files that are named by the checksum of the package."""
    digests = Digests(blob)
    for match in neighbours.like(_BY_DIGEST):
        value, after = match["hex"].lower(), match["after"] or ""
        kind = (match["kind"] or ("sha256" if len(value) == 64 else "sha512")).lower()
        # Shards are named by their checksums too, and copies of packages may be.
        may_vouch = match["kind"] or after.lower() in _JSON or _vouches(after)
        if may_vouch and digests[kind] == value:
            yield match[0]


def _over_checksums(folder: str, package: str, neighbours: Neighbours) -> Iterator[str]:
    """Signatures of a list of checksums that names the package, such as ``SHA256SUMS.asc``."""
    for path in checksum_files(folder, [package], neighbours):
        name = os.path.basename(path)
        after = neighbours.starting_with(f"{name}.")
        signing = [each for each in after if _vouches(each[len(name) :])]
        if _CLEARSIGNED in _read(path, _MAX_ARMOR):
            signing.append(name)
        if signing and speaks_of(_read(path, MAX_SIZE), path, package):
            yield from signing


def _read(path: str, length: int) -> str:
    """The beginning of a file. Empty if it cannot be read: its correction warns of that."""
    try:
        with open_file_blob(path) as blob:
            return blob.read(0, length).decode("utf-8", "replace")
    except (OSError, Refusal):
        return ""
