"""Finds the environment that a user means: by its name, by its folder, or the active one.

What is installed in it is not known here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from conda_provenance.errors import PackageError, UsageError
from conda_provenance.sources.environments.configuration import Configuration
from conda_provenance.sources.environments.disk import shown, why_unknown
from conda_provenance.sources.environments.records import META
from conda_provenance.text import escape

_BASE = ("base", "root")
_MAX_NAMED = 6
"""Folders that an error names."""

_HOW = "name one with -n, or give its folder with -p"


def find_prefix(environment: str | None, prefix: str | None, environ: Mapping[str, str]) -> str:
    """The folder of an environment: ``-n``, or else ``-p``, or else the active one.

    Raises :class:`~conda_provenance.errors.UsageError`, which says what was looked for and where,
    and :class:`~conda_provenance.errors.PackageError` if we may not look there.
    """
    if environment is not None and prefix is not None:
        raise UsageError("-n and -p name two environments: give one of them.")

    if environment is not None:
        return _named(environment, environ)

    if prefix is not None:
        return _checked(prefix, "")

    active = environ.get("CONDA_PREFIX")
    if not active:
        raise UsageError(f"No environment is active (CONDA_PREFIX is not set): {_HOW}.")
    return _checked(active, ", though CONDA_PREFIX says that it is the active one")


def _named(name: str, environ: Mapping[str, str]) -> str:
    if not name.strip() or "/" in name or os.sep in name or name in (".", ".."):
        raise UsageError(
            f"{shown(name) or 'An empty text'} is no name of an environment: "
            "give its folder with -p."
        )

    configuration = Configuration(environ)
    if name in _BASE:
        searched = configuration.roots
        found = [root for root in searched if is_environment(root)]
    else:
        searched = configuration.environment_folders()
        places = (os.path.join(folder, name) for folder in searched)
        found = [place for place in places if is_environment(place)]
        found = found or _listed(name, configuration)

    if not found:
        raise UsageError(_not_found(name, searched))
    return found[0]


def _listed(name: str, configuration: Configuration) -> list[str]:
    """The environment of this name in conda's list of environments."""
    listed = configuration.known_environments()
    found = [each for each in listed if os.path.basename(each) == name and is_environment(each)]
    if len({os.path.realpath(each) for each in found}) > 1:
        raise UsageError(
            f"Several environments are called {escape(name, 100)}: give the folder with -p, "
            f"which is one of {', '.join(map(shown, found[:_MAX_NAMED]))}."
        )
    return found


def _not_found(name: str, searched: list[str]) -> str:
    shown_name = escape(name, 100)
    if not searched:
        return (
            f"There is no environment called {shown_name}: no folder of conda, mamba or pixi is "
            f"known here, so give the environment's folder with -p."
        )

    more = len(searched) - _MAX_NAMED
    places = [_searched(folder, name) for folder in searched[:_MAX_NAMED]]
    places += [f"{more} more folders"] if more > 0 else []
    files = "" if name in _BASE else ", and in conda's environments.txt"
    return (
        f"There is no environment called {shown_name}: it was looked for in "
        f"{', '.join(places)}{files}; give its folder with -p."
    )


def _searched(folder: str, name: str) -> str:
    """A folder that was searched, and why that may not be enough."""
    prefix = folder if name in _BASE else os.path.join(folder, name)
    unknown = why_unknown(os.path.join(prefix, META))
    return shown(folder) + (f" (which {unknown})" if unknown else "")


def is_environment(prefix: str) -> bool:
    return os.path.isdir(os.path.join(prefix, META))


def _checked(prefix: str, though: str) -> str:
    if is_environment(prefix):
        return prefix

    place = shown(prefix) or "An empty path"
    if unknown := why_unknown(os.path.join(prefix, META)):
        raise PackageError(f"{place} {unknown}: whether it is an environment is not known.")

    if not os.path.lexists(prefix):
        raise UsageError(f"{place} does not exist{though}: {_HOW}.")
    if not os.path.isdir(prefix):
        raise UsageError(f"{place} is a file, and no environment{though}: {_HOW}.")

    inner = next((each for each in _likely(prefix) if is_environment(each)), None)
    remedy = f"give -p {shown(inner)}" if inner else _HOW
    raise UsageError(f"{place} is no environment{though}, it has no {META} folder: {remedy}.")


def _likely(prefix: str) -> list[str]:
    """Where the environment may be instead."""
    parent = os.path.dirname(os.path.abspath(prefix))
    pixi = os.path.join(prefix, ".pixi", "envs", "default")
    return [parent, pixi] if os.path.basename(os.path.abspath(prefix)) == META else [pixi]
