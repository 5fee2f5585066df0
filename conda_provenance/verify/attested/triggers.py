"""What started the run whose identity signed, by its certificate. The rules are those of
``run-matches``.
"""

from __future__ import annotations

from typing import NamedTuple

from conda_provenance.bundles.certificate import Certificate
from conda_provenance.run_api import Trigger
from conda_provenance.systems.github.triggers import trigger_of as on_github
from conda_provenance.systems.gitlab.triggers import trigger_of as on_gitlab
from conda_provenance.text import show
from conda_provenance.verify.attested.signers import provider_of

_PULLS = ("refs/pull/", "refs/merge-requests/")
_MAX_SHOWN = 200


class Doubt(NamedTuple):
    """Why what a run built is not known to be accepted."""

    why: str
    """The rest of a sentence."""
    is_pull_request: bool = False


def trigger_of(certificate: Certificate) -> Trigger | None:
    """``None``: the certificate does not say it."""
    event, ref = certificate.trigger, certificate.ref
    if (ref or "").startswith(_PULLS):
        return Trigger.PULL_REQUEST
    if not event:
        return None

    provider = provider_of(certificate)
    if provider == "github":
        return on_github(event, ref)
    if provider == "gitlab":
        return on_gitlab(event, ref)
    # A server of one's own: no name of the one means something else to the other.
    found = (on_github(event, ref), on_gitlab(event, ref))
    return next((each for each in found if each is not Trigger.OTHER), Trigger.OTHER)


def doubt_of(certificate: Certificate) -> Doubt | None:
    """``None``: there is no reason to doubt it."""
    trigger = trigger_of(certificate)
    if trigger is None and certificate.repository:
        return Doubt("its certificate does not say what started its run")

    if trigger is Trigger.PULL_REQUEST:
        by = show(certificate.trigger or certificate.ref or "", _MAX_SHOWN)
        why = f"it is of a pull request ({by}): what it built was not accepted yet"
        return Doubt(why, is_pull_request=True)
    if trigger is Trigger.OTHER:
        event = show(certificate.trigger or "", _MAX_SHOWN)
        return Doubt(f"its run was started by {event}: who wrote what it ran is not known")
    return None
