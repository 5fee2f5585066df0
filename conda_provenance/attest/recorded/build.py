"""``RecordedBuild``: what a builder recorded of a build, in the same form for all builders.

Everything in it may be published: see ``publishable``. Whether it is true is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote

from conda_provenance.attest import publishable
from conda_provenance.values import is_full_sha

MAX_DEPENDENCIES = 10_000
MAX_VARIANT = 500
"""Entries that are read. Large builds have some hundred packages, and thirty entries."""


class Dependency(NamedTuple):
    """Something that a build used."""

    role: str
    """``source``, ``build`` or ``host``."""
    uri: str | None
    digest: tuple[str, str] | None = None
    """The algorithm and the value, in hexadecimal digits."""


class RecordedBuild(NamedTuple):
    """What is known of a build. What is not known is empty."""

    dependencies: tuple[Dependency, ...] = ()
    variant: Mapping[str, str] = {}
    tools: Mapping[str, str] = {}
    """The programs that built it, and their versions."""
    started: str | None = None
    """When the build began: RFC 3339, UTC."""
    note: str = ""
    """Why something that is there could not be read: a sentence."""


def dependency(
    role: str, uri: str | None, digest: tuple[str, str] | None = None
) -> Iterator[Dependency]:
    """A dependency, if there is anything to say of it."""
    if uri or digest:
        yield Dependency(role, uri, digest)


def sha256_digest(value: object) -> tuple[str, str] | None:
    """The digest of a file, if this is a sha256."""
    sha256 = publishable.sha256(value)
    return ("sha256", sha256) if sha256 else None


def archive(url: object, sha256: object) -> Iterator[Dependency]:
    """The source at an address, or at the first usable one of several."""
    urls = url if isinstance(url, list) else [url]
    usable = filter(None, map(publishable.address, islice(urls, 100)))
    yield from dependency("source", next(usable, None), sha256_digest(sha256))


def checkout(url: object, rev: object) -> Iterator[Dependency]:
    """The source in a git repository. Only a whole hash is a digest: a tag may be moved."""
    name = publishable.revision(rev)
    if name is None or not name.strip("0"):  # git writes zeros where there is no commit.
        return

    digest = ("gitCommit", name) if is_full_sha(name) else None
    remote = publishable.repository(url)
    uri = f"git+{remote}@{name}" if remote else None
    yield from dependency("source", uri, digest)


def package_url(
    name: object, version: object, build: object, subdir: object = None, file_name: object = None
) -> str | None:
    """The purl of a conda package (type ``conda``), which says which one it is and not where."""
    texts = [publishable.word(each) for each in (name, version)]
    if None in texts:
        return None

    ending = next((each for each in ("conda", "tar.bz2") if _ends(file_name, each)), None)
    further = {"build": publishable.word(build), "subdir": publishable.word(subdir), "type": ending}
    query = "&".join(f"{key}={quote(text)}" for key, text in further.items() if text)
    purl = f"pkg:conda/{quote(texts[0] or '')}@{quote(texts[1] or '')}"
    return f"{purl}?{query}" if query else purl


def _ends(name: object, ending: str) -> bool:
    return isinstance(name, str) and name.endswith(f".{ending}")


def variant_of(entries: object) -> dict[str, str]:
    """Those entries of a variant that are texts and may be published."""
    if not isinstance(entries, Mapping):
        return {}

    kept = (publishable.entry(*each) for each in islice(entries.items(), MAX_VARIANT))
    return dict(sorted(filter(None, kept)))


def tools_of(named: Iterable[tuple[str, object]]) -> dict[str, str]:
    """The programs whose versions are known."""
    versions = ((name, publishable.word(version)) for name, version in named)
    return {name: version for name, version in versions if version}


def mapping(value: object, *path: str) -> Mapping[object, object]:
    """The mapping at this place in a document. Empty: there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> list[object]:
    """The entries of a list, as far as they are read. Anything else but nothing is one entry."""
    if value is None:
        return []
    return list(islice(value, MAX_DEPENDENCIES)) if isinstance(value, list) else [value]
