"""Our plugin manager, and the call that builders make for each package.

pluggy takes a fifteenth of the time of a whole ``detect``. It is not imported where no other
distribution brings a plugin, which is nearly everywhere.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Any

from conda_provenance import systems
from conda_provenance.errors import ProvenanceError, RequirementError
from conda_provenance.log import logger
from conda_provenance.values import clean_entry

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from pluggy import PluginManager

    from conda_provenance.ci import Adapter
    from conda_provenance.hookspecs import PackageBuild

GROUP = "conda_provenance"
"""The group of entry points by which other distributions take part."""


@cache
def plugin_manager() -> PluginManager:
    """The manager of the built-in plugin and of those that installed distributions bring.

    A plugin that cannot be loaded is left out with a warning.
    """
    import pluggy

    from conda_provenance import builtin, hookspecs

    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(builtin, "built-in")
    for entry_point in _entry_points():
        try:
            manager.register(entry_point.load(), entry_point.name)
        except (Exception, SystemExit) as error:
            logger().warning(
                "conda-provenance: The plugin %s cannot be loaded (%s); it is left out.",
                entry_point.name,
                type(error).__name__,
            )
    return manager


@cache
def _entry_points() -> Iterable[EntryPoint]:
    """The entry points in our group, of all installed distributions."""
    if "importlib.metadata" not in sys.modules and not _may_have_plugins():
        return ()

    from importlib.metadata import entry_points

    return entry_points(group=GROUP)


def _may_have_plugins() -> bool:
    """May an installed distribution bring a plugin of ours?

    Hardly any does, and importing ``importlib.metadata`` takes a quarter of the time of a whole
    ``detect``. So we only search the files that it would parse for the name of our group. The
    answer is yes for a place that is not a plain folder.
    """
    others = (finder for finder in sys.meta_path if finder is not PathFinder)
    if any(hasattr(finder, "find_distributions") for finder in others):
        return True

    return any(_folder_may_have_plugins(folder or os.curdir) for folder in sys.path)


def _folder_may_have_plugins(folder: str) -> bool:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return False
    except OSError:
        return True

    mark = f"[{GROUP}]".encode()
    for name in names:
        if not name.lower().endswith((".dist-info", "egg-info")):
            continue

        try:
            with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                if mark in file.read():
                    return True
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return True

    return False


def ci_adapters() -> tuple[Adapter, ...]:
    """The adapters of all known CI systems, other distributions' first."""
    return (*foreign_adapters(), *systems.adapters())


def candidates(environ: Mapping[str, str]) -> tuple[Adapter, ...]:
    """Those of the adapters of :func:`ci_adapters` that may recognise their system."""
    return (*foreign_adapters(), *systems.candidates(environ))


def foreign_adapters() -> tuple[Adapter, ...]:
    """The adapters that other distributions bring. No built-in one is loaded."""
    if not _entry_points():
        return ()

    from dataclasses import replace

    plugins = [name for name, _ in plugin_manager().list_name_plugin() if name != "built-in"]
    return tuple(replace(adapter, first=True) for adapter in _adapters(*plugins))


def _adapters(*plugins: str) -> list[Adapter]:
    from conda_provenance.ci import Adapter

    adapters: list[Adapter] = []
    for plugin, provided in _each("conda_provenance_systems"):
        if plugin not in plugins:
            continue
        try:
            adapters += [adapter for adapter in provided if isinstance(adapter, Adapter)]
        except (Exception, SystemExit) as error:
            logger().warning(
                "conda-provenance: The CI adapters of %s cannot be used (%s).",
                plugin,
                type(error).__name__,
            )
    return adapters


def provider_names() -> tuple[str, ...]:
    """The names of all known CI systems. The settings may choose one of them."""
    from conda_provenance.ci import providers

    return providers(ci_adapters())


def checks() -> list[tuple[str, object]]:
    """The checks of ``verify`` with the names of their plugins, the built-in ones first.

    What other distributions bring may be anything.
    """
    found: list[tuple[str, object]] = []
    for plugin, provided in reversed(_each("conda_provenance_checks")):
        try:
            checks = list(provided)
        except (Exception, SystemExit) as error:
            if plugin == "built-in":
                raise
            logger().warning(
                "conda-provenance: The checks of %s cannot be used (%s).",
                plugin,
                type(error).__name__,
            )
            continue
        found += [(plugin, check) for check in checks]
    return found


def post_build(build: PackageBuild) -> dict[str, str | None]:
    """Ask every plugin what to write into the package. ``None`` as a value removes the key.

    Raises :class:`RequirementError` if the package must not be made.
    """
    entries: dict[str, str | None] = {}
    # The built-in answer is the last of the list. In reverse order, the others override it.
    for plugin, answer in reversed(_each("conda_provenance_post_build", build=build)):
        if plugin == "built-in":
            entries |= answer
        else:
            entries |= _checked(plugin, answer, build)

    for key in build.settings.required:
        if key in entries and not entries[key]:
            raise RequirementError(
                f"{key} is required (plugins.provenance_required), but a plugin removes it."
            )
    return entries


def _checked(plugin: str, answer: object, build: PackageBuild) -> dict[str, str | None]:
    """The entries of another distribution's plugin that may be written, cleaned."""
    if not isinstance(answer, Mapping):
        logger().warning(
            "conda-provenance: The answer of the plugin %s is not a mapping; it is left out.",
            plugin,
        )
        return {}

    entries: dict[str, str | None] = {}
    for key, value in answer.items():
        if key in build.extra_meta:
            continue

        try:
            entries[key] = clean_entry(key, value)
        except ProvenanceError as error:
            logger().warning(
                "conda-provenance: %a of the plugin %s is left out: %s.", key, plugin, error
            )
    return entries


def _each(hook: str, **arguments: object) -> list[tuple[str, Any]]:
    """Call each implementation of ``hook``: the last registered first, the built-in one last.

    Returns the plugins' names and their answers. A plugin that fails is reported and left out.
    Only :class:`RequirementError` is passed on.
    """
    answers = []
    for implementation in reversed(getattr(plugin_manager().hook, hook).get_hookimpls()):
        plugin = implementation.plugin_name
        if implementation.hookwrapper or implementation.wrapper:
            logger().warning(
                "conda-provenance: The plugin %s wraps %s; wrappers are not called.", plugin, hook
            )
            continue

        try:
            answer = implementation.function(*(arguments[name] for name in implementation.argnames))
        except RequirementError:
            raise
        except (Exception, SystemExit) as error:
            if plugin == "built-in":
                raise
            logger().warning(
                "conda-provenance: The plugin %s failed (%s); the rest goes on without it.",
                plugin,
                type(error).__name__,
            )
            continue

        if answer is not None:
            answers.append((plugin, answer))
    return answers
