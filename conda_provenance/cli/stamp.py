"""``stamp``: writes provenance into finished package files."""

from __future__ import annotations

import os
import re
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace

from conda_provenance.cli.color import BOLD, DIM, RED
from conda_provenance.cli.output import MAX_VALUE, Output
from conda_provenance.cli.package_report import PackageReport, fields
from conda_provenance.cli.stamp_changes import Changes, names_of, wanted_changes
from conda_provenance.cli.status import Status, of_all
from conda_provenance.errors import PackageError, RefusedError, UsageError
from conda_provenance.packages import (
    FolderIndexes,
    StampResult,
    corrected_once,
    expect_exit,
    package_line,
    same_folders,
    stamp_package,
)
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.packages.files.running_digest import Written
from conda_provenance.text import escape, redact_location, redact_value, show_value

STAMPED = "stamped"
UNCHANGED, REFUSED, FAILED = "unchanged", "refused", "failed"
"""The statuses of a package that is not stamped."""

_PLACE = ("sha", "remote_url")
"""The keys that name a commit together."""

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
    remains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For each key that was to be taken out, the files in which its value still stands."""
    written: Written | None = None
    """The new file, with its digest."""

    @property
    def exit_status(self) -> Status:
        return {REFUSED: Status.NO, FAILED: Status.UNKNOWN}.get(self.status, Status.YES)


def run(arguments: Namespace, output: Output) -> Status:
    """Stamp every package. If one cannot be stamped, the others still are."""
    _require_folders(arguments)
    changes = wanted_changes(arguments, output)
    if arguments.output_dir is not None:
        _make_folder(arguments.output_dir, dry_run=arguments.dry_run)

    output.note(_intention(changes))

    expect_exit()
    targets = [_target(location, arguments) for location in arguments.packages]
    pairs = zip(targets, arguments.packages, strict=True)
    places = [target or package for target, package in pairs]
    by_position: dict[int, Report] = {}
    with output.bar(len(places)):
        for positions in same_folders(places):
            locations = [arguments.packages[position] for position in positions]
            done = _stamp_folder(locations, changes, arguments, output)
            by_position |= zip(positions, done, strict=True)

    reports = [by_position[position] for position in range(len(places))]
    if output.json:
        output.object(packages=[_to_json(report) for report in reports])
    if not arguments.dry_run:
        _print_lines(reports, output)
    return of_all(report.exit_status for report in reports)


def _print_lines(reports: Sequence[Report], output: Output) -> None:
    """End with a line for each package, for the log of a CI. A file that comes twice has one."""
    final = [report for report in reports if report.status in (STAMPED, UNCHANGED)]
    places = [(report.target or report.package.location, report.written) for report in final]
    for place, written in {os.path.realpath(each[0]): each for each in places}.values():
        # What cannot be read any more, somebody else has taken away.
        with suppress(PackageError):
            line = package_line(place, written=written)
            if line is not None:
                output.log_line(line)


def _intention(changes: Changes) -> str:
    """What is done to every package, in words."""
    pairs = [f"{key}={value}" for key, value in changes.items() if value is not None]
    removed = [key for key, value in changes.items() if value is None]
    parts = ["stamping " + " ".join(pairs)] if pairs else []
    if removed:
        parts.append("taking out " + ", ".join(removed))
    return "; ".join(parts)


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


def _stamp_folder(
    locations: list[str], wanted: Changes, arguments: Namespace, output: Output
) -> list[Report]:
    """Stamp packages that stand, or will stand, in one folder. Its indexes are corrected once."""
    reports: list[Report] = []
    seen: set[str] = set()
    try:
        with _indexes(locations, arguments) as indexes:
            for location in locations:
                path = os.path.realpath(location)
                report = _stamp(location, wanted, arguments, indexes, again=path in seen)
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
    return replace(report, package=report.package._replace(error=why), status=FAILED)


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
    wanted: Changes,
    arguments: Namespace,
    indexes: FolderIndexes | None,
    *,
    again: bool,
) -> Report:
    target = _target(location, arguments)
    # A missing file is reported as any other that cannot be opened.
    is_named_like_one = location.endswith(ENDINGS) and "://" not in location
    wrong = None if is_named_like_one else _why_not_there(location)
    if wrong:
        return Report(PackageReport.of_failure(location, wrong), FAILED, target)

    try:
        result = stamp_package(
            location,
            wanted,
            target=target,
            overwrite=arguments.force,
            dry_run=arguments.dry_run,
            leave_broken_indexes=arguments.force,
            indexes=indexes,
            with_sha256=True,
        )
    except PackageError as error:
        status = REFUSED if isinstance(error, RefusedError) else FAILED
        return Report(PackageReport.of_failure(location, str(error)), status, target)

    # A dry run changes nothing, so a package that is given twice looks unstamped again.
    status = UNCHANGED if again and arguments.dry_run else result.status
    changes = {} if status == UNCHANGED else result.changes
    asked = names_of(arguments.remove)
    remains = {key: files for key, files in result.remains.items() if key in asked}
    package = _package(location, result)
    return Report(package, status, target, changes, remains, result.written)


def _why_not_there(location: str) -> str | None:
    """Why there is no package to stamp at ``location``, if that is plain without reading it."""
    shown = escape(redact_location(location), MAX_VALUE)
    taken = "'stamp' takes package files (.conda, .tar.bz2)"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", location):
        return f"{shown} is an address, and nothing is fetched: {taken}."

    return None if os.path.lexists(location) else f"{shown} does not exist: {taken}."


def _package(location: str, result: StampResult) -> PackageReport:
    return PackageReport(
        location,
        os.path.basename(location),
        read_from="file",
        claim=result.claim,
        is_of_one_origin=not _mixes_origins(result),
    )


def _mixes_origins(result: StampResult) -> bool:
    """Was one of commit and repository replaced, and the other kept?"""
    replaced = [bool(old and new) for key, (old, new) in result.changes.items() if key in _PLACE]
    return len(replaced) == 1 and replaced[0]


def _to_json(report: Report) -> dict[str, object]:
    return {
        **report.package.to_json(),
        "status": report.status,
        "target": None if report.target is None else redact_location(report.target),
        "remains": {key: list(files) for key, files in report.remains.items()},
        "changes": {key: list(map(_shown, values)) for key, values in report.changes.items()},
    }


def _print(report: Report, output: Output) -> None:
    package = report.package
    if package.error:
        output.error(package.error)

    for problem in package.claim.problems:
        # What the stamp does not mend. Nobody asked for it, but a token must not stay unnoticed.
        if problem.code == "recipe-credentials":
            output.warn(f"{redact_location(package.location)}: {problem.message}")

    for key, files in report.remains.items():
        place = redact_location(package.location)
        output.warn(f"{place}: the value of {key} still stands in its {', '.join(files)}.")

    if output.json or package.error:
        return

    copy = f" -> {redact_location(report.target)}" if report.target else ""
    place = redact_location(package.location) + copy
    output.line((f"{report.status:<12}", _STYLES.get(report.status, BOLD)), place)
    # Where nothing is replaced, the first line and the log say it all.
    if output.verbose or any(old for old, _ in report.changes.values()):
        for key, (old, new) in report.changes.items():
            output.field(key, f"{_or_dash(old)} -> {_or_dash(new)}", indent=2)

    for key, value in fields(package) if output.verbose else ():
        if key not in report.changes:
            output.field(key, value, indent=2)


def _shown(value: str | None) -> str | None:
    """The old value is a stranger's."""
    return value and redact_value(value)


def _or_dash(value: str | None) -> str:
    return show_value(value, MAX_VALUE) if value else "-"
