"""The pages that a package's claim leads to: its commit's and its run's.

It finds the vendor that a page belongs to, and loads no other. The vendor's modules in ``systems/``
know what the pages look like.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TypeVar

from conda_provenance import systems
from conda_provenance.ci import Adapter
from conda_provenance.forges import Forge
from conda_provenance.log import logger
from conda_provenance.remotes import RemoteUrl, vendor_at
from conda_provenance.runs import Runs

T = TypeVar("T", Forge, Runs)


def commit_page(remote: RemoteUrl | None, sha: str, provider: str = "") -> str | None:
    """The page of the commit ``sha``, or ``None`` where the forge is not known.

    ``provider`` is the part of ``flow_run_id`` before the ``_``. It helps to recognise the forge of
    an unknown host.
    """
    if remote is None or not sha:
        return None

    forge = _forge(_vendor(remote.host, provider))
    return None if forge is None else forge.commit_url(remote, sha)


def compare_page(remote: RemoteUrl | None, old: str, new: str, provider: str = "") -> str | None:
    """The page of what changed from ``old`` to ``new``, or ``None`` where there is none."""
    if remote is None or not old or not new:
        return None

    forge = _forge(_vendor(remote.host, provider))
    return None if forge is None else forge.compare_url(remote, old, new)


def run_page(remote: RemoteUrl | None, flow_run_id: str) -> str | None:
    """The page of a CI run, or ``None`` where its id does not lead to one."""
    provider, _, run_id = flow_run_id.partition("_")
    runs = _runs(provider) if run_id else None
    if runs is None:
        return None

    if runs.below_repository and (remote is None or _vendor(remote.host, provider) != provider):
        return None
    return runs.url(remote, run_id)


def _vendor(host: str, provider: str) -> str | None:
    """The vendor of the forge at ``host``: a public one, one by its name, or the CI's own."""
    public = vendor_at(host)
    if public is not None:
        return public

    label = host.partition(".")[0]
    candidates = [label] if label in systems.names() else []
    for vendor in (*candidates, provider):
        forge = _forge(vendor)
        if forge is not None and forge.self_hosted:
            return vendor
    return None


def _forge(vendor: str | None) -> Forge | None:
    adapter = _adapter(vendor) if vendor else None
    return None if adapter is None else _load(adapter, adapter.forge, Forge)


def _runs(vendor: str) -> Runs | None:
    adapter = _adapter(vendor) if vendor else None
    return None if adapter is None else _load(adapter, adapter.runs, Runs)


def _adapter(vendor: str) -> Adapter | None:
    return systems.adapter(vendor) or _foreign_adapters().get(vendor)


@cache
def _foreign_adapters() -> dict[str, Adapter]:
    # Imported here because plugins of other distributions are rarely needed.
    from conda_provenance.plugins import foreign_adapters

    return {adapter.provider: adapter for adapter in reversed(foreign_adapters())}


def _load(adapter: Adapter, reference: str, kind: type[T]) -> T | None:
    """The object that ``reference`` names, ``package.module:NAME``."""
    if not reference:
        return None

    module, _, name = reference.partition(":")
    try:
        loaded = getattr(import_module(module), name)
    except Exception as error:
        problem = type(error).__name__
    else:
        if isinstance(loaded, kind):
            return loaded
        problem = f"it is not a {kind.__name__}"

    logger().warning(
        "conda-provenance: %s of the system %s cannot be loaded (%s); its pages are left out.",
        reference,
        adapter.provider,
        problem,
    )
    return None
