"""``verify``: is what packages say about their origin true?"""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Generator
from contextlib import ExitStack, closing
from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypeAlias

from conda_provenance.cli.output import Output
from conda_provenance.cli.report_files import (
    STDOUT,
    Form,
    is_step_summary,
    require_places,
    write_forms,
)
from conda_provenance.cli.status import Status
from conda_provenance.cli.target_options import request_of
from conda_provenance.cli.target_words import title_of, words_of
from conda_provenance.cli.termination import ended_in_order
from conda_provenance.cli.verify_packages import row, wanted_of
from conda_provenance.cli.verify_request import (
    Criteria,
    criteria_of,
    require_sense,
    world_options_of,
)
from conda_provenance.cli.verify_shown import ShownChecks, shown_by
from conda_provenance.cli.verify_since import (
    note_left_out,
    open_remembered,
    place_of_memory,
    remember,
)
from conda_provenance.cli.verify_vsa_options import require_sense_of_vsa
from conda_provenance.errors import ProvenanceError
from conda_provenance.sources import NotConda
from conda_provenance.sources.kinds import targets_of
from conda_provenance.sources.targets import Finder, open_web
from conda_provenance.survey.shards import Shard
from conda_provenance.verify.check import World
from conda_provenance.verify.roster import ids_of, roster
from conda_provenance.verify.verdict import Standing
from conda_provenance.verify.verifier import Verified, Verifier
from conda_provenance.verify.world import open_world

if TYPE_CHECKING:
    from conda_provenance.cli.verify_vsa import Summaries
    from conda_provenance.verify.cluster import Answered

Results: TypeAlias = "Generator[Verified | Answered, None, None] | Generator[Verified, None, None]"

_FORMS = ("html", "markdown")
_MAX_FAULTS = 5
_INTERRUPTED = "The command was interrupted: only what was verified by then is shown."


def run(arguments: Namespace, output: Output) -> Status:
    """Verify every package, and say of each what follows."""
    require_sense(arguments)
    require_sense_of_vsa(arguments)
    places = _places(arguments)
    require_places([*places, *place_of_memory(arguments)], stdout_is_taken=output.json)

    is_silent = any(path == STDOUT for _, path in places)
    shown = shown_by(output, keeps_rows=bool(places), is_silent=is_silent)
    error = None
    if arguments.merge:
        _merge(arguments, shown)
    else:
        error = _verify(arguments, output, shown)
    write_forms(_form(flag, path, arguments, shown) for flag, path in places)
    shown.end(error)
    # Now, since what cannot be printed must not be remembered as if it had been.
    sys.stdout.flush()
    remember(arguments, shown)
    return _status(shown, output, error)


def _verify(arguments: Namespace, output: Output, shown: ShownChecks) -> str | None:
    """Verify what the options ask for. Returns why that is not all, if it is not."""
    members = roster()
    criteria = criteria_of(arguments, ids_of(members), time.time(), os.environ)
    summaries, criteria = _summaries(arguments, criteria, output)
    world_options = world_options_of(arguments, criteria.policy)
    shown.remembered = open_remembered(arguments, criteria, world_options, output)
    request = request_of(arguments)
    shard = Shard.parse(arguments.shard) if arguments.shard else None
    targets = targets_of(request, os.environ)
    shown.rest = {"targets": words_of(arguments), "shard": arguments.shard, "missing": None}

    with ExitStack() as stack:
        stack.enter_context(ended_in_order())
        parts = shard.count if shard else 1
        finder = Finder(
            request,
            lambda: open_web(request),
            os.environ,
            expect=lambda number: output.expect(number // parts),
        )
        stack.callback(finder.close)
        opened = stack.enter_context(
            open_world(world_options, criteria.settings, os.environ, criteria.now, output.warn)
        )
        stack.enter_context(output.bar(None, what="packages", in_log=True))
        verifier = Verifier(
            opened.world, members, criteria.expect, keeping=opened.keeping, progress=output
        )
        wanted = wanted_of(
            finder, targets, check=request.check, shard=shard, remembered=shown.remembered
        )
        results: Results = verifier.verify(wanted)
        if arguments.dask:
            from conda_provenance.verify.cluster import Plan, verify_on_cluster

            plan = Plan(criteria.expect, world_options, criteria.now, request)
            results = verify_on_cluster(wanted, arguments.dask, plan, verifier, output)
        error = _show(verifier, results, shown, summaries)
        _note_age(opened.world, output)

    if summaries is not None:
        shown.faults += summaries.end()
    note_left_out(shown, output)
    return error


def _summaries(
    arguments: Namespace, criteria: Criteria, output: Output
) -> tuple[Summaries | None, Criteria]:
    """What writes the VSAs, if they are asked for, and what is expected then.

    A policy's rule is chosen by the channel for which the VSA is.
    """
    if arguments.vsa is None or criteria.policy is None:
        return None, criteria

    from conda_provenance.cli.verify_vsa import open_summaries

    summaries = open_summaries(arguments, criteria.policy, output)
    return summaries, criteria._replace(channel=summaries.channel)


def _show(
    verifier: Verifier, results: Results, shown: ShownChecks, summaries: Summaries | None
) -> str | None:
    try:
        with closing(results):
            for verified in results:
                _add(shown, verified, summaries)
    except KeyboardInterrupt:
        for verified in verifier.left_over:
            _add(shown, verified, summaries)
        shown.end(_INTERRUPTED)
        raise
    except ProvenanceError as error:
        if not shown.tally.total:
            raise

        return str(error)
    return None


def _note_age(world: World, output: Output) -> None:
    """Say so if answers of earlier runs were taken."""
    oldest = world.answers.oldest_reused
    if oldest is not None:
        when = datetime.fromtimestamp(oldest, timezone.utc)
        output.note(
            f"Some answers are from earlier runs (--max-age), the oldest of "
            f"{when:%Y-%m-%dT%H:%M:%SZ}."
        )


def _add(shown: ShownChecks, verified: Verified | Answered, summaries: Summaries | None) -> None:
    if not isinstance(verified, Verified):
        from conda_provenance.cli.verify_cluster import row_of_answer

        shown.add(row_of_answer(verified))
    elif isinstance(verified.found, NotConda):
        shown.add_other(verified.found)
    else:
        of_vsa = {} if summaries is None else {"vsa": summaries.add(verified)}
        shown.add({**row(verified), **of_vsa})
        if verified.evidence is not None and verified.evidence.fault:
            shown.faults.append(verified.evidence.fault)


def _merge(arguments: Namespace, shown: ShownChecks) -> None:
    """Join the results of earlier runs."""
    from conda_provenance.survey.merge import Part, merge
    from conda_provenance.verify.saved import read_results

    saved = ((file, read_results(file)) for file in arguments.merge)
    merged = merge(
        Part(file, each.rows, (), each.not_conda, each.shard, each.missing, each.targets)
        for file, each in saved
    )
    shown.rest = {"targets": merged.audited, "shard": None, "missing": merged.missing}
    shown.tally.not_conda = merged.not_conda
    for each in merged.rows:
        shown.add(each)


def _places(arguments: Namespace) -> list[tuple[str, str]]:
    """The forms of the report that go to files, and those files."""
    given = vars(arguments)
    return [(f"--{name}", given[name]) for name in _FORMS if given[name] is not None]


def _form(flag: str, path: str, arguments: Namespace, shown: ShownChecks) -> Form:
    if flag == "--markdown":
        from conda_provenance.verify.markdown_page import write_markdown

        appends = path != STDOUT and is_step_summary(path, os.environ)
        return Form(flag, path, lambda file: write_markdown(file, shown.rows, shown.tally), appends)

    from conda_provenance.verify.page import write_page

    now = datetime.now(timezone.utc)
    title = title_of(arguments)
    return Form(
        flag,
        path,
        lambda file: write_page(
            file, shown.rows, shown.tally.to_json(), title=title, generated=now
        ),
    )


def _status(shown: ShownChecks, output: Output, error: str | None) -> Status:
    for fault in shown.faults[:_MAX_FAULTS]:
        output.error(fault)
    incomplete = error or shown.rest["missing"] or shown.faults
    if isinstance(incomplete, str):
        output.error(incomplete)
    if shown.tally.of(Standing.REFUTED):
        return Status.NO

    if not shown.tally.total and not shown.tally.known:
        output.error("There is no conda package that could be verified.")
    is_enough = shown.tally.is_all_accepted and not incomplete
    return Status.YES if is_enough else Status.UNKNOWN
