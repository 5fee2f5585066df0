"""Builds a recipe.yaml with rattler-build's engine, for the ``build`` command. Needs the extra ``rattler-build``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rattler_build import Package, RattlerBuildError, RecipeParseError, Stage0Recipe, VariantConfig

from conda_provenance.builders import activate
from conda_provenance.errors import ProvenanceError
from conda_provenance.text import redact

_VARIANT_FILES = ("variants.yaml", "conda_build_config.yaml")


def build_recipe(
    recipe: Path,
    *,
    output_dir: Path,
    channels: Sequence[str] | None = None,
    variant_files: Sequence[Path] = (),
    package_format: str = "conda",
    test: bool = True,
    progress: Any = None,
) -> list[Path]:
    """Build, stamp and test every output of ``recipe``, in the order in which they depend on each other; the packages' paths.

    Variant files beside the recipe are used as rattler-build uses them. Raises :class:`ProvenanceError` in one sentence
    when the recipe does not build or a test of it fails; packages that were made stay.
    """
    activate()
    channels = list(channels or ["conda-forge"])
    packages: list[Path] = []
    try:
        variants = VariantConfig()
        for file in (*(recipe.parent / name for name in _VARIANT_FILES), *variant_files):
            if file.is_file():
                variants = variants.merge(VariantConfig.from_file(file))
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
        if type(error).__name__ != "PanicException":  # of pyo3, which no module exports
            raise
        raise ProvenanceError(
            f"{recipe} was not built: rattler-build's engine broke off: {_sentence(error)}"
        ) from None
    return packages


def _test(package: Path, channels: list[str], progress: Any) -> None:
    for number, result in enumerate(
        Package.from_file(package).run_tests(channel=channels, progress_callback=progress), 1
    ):
        if not result.success:
            raise ProvenanceError(
                f"Test {number} of {package.name} failed, as its log says; the package stays in {package.parent}."
            )


def _sentence(error: BaseException) -> str:
    return redact(re.sub(r"^Py\w+: ", "", " ".join(str(error).split()))).rstrip(".") + "."
