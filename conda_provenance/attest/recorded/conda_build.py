"""What conda-build records of a meta.yaml: the rendered recipe, and what entered the build's hash.

It names no digest of a package, and of a git source the tag or branch as the recipe has it. The
comment at the top of its meta.yaml holds paths, and the address of a repository with its login:
nothing of a comment is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conda_provenance.attest.recorded.build import (
    Dependency,
    RecordedBuild,
    archive,
    checkout,
    dependency,
    items,
    mapping,
    package_url,
    tools_of,
    variant_of,
)

META = "info/recipe/meta.yaml"
HASH_INPUT = "info/hash_input.json"

_LINE = re.compile(r"(\S{1,200}) (\S{1,200}) (\S{1,200})")
"""A package that was installed: its name, its version and its build string."""


def recorded(document: object, hash_input: object, about: Mapping[str, object]) -> RecordedBuild:
    """What the rendered recipe and its neighbours, as they were parsed, say of the build.

    index.json's time is not used: it is that of the packaging.
    """
    return RecordedBuild(
        dependencies=(
            *_sources(mapping(document).get("source")),
            *_packages("build", document),
            *_packages("host", document),
        ),
        variant=variant_of(hash_input),
        tools=tools_of(
            [
                ("conda", about.get("conda_version")),
                ("conda-build", about.get("conda_build_version")),
            ]
        ),
    )


def is_final(document: object) -> bool:
    """Are its requirements those that were installed? Otherwise they are only wishes."""
    return mapping(document, "extra").get("final") in ("true", "True")


def _sources(sources: object) -> Iterator[Dependency]:
    for source in items(sources):
        given = mapping(source)
        if "git_url" in given:
            yield from checkout(given["git_url"], given.get("git_rev") or given.get("git_tag"))
        elif "url" in given:
            yield from archive(given["url"], given.get("sha256"))


def _packages(role: str, document: object) -> Iterator[Dependency]:
    if not is_final(document):
        return

    for line in items(mapping(document, "requirements").get(role)):
        match = _LINE.fullmatch(line) if isinstance(line, str) else None
        if match is not None:
            yield from dependency(role, package_url(*match.groups()))
