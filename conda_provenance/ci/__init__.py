"""Which CI run is this? Chooses among the systems that say it is theirs; what each one's variables mean, its module knows."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conda_provenance.ci.adapter import Adapter, CIRun, Environ

__all__ = ["Adapter", "CIRun", "Environ", "detect", "lies_in", "providers"]

log = logging.getLogger(__name__)


def detect(
    environ: Mapping[str, str],
    adapters: Iterable[Adapter],
    provider: str = "auto",
    place: Path | None = None,
) -> CIRun | None:
    """The CI run that ``environ`` tells of, or ``None``.

    Of the active adapters one that names a run is believed, and one that is not ``last``. Where several are left, as with
    variables of an outer run that were handed on, it is the first whose checkout holds ``place``, else the first; its
    ``rivals`` are the others. Where none names a run, an active one is returned all the same: its commit and URL can still be
    of use. ``provider`` takes one system's answer only; ``none`` takes nobody's.
    Never raises; an adapter that does is left out with a warning.
    """
    if provider == "none":
        return None
    variables = Environ(environ)
    found = [
        (adapter, run)
        for adapter in adapters
        if (run := _ask(adapter, variables)) is not None
        and provider in ("auto", adapter.provider, run.provider)
    ]
    named = [(adapter, run) for adapter, run in found if run.flow_run_id is not None]
    first = [(adapter, run) for adapter, run in named if not adapter.last]
    if first and not first[0][0].first:
        return _choose([run for _, run in first], place)
    return next((run for _, run in first or named or found), None)


def _choose(runs: Sequence[CIRun], place: Path | None) -> CIRun:
    chosen = next(
        (run for run in runs if place is not None and lies_in(place, run.workspace)), runs[0]
    )
    rivals = tuple(run.name for run in runs if run.flow_run_id != chosen.flow_run_id)
    return replace(chosen, rivals=rivals) if rivals else chosen


def lies_in(place: Path, workspace: str | None) -> bool:
    """Is ``place`` within this folder? Symbolic links are followed; a relative or unknown folder holds nothing."""
    if not workspace or not os.path.isabs(workspace):
        return False
    inner, root = os.path.realpath(place), os.path.realpath(workspace)
    try:
        return os.path.commonpath([inner, root]) == root
    except ValueError:  # another drive
        return False


def providers(adapters: Iterable[Adapter]) -> tuple[str, ...]:
    """The names that ``detect`` takes for ``provider``, besides ``auto`` and ``none``."""
    return tuple(dict.fromkeys(adapter.provider for adapter in adapters))


def _ask(adapter: Adapter, variables: Environ) -> CIRun | None:
    try:
        return adapter.run(variables) if adapter.is_active(variables) else None
    except Exception as error:
        # The exception's text may repeat a variable, and with it a secret.
        log.warning(
            "conda-provenance: The CI adapter %s failed (%s); it is left out.",
            adapter.provider,
            type(error).__name__,
        )
        return None
