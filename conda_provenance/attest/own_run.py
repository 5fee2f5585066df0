"""May a package's build be attested here? Only inside the run that built it.

Anybody can derive a statement from a package. Signed elsewhere, it would say "I saw it built" of a
build that the signer never saw. The environment, the CI's token and the certificate must all say
what the package says. Who signs, and how, is not known here.
"""

from __future__ import annotations

import re

from conda_provenance.attest.sigstore_client.claims import TokenRun
from conda_provenance.bundles.certificate import Certificate
from conda_provenance.ci import CIRun
from conda_provenance.claim import Claim
from conda_provenance.errors import ProvenanceError
from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.run_api import Trigger
from conda_provenance.text import show_value
from conda_provenance.verify.attested.signers import WITH_REPOSITORY
from conda_provenance.verify.attested.triggers import trigger_of
from conda_provenance.verify.same_repository import is_same_repository

INSTEAD = (
    "sign a verification summary instead: verify --vsa DIR --policy FILE --verifier-id URI "
    "--resource-uri URL --sign"
)

_RUN_OF_GITHUB = re.compile(
    r"(?P<repository>.+)/actions/runs/(?P<id>\d+)(?:/attempts/(?P<try>\d{1,9}))?"
)
_PAGES = {
    "github": re.compile(r"(?P<repository>.+?)/actions/runs/(?P<id>\d+)(?:/.*)?"),
    "gitlab": re.compile(r"(?P<repository>.+?)/-/(?:pipelines/(?P<id>\d+)|jobs/\d+)(?:/.*)?"),
}
"""The pages of runs. The statement names the run by the one that is stamped."""

_ATTEMPT = re.compile(r"/attempts/(\d{1,9})\Z")
_PULL_REQUEST = re.compile(r"(?:.*_)?(?:pull_request|merge_request)(?:_.*)?\Z")


class NotThisRunError(ProvenanceError):
    """The package was not built by the run that would sign. Nothing is signed."""


def require_own_run(package: str, claim: Claim, run: CIRun | None) -> None:
    """Raise :class:`NotThisRunError` unless the environment is that of the run that built it.

    ``run`` is what the CI's own variables say. Our settings have no part in it.
    """
    why = _why_not_by_variables(claim, run)
    if why:
        raise _refusal(package, why)


def require_token_of_run(package: str, claim: Claim, said: TokenRun | None) -> None:
    """The same, by the token that will sign. Whoever sets variables cannot change it."""
    if said is None:
        raise _refusal(package, "the identity that would sign is not that of a CI's run")

    remote = _remote(claim)
    path = remote.path if remote else ""
    if said.flow_run_id != claim.flow_run_id:
        raise _refusal(package, "the CI's token is of another run")
    if (said.repository or "").lower() != path.lower():
        raise _refusal(package, "the CI's token is of another repository")
    if said.commit != claim.sha:
        raise _refusal(package, "the CI's token is of another commit")
    if _is_pull_request(said.event):
        raise _refusal(package, "the CI's token is of a pull request")
    if not _is_attempt(claim, said.attempt):
        raise _refusal(package, "the CI's token is of an earlier attempt of the run")


def require_certificate_of_run(package: str, claim: Claim, certificate: Certificate) -> None:
    """The same, by the certificate that signed."""
    why = _why_not_by_certificate(claim, certificate)
    if why:
        raise _refusal(package, why)


def _why_not_by_variables(claim: Claim, run: CIRun | None) -> str | None:
    for key in ("flow_run_id", "remote_url", "sha"):
        if not getattr(claim, key):
            return f"it does not say its {key}"

    if run is None:
        return "this is no run of a CI"

    if run.provider not in WITH_REPOSITORY:
        return f"Sigstore's certificates do not say which run of {run.name} and which commit it is"

    return _why_another_run(claim, run) or _why_another_commit(claim, run)


def _why_another_run(claim: Claim, run: CIRun) -> str | None:
    if run.flow_run_id != claim.flow_run_id:
        here = "an unknown one" if run.flow_run_id is None else run.flow_run_id
        built = show_value(claim.flow_run_id or "", 100)
        return f"the run {built} built it, and this is {here}"

    if not _is_same_repository(claim, run.remote_url):
        return "it was built from another repository than this run's"

    if claim.flow_run_url and not _is_page_of_run(claim, run.provider):
        return "its flow_run_url is not the page of that run"
    return None


def _why_another_commit(claim: Claim, run: CIRun) -> str | None:
    if run.pull_request is not None or _is_pull_request(run.event):
        return "this is the run of a pull request"

    if run.sha != claim.sha:
        return "it was built from another commit than this run's"

    if not _is_attempt(claim, run.attempt):
        return "a later attempt of this run built it"
    return None


def _why_not_by_certificate(claim: Claim, certificate: Certificate) -> str | None:
    if not _is_same_repository(claim, certificate.repository):
        return "the certificate is of another repository"

    if certificate.commit != claim.sha:
        return "the certificate is of another commit"

    is_pull_request = trigger_of(certificate) is Trigger.PULL_REQUEST
    if is_pull_request or _is_pull_request(certificate.trigger):
        return "the certificate is of a pull request"

    # GitLab's names the job, not the pipeline: the token, which the authority accepted, has both.
    if claim.provider == "github":
        found = _RUN_OF_GITHUB.fullmatch(certificate.run or "")
        if found is None or f"github_{found['id']}" != claim.flow_run_id:
            return "the certificate is of another run"
        if not _is_same_repository(claim, found["repository"]):
            return "the certificate is of another repository"
        if not _is_attempt(claim, found["try"]):
            return "the certificate is of an earlier attempt of the run"
    return None


def _is_same_repository(claim: Claim, address: str | None) -> bool:
    remote = _remote(claim)
    return remote is not None and is_same_repository(address or "", remote) is True


def _remote(claim: Claim) -> RemoteUrl | None:
    try:
        return RemoteUrl.parse(claim.remote_url or "")
    except RemoteUrlError:
        return None


def _is_page_of_run(claim: Claim, provider: str) -> bool:
    page = _PAGES[provider].fullmatch(claim.flow_run_url or "")
    if page is None or not _is_same_repository(claim, page["repository"]):
        return False
    return page["id"] is None or f"{provider}_{page['id']}" == claim.flow_run_id


def _is_attempt(claim: Claim, attempt: str | None) -> bool:
    """Is it the attempt that the page of the run names, or a later one?

    A run keeps its id when it is started again, and a job that failed to sign may then sign what an
    earlier attempt built. None signs what a later one did.
    """
    named = _ATTEMPT.search(claim.flow_run_url or "")
    if named is None:
        return True
    return attempt is not None and attempt.isdecimal() and int(named[1]) <= int(attempt)


def _is_pull_request(event: str | None) -> bool:
    return event is not None and _PULL_REQUEST.match(event) is not None


def _refusal(package: str, why: str) -> NotThisRunError:
    return NotThisRunError(
        f"{package}: provenance is signed only inside the run that built the package, and {why}; "
        f"{INSTEAD}."
    )
