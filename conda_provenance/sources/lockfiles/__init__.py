"""Lockfiles: which packages a file locks. The form is recognised by what is in the file.

Nothing is solved, and nothing is fetched to read one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.packages.blob import open_file_blob
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.packages.refusals import Refusal, shown_path
from conda_provenance.sources.artifact import Found
from conda_provenance.sources.byte_order_marks import split_mark
from conda_provenance.sources.channels.artifacts import ContentsOf
from conda_provenance.sources.lockfiles.documents import (
    NEWEST_PIXI,
    conda_lock_packages,
    environment_names,
    pixi_packages,
    platform_names,
)
from conda_provenance.sources.lockfiles.explicit import (
    explicit_packages,
    is_explicit,
    meant_lines,
)
from conda_provenance.sources.lockfiles.locked import Chosen, Locked, found_of
from conda_provenance.text import show
from conda_provenance.yaml_text import load_yaml

__all__ = ["lockfile_artifacts"]

MAX_SIZE = 32 << 20
"""Bytes of a lockfile. A large one of pixi has three megabytes."""

_SPECS = (
    "names specs, not packages: which packages they mean is known only once they are solved; lock "
    "it first (pixi lock, conda-lock, or conda list --explicit of the environment), or give the "
    "environment itself with -n or -p"
)


def lockfile_artifacts(
    path: str,
    contents: ContentsOf,
    *,
    environment: str | None = None,
    platform: str | None = None,
    check: bool = False,
) -> Iterator[Found]:
    """Every package that the file locks, once.

    ``environment`` and ``platform`` take those for one of the file's own. ``check`` compares
    checksums of files on this disk.
    Raises :class:`UsageError` if it is no lockfile or has no such environment or platform, and
    :class:`UnavailableError` if it cannot be read.
    """
    shown = shown_path(path)
    text = _read(path, shown)
    packages = _packages(text, Chosen(environment, platform), shown)
    # conda reads relative paths from where it is started; pixi from where the file is.
    folder = "" if is_explicit(text) else os.path.dirname(path)
    yield from found_of(packages, folder, contents, check=check)


def _packages(text: str, chosen: Chosen, shown: str) -> Iterator[Locked]:
    if is_explicit(text):
        return chosen.of(explicit_packages(text), shown)

    if not _may_be_yaml(text):
        raise _no_lockfile(text, shown)
    document = load_yaml(text, shown)
    if not isinstance(document, Mapping):
        raise UsageError(f"{shown} {_SPECS}.")
    return _of_document(document, chosen, shown)


def _no_lockfile(text: str, shown: str) -> UsageError:
    """Says what the file is: empty, a list of packages, or one of specs."""
    lines = list(meant_lines(text))
    if not lines:
        return UsageError(
            f"{shown} is no lockfile: there is nothing in it; lock it again, and see what the "
            "command that writes it says."
        )

    places = [line.partition("#")[0].rstrip() for line in lines]
    if all(place.endswith(ENDINGS) and not place.startswith("- ") for place in places):
        return UsageError(
            f"{shown} is a list of packages, and no lockfile: write a line @EXPLICIT before them, "
            "or give the list as a target, with an @ before its path."
        )
    return UsageError(f"{shown} {_SPECS}.")


def _of_document(document: Mapping[str, Any], chosen: Chosen, shown: str) -> Iterator[Locked]:
    version = document.get("version")
    is_numbered = isinstance(version, str) and version.isascii() and version.isdigit()
    if is_numbered and len(str(version)) < 9 and int(str(version)) > NEWEST_PIXI:
        raise UsageError(
            f"{shown} is a lockfile of version {int(str(version))}, and versions up to "
            f"{NEWEST_PIXI} can be read: update this program, or lock it with an older pixi."
        )

    if isinstance(document.get("package"), list):
        return chosen.of(conda_lock_packages(document), shown)

    if "environments" in document and "packages" in document:
        chosen.check(environment_names(document), platform_names(document), shown)
        return chosen.wanted(pixi_packages(document))

    if "dependencies" in document or "specs" in document:
        raise UsageError(f"{shown} {_SPECS}.")
    raise UsageError(
        f"{shown} is no lockfile that is known: @EXPLICIT files, conda-lock.yml and pixi.lock can "
        "be read."
    )


def _may_be_yaml(text: str) -> bool:
    """Has a line a key? A list of requirements has none, and may be no YAML at all."""
    return any(
        not line.startswith((" ", "#", "-")) and (": " in line or line.rstrip().endswith(":"))
        for line in text.splitlines()
    )


def _read(path: str, shown: str) -> str:
    try:
        with open_file_blob(path) as blob:
            if blob.size > MAX_SIZE:
                raise UsageError(f"{shown} is no lockfile: it is larger than {MAX_SIZE >> 20} MiB.")
            encoding, text = split_mark(blob.read(0, blob.size))
            return text.decode(encoding or "utf-8")
    except FileNotFoundError:
        raise UsageError(f"{shown} does not exist: give the path of a lockfile.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{shown} is no lockfile: it is no text in UTF-8 or UTF-16.") from None
    except (OSError, Refusal) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UnavailableError(f"{shown} cannot be read: {show(why)}.") from None
