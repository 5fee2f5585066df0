"""``show --diff``: what differs between two packages, or between two wholes of them, by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from conda_provenance.cli.color import BOLD, DIM, LINK
from conda_provenance.cli.output import MAX_VALUE, Output
from conda_provenance.cli.package_report import NOT_VERIFIED, PackageReport
from conda_provenance.cli.readings import Readings
from conda_provenance.cli.status import Status, of_all
from conda_provenance.errors import UsageError
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.sources.kinds import Target
from conda_provenance.text import redact_location, show_value
from conda_provenance.values import is_full_sha

_NAMED = ("name", "version", "build")
_CLAIMED = {"sha": "commit", "remote_url": "repository", "flow_run_id": "run"}
"""The keys that are compared, and what people call them."""

_ONE_PACKAGE = (*ENDINGS, ".json")
"""How the names of package files end, and those of the records of installed packages."""


class _Side(NamedTuple):
    """One of the two that are compared."""

    target: Target
    packages: dict[str, PackageReport]
    """By name. Of several with one name the newest."""
    unreadable: tuple[PackageReport, ...]

    @property
    def is_complete(self) -> bool:
        """Is it known which packages there are? One that cannot be read has a name all the same.

        An environment, a folder or an index that cannot be read may hold any package. If a package
        was named and cannot be read, nothing is there to compare with.
        """
        return all(self.target.is_whole and _is_package(report) for report in self.unreadable)


class _Difference(NamedTuple):
    name: str
    old: PackageReport | None
    new: PackageReport | None
    changes: dict[str, tuple[str | None, str | None]]
    """Of each key that differs, both values. Empty if there is a package on one side only."""

    def to_json(self) -> dict[str, object]:
        return {
            "name": redact_location(self.name),
            "old": self.old.to_json() if self.old else None,
            "new": self.new.to_json() if self.new else None,
            "changes": {key: list(values) for key, values in self.changes.items()},
            "compare_url": self.compare_url,
        }

    @property
    def compare_url(self) -> str | None:
        """The page of what changed between both commits, if they are of one repository."""
        if self.old is None or self.new is None or "sha" not in self.changes:
            return None

        old, new = (side.claim.sha or "" for side in (self.old, self.new))
        remote = self.new.remote
        if remote is None or remote != self.old.remote:
            return None
        if not is_full_sha(old) or not is_full_sha(new):
            return None

        from conda_provenance.links import compare_page

        return compare_page(remote, old, new, self.new.claim.provider)


def show_diff(readings: Readings, output: Output) -> Status:
    """Print what differs. As with ``diff``, the status is 1 if anything does."""
    old, new = (_side(target, readings) for target in _two(readings.targets))
    unreadable = (*old.unreadable, *new.unreadable)
    for report in unreadable:
        output.error(report.error or "")

    differences = list(_differences(old, new))
    same = _same(old, new, differences)
    if output.json:
        output.object(
            differences=[difference.to_json() for difference in differences],
            same=same,
            unreadable=[report.to_json() for report in unreadable],
        )
    else:
        _print(differences, same, len(unreadable), output)

    statuses = [Status.NO] if differences else []
    return of_all([*statuses, *(report.status for report in unreadable)])


def _two(targets: tuple[Target, ...]) -> tuple[Target, Target]:
    """The two targets. Two names of installed packages are one target, and so taken apart."""
    apart = [
        each
        for target in targets
        for each in (
            (target._replace(names=(name,)) for name in target.names) if target.names else (target,)
        )
    ]
    if len(apart) != 2:
        raise UsageError(
            f"--diff compares two TARGETs, not {len(apart)}: give two packages, folders, "
            "environments' folders, channels or lockfiles."
        )
    return (apart[0], apart[1])


def _side(target: Target, readings: Readings) -> _Side:
    packages: dict[str, PackageReport] = {}
    unreadable = []
    for report in readings.of((target,), is_whole=target.is_whole):
        if not isinstance(report, PackageReport):
            continue

        name = report.full_name[0]
        if report.error:
            unreadable.append(report)
        elif name not in packages or _age(report) >= _age(packages[name]):
            packages[name] = report
    return _Side(target, packages, tuple(unreadable))


def _age(report: PackageReport) -> tuple[object, int, int]:
    """Of several packages with one name, that with the greatest is the newest."""
    from conda_provenance.sources.versions import version_key

    _, version, build = report.full_name
    timestamp = (report.artifact.timestamp if report.artifact else None) or 0
    number = re.search(r"[0-9]{1,9}\Z", build)
    return version_key(version), int(number[0]) if number else 0, timestamp


def _differences(old: _Side, new: _Side) -> Iterator[_Difference]:
    unknown = _unknown(old, new)
    if _are_two_packages(old, new):
        (first,), (second,) = old.packages.values(), new.packages.values()
        if changes := _changes(first, second):
            yield _Difference(second.full_name[0], first, second, changes)
        return

    for name in sorted((old.packages.keys() | new.packages.keys()) - unknown):
        before, after = old.packages.get(name), new.packages.get(name)
        changes = _changes(before, after) if before and after else {}
        if changes or not before or not after:
            yield _Difference(name, before, after, changes)


def _same(old: _Side, new: _Side, differences: list[_Difference]) -> int:
    if _are_two_packages(old, new):
        return 1 - len(differences)

    names = (old.packages.keys() | new.packages.keys()) - _unknown(old, new)
    return len(names) - len(differences)


def _are_two_packages(old: _Side, new: _Side) -> bool:
    """Are these two packages, each of which was named? Then their names may differ."""
    sides = (old, new)
    return all(not side.target.is_whole and len(side.packages) == 1 for side in sides)


def _unknown(old: _Side, new: _Side) -> set[str]:
    """The names of packages that cannot be read, or may not have been found.

    They are not said to be missing.
    """
    unread = {report.full_name[0] for side in (old, new) for report in side.unreadable}
    hidden = (
        other.packages.keys() - side.packages.keys()
        for side, other in ((old, new), (new, old))
        if not side.is_complete
    )
    return unread.union(*hidden)


def _is_package(report: PackageReport) -> bool:
    """Is it one package that cannot be read, and no folder or index of many?"""
    names = (report.package, report.location)
    return report.artifact is not None or any(name.endswith(_ONE_PACKAGE) for name in names)


def _changes(old: PackageReport, new: PackageReport) -> dict[str, tuple[str | None, str | None]]:
    named = zip(_NAMED, old.full_name, new.full_name, strict=True)
    pairs = {key: (before or None, after or None) for key, before, after in named}
    pairs |= {key: (old.claim.shown(key), new.claim.shown(key)) for key in _CLAIMED}
    return {key: values for key, values in pairs.items() if values[0] != values[1]}


def _print(differences: list[_Difference], same: int, unreadable: int, output: Output) -> None:
    for difference in differences:
        output.line(*_title(difference))
        for key, values in difference.changes.items():
            before, after = (_shown(value) for value in values)
            output.field(_CLAIMED.get(key, key), f"{before} -> {after}", indent=2)
        if difference.compare_url:
            output.field("compare", (difference.compare_url, LINK), indent=2)

    output.line(_counted(differences, same, unreadable))
    if any(side and side.claim for each in differences for side in (each.old, each.new)):
        output.line((NOT_VERIFIED, DIM))


def _title(difference: _Difference) -> Iterable[tuple[str, str]]:
    side = difference.new or difference.old
    full = " ".join(part for part in side.full_name if part) if side else ""
    if difference.old is None:
        return [(f"+ {redact_location(full)}", BOLD), (", only in the second", DIM)]
    if difference.new is None:
        return [(f"- {redact_location(full)}", BOLD), (", only in the first", DIM)]
    return [(redact_location(difference.name), BOLD)]


def _shown(value: str | None) -> str:
    return show_value(value, MAX_VALUE) if value else "(empty)" if value == "" else "-"


def _counted(differences: list[_Difference], same: int, unreadable: int) -> str:
    added = sum(each.old is None for each in differences)
    removed = sum(each.new is None for each in differences)
    differ = len(differences) - added - removed
    parts = [f"{differ} differ", f"{same} the same"]
    parts += [f"{removed} only in the first"] if removed else []
    parts += [f"{added} only in the second"] if added else []
    parts += [f"{unreadable} unreadable"] if unreadable else []
    return ", ".join(parts)
