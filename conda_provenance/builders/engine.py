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
from conda_provenance.builders.engine_log import EngineLog
from conda_provenance.builders.interrupts import interrupts_held
from conda_provenance.builders.rattler_build import made_nevertheless
from conda_provenance.builders.rattler_build_made import packages_in
from conda_provenance.builders.stamper import lines_to
from conda_provenance.errors import ProvenanceError
from conda_provenance.text import redact

if TYPE_CHECKING:
    from conda_provenance.builders.engine_log import Listener

_CHANNELS = ("conda-forge",)
"""The channels that dependencies come from unless the caller names others."""

_VARIANT_FILES = ("variants.yaml", "conda_build_config.yaml")
"""Variant files beside a recipe that rattler-build uses without being told."""


def build_recipe(
    recipe: Path,
    built: list[Path],
    *,
    output_dir: Path,
    channels: Sequence[str] | None = None,
    variant_files: Sequence[Path] = (),
    package_format: str = "conda",
    test: bool = True,
    listener: Listener | None = None,
) -> None:
    """Build, stamp and test every output of ``recipe``, each after those that it depends on.

    The paths of the packages are added to ``built``, each as soon as it is stamped. So the list is
    right whatever ends the build. Raises :class:`ProvenanceError` when the recipe does not build or
    one of its tests fails. ``listener`` hears the engine's log. A Ctrl-C takes effect when the
    engine returns, and so does an exception of the listener.
    """
    activate()
    log = EngineLog(listener)
    try:
        for output in Stage0Recipe.from_file(recipe).render(_read_variants(recipe, variant_files)):
            before = packages_in(output_dir)
            with interrupts_held(second_ends=True):
                try:
                    with lines_to(_drop):
                        result = output.run_build(
                            output_dir=output_dir,
                            channels=list(channels or _CHANNELS),
                            progress_callback=log,
                            package_format=package_format,
                        )
                except RattlerBuildError as error:
                    built += made_nevertheless(output, error, output_dir, before)
                    raise
                packages = [Path(package) for package in result.packages]
                built += packages
            log.check()

            for package in packages if test else ():
                with interrupts_held(second_ends=True):
                    _test(package, [output_dir.resolve().as_uri(), *(channels or _CHANNELS)], log)
                log.check()
    except BaseException as error:
        sentence = _failure(recipe, error, log)
        if sentence is None:
            raise
        raise ProvenanceError(sentence) from None


def _drop(_line: str) -> None:
    """The command prints the lines of all packages at its end."""


def _failure(recipe: Path, error: BaseException, log: EngineLog) -> str | None:
    """The sentence for a build that failed. ``None``: the error is not the engine's."""
    if isinstance(error, RecipeParseError):
        return f"{recipe} cannot be read as a recipe: {_sentence(str(error))}"
    if isinstance(error, RattlerBuildError):
        return f"{recipe} was not built: {_sentence(log.explain(_message(error)))}"

    # The engine's panic has a class of pyo3, which no module exports.
    if type(error).__name__ == "PanicException":
        return f"{recipe} was not built: rattler-build's engine broke off: {_sentence(str(error))}"
    return None


def _read_variants(recipe: Path, more: Sequence[Path]) -> VariantConfig:
    variants = VariantConfig()
    for file in (*(recipe.parent / name for name in _VARIANT_FILES), *more):
        if file.is_file():
            variants = variants.merge(VariantConfig.from_file(file))
    return variants


def _test(package: Path, channels: Sequence[str], log: EngineLog) -> None:
    results = Package.from_file(package).run_tests(channel=list(channels), progress_callback=log)
    for number, result in enumerate(results, 1):
        if not result.success:
            raise ProvenanceError(
                f"Test {number} of {package.name} failed, as its log says; "
                f"the package stays in {package.parent}."
            )


def _message(error: BaseException) -> str:
    """The engine's error in one line, without the name of its class."""
    return re.sub(r"^Py\w+: ", "", " ".join(str(error).split()))


def _sentence(text: str) -> str:
    return redact(" ".join(text.split())).rstrip(".") + "."
