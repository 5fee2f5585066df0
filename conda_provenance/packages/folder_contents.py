"""Reads all of an extracted package that can be held against a commit. No link is ever followed.

Whose folder it is, is not known here, nor what the files mean.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from conda_provenance.packages.contents import PackageContents, PackageFile
from conda_provenance.packages.inventory import (
    FOLDER,
    SCRIPT_FOLDERS,
    Inventory,
    is_install_script,
)
from conda_provenance.packages.read import package_claim
from conda_provenance.packages.refusals import Refusal, shown_name

_MAX_DEPTH = 60
"""Folders below each other."""

_MAX_ENTRIES = 200_000

_RECORD = "info/repodata_record.json"
"""Written where the package was extracted. It may hold a channel's password, and is not its own."""

_FLAGS = (
    os.O_RDONLY
    # A pipe would make us wait for its other end.
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOFOLLOW", 0)
)
_FOLDER = _FLAGS | getattr(os, "O_DIRECTORY", 0)

_BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
"""Can what is in an open folder be opened, whatever its path leads to meanwhile?"""


def read_folder_contents(
    folder: str,
    *,
    package: str,
    location: str,
    read_from: str,
    full_name: str | None,
    whole: bool = False,
    sha256: str | None = None,
    place: str | None = None,
) -> PackageContents:
    """The claim of an extracted package, and its metadata. A folder has no digest of its own.

    ``whole``: look for scripts that run at installation, too. ``sha256`` is a record's word.
    Raises :class:`Refusal` and ``OSError``.
    """
    inventory = Inventory(whole=whole)
    _Walk(inventory).read(folder)

    claim = package_claim(
        package,
        location,
        read_from,
        inventory.claim_files(),
        full_name,
        inventory.leaks(),
        sha256,
        sha256_from="record",
        place=place,
    )
    return inventory.contents(claim, has_modes=os.name != "nt")


class _Place:
    """A folder that is open, or on systems that cannot do this its path."""

    def __init__(self, path: str, descriptor: int | None) -> None:
        self.path = path
        self.descriptor = descriptor

    def open(self, name: str, flags: int) -> int:
        if self.descriptor is None:
            return os.open(os.path.join(self.path, name), flags)
        return os.open(name, flags, dir_fd=self.descriptor)

    def link(self, name: str) -> str:
        if self.descriptor is None:
            return os.readlink(os.path.join(self.path, name))
        return os.readlink(name, dir_fd=self.descriptor)

    def entries(self) -> list[os.DirEntry[str]]:
        scan = os.scandir(self.path) if self.descriptor is None else os.scandir(self.descriptor)
        with scan as entries:
            return sorted(entries, key=lambda entry: entry.name)


@contextmanager
def _opened(path: str, within: _Place | None = None, name: str = "") -> Iterator[_Place]:
    """A folder. Only the one that the caller was given may be reached through a link."""
    if not _BY_DESCRIPTOR:
        yield _Place(path, None)
        return

    flags = _FOLDER if within else _FOLDER & ~getattr(os, "O_NOFOLLOW", 0)
    descriptor = within.open(name, flags) if within else os.open(path, flags)
    try:
        yield _Place(path, descriptor)
    finally:
        os.close(descriptor)


class _Walk:
    """Reads the folders of one package."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._entries = 0

    def read(self, folder: str) -> None:
        with _opened(folder) as top:
            for entry in self._listed(top):
                name = entry.name
                if name == FOLDER[:-1]:
                    self._metadata(top, entry, "", 0)
                elif self._inventory.scripts is not None and name.lower() in SCRIPT_FOLDERS:
                    self._scripts(top, entry)

    def _listed(self, place: _Place) -> list[os.DirEntry[str]]:
        entries = place.entries()
        self._entries += len(entries)
        if self._entries > _MAX_ENTRIES:
            raise Refusal(f"it has more than {_MAX_ENTRIES:,} files")
        return entries

    def _metadata(self, parent: _Place, entry: os.DirEntry[str], folder: str, depth: int) -> None:
        """A file, a link or a folder of the metadata."""
        name = folder + entry.name
        if entry.is_symlink():
            if not folder:
                raise Refusal("its info folder is a link")
            target = os.fsencode(parent.link(entry.name))
            self._inventory.add(PackageFile(name, target, is_link=True))
        elif not entry.is_dir(follow_symlinks=False):
            self._file(parent, entry.name, name)
        elif depth == _MAX_DEPTH:
            raise Refusal(f"its metadata has more than {_MAX_DEPTH} folders in each other")
        else:
            path = os.path.join(parent.path, entry.name)
            with _opened(path, parent, entry.name) as place:
                for each in self._listed(place):
                    self._metadata(place, each, f"{name}/", depth + 1)

    def _file(self, parent: _Place, name: str, path: str) -> None:
        if path == _RECORD:
            return

        file = self._read(parent, name, path)
        if file is not None:
            self._inventory.add(file)

    def _scripts(self, parent: _Place, entry: os.DirEntry[str]) -> None:
        """The scripts in one of the folders for them."""
        if entry.is_symlink():
            self._inventory.add_script(_link(parent, entry.name, entry.name))
        if not entry.is_dir(follow_symlinks=False):
            return

        with _opened(os.path.join(parent.path, entry.name), parent, entry.name) as place:
            for each in self._listed(place):
                path = f"{entry.name}/{each.name}"
                if is_install_script(path):
                    self._script(place, each, path)

    def _script(self, place: _Place, entry: os.DirEntry[str], path: str) -> None:
        if entry.is_symlink():
            file: PackageFile | None = _link(place, entry.name, path)
        else:
            file = self._read(place, entry.name, path)
        if file is not None:
            self._inventory.add_script(file)

    def _read(self, place: _Place, name: str, path: str) -> PackageFile | None:
        """A file within bounds. ``None``: it is noted why there is none."""
        try:
            descriptor = place.open(name, _FLAGS)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENXIO):  # A link since a moment ago, a socket.
                self._inventory.note(f"its {shown_name(path)} is no file")
                return None
            raise

        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                self._inventory.note(f"its {shown_name(path)} is no file")
                return None
            if not self._inventory.room_for(path, status.st_size):
                return None

            data = file.read(status.st_size)
            if len(data) < status.st_size:
                raise Refusal("it became shorter while it was read; try again")
            return PackageFile(path, data, False, status.st_mode & 0o100 != 0)


def _link(place: _Place, name: str, path: str) -> PackageFile:
    return PackageFile(path, os.fsencode(place.link(name)), is_link=True)
