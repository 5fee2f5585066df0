"""``show``: what packages say of their origin."""

from __future__ import annotations

import os
from argparse import Namespace
from contextlib import AbstractContextManager, closing, nullcontext

from conda_provenance.cli.output import Output
from conda_provenance.cli.readings import Readings
from conda_provenance.cli.shown import Shown, ShownAsJson, ShownAsText
from conda_provenance.cli.status import Status, of_all, of_error
from conda_provenance.cli.target_options import request_of
from conda_provenance.errors import ProvenanceError
from conda_provenance.sources.artifact import NotConda

_INTERRUPTED = "The command was interrupted: only what was read by then is shown."


def run(arguments: Namespace, output: Output) -> Status:
    """Show every package, and say of each that cannot be read why."""
    request = request_of(arguments)
    readings = Readings(request, os.environ, with_sha256=output.verbose, progress=output)
    with closing(readings), _bar(readings, output):
        if arguments.diff:
            from conda_provenance.cli.show_diff import show_diff

            return show_diff(readings, output)

        return _show(readings, output)


def _bar(readings: Readings, output: Output) -> AbstractContextManager[None]:
    """A bar for what may take long. On a terminal that shows the results, they say how it goes."""
    is_long = any(target.is_whole for target in readings.targets)
    is_seen = output.columns() is not None
    return output.bar(None, what="packages") if is_long and not is_seen else nullcontext()


def _show(readings: Readings, output: Output) -> Status:
    shown = ShownAsJson(output) if output.json else ShownAsText(output)
    statuses: set[Status] = set()
    try:
        _show_all(readings, shown, statuses)
    except KeyboardInterrupt:
        if shown.is_begun:
            shown.end(_INTERRUPTED)
            output.error(_INTERRUPTED)
        raise
    except ProvenanceError as error:
        if not shown.is_begun:
            raise

        shown.end(str(error))
        output.error(str(error))
        status = of_error(error)
        return status if status is Status.MISUSED else of_all((*statuses, status))

    shown.end()
    return of_all(statuses)


def _show_all(readings: Readings, shown: Shown, statuses: set[Status]) -> None:
    for is_whole, report in readings:
        if isinstance(report, NotConda):
            shown.add_other(report, is_named=not is_whole)
            statuses.add(Status.YES if is_whole else Status.NO)
            continue

        shown.add(report)
        # Nobody expects that every package of an environment or a channel is stamped.
        is_expected = is_whole and report.status is Status.NO
        statuses.add(Status.YES if is_expected else report.status)
