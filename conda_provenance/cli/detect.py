"""``detect``: prints what would be stamped here, and where each value comes from."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from conda_provenance.cli.color import DIM, YELLOW
from conda_provenance.cli.output import MAX_VALUE, Output, Part
from conda_provenance.cli.status import Status
from conda_provenance.collector import collect
from conda_provenance.errors import ProvenanceError, RequirementError, UsageError
from conda_provenance.origin import ENVIRONMENT, SOURCE_NAMES, Origin
from conda_provenance.plugins import provider_names
from conda_provenance.recipes import find_recipe
from conda_provenance.settings import Settings, load_settings
from conda_provenance.text import show_sentence, show_value
from conda_provenance.values import KEYS

if TYPE_CHECKING:
    from conda_provenance.ci import CIRun


class Report(NamedTuple):
    """What was found for a recipe, and whether the settings let it be built."""

    recipe: Path
    """The recipe's file, or the folder where there is none."""
    origin: Origin
    settings: Settings
    warnings: tuple[str, ...]
    error: str | None
    """Why the settings do not let a build go on from here."""

    @property
    def stamp(self) -> dict[str, str]:
        """The entries that would be written into a package."""
        return self.origin.stamp(self.settings.fields) if self.settings.enabled else {}


def run(arguments: Namespace, output: Output) -> Status:
    """Print a report on the recipe, on the known CI systems, or on the variables looked at."""
    _require_fitting_options(arguments)
    if arguments.list:
        from conda_provenance.cli.systems import list_systems

        return list_systems(output)

    settings = load_settings(os.environ, provider_names)
    if arguments.explain:
        from conda_provenance.cli.systems import explain_detection

        return explain_detection(
            Path(arguments.recipe), settings, output, with_values=arguments.show_values
        )

    report = _report(Path(arguments.recipe), settings)
    if arguments.format in _FOR_PROGRAMS:
        return _print_for_program(report, output, arguments.format)

    if output.json:
        output.object(**_to_json(report))
    else:
        _print_text(report, output)

    if report.error is None:
        return Status.YES

    output.error(report.error)
    return Status.NO


def _require_fitting_options(arguments: Namespace) -> None:
    if arguments.show_values and not arguments.explain:
        raise UsageError("--show-values goes with --explain.")

    if (arguments.list or arguments.explain) and arguments.format in _FOR_PROGRAMS:
        option = "--list" if arguments.list else "--explain"
        raise UsageError(f"{option} prints text, or with --json an object for programs.")


def _report(place: Path, settings: Settings) -> Report:
    try:
        recipe = find_recipe(place)
    except ProvenanceError as error:
        raise UsageError(str(error)) from None

    origin = collect(recipe, settings=settings)
    warnings = [*origin.warnings]
    if not settings.enabled:
        warnings.append("Nothing is stamped: plugins.provenance_enabled is false.")
    if not recipe.is_file():
        warnings.append(
            f"There is no recipe in {str(recipe)!r}: these are the values for the folder itself."
        )

    return Report(recipe, origin, settings, tuple(warnings), _unmet_requirement(origin, settings))


def _unmet_requirement(origin: Origin, settings: Settings) -> str | None:
    if not settings.enabled:
        return None

    try:
        origin.require(settings)
    except RequirementError as error:
        return str(error)

    return None


def _settings_by_key(settings: Settings) -> dict[str, object]:
    """The settings in force, by condarc key."""
    return {f"provenance_{name}": value for name, value in settings._asdict().items()}


# --- JSON ---------------------------------------------------------------------------------------


def _to_json(report: Report) -> dict[str, object]:
    origin = report.origin
    failure = {} if report.error is None else {"error": report.error}
    return {
        **failure,
        **{key: origin.values.get(key) for key in KEYS},
        "ci_provider": origin.ci.provider if origin.ci else None,
        "sources": dict(origin.sources),
        "warnings": list(report.warnings),
        "recipe": str(report.recipe),
        "commit": origin.commit or None,
        "missing": dict(origin.missing),
        "settings": _settings_by_key(report.settings),
    }


# --- text ---------------------------------------------------------------------------------------


def _print_text(report: Report, output: Output) -> None:
    if output.verbose:
        output.field("recipe", str(report.recipe))

    for key in KEYS:
        value: Part = show_value(report.origin.values.get(key, ""), MAX_VALUE) or ("-", YELLOW)
        output.field(key, value)
        note = _note(report, key)
        if note:
            output.line(" " * 14, (show_sentence(note, MAX_VALUE), DIM))

    if output.verbose:
        for name, setting in _settings_by_key(report.settings).items():
            output.field(f"plugins.{name}", _setting_text(setting))

    for warning in report.warnings:
        output.warning_line(warning)


def _setting_text(setting: object) -> str:
    if isinstance(setting, bool):
        return str(setting).lower()

    text = ", ".join(setting) if isinstance(setting, tuple) else str(setting)
    return show_value(text, MAX_VALUE) or "-"


def _note(report: Report, key: str) -> str:
    """Where the value of ``key`` comes from, or why there is none."""
    origin = report.origin
    value = origin.values.get(key)
    note = _source(origin, key)
    if key == "sha" and value == "":
        return f"{origin.missing.get(key, note)}: an empty string is stamped"

    if key == "sha" and value and origin.commit:
        note += f": {origin.commit}"
    if value and key not in report.stamp:
        note += "; not stamped"
    return note


def _source(origin: Origin, key: str) -> str:
    source = origin.sources.get(key)
    if source is None:
        return origin.missing.get(key, "")

    if source == "environment":
        return ENVIRONMENT[key]

    if source == "ci" and origin.ci:
        circumstances = _circumstances(origin.ci) if key == "flow_run_id" else ""
        return f"{origin.ci.name} ({origin.ci.provider}){circumstances}"

    return SOURCE_NAMES[source]


def _circumstances(ci: CIRun) -> str:
    """What started the run, and which attempt it is."""
    attempt = f"attempt {ci.attempt}" if ci.attempt and ci.attempt != "1" else None
    return "".join(f", {each}" for each in (ci.event, attempt) if each)


# --- for other programs -------------------------------------------------------------------------


def _print_for_program(report: Report, output: Output, format: str) -> Status:
    """Print lines that another program reads: all of them, or none and an error."""
    for warning in report.warnings:
        output.warn(warning)

    if report.error is not None:
        output.error(report.error)
        return Status.NO

    _require_encoding(report.stamp)
    spaced = [key for key, value in report.stamp.items() if _has_space(value)]
    if format == "extra-meta" and spaced:
        output.warn(
            f"{', '.join(spaced)} is left out: it holds a space, at which a shell's $(…) splits."
        )

    for line in _FOR_PROGRAMS[format](report.stamp):
        # Not escaped: the values are printable, and programs read them literally.
        print(line)
    return Status.YES


def _env(stamp: Mapping[str, str]) -> Iterator[str]:
    """``NAME=value``. There are no quotes: programs would take them as part of the value."""
    return (f"{ENVIRONMENT[key]}={value}" for key, value in stamp.items() if value)


def _shell(stamp: Mapping[str, str]) -> Iterator[str]:
    from shlex import quote

    return (f"export {ENVIRONMENT[key]}={quote(value)}" for key, value in stamp.items() if value)


def _extra_meta(stamp: Mapping[str, str]) -> Iterator[str]:
    """One line, for a shell's ``$(…)``: it splits at white space and keeps quotes."""
    yield " ".join(
        f"--extra-meta {key}={value}" for key, value in stamp.items() if not _has_space(value)
    )


def _has_space(value: str) -> bool:
    return any(char.isspace() for char in value)


_FOR_PROGRAMS: Mapping[str, Callable[[Mapping[str, str]], Iterator[str]]] = {
    "env": _env,
    "shell": _shell,
    "extra-meta": _extra_meta,
}


def _require_encoding(stamp: Mapping[str, str]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    for key, value in stamp.items():
        try:
            value.encode(encoding)
        except UnicodeEncodeError:
            raise ProvenanceError(
                f"{key} holds a character that the output's encoding ({encoding}) lacks: "
                "set PYTHONIOENCODING=utf-8."
            ) from None
