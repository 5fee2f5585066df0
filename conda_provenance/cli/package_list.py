"""Prints many packages, a line each, as they are read.

On a terminal what is too long for its width is shortened. Elsewhere every value is whole.
"""

from __future__ import annotations

import os
import time
from typing import NamedTuple

from conda_provenance.cli.color import BOLD, DIM, YELLOW, link_to
from conda_provenance.cli.output import MAX_VALUE, Output, Part
from conda_provenance.cli.package_report import PackageReport
from conda_provenance.text import escape, redact_location, show_value
from conda_provenance.values import is_full_sha

_TITLES = ("name", "version", "build", "in", "commit", "repository", "run", "problems")
_SMALLEST = (8, 7, 6, 8, 10, 14, 8, 13)
"""Columns of a terminal that each of them needs at least."""

_LEAVABLE = (_TITLES.index("in"), _TITLES.index("build"))
"""What is left out first where a terminal is too narrow for all."""

_CUT_AT_FRONT = (_TITLES.index("in"), _TITLES.index("repository"))
"""What ends alike begins alike: the end tells them apart."""

_SHORT_COMMIT = 10
_GAP = "  "

_WIDEST = 200
"""Columns that a column gets for one long value. A longer one moves the rest of its line."""

_HELD = 200
"""Lines that are held back until it is known how wide the columns are."""

_HELD_FOR = 0.5
"""Seconds for which they are."""


class _Cell(NamedTuple):
    text: str
    style: str = ""


class PackageList:
    """A table that is printed while it is made. Its columns can grow, except on a terminal."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._columns = output.columns()
        self._widths = [len(title) for title in _TITLES]
        self._held: list[list[_Cell]] = [[_Cell(title, BOLD) for title in _TITLES]]
        self._began = time.monotonic()
        self._is_flowing = False

    def add(self, report: PackageReport) -> None:
        """Print the line of a package, perhaps a little later."""
        self._held.append(_cells(report, on_terminal=self._columns is not None))
        late = time.monotonic() - self._began > _HELD_FOR
        if self._is_flowing or late or len(self._held) > _HELD:
            self.flush()

    def flush(self) -> None:
        """Print what was held back."""
        if not self._is_flowing or self._columns is None:
            self._widen()
        self._is_flowing = True

        for cells in self._held:
            self._output.line(*self._parts(cells))
        self._held = []

    def _widen(self) -> None:
        for cells in self._held:
            lengths = [min(len(cell.text), _WIDEST) for cell in cells]
            self._widths = [max(pair) for pair in zip(self._widths, lengths, strict=True)]

        if self._columns is not None:
            self._widths = _fitting(self._widths, self._columns)

    def _parts(self, cells: list[_Cell]) -> list[Part]:
        parts: list[Part] = []
        space = ""
        for number, (cell, width) in enumerate(zip(cells, self._widths, strict=True)):
            if not width:
                continue

            text = cell.text
            if self._columns is not None:
                text = _shortened(text, width, at_front=number in _CUT_AT_FRONT)
            if text:
                parts += [space, (text, cell.style)] if space else [(text, cell.style)]
                space = ""
            space += " " * (width - len(text)) + _GAP
        return parts


def _cells(report: PackageReport, *, on_terminal: bool) -> list[_Cell]:
    claim = report.claim
    nothing = _Cell("-", DIM)
    sha = claim.shown("sha") or ""
    commit = sha[:_SHORT_COMMIT] if on_terminal and is_full_sha(sha.lower()) else _shown(sha)

    remote = claim.shown("remote_url") or ""
    repository = remote.removeprefix("https://") if on_terminal else remote
    run = claim.shown("flow_run_id") or claim.shown("flow_run_url") or ""
    return [
        *(_Cell(_shown(redact_location(text))) for text in report.full_name),
        _Cell(_shown(_place(report)), DIM),
        _Cell(commit, link_to(report.commit_url)) if sha else nothing,
        _Cell(_shown(repository), link_to(report.repository_url)) if remote else nothing,
        _Cell(_shown(run), link_to(report.run_url)) if run else nothing,
        _Cell(_problems(report), YELLOW),
    ]


def _place(report: PackageReport) -> str:
    """The subdir, where it is known, or else the folder: packages of one name differ by it."""
    artifact = report.artifact
    if artifact is not None and artifact.subdir:
        return artifact.subdir

    location = redact_location(report.location).rstrip("/" + os.sep)
    return os.path.dirname(location) or "."


def _problems(report: PackageReport) -> str:
    if report.error:
        return "unreadable"

    nothing = [] if report.claim else ["no provenance"]
    codes = dict.fromkeys(problem.code for problem in report.claim.problems)
    return ", ".join((*nothing, *codes))


def _shown(text: str) -> str:
    return escape(show_value(text, MAX_VALUE)) if text else ""


def _fitting(widths: list[int], columns: int) -> list[int]:
    """The widths, made smaller until the line fits in ``columns``. A column of 0 is left out."""
    fitting = list(widths)
    for number in _LEAVABLE:
        if _needed(fitting) > columns:
            fitting[number] = 0

    while _needed(fitting) > columns:
        spare = [width - least for width, least in zip(fitting, _SMALLEST, strict=True)]
        if max(spare) <= 0:
            break

        shrinkable = [number for number, each in enumerate(spare) if each > 0]
        fitting[max(shrinkable, key=lambda number: fitting[number])] -= 1
    return fitting


def _needed(widths: list[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + len(_GAP) * (len(shown) - 1)


def _shortened(text: str, width: int, *, at_front: bool) -> str:
    if len(text) <= width:
        return text

    return "…" + text[-(width - 1) :] if at_front else text[: width - 1] + "…"
