"""The hooks by which other distributions extend this package. Its own features use them too.

A distribution takes part by an entry point in the group ``conda_provenance``. It names a module or
an object whose functions are marked by :data:`hookimpl`::

    [project.entry-points.conda_provenance]
    my-farm = "my_farm.provenance"
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from conda_provenance.ci import Adapter
    from conda_provenance.origin import Origin
    from conda_provenance.settings import Settings
    from conda_provenance.verify.check import Check

PROJECT = "conda_provenance"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a function as an implementation of the hook that has the function's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildDescription:
    """What a builder says about one package that it makes."""

    recipe: Path
    """The recipe's file, or its folder where the file is not known."""
    name: str
    version: str
    extra_meta: Mapping[str, object] = field(default_factory=dict)
    """What the user gave to the builder with ``--extra-meta``."""
    recipe_extra: Mapping[str, object] = field(default_factory=dict)
    """The recipe's own ``extra`` as the builder rendered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageBuild(BuildDescription):
    """One package that is built but not final yet, and all that is known of its origin."""

    builder: str
    """``conda-build`` or ``rattler-build``."""
    settings: Settings
    origin: Origin
    """Where the recipe comes from, as it was when the recipe was read."""


@hookspec
def conda_provenance_systems() -> Iterable[Adapter]:
    """The CI systems to recognise, with their forges and runs. Called when a run is looked for.

    Adapters of other distributions are asked before the built-in ones, and win if they name a run.
    So a farm is recognised even if it sets the variables of another CI.
    """
    raise NotImplementedError


@hookspec
def conda_provenance_post_build(build: PackageBuild) -> Mapping[str, str | None] | None:
    """Entries for ``extra`` in about.json of a package that is built but not final yet.

    Called once for each package: with conda-build before its archive is made, with rattler-build's
    engine before the package is tested, indexed or uploaded. Return the entries to write, or
    ``None``. An entry whose value is ``None`` is removed.

    Entries of other distributions win over the built-in stamp. Neither overrides what the user gave
    with ``--extra-meta``. The four keys of this project are cleaned of credentials, whoever returns
    them. Any other value must be a printable string without a login in a URL. Wrappers are not
    called.

    Raise :class:`~conda_provenance.errors.RequirementError` to stop the build. Any other exception
    is reported in one line, and the build goes on without this implementation's entries.
    """
    raise NotImplementedError


@hookspec
def conda_provenance_checks() -> Iterable[Check]:
    """Further checks for ``verify``. Called when a package is verified.

    Each runs after the built-in ones, and may read how they ended. Its id must be its own: one that
    a built-in check has is left out with a warning. A policy may require it by that id. An
    exception other than :class:`~conda_provenance.errors.UnavailableError` makes its outcome
    "unavailable".
    """
    raise NotImplementedError
