"""``Inventory``: gathers the files of a package that can be held against a commit, within bounds.

What a builder would write is known here, as far as the rest is an oddity. What a file means is not.
"""

from __future__ import annotations

import re

from conda_provenance.packages.about import ABOUT
from conda_provenance.packages.archive.tar import Member
from conda_provenance.packages.archive.tar_header import HARD_LINK, SYMBOLIC_LINK, normal_path
from conda_provenance.packages.contents import PackageContents, PackageFile
from conda_provenance.packages.leaks import Leaks
from conda_provenance.packages.read import INDEX, PackageClaim
from conda_provenance.packages.refusals import Refusal, shown_name

FOLDER = "info/"

MAX_FILE = 8 << 20
"""Bytes of a file that is held."""

MAX_TOTAL = 64 << 20
MAX_FILES = 50_000
"""What is held of one package. Large ones have some thousand files of tests, and some megabytes."""

SCRIPT_FOLDERS = ("bin", "scripts", "python-scripts")
"""Folders of scripts that run at installation. The files of the last one land in the first two."""

_SCRIPT = re.compile(
    rf"(?:{'|'.join(SCRIPT_FOLDERS)})/\.[^/]*-(?:pre-link|post-link|pre-unlink)\.(?:sh|bat)", re.I
)

_MAX_NAMED = 50
"""Oddities and files left out that are named."""

_PLAIN_FOLDER = b"5"

_LOST_ON_WINDOWS = re.compile(r":.*|[. ]+\Z", re.S)
"""What Windows does not take for a part of a file's name."""

_WINDOWS_DIFFERS = re.compile(r"[\\:]|[. ](?:/|\Z)")


def is_install_script(path: str) -> bool:
    """Does conda run this file of the payload when it installs or removes the package?

    On some systems the case of a name does not count.
    """
    return _SCRIPT.fullmatch(path) is not None


def windows_name(path: str) -> str:
    """The file that Windows writes for this path, where a backslash parts folders, too."""
    if not _WINDOWS_DIFFERS.search(path):
        return path  # As nearly every path is.

    parts: list[str] = []
    for part in path.replace("\\", "/").split("/"):
        if part == "..":
            del parts[-1:]
        else:
            parts.append(_LOST_ON_WINDOWS.sub("", part))
    return "/".join(filter(None, parts))


class Inventory:
    """The files that have been seen."""

    def __init__(self, *, folder: str = "", whole: bool = False) -> None:
        """``folder`` is put before the names of metadata. ``whole``: the payload is seen too."""
        self.files: dict[str, PackageFile] = {}
        self.scripts: dict[str, PackageFile] | None = {} if whole else None
        self._folder = folder
        self._left_out: dict[str, None] = {}
        self._oddities: dict[str, None] = {}
        self._places: dict[str, str] = {}
        """The names that were seen, by where they are on a system that knows fewer."""
        self._held = 0
        self._number = 0

    def room_for(self, name: str, size: int) -> bool:
        """May a file of this size be held? Otherwise it is left out."""
        if size <= min(MAX_FILE, MAX_TOTAL - self._held):
            return True

        if len(self._left_out) < _MAX_NAMED or name.startswith("info/recipe/"):
            self._left_out[name] = None
        return False

    def add(self, file: PackageFile) -> None:
        """A file below ``info/``. Of two with one name the first is held."""
        self._held += len(file.data)
        self.files.setdefault(file.name, file)

    def add_script(self, file: PackageFile) -> None:
        """A script that runs at installation."""
        if self.scripts is None:
            return

        if file.name in self.scripts:
            self.note(f"it holds two {shown_name(file.name)}")
        self._count()
        self._held += len(file.data)
        self.scripts.setdefault(file.name, file)

    def note(self, oddity: str) -> None:
        """Remember what no builder writes, as the second half of a sentence."""
        if len(self._oddities) < _MAX_NAMED:
            self._oddities[oddity] = None

    def see_metadata(self, member: Member) -> None:
        """A member of the metadata's tar, or one below ``info/``."""
        header = member.header
        if not member.path or not self._is_file(member):
            return

        name = self._folder + member.path
        self._count()
        self._see_place(name)
        if not name.startswith(FOLDER):
            self.note(f"its metadata holds {shown_name(name)}")
        elif header.other_path != header.path:
            self.note(f"its {shown_name(name)} can be read as another name")
        elif name in self.files or name in self._left_out:
            self.note(f"it holds two {shown_name(name)}")
        elif header.kind == SYMBOLIC_LINK:
            self._add_link(name, header.link)
        elif header.kind == HARD_LINK:
            self._add_copy(name, self._folder + normal_path(header.link), member)
        elif not member.is_plain:
            self.note(f"its {shown_name(name)} is no file")
        elif self.room_for(name, header.size):
            self.add(PackageFile(name, member.read(MAX_FILE), False, header.is_executable))

    def see_payload(self, member: Member) -> None:
        """A member of the payload. Only what should not be there, and scripts, are looked at."""
        header = member.header
        if not member.path or not self._is_file(member):
            return

        names = {member.path, header.other_path}
        names |= set(map(windows_name, names))
        if any(f"{name}/".lower().startswith(FOLDER) for name in names):
            self.note(f"its payload holds {shown_name(member.path)}, which would be metadata")

        for name in names:
            if is_install_script(name):
                self._see_script(name, member)
            elif name.lower() in SCRIPT_FOLDERS:  # A link, through which they are found.
                self.add_script(PackageFile(name, _raw(header.link), is_link=True))

    def _see_place(self, name: str) -> None:
        """Two names that some system takes for one: which file is there, nobody can tell."""
        place = windows_name(name.replace(":", "\0"))
        if place.count("/") == 1:  # Deeper ones may differ in case alone: tests, licenses.
            place = place.lower()
        if self._places.setdefault(place, name) != name:
            self.note(
                f"its {shown_name(name)} is {shown_name(self._places[place])} on some systems"
            )

    def contents(self, package: PackageClaim, *, has_modes: bool = True) -> PackageContents:
        """All that was seen of the package that says this."""
        return PackageContents(
            package,
            self.files,
            tuple(self._left_out),
            tuple(f"{oddity[:1].upper()}{oddity[1:]}." for oddity in self._oddities),
            self.scripts,
            has_modes,
        )

    def claim_files(self) -> dict[str, bytes]:
        """about.json and index.json, where they are there."""
        found = {name: self.files[name] for name in (ABOUT, INDEX) if name in self.files}
        if ABOUT in self._left_out:
            raise Refusal(f"its {ABOUT} is larger than {MAX_FILE >> 20} MiB")
        if not found and INDEX not in self._left_out:
            raise Refusal(f"it has no {ABOUT} and no {INDEX}")
        if ABOUT in found and found[ABOUT].is_link:
            raise Refusal(f"its {ABOUT} is a link")
        return {name: file.data for name, file in found.items() if not file.is_link}

    def leaks(self) -> Leaks:
        """A search for credentials in what was seen."""
        leaks = Leaks()
        for name, file in self.files.items():
            if not file.is_link and leaks.wants(name, len(file.data)):
                leaks.see(name, file.data)
        return leaks

    def _is_file(self, member: Member) -> bool:
        """Is it no folder? A header that not everybody can read hides what comes after it."""
        if not member.header.is_read_alike:
            self.note(f"its member {shown_name(member.path)} has a header that readers differ on")
        return member.header.kind != _PLAIN_FOLDER

    def _count(self) -> None:
        self._number += 1
        if self._number > MAX_FILES:
            raise Refusal(f"its metadata has more than {MAX_FILES:,} files")

    def _add_link(self, name: str, target: str) -> None:
        self.add(PackageFile(name, _raw(target), is_link=True))

    def _add_copy(self, name: str, target: str, member: Member) -> None:
        """A hard link is the file that it leads to."""
        original = self.files.get(target)
        if original is None or original.is_link:
            self.note(f"its {shown_name(name)} is a hard link to no file of its metadata")
        elif self.room_for(name, len(original.data)):
            self.add(PackageFile(name, original.data, False, member.header.is_executable))

    def _see_script(self, name: str, member: Member) -> None:
        if member.is_plain and self.scripts is not None and name == member.path:
            if self.room_for(name, member.header.size):
                data = member.read(MAX_FILE)
                self.add_script(PackageFile(name, data, False, member.header.is_executable))
            else:
                self.note(f"its {shown_name(name)}, which runs at installation, is too large")
        else:
            self.add_script(PackageFile(name, _raw(member.header.link), is_link=True))


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
