"""Lists what is installed in an environment, or the packages of some names.

What the packages say is read later, by their contents.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from conda_provenance.errors import UsageError
from conda_provenance.sources.artifact import Artifact, Found, NotConda, Unreadable
from conda_provenance.sources.environments.configuration import Configuration
from conda_provenance.sources.environments.contents import RecordContents, RemoteReader
from conda_provenance.sources.environments.disk import reason, shown
from conda_provenance.sources.environments.records import META, Record, read_records, record_files
from conda_provenance.text import escape

_MAX_NAME = 200
_HOW = "NAME, NAME=VERSION or NAME=VERSION=BUILD"


class Wanted(NamedTuple):
    """Packages of a name, and where that was given of a version and build."""

    text: str
    """As it was typed."""
    name: str
    version: str | None = None
    """A version, or the beginning of one unless ``exact`` is set."""
    build: str | None = None
    exact: bool = False

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """Raises :class:`~conda_provenance.errors.UsageError`."""
        name, *rest = [part.strip() for part in text.strip().replace("==", "=@").split("=")]
        exact = bool(rest) and rest[0].startswith("@")
        parts = [part.removeprefix("@") for part in rest]
        if len(parts) == 1:
            parts[0] = parts[0].removesuffix(".*")
        words = [name, *parts]
        if (
            len(words) > 3
            or not all(words)
            or any(set(word) & set(" []<>!~,*|:/\\") for word in words)
        ):
            raise UsageError(f"{escape(text, _MAX_NAME)} names no installed package: give {_HOW}.")

        version, build = [*parts, None, None][:2]
        return cls(text, name.lower(), version, build, exact)

    def matches(self, name: str, version: str, build: str) -> bool:
        if name.lower() != self.name or (self.build is not None and build != self.build):
            return False

        if self.version is None or version == self.version:
            return True
        return not self.exact and version.startswith(f"{self.version}.")


def installed(
    prefix: str,
    names: Sequence[str] = (),
    *,
    caches: Iterable[str] | None = None,
    reader: RemoteReader | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Found]:
    """The packages in the environment ``prefix``, by name; or those that ``names`` name.

    ``prefix`` is one that :func:`find_prefix` returned. ``names`` are ``NAME``, ``NAME=VERSION`` or
    ``NAME=VERSION=BUILD``. ``caches``: the package caches that are searched, by default those that
    are known on this machine. ``reader``: reads from its channel what is not on this disk.

    A record that cannot be read, and a name that is not installed, is found as
    :class:`~conda_provenance.sources.Unreadable`, and the rest goes on. What pip installed is found
    as :class:`~conda_provenance.sources.NotConda`, after conda's packages.

    Raises :class:`~conda_provenance.errors.UsageError` for a name that is none.
    """
    wanted = [Wanted.parse(name) for name in names]
    return _found(
        prefix, wanted, Configuration(environ, prefix) if caches is None else caches, reader
    )


def _found(
    prefix: str, wanted: list[Wanted], caches: Iterable[str], reader: RemoteReader | None
) -> Iterator[Found]:
    try:
        files = record_files(prefix)
    except OSError as error:
        place = os.path.join(prefix, META)
        yield Unreadable(prefix, prefix, f"{shown(place)} {reason(error)}.")
        return

    if not wanted:
        yield from _artifacts(prefix, files, caches, reader)
        yield from _not_condas(prefix, files)
        return

    for each in wanted:
        yield from _named(prefix, each, files, caches, reader)


def _named(
    prefix: str,
    wanted: Wanted,
    files: list[str],
    caches: Iterable[str],
    reader: RemoteReader | None,
) -> Iterator[Found]:
    own = [file for file in files if wanted.matches(*_parts(file))]
    found: list[Found] = list(_artifacts(prefix, own, caches, reader))
    if not found:
        others = _not_condas(prefix, files)
        found += [each for each in others if _is_named(each, wanted)]
        found = found or [_not_installed(prefix, wanted, files, others)]
    yield from found


def _artifacts(
    prefix: str, files: list[str], caches: Iterable[str], reader: RemoteReader | None
) -> Iterator[Found]:
    for found in read_records(prefix, files):
        if isinstance(found, Unreadable):
            yield found
        elif found.is_wheel:
            yield NotConda(found.name, found.version, found.location, "wheel")
        else:
            yield artifact_of(found, caches, reader)


def artifact_of(
    record: Record, caches: Iterable[str] = (), reader: RemoteReader | None = None
) -> Artifact:
    """The package of a record."""
    return Artifact(
        record.name,
        record.version,
        record.build,
        record.file_name,
        record.location,
        RecordContents(record, caches, reader),
        record.subdir,
        _channel(record),
        record.timestamp,
        record.sha256,
        record.md5,
        record.size,
    )


def _channel(record: Record) -> str | None:
    """The channel alone: conda and mamba write the subdir after it, rattler and pixi a slash."""
    if not record.channel:
        return None

    return record.channel.rstrip("/").removesuffix(f"/{record.subdir}")


def _not_condas(prefix: str, files: list[str]) -> list[NotConda]:
    from conda_provenance.sources.environments.pip import not_condas

    return not_condas(prefix, [os.path.join(prefix, META, file) for file in files])


def _is_named(package: NotConda, wanted: Wanted) -> bool:
    from conda_provenance.sources.environments.pip import normal_name

    names = normal_name(package.name), normal_name(wanted.name)
    return names[0] == names[1] and wanted.matches(wanted.name, package.version, wanted.build or "")


def _parts(file: str) -> tuple[str, str, str]:
    """Name, version and build, by the name of a record's file."""
    parts = file.removesuffix(".json").rsplit("-", 2)
    name, version, build = [*parts, "", ""][:3]
    return name, version, build


def _not_installed(
    prefix: str, wanted: Wanted, files: list[str], others: Iterable[NotConda]
) -> Unreadable:
    builds = [_parts(file) for file in files]
    same = ["-".join(parts) for parts in builds if parts[0].lower() == wanted.name]
    if same:
        hint = f"it has {escape(', '.join(same[:3]), _MAX_NAME)}"
    else:
        near = _near(wanted.name, [parts[0] for parts in builds] + [each.name for each in others])
        hint = f"did you mean {escape(near, _MAX_NAME)}?" if near else "'conda list' shows what is"

    text = escape(wanted.text, _MAX_NAME)
    where = shown(os.path.join(prefix, META))
    return Unreadable(
        wanted.text,
        prefix,
        f"No package {text} is installed in {shown(prefix)} (looked for in {where}): {hint}"
        + ("" if hint.endswith("?") else "."),
    )


def _near(name: str, names: list[str]) -> str | None:
    from difflib import get_close_matches

    by_lower = {each.lower(): each for each in names}
    near = get_close_matches(name, list(by_lower), n=1, cutoff=0.7)
    return by_lower[near[0]] if near else None
