"""rattler-build's engine in process (py-rattler-build), called by anyone: conda-build, our own command, a program."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

from conda_provenance.builders import stamper
from conda_provenance.recipes import find_recipe, read_extra

_State: TypeAlias = tuple[int, int, int]
"""What changes when a file is written anew: inode, time and size."""


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
        build = stamper.begin("rattler-build", lambda: _describe(self), error_type=error_type)
        given = stamper.given_extra_meta()
        before = _packages(_output_dir(self, args, kwargs))
        result = original(self, *args, **kwargs)
        _stamp_new(
            map(Path, result.packages),
            before,
            lambda _: given | stamper.entries(build, error_type=error_type),
        )
        return result

    run_build.__conda_provenance__ = True  # type: ignore[attr-defined]
    variant_type.run_build = run_build


def attach_cli_api(module: ModuleType) -> None:
    """Wrap ``build_recipes``, deprecated but there: it builds and tests any number of recipes before it returns.

    It does not tell which package is of which recipe: where the recipes differ, only what they have in common is stamped.
    """
    original = module.build_recipes
    if hasattr(original, "__conda_provenance__"):
        return

    @functools.wraps(original)
    def build_recipes(recipes: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("render_only"):
            return original(recipes, *args, **kwargs)
        error_type = _error_type()
        files = [find_recipe(path) for path in map(Path, recipes) if path.exists()]
        for file in files:
            stamper.begin(
                "rattler-build", functools.partial(_describe_file, file), error_type=error_type
            )
        output_dir = Path(kwargs.get("output_dir") or "output")
        before = _packages(output_dir)
        try:
            return original(recipes, *args, **kwargs)
        finally:  # where a later recipe or a test fails, packages have been made all the same
            _stamp_new(
                map(Path, _packages(output_dir)),
                before,
                lambda package: _common_entries(files, package, error_type),
            )

    build_recipes.__conda_provenance__ = True  # type: ignore[attr-defined]
    module.build_recipes = build_recipes  # type: ignore[attr-defined]
    package = sys.modules.get("rattler_build")
    if getattr(package, "build_recipes", None) is original:
        package.build_recipes = build_recipes  # type: ignore[union-attr]


def _stamp_new(
    packages: Iterable[Path],
    before: Mapping[str, _State | None],
    entries: Callable[[Path], Mapping[str, Any]],
) -> None:
    """Stamp those ``packages`` that are not as they were ``before``; if that must not fail and does, none of them stays."""
    # skip_existing hands out packages of earlier builds: those are not ours to change.
    new = [
        package for package in packages if _state(package) != before.get(os.path.realpath(package))
    ]
    error_type = _error_type()
    try:
        for package in new:
            stamper.stamp_finished(package, entries(package), error_type=error_type)
    except error_type:
        for package in new:
            stamper.withdraw(package)
        raise


def _describe(variant: Any) -> dict[str, Any]:
    recipe = variant.recipe.to_dict()
    package, extra = recipe.get("package") or {}, recipe.get("extra")
    return {
        "recipe": Path(variant.recipe_path),
        "name": str(package.get("name", "")),
        "version": str(package.get("version", "")),
        "extra_meta": stamper.given_extra_meta(),
        "recipe_extra": extra if isinstance(extra, Mapping) else {},
    }


def _describe_file(recipe: Path, package: Path | None = None) -> dict[str, Any]:
    """The same from the outside, before there is a package and for a finished one."""
    from conda_provenance.packages import read_about

    name, version = package.name.rsplit("-", 2)[:2] if package else ("", "")
    extra = read_about(package).get("extra") if package else read_extra(recipe).values
    return {
        "recipe": recipe,
        "name": name,
        "version": version,
        "extra_meta": {},
        "recipe_extra": extra if isinstance(extra, Mapping) else {},
    }


def _common_entries(
    recipes: Iterable[Path], package: Path, error_type: type[Exception]
) -> dict[str, str | None]:
    answers = [
        stamper.entries(
            stamper.begin(
                "rattler-build",
                functools.partial(_describe_file, recipe, package),
                error_type=error_type,
            ),
            error_type=error_type,
        )
        for recipe in recipes
    ]
    first, *others = answers or [{}]
    return {
        key: value
        for key, value in first.items()
        if all(key in other and other[key] == value for other in others)
    }


def _output_dir(variant: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Path:
    given = kwargs.get("output_dir", args[1] if len(args) > 1 else None)
    return Path(given) if given is not None else Path(variant.recipe_path).parent / "output"


def _packages(folder: Path) -> dict[str, _State | None]:
    return {
        os.path.realpath(package): _state(package)
        for ending in ("conda", "tar.bz2")
        for package in folder.glob(f"*/*.{ending}")
    }  # fmt: skip


def _state(package: Path) -> _State | None:
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
