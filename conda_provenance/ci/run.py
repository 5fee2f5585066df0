"""What a CI says of the run we are in, cleaned. It does not know where the values come from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from conda_provenance.remote_doubts import doubt_of
from conda_provenance.values import clean_or_none, is_plain, is_run

PROVIDER = re.compile(r"[a-z][a-z0-9-]*\Z")
"""The form of a provider's name. It has no ``_``, because the first one in an id ends the name."""


@dataclass(frozen=True)
class CIRun:
    """What a CI says of the run we are in.

    A value is ``None`` if the CI does not say it, or says it in a form that cannot be used.
    """

    provider: str
    """Prefix of ``flow_run_id``, such as ``github``."""
    name: str
    """The system's name for people, such as ``GitHub Actions``."""
    flow_run_id: str | None = None
    flow_run_url: str | None = None
    sha: str | None = None
    """Full hash of the commit that the run is for."""
    remote_url: str | None = None
    workspace: str | None = None
    """Folder of the checkout. A recipe outside it need not belong to this repository."""
    event: str | None = None
    """What started the run, in the CI's own word: ``push``, ``pull_request``, ``schedule``, …"""
    branch: str | None = None
    tag: str | None = None
    pull_request: str | None = None
    """Number of the pull request, merge request or change that is built."""
    merge: bool = False
    """Is ``sha`` a merge commit that the CI made for the pull request? It may be gone later."""
    head_sha: str | None = None
    """The pull request's own last commit."""
    head_remote_url: str | None = None
    """The repository that the pull request comes from."""
    attempt: str | None = None
    """Which try of the same run this is, counted from 1."""
    rivals: tuple[str, ...] = ()
    """Names of the other systems that name a run too."""


def make_run(provider: str, name: str, **raw: str | None) -> CIRun:
    """Clean the ``raw`` values of a run's facts and put them into a :class:`CIRun`.

    A value that is not a full hash, a clean URL or a usable id is dropped.

    Raises :class:`ValueError` for a provider's name that would make ids ambiguous.
    """
    if not PROVIDER.match(provider):
        raise ValueError("a provider's name has lower-case letters, digits and '-' only")

    run_id = raw.get("run_id")
    flow_run_id = f"{provider}_{run_id}" if run_id and is_run(run_id) else None

    return CIRun(
        provider=provider,
        name=name,
        flow_run_id=clean_or_none("flow_run_id", flow_run_id),
        flow_run_url=clean_or_none("flow_run_url", raw.get("run_url")),
        sha=_sha(raw.get("sha")),
        remote_url=_address(raw.get("remote_url")),
        workspace=_text(raw.get("workspace")),
        event=_text(raw.get("event")),
        branch=_text(raw.get("branch")),
        tag=_text(raw.get("tag")),
        pull_request=_text(raw.get("pull_request")),
        merge=bool(raw.get("merge")),
        head_sha=_sha(raw.get("head_sha")),
        head_remote_url=_address(raw.get("head_remote_url")),
        attempt=_text(raw.get("attempt")),
    )


def _sha(text: str | None) -> str | None:
    return clean_or_none("sha", text and text.lower())


def _address(text: str | None) -> str | None:
    url = clean_or_none("remote_url", text)
    return None if text is None or url is None or doubt_of(text) else url


def _text(text: str | None) -> str | None:
    # Together, several variables can be too long, even if each of them is not.
    return text if text and is_plain(text) else None
