"""Reads all of a package file that can be held against a commit, in one reading.

What the files mean is not known here, and nothing is believed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing

from conda_provenance.packages.about import ABOUT
from conda_provenance.packages.archive import tar
from conda_provenance.packages.archive.ambiguities import Ambiguities
from conda_provenance.packages.archive.decompression import Stream, open_gzip, open_zstd
from conda_provenance.packages.archive.zip import (
    Directory,
    MemberReader,
    is_info,
    read_member,
    require_stored,
)
from conda_provenance.packages.blob import (
    CHUNK,
    Blob,
    BlobReader,
    FileBlob,
    Prefetching,
    open_file_blob,
    prefetching,
)
from conda_provenance.packages.contents import PackageContents
from conda_provenance.packages.inventory import FOLDER, Inventory
from conda_provenance.packages.metadata import (
    INFO_LIMIT,
    fetch_info,
    find_directory,
    open_info,
    open_tar,
    payload_limit,
)
from conda_provenance.packages.read import INDEX, package_claim, package_name
from conda_provenance.packages.refusals import ChangedMeanwhile, PathLike, refusals

_HEADER = "metadata.json"


def read_contents(path: PathLike, *, whole: bool = False) -> PackageContents:
    """All that can be held against a commit, of a package file on this disk.

    ``whole``: read the payload too, for its scripts and the file's digest. The digest is that of
    the bytes that were read: a file that is changed meanwhile is refused.

    Raises :class:`~conda_provenance.errors.PackageError` if it cannot be read.
    """
    location = os.fspath(path)
    with refusals(path, "read"), open_file_blob(path) as blob:
        name = os.path.basename(location)
        return read_contents_blob(blob, name, location=location, read_from="file", whole=whole)


def read_contents_blob(
    blob: Blob, name: str, *, location: str, read_from: str = "remote", whole: bool = False
) -> PackageContents:
    """The same for a file that is open, or not on this disk. ``name`` is its file's name.

    Unless it is ``whole``, a ``.tar.bz2`` is read to the end of its metadata. Of a ``.conda`` the
    list at its end is always read: what stands at its front may not be what is unpacked.
    """
    with refusals(location, "read"):
        inventory = Inventory(whole=whole)
        ahead = prefetching(blob)
        directory = find_directory(ahead, name)
        if directory is None:
            _read_tar(open_tar(ahead, whole=whole), inventory, whole)
        else:
            _read_container(ahead, directory, inventory, whole)

        sha256 = _sha256(blob) if whole else None
        return _contents(inventory, name, location, read_from, sha256)


def read_contents_layer(blob: Blob, name: str, *, location: str) -> PackageContents:
    """The same for the metadata that a registry keeps beside a package."""
    with refusals(location, "read"):
        inventory = Inventory()
        _read_layer(blob, inventory)
        if not {ABOUT, INDEX} & inventory.files.keys():
            # Packed from within, as conda-oci-mirror does.
            inventory = Inventory(folder=FOLDER)
            _read_layer(blob, inventory)
        return _contents(inventory, name, location, "remote", None)


def _contents(
    inventory: Inventory, name: str, location: str, read_from: str, sha256: str | None
) -> PackageContents:
    full_name = package_name(name)
    files, leaks = inventory.claim_files(), inventory.leaks()
    package = package_claim(name, location, read_from, files, full_name, leaks, sha256)
    return inventory.contents(package)


def _read_container(
    ahead: Prefetching, directory: Directory, inventory: Inventory, whole: bool
) -> None:
    """Read the members of a ``.conda``: its metadata, and its payload if it is wanted."""
    _note_members(directory, inventory)
    _each(open_info(ahead, fetch_info(ahead, directory)), inventory.see_metadata)
    if not whole:
        return

    for entry in directory.entries:
        member = read_member(ahead, entry)
        if _is_payload(entry.name):
            require_stored(entry)
            source = MemberReader(ahead, member, piece=CHUNK)
            _each(open_zstd(source, payload_limit(entry.size)), inventory.see_payload)


def _note_members(directory: Directory, inventory: Inventory) -> None:
    """A ``.conda`` has three members (CEP 35)."""
    names = [entry.name for entry in directory.entries]
    if sum(map(_is_payload, names)) != 1:
        inventory.note("its zip has not exactly one payload")

    further = [name for name in names if not (_is_payload(name) or is_info(name))]
    if set(further) - {_HEADER}:
        inventory.note("its zip holds more than a package's three members")


def _is_payload(name: str) -> bool:
    return name.startswith("pkg-") and name.endswith(".tar.zst") and "/" not in name


def _read_tar(stream: Stream, inventory: Inventory, whole: bool) -> None:
    """Read a ``.tar.bz2``, in which metadata comes first."""
    with stream, closing(tar.checked(stream, Ambiguities({ABOUT}))) as members:
        for member in members:
            if member.path.startswith(FOLDER):
                inventory.see_metadata(member)
            elif whole or not member.path:
                inventory.see_payload(member)
            elif {ABOUT, INDEX} <= inventory.files.keys():
                break


def _read_layer(blob: Blob, inventory: Inventory) -> None:
    _each(open_gzip(BlobReader(blob), INFO_LIMIT), inventory.see_metadata)


def _each(stream: Stream, see: Callable[[tar.Member], None]) -> None:
    with stream, closing(tar.checked(stream, Ambiguities({ABOUT}))) as members:
        for member in members:
            see(member)


def _sha256(blob: Blob) -> str:
    from conda_provenance.packages.files.digests import Digests  # OpenSSL takes a while to load.

    digest = Digests(blob)["sha256"]
    if isinstance(blob, FileBlob) and not blob.is_unchanged():
        raise ChangedMeanwhile
    return digest
