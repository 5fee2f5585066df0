"""Which CI run is this? Knows the order in which CI systems are asked; what each one's variables mean, its module knows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from conda_provenance.ci import (
    appveyor,
    azure,
    bitbucket,
    buildkite,
    circle,
    codebuild,
    drone,
    forgejo,
    gitea,
    github,
    gitlab,
    jenkins,
    smithy,
    teamcity,
    travis,
    woodpecker,
)
from conda_provenance.ci.adapter import Adapter, CIRun, Environ, make_run

__all__ = ["BUILTIN", "Adapter", "CIRun", "Environ", "detect", "make_run", "providers"]

log = logging.getLogger(__name__)

BUILTIN: tuple[Adapter, ...] = (
    # Those that imitate GitHub before GitHub.
    forgejo.ADAPTER,
    gitea.ADAPTER,
    github.ADAPTER,
    gitlab.ADAPTER,
    buildkite.ADAPTER,
    # Before Drone, whose variables it sets.
    woodpecker.ADAPTER,
    drone.ADAPTER,
    circle.ADAPTER,
    travis.ADAPTER,
    appveyor.ADAPTER,
    bitbucket.ADAPTER,
    azure.ADAPTER,
    # Jenkins last among the servers: others have its names.
    teamcity.ADAPTER,
    jenkins.ADAPTER,
    # A machine that others rent for their runs.
    codebuild.ADAPTER,
    # What is left of any of them inside conda-smithy's container.
    smithy.ADAPTER,
)
"""The systems this package knows, in the order in which they are asked."""


def detect(environ: Mapping[str, str], adapters: Iterable[Adapter] | None = None, provider: str = "auto") -> CIRun | None:
    """The CI run that ``environ`` tells of, or ``None``.

    The first active adapter that names a run wins. Where none does, the first active one is returned: its commit
    and URL can still be of use. ``provider`` takes one system's answer only; ``none`` takes nobody's.
    Never raises; an adapter that does is left out with a warning.
    """
    if provider == "none":
        return None
    variables = Environ(environ)
    nameless = None
    for adapter in BUILTIN if adapters is None else adapters:
        run = _ask(adapter, variables)
        if run is None or provider not in ("auto", adapter.provider, run.provider):
            continue
        if run.flow_run_id is not None:
            return run
        nameless = nameless or run
    return nameless


def providers(adapters: Iterable[Adapter] | None = None) -> tuple[str, ...]:
    """The names that ``detect`` takes for ``provider``, besides ``auto`` and ``none``."""
    return tuple(dict.fromkeys(adapter.provider for adapter in (BUILTIN if adapters is None else adapters)))


def _ask(adapter: Adapter, variables: Environ) -> CIRun | None:
    try:
        return adapter.run(variables) if adapter.is_active(variables) else None
    except Exception as error:
        # The exception's text may repeat a variable, and with it a secret.
        log.warning("conda-provenance: The CI adapter %s failed (%s); it is left out.", adapter.provider, type(error).__name__)
        return None
