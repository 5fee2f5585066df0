"""``stamp``: writes provenance into finished package files."""

from __future__ import annotations

import os
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from conda_provenance.cli.color import BOLD, DIM, RED
from conda_provenance.cli.output import MAX_VALUE, Output
from conda_provenance.cli.package_report import PackageReport, fields
from conda_provenance.cli.status import Status, of_all
from conda_provenance.errors import PackageError, ProvenanceError, RefusedError, UsageError
from conda_provenance.packages import (
    FolderIndexes,
    StampResult,
    corrected_once,
    expect_exit,
    same_folders,
    stamp_package,
)
from conda_provenance.text import redact, redact_location, show
from conda_provenance.values import KEYS, InvalidValue, clean

UNCHANGED, REFUSED, FAILED = "unchanged", "refused", "failed"
"""The statuses of a package that is not stamped."""

_STYLES = {UNCHANGED: DIM, REFUSED: RED, FAILED: RED}


@dataclass(frozen=True, slots=True)
class Report:
    """What was done to one package."""

    package: PackageReport
    """What the package says now, or would say."""
    status: str
    target: str | None = None
    """The copy, where one was asked for."""
    changes: Mapping[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """The old and the new value of each key that changes."""

    @property
    def exit_status(self) -> Status:
        return {REFUSED: Status.NO, FAILED: Status.UNKNOWN}.get(self.status, Status.YES)


def run(arguments: Namespace, output: Output) -> Status:
    """Stamp every package. If one cannot be stamped, the others still are."""
    _require_folders(arguments)
    values = _values(arguments, output)
    if arguments.output_dir is not None:
        _make_folder(arguments.output_dir, dry_run=arguments.dry_run)

    output.note("stamping " + " ".join(f"{key}={value}" for key, value in values.items()))

    expect_exit()
    targets = [_target(location, arguments) for location in arguments.packages]
    pairs = zip(targets, arguments.packages, strict=True)
    places = [target or package for target, package in pairs]
    by_position: dict[int, Report] = {}
    with output.bar(len(places)):
        for positions in same_folders(places):
            locations = [arguments.packages[position] for position in positions]
            done = _stamp_folder(locations, values, arguments, output)
            by_position |= zip(positions, done, strict=True)

    reports = [by_position[position] for position in range(len(places))]
    if output.json:
        output.object(packages=[_to_json(report) for report in reports])
    return of_all(report.exit_status for report in reports)


def _require_folders(arguments: Namespace) -> None:
    if "" in (arguments.output_dir, arguments.recipe):
        raise UsageError("An option for a folder has an empty value: is a variable not set?")

    if arguments.output_dir is None:
        return

    names = Counter(os.path.basename(location) for location in arguments.packages)
    twice = sorted(name for name, count in names.items() if count > 1)
    if twice:
        raise UsageError(
            f"Two packages of the name {twice[0]!r} cannot both go into one folder: "
            "stamp them one by one."
        )


def _make_folder(folder: str, *, dry_run: bool) -> None:
    try:
        if not dry_run:
            os.makedirs(folder, exist_ok=True)
        elif os.path.exists(folder) and not os.path.isdir(folder):
            raise NotADirectoryError(0, "Not a directory")
    except OSError as error:
        raise UsageError(
            f"The output folder {folder!r} cannot be made: {error.strerror}."
        ) from None


def _values(arguments: Namespace, output: Output) -> dict[str, str]:
    """The values to stamp: those that are given, over those of the recipe.

    The recipe counts only if it is named, or if no value is given.
    """
    options = {key: getattr(arguments, key) for key in KEYS}
    given = {key: _clean(key, value) for key, value in options.items() if value is not None}
    found = _find(arguments.recipe, output) if arguments.recipe or not given else {}
    known = {**found, **given}
    values = {key: known[key] for key in KEYS if key in known}
    if not any(values.values()):
        raise ProvenanceError(
            "There is nothing to stamp: "
            "neither a commit, a repository nor a CI run is known or given."
        )

    return values


def _clean(key: str, value: str) -> str:
    try:
        return clean(key, value)
    except InvalidValue as error:
        option = f"--{key.replace('_', '-')}"
        raise UsageError(f"{option} cannot be stamped: {str(error).rstrip('.')}.") from None


def _find(place: str | None, output: Output) -> Mapping[str, str]:
    """What ``detect`` finds for the recipe at ``place``, or for the one in this folder."""
    # To load these takes longer than to stamp a package with values that are given.
    from conda_provenance.collector import collect
    from conda_provenance.plugins import provider_names
    from conda_provenance.recipes import find_recipe
    from conda_provenance.settings import load_settings

    settings = load_settings(os.environ, provider_names)
    try:
        recipe = find_recipe(place or ".")
    except ProvenanceError as error:
        raise UsageError(str(error)) from None

    if place is None and not recipe.is_file():
        # This folder may be in some repository, but that need not be where the packages are from.
        raise UsageError(
            "There is no recipe in this folder: "
            "name the packages' recipe with --recipe, or give the values."
        )

    origin = collect(recipe, settings=settings)
    for warning in origin.warnings:
        output.warn(warning)
    origin.require(settings)
    return origin.stamp(settings.fields)


def _stamp_folder(
    locations: list[str], values: Mapping[str, str], arguments: Namespace, output: Output
) -> list[Report]:
    """Stamp packages that stand, or will stand, in one folder. Its indexes are corrected once."""
    reports: list[Report] = []
    seen: set[str] = set()
    try:
        with _indexes(locations, arguments) as indexes:
            for location in locations:
                path = os.path.realpath(location)
                report = _stamp(location, values, arguments, indexes, again=path in seen)
                seen.add(path)
                reports.append(report)
                _print(report, output)
                output.advance()
    except PackageError as error:
        # The folder's indexes are not correct: what has been said of its packages is too much.
        output.error(str(error))
        status = REFUSED if isinstance(error, RefusedError) else FAILED
        failed = [
            Report(PackageReport.of_failure(location, str(error)), status)
            for location in locations[len(reports) :]
        ]
        return [_failed(report, str(error)) for report in reports] + failed
    return reports


def _failed(report: Report, why: str) -> Report:
    if report.package.error:
        return report
    return replace(report, package=replace(report.package, error=why), status=FAILED)


def _indexes(
    locations: list[str], arguments: Namespace
) -> AbstractContextManager[FolderIndexes | None]:
    if len(locations) == 1:
        return nullcontext()

    places = [_target(location, arguments) or location for location in locations]
    return corrected_once(places, leave_broken=arguments.force, dry_run=arguments.dry_run)


def _target(location: str, arguments: Namespace) -> str | None:
    """The copy to be written. ``None``: the package itself is replaced."""
    folder = arguments.output_dir
    return None if folder is None else os.path.join(folder, os.path.basename(location))


def _stamp(
    location: str,
    values: Mapping[str, str],
    arguments: Namespace,
    indexes: FolderIndexes | None,
    *,
    again: bool,
) -> Report:
    target = _target(location, arguments)
    try:
        result = stamp_package(
            location,
            values,
            target=target,
            overwrite=arguments.force,
            dry_run=arguments.dry_run,
            leave_broken_indexes=arguments.force,
            indexes=indexes,
        )
    except PackageError as error:
        status = REFUSED if isinstance(error, RefusedError) else FAILED
        return Report(PackageReport.of_failure(location, str(error)), status, target)

    # A dry run changes nothing, so a package that is given twice looks unstamped again.
    status = UNCHANGED if again and arguments.dry_run else result.status
    changes = {} if status == UNCHANGED else result.changes
    return Report(_package(location, result), status, target, changes)


def _package(location: str, result: StampResult) -> PackageReport:
    return PackageReport(location, os.path.basename(location), read_from="file", claim=result.claim)


def _to_json(report: Report) -> dict[str, object]:
    return {
        **report.package.to_json(),
        "status": report.status,
        "target": None if report.target is None else redact_location(report.target),
        "changes": {key: list(map(_shown, values)) for key, values in report.changes.items()},
    }


def _print(report: Report, output: Output) -> None:
    package = report.package
    if package.error:
        output.error(package.error)
    if output.json or package.error:
        return

    copy = f" -> {redact_location(report.target)}" if report.target else ""
    place = redact_location(package.location) + copy
    output.line((f"{report.status:<12}", _STYLES.get(report.status, BOLD)), place)
    for key, (old, new) in report.changes.items():
        if old or output.verbose:
            output.field(key, f"{_or_dash(old)} -> {_or_dash(new)}", indent=2)

    for key, value in fields(package) if output.verbose else ():
        if key not in report.changes:
            output.field(key, value, indent=2)


def _shown(value: str | None) -> str | None:
    """The old value is a stranger's."""
    return value and redact(value)


def _or_dash(value: str | None) -> str:
    return show(value, MAX_VALUE) if value else "-"
