"""The features that come with this package, as a plugin like any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from conda_provenance import systems
from conda_provenance.ci import Adapter
from conda_provenance.hookspecs import PackageBuild, hookimpl
from conda_provenance.values import KEYS

if TYPE_CHECKING:
    from conda_provenance.verify.check import Check


@hookimpl
def conda_provenance_systems() -> Iterable[Adapter]:
    yield from systems.adapters()  # a generator: they are loaded when somebody iterates


@hookimpl
def conda_provenance_post_build(build: PackageBuild) -> Mapping[str, str | None]:
    """The stamp. A value that the user gave but that may not be written is removed."""
    stamp = build.origin.stamp(build.settings.fields)
    given = {*build.extra_meta, *build.recipe_extra}
    refused = [key for key in KEYS if key in given and key not in stamp]
    return {**stamp, **dict.fromkeys(refused)}


@hookimpl
def conda_provenance_checks() -> Iterable[Check]:
    # Named by a text, as a vendor's modules are: hardly any command verifies anything.
    yield from import_module("conda_provenance.verify.checks").built_in()
