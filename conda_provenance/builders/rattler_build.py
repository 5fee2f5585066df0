"""Wraps rattler-build's engine where it runs in this process (py-rattler-build)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from conda_provenance.builders.extra_meta import given_extra_meta
from conda_provenance.builders.interrupts import interrupts_held
from conda_provenance.builders.packaged_recipes import edits_for
from conda_provenance.builders.rattler_build_made import (
    ExpectedPackages,
    Packages,
    made_by_log,
    packages_in,
)
from conda_provenance.builders.snapshots import is_kept, keep, kept
from conda_provenance.builders.stamper import Stamper, is_enabled
from conda_provenance.builders.wrap import Function, wrap
from conda_provenance.errors import ProvenanceError
from conda_provenance.hookspecs import BuildDescription
from conda_provenance.recipes import find_recipe, read_extra
from conda_provenance.values import KEYS

if TYPE_CHECKING:
    from conda_provenance.snapshot import Snapshot


class Recipe(Protocol):
    """What is used of ``rattler_build.stage1.Stage1Recipe``."""

    def to_dict(self) -> dict[str, object]: ...


class Stage0Recipe(Protocol):
    """What is used of ``rattler_build.stage0.Stage0Recipe``: a recipe's file, parsed."""

    @property
    def recipe_path(self) -> str | os.PathLike[str]: ...


class Variant(Protocol):
    """What is used of ``rattler_build.render.RenderedVariant``: one output of a recipe."""

    @property
    def recipe(self) -> Recipe: ...
    @property
    def recipe_path(self) -> str | os.PathLike[str]: ...


class Result(Protocol):
    """What is used of ``rattler_build.build_result.BuildResult``."""

    @property
    def packages(self) -> Iterable[str | os.PathLike[str]]: ...
    @property
    def log(self) -> Sequence[str]: ...


def attach(module: ModuleType) -> None:
    """Wrap ``RenderedVariant.run_build`` of ``rattler_build.render``.

    It returns finished packages before anything tests, uploads or uses them. The engine takes no
    extra metadata, so the finished file is stamped, and its entry in the local index is corrected
    in the same step.
    """
    wrap(module.RenderedVariant, "run_build", _stamping_variant)


def attach_recipes(module: ModuleType) -> None:
    """Wrap the classes of ``rattler_build.stage0``, which hold a recipe as it was read.

    Its commit, and whether its folder was clean, are those of that moment, for every output.
    """
    for name in ("SingleOutputRecipe", "MultiOutputRecipe"):
        wrap(getattr(module, name), "__init__", _reading)
    wrap(module.Stage0Recipe, "render", _rendering)


def attach_cli_api(module: ModuleType) -> None:
    """Wrap ``build_recipes`` of ``rattler_build.cli_api``, which is deprecated but still there.

    It builds and tests any number of recipes before it returns, and does not say which package
    belongs to which recipe. Where the recipes differ, only what they have in common is stamped.
    """
    original = module.build_recipes
    wrap(module, "build_recipes", _stamping_recipes)

    package = sys.modules.get("rattler_build")
    if package is not None and getattr(package, "build_recipes", None) is original:
        vars(package)["build_recipes"] = module.build_recipes


def _reading(original: Function) -> Function:
    def initialise(self: Stage0Recipe, *args: object, **kwargs: object) -> None:
        original(self, *args, **kwargs)
        keep(_stamper().take_snapshot(Path(self.recipe_path)), self)

    return initialise


def _rendering(original: Function) -> Function:
    def render(self: Stage0Recipe, *args: object, **kwargs: object) -> object:
        variants = cast("list[Variant]", original(self, *args, **kwargs))
        if is_kept(self):
            keep(kept(self), *variants)
        return variants

    return render


def _stamping_variant(original: Function) -> Function:
    def run_build(self: Variant, *args: object, **kwargs: object) -> object:
        stamper = _stamper()
        # Before the build, so that an unmet requirement fails before there is a package.
        build = stamper.begin(lambda: _describe(self), _snapshot(self))
        given = given_extra_meta()
        output_dir = _output_dir(self, args, kwargs)
        before = packages_in(output_dir)

        def stamp(made: Iterable[Path]) -> None:
            recipes = [Path(self.recipe_path)]
            _stamp_all(made, recipes, lambda _: given | stamper.entries(build))

        # A Ctrl-C must not come between the engine and the stamp.
        with interrupts_held():
            try:
                result = cast("Result", original(self, *args, **kwargs))
            except stamper.error_type as error:
                with suppress(stamper.error_type):
                    stamp(made_nevertheless(self, error, output_dir, before))
                raise

            stamp(made_by_log(result.log, map(Path, result.packages), before))
        return result

    return run_build


def made_nevertheless(
    variant: Variant, error: Exception, output_dir: Path, before: Packages
) -> list[Path]:
    """The packages that a variant's failed build has left in ``output_dir``.

    A package whose contents are not as its recipe wants them stays there.
    """
    log: Sequence[str] | None = getattr(error, "log", None)
    return made_by_log(log, _possible_packages(variant, output_dir), before) if log else []


def _stamping_recipes(original: Function) -> Function:
    def build_recipes(
        recipes: Iterable[str | os.PathLike[str]], *args: object, **kwargs: object
    ) -> object:
        if kwargs.get("render_only"):
            return original(recipes, *args, **kwargs)

        recipes = list(recipes)
        files = _recipe_files(recipes)
        snapshots = {file: _stamper().take_snapshot(file) for file in files}
        for file, snapshot in snapshots.items():
            _begin_recipe(file, snapshot)

        output_dir = Path(cast("str", kwargs.get("output_dir") or "output"))
        expected = _expected_packages(original, files, kwargs)
        before = packages_in(output_dir)
        with interrupts_held():
            try:
                return original(recipes, *args, **kwargs)
            finally:
                # If a recipe or a test fails, the packages before it have been made nevertheless.
                made = expected.made(output_dir, before)
                _stamp_all(made, files, lambda package: _common_entries(snapshots, package))

    return build_recipes


def _expected_packages(
    original: Function, files: Sequence[Path], options: Mapping[str, object]
) -> ExpectedPackages:
    stamper = _stamper()
    try:
        return ExpectedPackages.ask(original, files, options)
    except stamper.error_type:
        # The build will say so itself.
        return ExpectedPackages((), files)
    except Exception as error:
        stamper.refuse(f"the engine does not say what it will build ({type(error).__name__})")
        return ExpectedPackages((), files)


def _stamp_all(
    packages: Iterable[Path],
    recipes: Iterable[Path],
    entries: Callable[[Path], Mapping[str, str | None]],
) -> None:
    """Stamp packages that were just made, and take the credentials out of their metadata.

    ``recipes`` are those that they may be built from.

    If the user requires the stamp and one fails, all of them are removed.
    """
    packages = list(packages)
    stamper = _stamper()
    edits = edits_for(recipes) if is_enabled() else {}
    try:
        stamped = [
            package
            for package in packages
            if stamper.stamp_finished(package, entries(package), edits)
        ]
    except stamper.error_type:
        for package in packages:
            stamper.withdraw(package)
        raise

    for package in stamped:
        stamper.log_finished(package)


def _snapshot(variant: Variant) -> Snapshot | None:
    """What git and the CI said when the variant's recipe was read."""
    if not is_kept(variant):
        # It was rendered before we were active, and its siblings too.
        snapshot = _stamper().take_snapshot(Path(variant.recipe_path))
        keep(snapshot, variant, *getattr(variant, "_siblings", ()))
    return kept(variant)


def _describe(variant: Variant) -> BuildDescription:
    recipe = variant.recipe.to_dict()
    package = _mapping(recipe.get("package"))
    return BuildDescription(
        recipe=Path(variant.recipe_path),
        name=str(package.get("name", "")),
        version=str(package.get("version", "")),
        extra_meta=given_extra_meta(),
        recipe_extra=_mapping(recipe.get("extra")),
    )


def _describe_package(recipe: Path, package: Path) -> BuildDescription:
    """The description of a finished package, where the engine gives none."""
    from conda_provenance.packages import read_about

    name, version = package.name.rsplit("-", 2)[:2]
    return BuildDescription(
        recipe=recipe,
        name=name,
        version=version,
        recipe_extra=_mapping(read_about(package).get("extra")),
    )


def _recipe_files(recipes: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The recipes' files. A recipe that is not found is left out: the engine reports it."""
    files = []
    for place in map(Path, recipes):
        with suppress(ProvenanceError, OSError):
            files.append(find_recipe(place))
    return files


def _begin_recipe(recipe: Path, snapshot: Snapshot | None) -> None:
    """Apply the user's requirements before there is a package."""
    _stamper().begin(
        lambda: BuildDescription(
            recipe=recipe, name="", version="", recipe_extra=read_extra(recipe, KEYS).values
        ),
        snapshot,
    )


def _common_entries(
    snapshots: Mapping[Path, Snapshot | None], package: Path
) -> dict[str, str | None]:
    """The entries that ``package`` would get from every recipe that it may be built from."""
    answers = [_entries_of(recipe, snapshot, package) for recipe, snapshot in snapshots.items()]
    first, *others = answers or [{}]
    return {
        key: value
        for key, value in first.items()
        if all(key in other and other[key] == value for other in others)
    }


def _entries_of(recipe: Path, snapshot: Snapshot | None, package: Path) -> dict[str, str | None]:
    stamper = _stamper()
    build = stamper.begin(lambda: _describe_package(recipe, package), snapshot)
    return stamper.entries(build)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _output_dir(variant: Variant, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Path:
    given = kwargs.get("output_dir", args[1] if len(args) > 1 else None)
    if given is None:
        return Path(variant.recipe_path).parent / "output"
    return Path(cast("str | os.PathLike[str]", given))


def _possible_packages(variant: Variant, output_dir: Path) -> list[Path]:
    """The packages that this variant's build can make, where the engine does not name them."""
    recipe = variant.recipe.to_dict()
    package, build = _mapping(recipe.get("package")), _mapping(recipe.get("build"))
    start = f"{str(package.get('name')).lower()}-{package.get('version')}-{build.get('string')}"
    found = map(Path, packages_in(output_dir))
    return [path for path in found if path.name in (f"{start}.conda", f"{start}.tar.bz2")]


@cache
def _stamper() -> Stamper:
    """The stamper, made when the first package is built: the engine's error class is there by then.

    Callers of the engine, such as conda-build, report an error of this class as a failed output.
    """
    from rattler_build import RattlerBuildError

    return Stamper("rattler-build", RattlerBuildError)
