"""Builds a recipe.yaml with rattler-build's engine, for our ``build`` command.

Needs the extra ``rattler-build``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rattler_build import Package, RattlerBuildError, RecipeParseError, Stage0Recipe, VariantConfig

from conda_provenance.builders import activate
from conda_provenance.errors import ProvenanceError
from conda_provenance.text import redact

if TYPE_CHECKING:
    from rattler_build.progress import ProgressCallback

_VARIANT_FILES = ("variants.yaml", "conda_build_config.yaml")
"""Variant files beside a recipe that rattler-build uses without being told."""


def build_recipe(
    recipe: Path,
    *,
    output_dir: Path,
    channels: Sequence[str] | None = None,
    variant_files: Sequence[Path] = (),
    package_format: str = "conda",
    test: bool = True,
    progress: ProgressCallback | None = None,
) -> list[Path]:
    """Build, stamp and test every output of ``recipe``, each after those that it depends on.

    Returns the paths of the packages. Raises :class:`ProvenanceError` when the recipe does not
    build or one of its tests fails. The packages that were made until then stay.
    """
    activate()
    channels = list(channels or ["conda-forge"])
    packages: list[Path] = []
    try:
        variants = _read_variants(recipe, variant_files)
        for output in Stage0Recipe.from_file(recipe).render(variants):
            result = output.run_build(
                output_dir=output_dir,
                channels=channels,
                progress_callback=progress,
                package_format=package_format,
            )
            for package in map(Path, result.packages):
                packages.append(package)
                if test:
                    _test(package, [output_dir.resolve().as_uri(), *channels], progress)
    except RecipeParseError as error:
        raise ProvenanceError(f"{recipe} cannot be read as a recipe: {_sentence(error)}") from None
    except RattlerBuildError as error:
        raise ProvenanceError(f"{recipe} was not built: {_sentence(error)}") from None
    except BaseException as error:
        # The engine's panic has a class of pyo3, which no module exports.
        if type(error).__name__ != "PanicException":
            raise
        raise ProvenanceError(
            f"{recipe} was not built: rattler-build's engine broke off: {_sentence(error)}"
        ) from None
    return packages


def _read_variants(recipe: Path, more: Sequence[Path]) -> VariantConfig:
    variants = VariantConfig()
    for file in (*(recipe.parent / name for name in _VARIANT_FILES), *more):
        if file.is_file():
            variants = variants.merge(VariantConfig.from_file(file))
    return variants


def _test(package: Path, channels: Sequence[str], progress: ProgressCallback | None) -> None:
    results = Package.from_file(package).run_tests(
        channel=list(channels), progress_callback=progress
    )
    for number, result in enumerate(results, 1):
        if not result.success:
            raise ProvenanceError(
                f"Test {number} of {package.name} failed, as its log says; "
                f"the package stays in {package.parent}."
            )


def _sentence(error: BaseException) -> str:
    text = re.sub(r"^Py\w+: ", "", " ".join(str(error).split()))
    return redact(text).rstrip(".") + "."
