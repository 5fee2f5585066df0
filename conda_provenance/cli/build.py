"""``build``: builds recipe.yaml recipes with rattler-build's engine in this process, and stamps what it makes."""

from __future__ import annotations

import argparse
import os
from collections import deque
from pathlib import Path
from typing import Any

from conda_provenance.cli.main import add_command
from conda_provenance.errors import ProvenanceError, UsageError
from conda_provenance.plugins import provider_names
from conda_provenance.recipes import find_recipe
from conda_provenance.settings import load_settings

_NOT_YET_TESTED = "Skipping tests because the argument --test=skip was set"
"""The engine's word for what is done after the stamp."""

MAX_HELD = 60
"""Lines of the log that are shown when a quiet build fails: its last."""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], program: str) -> None:
    parser = add_command(
        commands,
        "build",
        help="build recipe.yaml recipes with the embedded engine, stamped",
        description="Build recipe.yaml recipes with rattler-build's engine (py-rattler-build) and stamp every package.",
        examples=f"""  {program} build examples/hello
  {program} build recipes/a recipes/b -o output -c conda-forge""",
    )
    parser.add_argument("recipes", nargs="+", metavar="RECIPE", help="a recipe.yaml or its folder")
    parser.add_argument(
        "-o",
        "--output-dir",
        default="output",
        metavar="DIR",
        help="folder for the packages (default: output)",
    )
    parser.add_argument(
        "-c",
        "--channel",
        action="append",
        dest="channels",
        metavar="CHANNEL",
        help="channel for dependencies, may be given again (default: conda-forge)",
    )
    parser.add_argument(
        "-m",
        "--variant-config",
        action="append",
        default=[],
        metavar="FILE",
        help="variant file; may be given again",
    )
    parser.add_argument(
        "--package-format", choices=("conda", "tar-bz2"), default="conda", help="default: conda"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="show the results only")
    parser.add_argument("--no-test", action="store_true", help="do not run the recipes' tests")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    try:
        from conda_provenance.builders.engine import build_recipe
    except ImportError:
        raise ProvenanceError(
            "The embedded engine is not installed: pip install 'conda-provenance[rattler-build]' or conda install it."
        ) from None
    load_settings(os.environ, provider_names)  # a wrong one is an error before anything is built
    recipes = [_recipe(given) for given in arguments.recipes]
    variants = [Path(given) for given in arguments.variant_config]
    for variant in variants:
        if not variant.is_file():
            raise UsageError(f"There is no variant file {str(variant)!r}.")
    from conda_provenance.cli.render import console, text

    built: list[Path] = []
    for recipe in recipes:
        console().print(text(f"Building {recipe}"))
        progress = _Progress(quiet=arguments.quiet)
        try:
            built += build_recipe(
                recipe,
                output_dir=Path(arguments.output_dir),
                channels=arguments.channels,
                variant_files=variants,
                package_format=arguments.package_format,
                test=not arguments.no_test,
                progress=progress,
            )
        except ProvenanceError:
            progress.show_held()
            for package in built:
                _print_built(package)
            raise
    for package in built:
        _print_built(package)
    return 0


def _recipe(given: str) -> Path:
    try:
        recipe = find_recipe(Path(given))
    except ProvenanceError as error:
        raise UsageError(str(error)) from None
    if recipe.name.startswith("meta."):
        raise UsageError(
            f"{given!r} is a meta.yaml recipe, which is conda-build's: use 'conda build' with this plugin installed."
        )
    if not recipe.is_file():
        raise UsageError(f"There is no recipe.yaml in {given!r}.")
    return recipe


class _Progress:
    """The engine's log, line by line as it comes, so that a long build is seen to go on; quiet, only when it fails."""

    def __init__(self, *, quiet: bool) -> None:
        self._held: deque[tuple[str, str]] | None = deque(maxlen=MAX_HELD) if quiet else None
        self._closed = False

    def on_log(self, event: Any) -> None:
        self._print(event.message, {"error": "red", "warn": "yellow"}.get(event.level, "dim"))

    def on_build_step(self, event: Any) -> None:
        self._print(f"{event.step_name}: {event.message}", "bold")

    def on_download_start(self, event: Any) -> None:
        self._print(f"downloading {event.url}", "dim")

    def on_download_progress(self, event: Any) -> None:
        """Too much for a log: the start is told, and a failure is an error of the build."""

    def on_download_complete(self, event: Any) -> None:
        """Told by its start."""

    def show_held(self) -> None:
        """Print what was kept back: the build has failed, and its log says why."""
        held, self._held = self._held, None
        for line, style in held or ():
            self._print(line, style)

    def _print(self, message: str, style: str) -> None:
        from conda_provenance.cli.render import console, text

        for line in message.splitlines():
            if self._held is not None:
                self._held.append((line, style))
            elif line.strip() and not self._closed and line.strip() != _NOT_YET_TESTED:
                try:
                    console().print(text(f"  {line.rstrip()}", style), soft_wrap=True)
                except SystemExit:  # rich, when the reader of a pipe has gone; the engine would report it for every line
                    self._closed = True


def _print_built(package: Path) -> None:
    from conda_provenance.cli.render import console
    from conda_provenance.cli.show import print_package, provenance_lines
    from conda_provenance.packages import read_claim, sha256_of

    console().print()
    print_package(
        os.path.relpath(package) if package.is_relative_to(Path.cwd()) else str(package),
        provenance_lines(read_claim(package), [("sha256", sha256_of(package))]),
    )
