"""What has to change in a package for a stamp. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from conda_provenance.packages.about import ABOUT, MAX_SIZE, NEW, parse_about, with_extra
from conda_provenance.packages.archive.decompression import Stream
from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.leaks import Leaks
from conda_provenance.packages.metadata import (
    Container,
    check_container,
    is_container,
    open_info,
    open_tar,
    read_files,
)
from conda_provenance.packages.read import INDEX
from conda_provenance.packages.refusals import NotAllowed, shown_name
from conda_provenance.packages.rendered_recipe import RECIPE, is_conda_builds, with_recipe_extra
from conda_provenance.packages.rewrite import NewFiles


class Plan(NamedTuple):
    """What has to change in the package."""

    container: Container | None
    """The ``.conda``'s zip. ``None``: a ``.tar.bz2``."""
    new: NewFiles
    about: Mapping[str, Any]
    new_about: Mapping[str, Any]
    index_json: bytes | None
    leaks: Leaks
    """Has searched the package as it will be."""


def plan_for(blob: FileBlob, changes: Mapping[str, str | None], *, overwrite: bool) -> Plan:
    """What has to change for ``changes``. Without ``overwrite``, other values are refused."""
    container = check_container(blob) if is_container(blob) else None
    files, leaks = _read(blob, container)
    about = parse_about(files.get(ABOUT))
    if not overwrite:
        _require_unsaid(about, changes)

    new = {ABOUT: with_extra(files.get(ABOUT, NEW), changes)}
    if RECIPE in files and is_conda_builds(about):
        new[RECIPE] = with_recipe_extra(files[RECIPE], changes, overwrite=overwrite)

    for name, data in new.items():
        leaks.see_instead(name, data)

    old = {ABOUT: NEW, **files}
    changed = {name: data for name, data in new.items() if data != old[name]}
    return Plan(
        container,
        NewFiles(
            {name: data for name, data in changed.items() if name in files},
            {name: data for name, data in changed.items() if name not in files},
        ),
        about,
        parse_about(new[ABOUT]),
        files.get(INDEX),
        leaks,
    )


def _read(blob: FileBlob, container: Container | None) -> tuple[dict[str, bytes], Leaks]:
    if container:
        return _read_stream(open_info(blob, container.info))

    # Of a .tar.bz2 the metadata alone is read, or the payload would have to be unpacked twice.
    files, leaks = _read_stream(open_tar(blob), until=(ABOUT,))
    if RECIPE not in files and is_conda_builds(parse_about(files.get(ABOUT))):
        # An old conda-build, which had recipes after the payload.
        return _read_stream(open_tar(blob))
    return files, leaks


def _read_stream(stream: Stream, until: Sequence[str] = ()) -> tuple[dict[str, bytes], Leaks]:
    leaks = Leaks(keep=True)
    files = read_files(
        stream,
        (ABOUT,),
        MAX_SIZE,
        loose=(INDEX,),
        optional=(RECIPE,),
        until=until,
        search=leaks,
    )
    return files, leaks


def _require_unsaid(about: Mapping[str, Any], changes: Mapping[str, str | None]) -> None:
    """Refuse a package that says something else already."""
    extra = extra_of(about)
    for key, value in changes.items():
        # An empty string, as local builds of conda-forge have it, says nothing yet. Who takes a
        # key out by its name knows that it is there.
        if value is not None and extra.get(key) not in (None, "", value):
            raise NotAllowed(f"it says another {shown_name(key)} already; --force overwrites it")


def extra_of(about: Mapping[str, Any]) -> Mapping[str, Any]:
    """The ``extra`` of an about.json. Empty if it is no object."""
    extra = about.get("extra")
    return extra if isinstance(extra, dict) else {}
