"""What rattler-build's engine records: ``rendered_recipe.yaml``, also when conda-build runs it.

The digests of packages are those of their files. Of a git source it names the commit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conda_provenance.attest import publishable
from conda_provenance.attest.recorded.build import (
    Dependency,
    RecordedBuild,
    archive,
    checkout,
    dependency,
    items,
    mapping,
    package_url,
    sha256_digest,
    tools_of,
    variant_of,
)

RENDERED = "info/recipe/rendered_recipe.yaml"

_PROGRAM = "rattler-build"


def recorded(document: object) -> RecordedBuild:
    """What the document, as it was parsed, says of the build."""
    configuration = mapping(document, "build_configuration")
    return RecordedBuild(
        dependencies=(
            *_sources(mapping(document).get("finalized_sources")),
            *_packages("build", document),
            *_packages("host", document),
        ),
        variant=variant_of(configuration.get("variant")),
        tools=tools_of([(_PROGRAM, mapping(document, "system_tools").get(_PROGRAM))]),
        # It is the time at which the build was set up, before anything ran.
        started=publishable.time(configuration.get("timestamp")),
    )


def _sources(sources: object) -> Iterator[Dependency]:
    for source in items(sources):
        given = mapping(source)
        if "git" in given:
            yield from checkout(given["git"], given.get("rev"))
        elif "url" in given:
            yield from archive(given["url"], given.get("sha256"))


def _packages(role: str, document: object) -> Iterator[Dependency]:
    """The packages of the environment in which something was built."""
    resolved = mapping(document, "finalized_dependencies", role).get("resolved")
    for each in items(resolved):
        record = mapping(each)
        uri = publishable.address(record.get("url")) or _purl(record)
        yield from dependency(role, uri, sha256_digest(record.get("sha256")))


def _purl(record: Mapping[object, object]) -> str | None:
    keys = ("name", "version", "build", "subdir", "fn")
    return package_url(*(record.get(key) for key in keys))
