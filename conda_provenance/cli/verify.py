"""``verify``: is what packages say about their origin true?"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Generator
from contextlib import ExitStack, closing

from conda_provenance.cli.output import Output
from conda_provenance.cli.status import Status
from conda_provenance.cli.target_options import request_of
from conda_provenance.cli.verify_packages import row, wanted_of
from conda_provenance.cli.verify_request import expectations_of, require_sense, ways_of
from conda_provenance.cli.verify_shown import ShownChecks, shown_by
from conda_provenance.errors import ProvenanceError
from conda_provenance.sources import NotConda
from conda_provenance.sources.kinds import targets_of
from conda_provenance.sources.targets import Finder, open_web
from conda_provenance.verify.roster import ids_of, roster
from conda_provenance.verify.verdict import Standing
from conda_provenance.verify.verifier import Verified, Verifier
from conda_provenance.verify.world import open_world

_INTERRUPTED = "The command was interrupted: only what was verified by then is shown."


def run(arguments: Namespace, output: Output) -> Status:
    """Verify every package, and say of each what follows."""
    require_sense(arguments)
    members = roster()
    expect = expectations_of(arguments, ids_of(members))
    ways = ways_of(arguments)
    request = request_of(arguments)
    targets = targets_of(request, os.environ)

    shown = shown_by(output)
    with ExitStack() as stack:
        finder = Finder(request, lambda: open_web(request), os.environ, expect=output.expect)
        stack.callback(finder.close)
        world, answers = stack.enter_context(open_world(ways, os.environ))
        stack.enter_context(output.bar(None, what="packages", in_log=True))
        verifier = Verifier(world, answers, members, expect, progress=output)
        wanted = wanted_of(finder, targets, check=request.check)
        error = _show(verifier, verifier.verify(wanted), shown)

    shown.end(error)
    return _status(shown, output, error)


def _show(
    verifier: Verifier, results: Generator[Verified, None, None], shown: ShownChecks
) -> str | None:
    """Show every package that is verified. Returns why they are not all, if they are not."""
    try:
        with closing(results):
            for verified in results:
                _add(shown, verified)
    except KeyboardInterrupt:
        for verified in verifier.left_over:
            _add(shown, verified)
        shown.end(_INTERRUPTED)
        raise
    except ProvenanceError as error:
        if not shown.tally.total:
            raise

        return str(error)
    return None


def _add(shown: ShownChecks, verified: Verified) -> None:
    if isinstance(verified.found, NotConda):
        shown.add_other(verified.found)
    else:
        shown.add(row(verified))


def _status(shown: ShownChecks, output: Output, error: str | None) -> Status:
    if error is not None:
        output.error(error)
    if shown.tally.of(Standing.REFUTED):
        return Status.NO

    if not shown.tally.total:
        output.error("There is no conda package that could be verified.")
    is_enough = shown.tally.is_all_accepted and error is None
    return Status.YES if is_enough else Status.UNKNOWN
