"""Lockfiles in YAML: conda-lock's (CEP 37), and pixi's of versions 1 to 7.

The document has been parsed: objects, lists, and texts for every scalar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conda_provenance.errors import UnavailableError
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.sources.lockfiles.locked import Locked

NEWEST_PIXI = 7
MAX_PACKAGES = 200_000
_MAX_PLATFORMS = 10_000

_EMPTY = (None, "", "~", "null")
"""Nothing, as YAML writes it: every scalar is a text here."""

_NOT_CONDA = {"pip": "pip", "pypi": "pip"}


def conda_lock_packages(document: Mapping[str, Any]) -> Iterator[Locked]:
    """The ``package`` list of conda-lock. pixi's files had the same up to version 3."""
    for entry in _few(_list(document.get("package"))):
        if not isinstance(entry, Mapping):
            yield _unknown(entry)
            continue
        hashes = entry.get("hash")
        hashes = hashes if isinstance(hashes, Mapping) else {}
        yield Locked(
            _NOT_CONDA.get(_text(entry, "manager"), "conda"),
            _text(entry, "url"),
            _text(entry, "name"),
            _text(entry, "version"),
            _text(entry, "build"),
            platform=_text(entry, "platform") or None,
            sha256=_text(hashes, "sha256"),
            md5=_text(hashes, "md5"),
            size=_number(entry, "size"),
            timestamp=_number(entry, "timestamp"),
        )


def pixi_packages(document: Mapping[str, Any]) -> Iterator[Locked]:
    """The packages of pixi's environments, which refer to a list of what is known of each."""
    known: dict[str, Mapping[str, Any]] = {}
    for entry in _few(_list(document.get("packages"))):
        if isinstance(entry, Mapping):
            known.setdefault(_reference(entry)[1], entry)

    names = platform_names(document)
    for environment, platform, reference in _references(document):
        yield _pixi_package(reference, known, environment, names.get(platform, platform))


def environment_names(document: Mapping[str, Any]) -> list[str]:
    """The environments of a pixi.lock."""
    return [str(name) for name in _mapping(document.get("environments"))]


def platform_names(document: Mapping[str, Any]) -> dict[str, str]:
    """The platforms of a pixi.lock. Since version 7 they have names of their own."""
    names: dict[str, str] = {}
    for each in _list(document.get("platforms")):
        if isinstance(each, Mapping):
            name = _text(each, "name")
            names[name] = name
    for _, platform, _ in _platforms(document):
        names.setdefault(platform, platform)
    return names


def _references(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    # By an alias, one list can be in many environments: what is visited is counted.
    count = 0
    for environment, platform, references in _platforms(document):
        count += len(references)
        if count > MAX_PACKAGES:
            raise _too_many()
        for reference in references:
            known = reference if isinstance(reference, Mapping) else {}
            yield environment, platform, known or {"url": _unknown(reference).address}


def _platforms(document: Mapping[str, Any]) -> Iterator[tuple[str, str, list[Any]]]:
    """The list of packages for each environment and platform."""
    count = 0
    for environment, details in _mapping(document.get("environments")).items():
        platforms = _mapping(_mapping(details).get("packages"))
        count += len(platforms)
        if count > _MAX_PLATFORMS:
            raise _too_many()
        for platform, references in platforms.items():
            yield str(environment), str(platform), _list(references)


def _too_many() -> UnavailableError:
    return UnavailableError("The lockfile has too many packages to be one.")


def _pixi_package(
    reference: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any]],
    environment: str,
    platform: str,
) -> Locked:
    kind, address = _reference(reference)
    entry = {**known.get(address, {}), **reference}
    name = _text(entry, "name")
    if "conda" in reference and address and not address.endswith(ENDINGS):
        kind = "source"  # A folder or a repository, which pixi builds itself.
    if kind == "source":
        # "name[hash] @ place" since version 7.
        begin, mark, place = address.partition(" @ ")
        name = name or begin.partition("[")[0]
        address = place if mark else address
    return Locked(
        kind,
        address,
        name,
        _text(entry, "version"),
        _text(entry, "build"),
        platform=platform,
        environment=environment,
        sha256=_text(entry, "sha256"),
        md5=_text(entry, "md5"),
        size=_number(entry, "size"),
        timestamp=_number(entry, "timestamp"),
    )


def _reference(entry: Mapping[str, Any]) -> tuple[str, str]:
    """What an entry is, and its address: ``conda: URL``, or ``kind: conda`` and ``url: URL``."""
    for key, kind in (("conda", "conda"), ("pypi", "pip"), ("conda_source", "source")):
        if key in entry:
            return kind, _text(entry, key)

    kind = _NOT_CONDA.get(_text(entry, "kind"), "conda")
    return kind, _text(entry, "url") or _text(entry, "path")


def _unknown(entry: object) -> Locked:
    """What is no object, where a package should be. It is not left out: it may be one."""
    return Locked("conda", entry if isinstance(entry, str) else "")


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def _number(entry: Mapping[str, Any], key: str) -> int | None:
    value = _text(entry, key)
    is_number = value.isascii() and value.isdigit() and len(value) < 16
    return int(value) if is_number else None


def _mapping(value: object) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    if value in _EMPTY:
        return {}
    raise _damaged()


def _list(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    if value in _EMPTY:
        return []
    raise _damaged()


def _damaged() -> UnavailableError:
    # What is locked there cannot be known, so it must not look like nothing.
    return UnavailableError("The lockfile is damaged: lock it again.")


def _few(entries: list[Any]) -> list[Any]:
    if len(entries) > MAX_PACKAGES:
        raise _too_many()
    return entries
