"""Calls a function as soon as a module has been imported, or at once if it already is.

A builder may be imported before or after conda loads its plugins. We cannot import it to find out:
that would cost every conda command the import of a builder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from conda_provenance.log import logger

_waiting: dict[str, Callable[[ModuleType], None]] = {}
"""What to call, by the name of the module that is not imported yet."""


def when_imported(name: str, action: Callable[[ModuleType], None]) -> None:
    """Call ``action`` with the module ``name`` once its import has ended.

    An action that fails is reported, and never breaks the import.
    """
    module = sys.modules.get(name)
    if module is not None and not _is_loading(module):
        _call(action, module)
        return

    _waiting[name] = action
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        # A new list, since conda loads its plugins while it iterates over the old one. With one
        # more finder in the old list, conda would search all distributions a second time.
        sys.meta_path = [_Finder(), *sys.meta_path]


def _is_loading(module: ModuleType) -> bool:
    return bool(getattr(getattr(module, "__spec__", None), "_initializing", False))


def _call(action: Callable[[ModuleType], None], module: ModuleType) -> None:
    try:
        action(module)
    except Exception as error:
        logger().warning(
            "conda-provenance: Packages of %s will not be stamped: %s (%s).",
            module.__name__,
            type(error).__name__,
            error,
        )


class _Finder:
    """Finds no module itself. It wraps the loaders of the modules that we wait for."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not _waiting:
            return None

        self._call_for_loaded()
        if name not in _waiting:
            return None

        for finder in sys.meta_path:
            if isinstance(finder, _Finder) or not hasattr(finder, "find_spec"):
                continue

            spec = finder.find_spec(name, path, target)
            if spec is not None:
                _wrap(spec)
                return spec
        return None

    def _call_for_loaded(self) -> None:
        """Call the actions of modules whose import had begun before we could wrap their loader.

        Conda may load its plugins while such a module is being imported.
        """
        # A copy, since another thread may import one of them meanwhile.
        for name in tuple(_waiting):
            module = sys.modules.get(name)
            if module is None or _is_loading(module):
                continue

            action = _waiting.pop(name, None)
            if action is not None:
                _call(action, module)


def _wrap(spec: ModuleSpec) -> None:
    """Make the loader call this module's action after it has run the module."""
    loader = spec.loader
    if loader is None or not hasattr(loader, "exec_module"):
        return

    load = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        load(module)
        action = _waiting.pop(spec.name, None)
        if action is not None:
            _call(action, module)

    loader.exec_module = exec_module  # type: ignore[method-assign]
