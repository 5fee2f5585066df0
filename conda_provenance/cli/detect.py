"""``detect``: what would be stamped here, and where each value comes from."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from conda_provenance.ci import CIRun
from conda_provenance.cli.main import add_command
from conda_provenance.collector import collect
from conda_provenance.errors import ProvenanceError, UsageError
from conda_provenance.origin import ENVIRONMENT, SOURCE_NAMES, Origin
from conda_provenance.plugins import ci_adapters, provider_names
from conda_provenance.recipes import find_recipe, read_extra
from conda_provenance.settings import Settings, load_settings
from conda_provenance.values import KEYS

_FOR_PROGRAMS = ("env", "shell", "extra-meta")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], program: str) -> None:
    parser = add_command(
        commands,
        "detect",
        help="show what would be stamped into a package built here",
        description="Show what would be stamped into a package built from RECIPE, and where each value comes from.",
        examples=f"""  {program} detect                    the recipe in this folder, or in its folder "recipe"
  {program} detect recipes/numpy --json
  {program} detect --format env > provenance.env && docker run --env-file provenance.env ...
  eval "$({program} detect --format shell)" && pixi run build
  {program} detect --explain                which variables were looked at, for a bug report
  flags=$({program} detect --format extra-meta) && rattler-build build -r recipe.yaml $flags""",
    )
    parser.add_argument(
        "recipe",
        nargs="?",
        default=".",
        metavar="RECIPE",
        help="a recipe's file or folder (default: this folder)",
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument(
        "--json", action="store_const", const="json", dest="format", help="print one JSON object"
    )
    output.add_argument(
        "--format",
        choices=("table", "json", "extra-meta", "env", "shell"),
        default="table",
        help="extra-meta: the builders' flags; env: NAME=value lines for a container's --env-file; shell: for a shell's eval",
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--list",
        action="store_true",
        help="list the CI systems that are recognised, and do nothing else",
    )
    instead.add_argument(
        "--explain",
        action="store_true",
        help="say which variables were looked at, without their values, for a bug report",
    )
    parser.add_argument(
        "--show-values",
        action="store_true",
        help="with --explain: show the values too; read them before you send them",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if arguments.show_values and not arguments.explain:
        raise UsageError("--show-values goes with --explain.")
    if (arguments.list or arguments.explain) and arguments.format in _FOR_PROGRAMS:
        raise UsageError(
            f"--{'list' if arguments.list else 'explain'} prints a table, or with --json an object for programs."
        )
    if arguments.list:
        from conda_provenance.cli.systems import list_systems

        return list_systems(as_json=arguments.format == "json")
    settings = load_settings(os.environ, provider_names)
    if arguments.explain:
        from conda_provenance.cli.systems import explain_detection

        return explain_detection(
            Path(arguments.recipe),
            settings,
            as_json=arguments.format == "json",
            values=arguments.show_values,
        )
    try:
        recipe = find_recipe(Path(arguments.recipe))
    except ProvenanceError as error:
        raise UsageError(str(error)) from None
    origin = find(recipe, settings)
    stamp = origin.stamp(settings.fields) if settings.enabled else {}
    warnings = [*origin.warnings]
    if not settings.enabled:
        warnings.append("Nothing is stamped: plugins.provenance_enabled is false.")
    if not recipe.is_file():
        warnings.append(
            f"There is no recipe in {str(recipe)!r}: this is what holds for the files in that folder."
        )
    if settings.enabled and arguments.format in _FOR_PROGRAMS:
        origin.require(settings)  # before anything is printed that a shell would take for complete
        _require_encoding(stamp)
    if arguments.format == "json":
        import json

        print(json.dumps(to_json(origin, warnings), indent=2))
    elif arguments.format in ("env", "shell"):
        from shlex import quote

        print_warnings_to_stderr(warnings)
        for key, value in stamp.items():
            if value:
                # Who reads such a file takes quotes for part of the value; a shell needs them.
                print(
                    f"export {ENVIRONMENT[key]}={quote(value)}"
                    if arguments.format == "shell"
                    else f"{ENVIRONMENT[key]}={value}"
                )
    elif arguments.format == "extra-meta":
        # Read by a shell's $(…), which splits at white space and takes quotes for part of the word.
        spaced = [key for key, value in stamp.items() if any(char.isspace() for char in value)]
        if spaced:
            warnings.append(
                f"{', '.join(spaced)} holds a space, which no shell's $(…) keeps, and is left out."
            )
        print_warnings_to_stderr(warnings)
        print(
            " ".join(
                f"--extra-meta {key}={value}" for key, value in stamp.items() if key not in spaced
            )
        )
    else:
        _print_table(origin, stamp, warnings)
    if settings.enabled:
        origin.require(settings)
    return 0


def _require_encoding(stamp: Mapping[str, str]) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    for key, value in stamp.items():
        try:
            value.encode(encoding)
        except UnicodeEncodeError:
            raise ProvenanceError(
                f"{key} holds a character that the output's encoding ({encoding}) lacks: set PYTHONIOENCODING=utf-8."
            ) from None


def find(recipe: Path, settings: Settings) -> Origin:
    """:func:`collect` for a recipe on disk, its own ``extra`` included as far as it can be told unrendered."""
    extra = read_extra(recipe)
    return collect(
        recipe,
        environ=os.environ,
        settings=settings,
        adapters=ci_adapters(),
        recipe_extra=extra.values,
    )


def to_json(origin: Origin, warnings: Sequence[str]) -> dict[str, object]:
    """The object that ``--json`` prints."""
    return {
        **{key: origin.values.get(key) for key in KEYS},
        "ci_provider": origin.ci.provider if origin.ci else None,
        "sources": dict(origin.sources),
        "warnings": list(warnings),
    }


def print_warnings_to_stderr(warnings: Iterable[str]) -> None:
    for warning in warnings:
        print(f"conda-provenance: warning: {warning}", file=sys.stderr)


def _print_table(origin: Origin, stamped: Mapping[str, str], warnings: Iterable[str]) -> None:
    from conda_provenance.cli.render import print_table, print_warnings

    rows = []
    for key in KEYS:
        value = origin.values.get(key)
        source = origin.sources.get(key)
        note = SOURCE_NAMES[source] if source else origin.missing.get(key, "")
        if source == "ci" and origin.ci:
            note = f"{origin.ci.name} ({origin.ci.provider})"
            if key == "flow_run_id":
                note += _circumstances(origin.ci)
        elif source == "environment":
            note = ENVIRONMENT[key]
        if key == "sha" and value and origin.commit:
            note += f": {origin.commit}"
        if key == "sha" and value == "":
            value, note = None, f"{origin.missing.get(key, note)}: an empty string is stamped"
        if value and key not in stamped:
            note += "; not stamped"
        rows.append((key, value, note))
    print_table(("key", "value", "from"), rows, ("bold", "green", "dim"))
    print_warnings(warnings)


def _circumstances(ci: CIRun) -> str:
    """What started the run, and which try it is."""
    said = [ci.event, f"attempt {ci.attempt}" if ci.attempt and ci.attempt != "1" else None]
    return "".join(f", {each}" for each in said if each)
