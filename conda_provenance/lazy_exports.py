"""Loads what a package exports when it is first used. What that is, the package says."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def lazy_exports(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` (PEP 562) of a package that loads its names one by one.

    ``homes``: for each name the module below the package that has it.
    """

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")

        from importlib import import_module

        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return load
