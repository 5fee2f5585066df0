"""``Snapshot``: what git and the CI say of a recipe at the moment when it is read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from conda_provenance.checkout import Checkout
from conda_provenance.git import read_git
from conda_provenance.plugins import candidates
from conda_provenance.recipes import is_packaged
from conda_provenance.settings_doubts import settings_doubts

if TYPE_CHECKING:
    from conda_provenance.ci import Adapter, CIRun
    from conda_provenance.settings import Settings


class Snapshot(NamedTuple):
    """What git and the CI say of a recipe at one moment.

    A builder takes it when it reads the recipe, and uses it for every package that it makes of it:
    by then the repository may be at another commit, and the build may have written into it.
    """

    recipe: Path
    checkout: Checkout
    is_packaged: bool
    """Does the recipe come out of a package? Then its ``extra`` holds that package's stamp."""
    doubts: tuple[str, ...] = ()
    """Warnings of settings that nobody reads."""

    def __deepcopy__(self, _memo: object) -> Snapshot:
        """Itself: builders copy their own objects, and what is kept with them."""
        return self


def take_snapshot(
    recipe: Path,
    settings: Settings,
    environ: Mapping[str, str] | None = None,
    adapters: Iterable[Adapter] | None = None,
) -> Snapshot:
    """Ask git and the CI about a recipe's file, or a folder. Never raises for what it finds."""
    environ = os.environ if environ is None else environ
    systems = tuple(candidates(environ) if adapters is None else adapters)

    git = read_git(recipe)
    run = _detect(environ, systems, settings.ci, recipe)
    checkout = Checkout.of(recipe, git, run, partial(_names_commit, environ, systems))
    return Snapshot(recipe, checkout, is_packaged(recipe), tuple(settings_doubts(environ)))


def _detect(
    environ: Mapping[str, str], adapters: tuple[Adapter, ...], chosen: str, place: Path
) -> CIRun | None:
    if not adapters:
        return None  # as nearly everywhere outside a CI: what detects one is not even loaded

    from conda_provenance.ci import detect

    return detect(environ, adapters, chosen, place)


def _names_commit(environ: Mapping[str, str], adapters: tuple[Adapter, ...]) -> bool:
    from conda_provenance.ci import names_commit

    return names_commit(environ, adapters)
