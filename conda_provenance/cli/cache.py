"""``cache``: what audits have kept of remote packages, and how to forget it."""

from __future__ import annotations

import os
from argparse import Namespace
from dataclasses import dataclass
from datetime import datetime, timezone

from conda_provenance.cli.output import Output
from conda_provenance.cli.status import Status
from conda_provenance.survey.cache_folder import cache_folder
from conda_provenance.survey.cache_upkeep import clear_cache, look_into_cache
from conda_provenance.text import redact_location


@dataclass(frozen=True, slots=True)
class _Report:
    folder: str
    results: int = 0
    size: int = 0
    oldest: str | None = None
    newest: str | None = None


def run(arguments: Namespace, output: Output) -> Status:
    """Show or clear the cache of results."""
    info = look_into_cache(os.environ)
    report = _Report(redact_location(cache_folder(os.environ)))
    if info is not None:
        report = _Report(
            report.folder, info.results, info.size, _time(info.oldest), _time(info.newest)
        )

    if arguments.action == "clear":
        clear_cache(os.environ)
        _print_cleared(report, output)
    else:
        _print_info(report, output)
    return Status.YES


def _print_info(report: _Report, output: Output) -> None:
    if output.json:
        output.object(
            folder=report.folder,
            results=report.results,
            size=report.size,
            oldest=report.oldest,
            newest=report.newest,
        )
        return

    output.field("folder", report.folder)
    output.field("results", f"{report.results:,}")
    output.field("size", _bytes(report.size))
    if report.oldest and report.newest:
        output.field("read", f"{report.oldest} to {report.newest}")


def _print_cleared(report: _Report, output: Output) -> None:
    if output.json:
        output.object(folder=report.folder, cleared=report.results)
    else:
        output.line(f"{report.results:,} results ({_bytes(report.size)}) are forgotten.")


def _bytes(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB" if size >= 1 << 20 else f"{size / 1024:.0f} KiB"


def _time(seconds: int | None) -> str | None:
    if seconds is None:
        return None

    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
