"""Finds the CI run we are in, by asking one adapter for each system. It knows no system itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from conda_provenance.ci.adapter import Adapter
from conda_provenance.ci.environ import Environ
from conda_provenance.ci.run import CIRun
from conda_provenance.log import logger
from conda_provenance.paths import lies_in


def detect(
    environ: Mapping[str, str],
    adapters: Iterable[Adapter],
    provider: str = "auto",
    place: Path | None = None,
) -> CIRun | None:
    """The CI run that these variables describe, or ``None``.

    Only adapters that recognise their system are asked. Those that name a run come first, and among
    them those that are not ``last``.

    Several may be left, because the variables of an outer run were passed on. Then the one whose
    checkout holds ``place`` wins, or else the first one. The others are its ``rivals``.

    If none names a run, the first one that is recognised is returned anyway, because its commit and
    URL can be useful.

    With a name as ``provider`` only that system's answer counts. With ``none`` no system is asked.

    Never raises: an adapter that raises is left out with a warning.
    """
    if provider == "none":
        return None

    recognised = [
        (adapter, run)
        for adapter, run in _ask_all(adapters, Environ(environ))
        if provider in ("auto", adapter.provider, run.provider)
    ]
    named = [(adapter, run) for adapter, run in recognised if run.flow_run_id is not None]
    preferred = [(adapter, run) for adapter, run in named if not adapter.last]

    if preferred and not preferred[0][0].first:
        return _choose([run for _, run in preferred], place)
    return next((run for _, run in preferred or named or recognised), None)


def names_commit(environ: Mapping[str, str], adapters: Iterable[Adapter]) -> bool:
    """Does any system that is recognised name a commit, in whatever form?

    A run keeps full hashes only. This tells a commit that is named badly from none at all.
    """
    variables = Environ(environ)
    return any(_names_commit(adapter, variables) for adapter in adapters)


def providers(adapters: Iterable[Adapter]) -> tuple[str, ...]:
    """The names that :func:`detect` takes for ``provider``, besides ``auto`` and ``none``."""
    return tuple(dict.fromkeys(adapter.provider for adapter in adapters))


def _names_commit(adapter: Adapter, environ: Environ) -> bool:
    try:
        return adapter.is_active(environ) and adapter.names_commit(environ)
    except Exception:
        return False  # detect has warned of it


def _choose(runs: Sequence[CIRun], place: Path | None) -> CIRun:
    holding = (run for run in runs if place is not None and lies_in(place, run.workspace))
    chosen = next(holding, runs[0])

    rivals = tuple(run.name for run in runs if run.flow_run_id != chosen.flow_run_id)
    return replace(chosen, rivals=rivals) if rivals else chosen


def _ask_all(adapters: Iterable[Adapter], environ: Environ) -> Iterable[tuple[Adapter, CIRun]]:
    for adapter in adapters:
        run = _ask(adapter, environ)
        if run is not None:
            yield adapter, run


def _ask(adapter: Adapter, environ: Environ) -> CIRun | None:
    try:
        return adapter.run(environ) if adapter.is_active(environ) else None
    except Exception as error:
        # The exception's text may repeat a variable, and with it a secret.
        logger().warning(
            "conda-provenance: The CI adapter %s failed (%s); it is left out.",
            adapter.provider,
            type(error).__name__,
        )
        return None
