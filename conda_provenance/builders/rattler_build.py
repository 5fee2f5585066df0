"""rattler-build's engine in process (py-rattler-build), called by anyone: conda-build, our own command, a program."""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from conda_provenance.builders import stamping

log = logging.getLogger(__name__)


def attach(module: ModuleType) -> None:
    """Wrap ``RenderedVariant.run_build``: it returns finished packages, before they are tested, uploaded or built upon.

    The engine takes no extra metadata, so the file is stamped and its entry in the local index corrected in the same step.
    """
    variant_type = module.RenderedVariant
    original = variant_type.run_build
    if hasattr(original, "__conda_provenance__"):
        return

    @functools.wraps(original)
    def run_build(self: Any, *args: Any, **kwargs: Any) -> Any:
        error_type = _error_type()
        # Before the build: what is required must be missed before there is a package.
        build = stamping.begin("rattler-build", lambda: _describe(self), error_type=error_type)
        given = stamping.given_extra_meta()
        before = _packages(_output_dir(self, args, kwargs))
        result = original(self, *args, **kwargs)
        for package in map(Path, result.packages):
            # skip_existing hands out packages of earlier builds: those are not ours to change.
            if _state(package) != before.get(os.path.realpath(package)):
                stamping.stamp_finished(package, given | stamping.entries(build, error_type=error_type), error_type=error_type)
        return result

    run_build.__conda_provenance__ = True  # type: ignore[attr-defined]
    variant_type.run_build = run_build


def _describe(variant: Any) -> dict[str, Any]:
    recipe = variant.recipe.to_dict()
    package, extra = recipe.get("package") or {}, recipe.get("extra")
    return {
        "recipe": Path(variant.recipe_path),
        "name": str(package.get("name", "")),
        "version": str(package.get("version", "")),
        "extra_meta": stamping.given_extra_meta(),
        "recipe_extra": extra if isinstance(extra, Mapping) else {},
    }


def _output_dir(variant: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Path:
    given = kwargs.get("output_dir", args[1] if len(args) > 1 else None)
    return Path(given) if given is not None else Path(variant.recipe_path).parent / "output"


def _packages(folder: Path) -> dict[str, tuple[int, int, int] | None]:
    return {
        os.path.realpath(package): _state(package)
        for ending in ("conda", "tar.bz2")
        for package in folder.glob(f"*/*.{ending}")
    }  # fmt: skip


def _state(package: Path) -> tuple[int, int, int] | None:
    try:
        status = package.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _error_type() -> type[Exception]:
    """The class that callers of the engine, conda-build among them, report as a failed output."""
    from rattler_build import RattlerBuildError

    error: type[Exception] = RattlerBuildError
    return error
