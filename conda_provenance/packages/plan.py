"""What has to change in a package for a stamp. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

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

_MAX_EDITED = 64 << 20
"""Bytes of a file that is edited. A larger one stays as it is."""

Edit: TypeAlias = Callable[[bytes], bytes]
"""Makes the new data of a file out of the old."""


class Plan(NamedTuple):
    """What has to change in the package."""

    container: Container | None
    """The ``.conda``'s zip. ``None``: a ``.tar.bz2``."""
    new: NewFiles
    changes: Mapping[str, str | None]
    """What is set and taken out: what was asked for, and what follows from it."""
    about: Mapping[str, Any]
    new_about: Mapping[str, Any]
    index_json: bytes | None
    leaks: Leaks
    """It has searched the package as it will be."""


def plan_for(
    blob: FileBlob,
    changes: Mapping[str, str | None],
    edits: Mapping[str, Edit],
    *,
    overwrite: bool,
) -> Plan:
    """What has to change for ``changes`` in ``extra``, and then for ``edits``, by path of the file.

    Without ``overwrite``, a package that has other values is refused. An empty ``sha`` is taken out
    where a repository is set.
    """
    container = check_container(blob) if is_container(blob) else None
    files, leaks = _read(blob, container, edits.keys())
    about = parse_about(files.get(ABOUT))
    if not overwrite:
        _require_unsaid(about, changes)
    changes = _without_empty_sha(about, changes)

    new = {ABOUT: with_extra(files.get(ABOUT, NEW), changes)}
    if RECIPE in files and is_conda_builds(about):
        new[RECIPE] = with_recipe_extra(files[RECIPE], changes, overwrite=overwrite)

    for name in edits.keys() & (files.keys() | new.keys()):
        new[name] = edits[name](new.get(name) or files[name])

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
        changes,
        about,
        parse_about(new[ABOUT]),
        files.get(INDEX),
        leaks,
    )


def _read(
    blob: FileBlob, container: Container | None, edited: Collection[str]
) -> tuple[dict[str, bytes], Leaks]:
    if container:
        return _read_stream(open_info(blob, container.info), edited)

    # Only the metadata of a .tar.bz2 is read. Its payload would have to be unpacked twice.
    files, leaks = _read_stream(open_tar(blob), edited, until=(ABOUT,))
    if RECIPE not in files and is_conda_builds(parse_about(files.get(ABOUT))):
        # Old versions of conda-build put recipes after the payload.
        return _read_stream(open_tar(blob), edited)
    return files, leaks


def _read_stream(
    stream: Stream, edited: Collection[str], until: Sequence[str] = ()
) -> tuple[dict[str, bytes], Leaks]:
    leaks = Leaks(keep=True)
    files = read_files(
        stream,
        (ABOUT,),
        _MAX_EDITED if edited else MAX_SIZE,
        loose=(INDEX,),
        optional={RECIPE, *edited} - {ABOUT, INDEX},
        until=until,
        search=leaks,
    )
    return files, leaks


def _require_unsaid(about: Mapping[str, Any], changes: Mapping[str, str | None]) -> None:
    """Refuse a package that says something else already."""
    extra = extra_of(about)
    for key, value in changes.items():
        # Local builds of conda-forge have empty strings, which say nothing. A key may always be
        # removed (None): the caller has named it.
        if value is not None and extra.get(key) not in (None, "", value):
            raise NotAllowed(f"it says another {shown_name(key)} already; --force overwrites it")

    if changes.get("sha") == "" and "remote_url" not in changes and extra.get("remote_url"):
        raise NotAllowed(
            "it names a repository, and an empty sha says that there is no version control; "
            "--remove remote_url takes the repository out"
        )


def _without_empty_sha(
    about: Mapping[str, Any], changes: Mapping[str, str | None]
) -> Mapping[str, str | None]:
    """The changes, so that no empty ``sha``, "no version control", stands beside a repository."""
    is_contradicted = changes.get("remote_url") and "sha" not in changes
    return (
        {"sha": None, **changes}
        if is_contradicted and extra_of(about).get("sha") == ""
        else changes
    )


def extra_of(about: Mapping[str, Any]) -> Mapping[str, Any]:
    """The ``extra`` of an about.json. Empty if it is no object."""
    extra = about.get("extra")
    return extra if isinstance(extra, dict) else {}
