"""Decides which builder made a package, by the files in it, and reads them within bounds."""

from __future__ import annotations

import json
from collections.abc import Mapping

from conda_provenance.attest.recorded import conda_build, rattler
from conda_provenance.attest.recorded.build import RecordedBuild, tools_of
from conda_provenance.errors import UnavailableError
from conda_provenance.packages.about import ABOUT, parse_about

FILES = (rattler.RENDERED, conda_build.META, conda_build.HASH_INPUT)
"""What is read besides about.json. None of it is in a package without its recipe."""

_MAX_JSON = 1 << 20


def recorded_build(files: Mapping[str, bytes]) -> RecordedBuild:
    """What the builder recorded. ``files`` are those of :data:`FILES` that there are, by name."""
    about = parse_about(files.get(ABOUT))
    hash_input = _json(files.get(conda_build.HASH_INPUT))
    name = rattler.RENDERED if rattler.RENDERED in files else conda_build.META
    document, note = _yaml(name, files.get(name))
    if name == rattler.RENDERED:
        build = rattler.recorded(document)
        further = tools_of([("conda-build", about.get("conda_build_version"))])
        build = build._replace(tools={**further, **build.tools})
    else:
        build = conda_build.recorded(document, hash_input, about)
    return build._replace(note=note)


def _yaml(name: str, data: bytes | None) -> tuple[object, str]:
    """The document, and why it could not be read."""
    if data is None:
        return None, ""

    from conda_provenance.yaml_text import load_yaml  # Some packages have no recipe.

    try:
        return load_yaml(data.decode("utf-8"), name), ""
    except (UnavailableError, ValueError, RecursionError):
        return None, f"its {name} cannot be read, so no sources and no dependencies are named"


def _json(data: bytes | None) -> object:
    if data is None or len(data) > _MAX_JSON:
        return None

    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
