"""``build``: builds recipe.yaml recipes with rattler-build's engine and stamps the packages."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from conda_provenance.cli.color import DIM, RED, YELLOW
from conda_provenance.cli.output import MAX_VALUE, Output, Part
from conda_provenance.cli.package_report import PackageReport, print_package
from conda_provenance.cli.status import Status
from conda_provenance.errors import PackageError, ProvenanceError, UsageError
from conda_provenance.packages import package_line, read_package
from conda_provenance.plugins import provider_names
from conda_provenance.recipes import find_recipe
from conda_provenance.settings import load_settings
from conda_provenance.text import escape, redact_addresses, show

MAX_HELD = 60
"""How many of the log's last lines are shown when a quiet build fails."""

_NOT_YET_TESTED = "Skipping tests because the argument --test=skip was set"
"""The engine logs this, because we run the tests ourselves, after the package is stamped."""

_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\].*?(?:\x07|\x1b\\)")
"""A terminal's control sequence, such as a colour, or an operating system command, as a link is."""

_LEVEL_STYLES = {"error": RED, "warn": YELLOW}


def run(arguments: Namespace, output: Output) -> Status:
    """Build the recipes in order, up to the first that fails. List every package that was made."""
    try:
        from conda_provenance.builders.engine import build_recipe
    except ImportError:
        raise ProvenanceError(
            "rattler-build's engine is not installed: "
            "install py-rattler-build beside conda-provenance, with pip or conda."
        ) from None

    # A wrong setting must be reported before anything is built.
    load_settings(os.environ, provider_names)
    recipes = [_recipe(given) for given in arguments.recipes]
    variants = [_variant_file(given) for given in arguments.variant_files or ()]

    built: list[Path] = []
    log = _EngineLog(output)
    try:
        for recipe in recipes:
            log.start(recipe)
            build_recipe(
                recipe,
                built,
                output_dir=Path(arguments.output_dir),
                channels=arguments.channels,
                variant_files=variants,
                package_format=arguments.package_format,
                test=not arguments.no_test,
                listener=log.take,
            )
    except ProvenanceError as error:
        log.show_held()
        _print_built(built, output, error=str(error))
        return Status.NO
    except KeyboardInterrupt:
        _print_built(built, output, error="The build was interrupted.")
        return Status.INTERRUPTED

    _print_built(built, output)
    log.check()
    return Status.YES


def _recipe(given: str) -> Path:
    try:
        recipe = find_recipe(Path(given))
    except ProvenanceError as error:
        raise UsageError(str(error)) from None

    if recipe.name.startswith(("meta.", "conda.")):
        raise UsageError(
            f"{given!r} is a meta.yaml recipe, which is conda-build's: "
            "use 'conda build' with this plugin installed."
        )
    if not recipe.is_file():
        raise UsageError(f"There is no recipe.yaml in {given!r}.")
    if not _is_text(recipe):
        raise UsageError(f"{str(recipe)!r} is no text in UTF-8, so it is no recipe.")

    return recipe


def _is_text(recipe: Path) -> bool:
    """Can the engine decode this file? It would crash otherwise. Other faults it reports itself."""
    try:
        recipe.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return False
    except OSError:
        pass
    return True


def _variant_file(given: str) -> Path:
    path = Path(given)
    if not path.is_file():
        raise UsageError(f"There is no variant file {given!r}.")

    return path


class _EngineLog:
    """The engine's log. It is printed as it comes, or with ``--quiet`` only if the build fails."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._held: deque[tuple[str, str]] | None = None
        self._failure: OSError | None = None

    def start(self, recipe: Path) -> None:
        """Begin the log of another recipe."""
        self._held = deque(maxlen=MAX_HELD) if self._output.quiet else None
        if not self._output.quiet:
            self._write(f"Building {recipe}")

    def check(self) -> None:
        """Raise why the log could not be written."""
        if self._failure is not None:
            raise self._failure

    def take(self, level: str, message: str) -> None:
        """Print one message of the engine, or hold it back."""
        style = _LEVEL_STYLES.get(level, DIM)
        for line in message.splitlines():
            # A script's own colours and links are removed. Each line has a colour of ours.
            plain = _ESCAPE_SEQUENCE.sub("", line).rstrip()
            if not plain.strip() or plain.strip() == _NOT_YET_TESTED:
                continue

            if self._held is not None:
                self._held.append((plain, style))
            else:
                self._print(plain, style)

    def show_held(self) -> None:
        """Print the lines that were held back, since the log says why the build failed."""
        held, self._held = self._held, None
        for line, style in held or ():
            self._print(line, style)

    def _print(self, line: str, style: str) -> None:
        self._write("  ", (show(line, MAX_VALUE), style))

    def _write(self, *parts: Part) -> None:
        if self._failure is not None:
            return

        try:
            self._output.log_line(*parts)
        except OSError as error:
            # The reader has gone, or the disk is full. The build goes on.
            self._failure = error


def _print_built(built: Iterable[Path], output: Output, *, error: str | None = None) -> None:
    reports = _reports(built, output)
    if output.json:
        failure = {} if error is None else {"error": escape(redact_addresses(error))}
        output.object(**failure, packages=[report.to_json() for report in reports])
    else:
        for number, report in enumerate(reports):
            if number or not output.quiet:
                output.line()
            print_package(report, output)

    for report in reports:
        _print_line(report, output)

    if error is not None:
        output.error(error)


def _print_line(report: PackageReport, output: Output) -> None:
    """End the log with the line of a package."""
    with suppress(PackageError):  # Somebody has moved it meanwhile.
        line = package_line(report.location, sha256=report.sha256)
        if line is not None:
            output.log_line(line)


def _reports(built: Iterable[Path], output: Output) -> list[PackageReport]:
    reports = []
    for package in built:
        try:
            reports.append(PackageReport.of(read_package(_location(package), with_sha256=True)))
        except ProvenanceError as error:
            # Somebody has moved it meanwhile. The other packages and the build's error count more.
            output.warn(str(error))
    return reports


def _location(package: Path) -> str:
    return os.path.relpath(package) if package.is_relative_to(Path.cwd()) else str(package)
