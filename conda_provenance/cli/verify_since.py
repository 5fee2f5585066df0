"""``verify --since-last FILE``: what was good enough in the last run is not asked for again.

What is good enough is not known here.
"""

from __future__ import annotations

from argparse import Namespace

from conda_provenance import __version__
from conda_provenance.cli.output import Output
from conda_provenance.cli.report_files import STDOUT, Form, write_forms
from conda_provenance.cli.verify_request import Criteria
from conda_provenance.cli.verify_shown import ShownChecks
from conda_provenance.errors import UsageError
from conda_provenance.text import escape, redact_location
from conda_provenance.verify.remembered import Remembered, basis_of, read_remembered
from conda_provenance.verify.world import WorldOptions

FLAG = "--since-last"


def open_remembered(
    arguments: Namespace, criteria: Criteria, world_options: WorldOptions, output: Output
) -> Remembered | None:
    """What earlier runs remember, if it is asked for.

    Raises :class:`~conda_provenance.errors.UsageError`.
    """
    path = arguments.since_last
    if path is None:
        return None

    if path == STDOUT:
        raise UsageError(f"{FLAG} takes a file, which the next run reads, and not -.")

    policy = criteria.policy.digest if criteria.policy else None
    # All that decides whether a package is good enough. Where it changes, everything is new.
    basis = basis_of(
        __version__,
        policy,
        criteria.options,
        sorted(criteria.settings.forges.items()),
        arguments.check,
        # Not their addresses, which may hold a login: not even a digest of one is written.
        [(each.name, each.data) for each in world_options.bundles],
        world_options.trust_root,
        arguments.vsa and (arguments.verifier_id, arguments.resource_uri, arguments.policy_uri),
        # What is made of each package. Not where, since each run may have a folder of its own.
        bool(arguments.sign),
        bool(arguments.evidence),
    )
    remembered, is_of_another = read_remembered(path, basis)
    if is_of_another:
        shown = escape(redact_location(path), 300)
        output.note(
            f"{shown} was written under another policy, other options or another version: every "
            "package is verified again."
        )
    return remembered


def place_of_memory(arguments: Namespace) -> list[tuple[str, str]]:
    """The option and its file, if it is given."""
    return [] if arguments.since_last is None else [(FLAG, arguments.since_last)]


def note_left_out(shown: ShownChecks, output: Output) -> None:
    """Say how many packages were left out."""
    remembered = shown.remembered
    if remembered is not None:
        shown.tally.known = remembered.left_out
        if remembered.left_out:
            output.note(
                f"Left out, as an earlier run found them good enough: {remembered.left_out}."
            )


def remember(arguments: Namespace, shown: ShownChecks) -> None:
    """Write the file for the next run, when all that this run reports is written.

    If something went wrong before, such as a file that could not be written, it stays as it was.
    """
    if shown.remembered is None or shown.faults:
        return

    try:
        write_forms([Form(FLAG, arguments.since_last, shown.remembered.write)])
    except OSError as error:
        path = escape(redact_location(arguments.since_last), 300)
        why = error.strerror or type(error).__name__
        shown.faults.append(f"{path} ({FLAG}) cannot be written: {why}.")
