"""States what packages say of their origin, if ``verify`` finds them verified.

How it is verified is not known here.
"""

from __future__ import annotations

import os
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing

from conda_provenance.attest.package_statement import NotStated, PackageStatement
from conda_provenance.cli.output import Output
from conda_provenance.cli.termination import ended_in_order
from conda_provenance.cli.verify_options import COMMAND
from conda_provenance.cli.verify_request import criteria_of, require_sense, world_options_of
from conda_provenance.errors import PackageError, ProvenanceError, UnavailableError
from conda_provenance.sources.files import package_at, shown
from conda_provenance.verify.roster import ids_of, roster
from conda_provenance.verify.verdict import Standing
from conda_provenance.verify.verifier import Verified, Verifier, Wanted
from conda_provenance.verify.world import open_world


def verified_statements(
    paths: Sequence[str],
    make: Callable[[str], PackageStatement],
    arguments: Namespace,
    output: Output,
) -> Iterator[PackageStatement | NotStated]:
    """What ``make`` makes of each package that is verified. Of any other, why it is not."""
    deciding = _as_verify_takes_them(arguments)
    require_sense(deciding)
    members = roster()
    criteria = criteria_of(deciding, ids_of(members), time.time(), os.environ)
    world_options = world_options_of(deciding, criteria.policy)
    wanted = (Wanted(package_at(path), is_whole=True) for path in paths)
    with ExitStack() as stack:
        stack.enter_context(ended_in_order())
        opened = stack.enter_context(
            open_world(world_options, criteria.settings, os.environ, criteria.now, output.warn)
        )
        verifier = Verifier(opened.world, members, criteria.expect, keeping=opened.keeping)
        results = stack.enter_context(closing(verifier.verify(wanted)))
        for path, verified in zip(paths, results, strict=False):
            yield _stated(path, verified, make)


def _as_verify_takes_them(arguments: Namespace) -> Namespace:
    """The options of ``verify``: those that were given, and the rest as if left out."""
    defaults = {option.name: option.default for option in COMMAND.options}
    return Namespace(**{**defaults, **vars(arguments)})


def _stated(
    path: str, verified: Verified, make: Callable[[str], PackageStatement]
) -> PackageStatement | NotStated:
    try:
        _require_verified(path, verified)
        stated = make(path)
    except ProvenanceError as error:
        return NotStated(path, error)

    subject = verified.subject
    if subject is None or stated.sha256 != subject.computed_sha256:
        changed = f"{shown(path)} was changed after it was verified, so nothing is stated of it."
        return NotStated(path, PackageError(changed))
    return stated


def _require_verified(path: str, verified: Verified) -> None:
    """Raise an error with the sentence and the exit status that ``verify`` has for the package."""
    verdict = verified.verdict
    if verdict.outcome is Standing.VERIFIED:
        return

    if verified.error is not None:
        raise PackageError(verified.error)

    sentence = (
        f"{shown(path)} is {verdict.outcome.value}, and not verified, so nothing is stated of it: "
        f"{verdict.message}"
    )
    is_refuted = verdict.outcome is Standing.REFUTED
    raise ProvenanceError(sentence) if is_refuted else UnavailableError(sentence)
