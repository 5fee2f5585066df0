"""The features that come with this package, as a plugin like any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from conda_provenance import systems
from conda_provenance.ci import Adapter
from conda_provenance.hookspecs import PackageBuild, hookimpl
from conda_provenance.values import KEYS


@hookimpl
def conda_provenance_systems() -> Iterable[Adapter]:
    yield from systems.adapters()  # loaded only where somebody goes through them


@hookimpl
def conda_provenance_post_build(build: PackageBuild) -> Mapping[str, str | None]:
    """The stamp. What the user gave and may not be written is removed."""
    stamp = build.origin.stamp(build.settings.fields)
    given = {*build.extra_meta, *build.recipe_extra}
    refused = [key for key in KEYS if key in given and key not in stamp]
    return {**stamp, **dict.fromkeys(refused)}
