"""``stamp``: provenance into package files that are finished already."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from conda_provenance.cli.main import add_command
from conda_provenance.errors import PackageError, ProvenanceError, UsageError
from conda_provenance.values import KEYS

if TYPE_CHECKING:
    from collections.abc import Callable

WOULD_STAMP, UNCHANGED, FAILED = "would stamp", "unchanged", "failed"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser], program: str) -> None:
    parser = add_command(
        commands,
        "stamp",
        help="write provenance into finished package files",
        description="Write provenance into finished .conda and .tar.bz2 files, in place and whole or not at all; nothing else "
        "in them changes. The values are those given; without any, what 'detect' finds for the recipe in this folder; with "
        "--recipe, that fills in what is not given. An index beside a package that lists it is brought up to date in the same "
        "step.",
        examples=f"""  {program} stamp output/*/*.conda                       the recipe in this folder
  {program} stamp --recipe ~/feedstocks/numpy output/*.conda
  {program} stamp --sha $(git rev-parse HEAD) --flow-run-id farm_1234 old-1.0-0.tar.bz2
  {program} stamp --output-dir stamped --dry-run *.conda""",
    )
    parser.add_argument("packages", nargs="+", metavar="PACKAGE", help="a .conda or .tar.bz2 file")
    parser.add_argument(
        "--recipe", metavar="DIR", help="take what is not given from this recipe, as 'detect' does"
    )
    for key in KEYS:
        parser.add_argument(f"--{key.replace('_', '-')}", metavar="VALUE", help=_HELP[key])
    parser.add_argument(
        "--output-dir",
        metavar="DIR",
        help="write stamped copies there and leave the packages alone",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="overwrite other values, a signed package and files in the output folder",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done and write nothing"
    )
    parser.add_argument(
        "--json", action="store_true", help="print a JSON list, one object a package"
    )
    parser.set_defaults(run=run)


_HELP = {
    "sha": "full commit hash of the recipe's repository",
    "remote_url": "that repository's URL; credentials in it are left out",
    "flow_run_id": "the CI run, as in github_12345",
    "flow_run_url": "the CI run's page",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one package."""

    path: Path
    status: str
    error: str | None = None
    target: Path | None = None
    """The copy, where one was asked for."""
    says: Mapping[str, str | None] = field(default_factory=dict)
    """What the package says now, or would say."""


def run(arguments: argparse.Namespace) -> int:
    from conda_provenance.packages import expect_exit

    expect_exit()
    values = _values(arguments)
    if "" in (arguments.output_dir, arguments.recipe):
        raise UsageError("An option for a folder has an empty value: is a variable not set?")
    output_dir = Path(arguments.output_dir) if arguments.output_dir is not None else None
    names = [Path(given).name for given in arguments.packages]
    if output_dir and (twice := {name for name in names if names.count(name) > 1}):
        raise UsageError(
            f"Two packages of the name {min(twice)!r} cannot both go into one folder: stamp them one by one."
        )
    print(
        "conda-provenance: stamping " + " ".join(f"{key}={value}" for key, value in values.items()),
        file=sys.stderr,
    )
    if output_dir:
        try:
            if not arguments.dry_run:
                output_dir.mkdir(parents=True, exist_ok=True)
            elif output_dir.exists() and not output_dir.is_dir():
                raise NotADirectoryError(0, "Not a directory")
        except OSError as error:
            raise UsageError(
                f"The output folder {str(output_dir)!r} cannot be made: {error.strerror}."
            ) from None
    outcomes: list[Outcome] = []
    seen: set[str] = set()
    with _progress(len(arguments.packages)) as advance:
        for path in map(Path, arguments.packages):
            outcome = _stamp(
                path, values, output_dir, force=arguments.force, dry_run=arguments.dry_run
            )
            if outcome.status == WOULD_STAMP and os.path.realpath(path) in seen:
                outcome = replace(
                    outcome, status=UNCHANGED
                )  # given twice: the second time it would say so already
            seen.add(os.path.realpath(path))
            outcomes.append(outcome)
            if not arguments.json:
                _print(outcome)
            advance()
    if arguments.json:
        print(json.dumps([_to_json(outcome) for outcome in outcomes], indent=2))
    return 1 if any(outcome.status == FAILED for outcome in outcomes) else 0


def _values(arguments: argparse.Namespace) -> dict[str, str]:
    """What to stamp: the values given, completed by the recipe's where one is named or nothing is given."""
    from conda_provenance.values import clean

    given = {}
    for key in KEYS:
        if (value := getattr(arguments, key)) is not None:
            try:
                given[key] = clean(key, value)
            except ProvenanceError as error:
                raise UsageError(
                    f"--{key.replace('_', '-')} cannot be stamped: {str(error).rstrip('.')}."
                ) from None
    found = _found(arguments.recipe) if arguments.recipe or not given else {}
    values = {key: value for key in KEYS if (value := given.get(key, found.get(key))) is not None}
    if not any(values.values()):
        raise ProvenanceError(
            "There is nothing to stamp: neither a commit, a repository nor a CI run is known or given."
        )
    return values


def _found(recipe: str | None) -> Mapping[str, str]:
    from conda_provenance.cli.detect import find, print_warnings_to_stderr
    from conda_provenance.plugins import provider_names
    from conda_provenance.recipes import find_recipe
    from conda_provenance.settings import load_settings

    settings = load_settings(os.environ, provider_names)
    try:
        place = find_recipe(Path(recipe or "."))
    except ProvenanceError as error:
        raise UsageError(str(error)) from None
    if recipe is None and not place.is_file():
        # The repository that this folder happens to lie in is not the packages'.
        raise UsageError(
            "There is no recipe in this folder: name the packages' with --recipe, or give the values."
        )
    origin = find(place, settings)
    print_warnings_to_stderr(origin.warnings)
    origin.require(settings)
    return origin.stamp(settings.fields)


def _stamp(
    path: Path, values: Mapping[str, str], output_dir: Path | None, *, force: bool, dry_run: bool
) -> Outcome:
    from conda_provenance.packages import stamp_package

    target = output_dir / path.name if output_dir else None
    try:
        result = stamp_package(path, values, target=target, overwrite=force, dry_run=dry_run)
    except PackageError as error:
        return Outcome(path, FAILED, str(error))
    says = {key: result.claim.shown(key) for key in KEYS}
    return Outcome(path, result.status, target=target, says=says)


def _print(outcome: Outcome) -> None:
    from conda_provenance.cli.render import MAX_ERROR, console, escaped, text

    if outcome.error:
        console(stderr=True).print(
            text("failed     ", "red").append(escaped(outcome.error, MAX_ERROR), ""), soft_wrap=True
        )
        return
    place = f"{outcome.path} -> {outcome.target}" if outcome.target else str(outcome.path)
    line = text(f"{outcome.status:<12}", "dim" if outcome.status == UNCHANGED else "green").append(
        escaped(place, MAX_ERROR), ""
    )
    console().print(line, soft_wrap=True)


def _to_json(outcome: Outcome) -> dict[str, str | None]:
    return {
        "package": outcome.path.name,
        "path": str(outcome.path),
        "target": str(outcome.target) if outcome.target else None,
        "status": outcome.status,
        "error": outcome.error,
        **{key: outcome.says.get(key) for key in KEYS},
    }


@contextmanager
def _progress(count: int) -> Iterator[Callable[[], object]]:
    """A bar on a terminal, where there is more than one package to wait for; each step is counted by the call."""
    if count < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from conda_provenance.cli.render import console

    with Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("", total=count)
        yield lambda: bar.advance(task)
