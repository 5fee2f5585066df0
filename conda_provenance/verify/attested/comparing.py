"""Holds what a certificate and a predicate say against the stamp, key by key.

Who signed, and whether that is believed, is not known here. What cannot be compared is said to be
so: nothing follows from it.

Source of the certificate's fields: https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from conda_provenance.bundles.certificate import Certificate
from conda_provenance.claim import Claim
from conda_provenance.remotes import RemoteUrl
from conda_provenance.text import show
from conda_provenance.values import is_full_sha
from conda_provenance.verify.attested.predicates import StatedBuild
from conda_provenance.verify.attested.signers import provider_of
from conda_provenance.verify.named_runs import NamedRun, named_run
from conda_provenance.verify.same_repository import is_same_repository
from conda_provenance.verify.subject import Subject

_MAX_SHOWN = 200

CERTIFICATE, PREDICATE = "certificate", "predicate"

_GITHUB_RUN = re.compile(
    r"https?://[^/]+/[^/]+/[^/]+/actions/runs/(\d{1,20})(?:/attempts/(\d{1,9}))?/?"
)
_STAMPED_RUN = re.compile(r"(\d{1,20})(?:[/.]\d+)?")
_CIRCLE_RUN = re.compile(r".*/workflows?/([0-9A-Za-z-]+)(?:/job/.*)?")
_NUMBER_AND_ATTEMPT = re.compile(r"(\d{1,20})-(\d{1,9})")

_JOB_NOT_RUN = {
    "gitlab": "it names the job, and the package names the pipeline",
    "buildkite": "it names the build's number, and the package names its id",
}


class Comparison(NamedTuple):
    """One key of the stamp, and what else is said of it."""

    key: str
    agrees: bool | None
    """``None``: it cannot be compared."""
    by: str
    said: str = ""
    """A stranger's text."""
    why: str = ""
    """Why it cannot be compared, or what else there is to say. The rest of a sentence."""
    stamped: str = ""
    """What the package says. A stranger's text too."""

    @property
    def sentence(self) -> str:
        """How it differs, as the rest of a sentence."""
        said, stamped = show(self.said, _MAX_SHOWN), show(self.stamped, _MAX_SHOWN)
        return f"its {self.by} says {said}, and the package {stamped}"


class Stamp(NamedTuple):
    """What the package says of its origin."""

    remote: RemoteUrl | None
    sha: str | None
    run: NamedRun | None
    claim: Claim

    @classmethod
    def of(cls, subject: Subject) -> Stamp:
        claim = subject.package.claim
        return cls(subject.remote, subject.sha, named_run(claim), claim)


def by_certificate(certificate: Certificate, stamp: Stamp) -> list[Comparison]:
    """What the authority says that made the certificate. It took it from the CI's token."""
    place = _repository(certificate.repository, CERTIFICATE, stamp)
    run = _run(certificate.run, CERTIFICATE, stamp, provider_of(certificate))
    return [place, _commit(certificate.commit, CERTIFICATE, stamp, place), run]


def by_predicate(said: StatedBuild, stamp: Stamp) -> list[Comparison]:
    """What the job says that made the statement."""
    place = _repository(said.repository, PREDICATE, stamp)
    run = _run(said.run, PREDICATE, stamp, "")
    return [place, _commit(said.commit, PREDICATE, stamp, place), run]


def are_agreed(comparisons: Sequence[Comparison], *keys: str) -> bool:
    """Is each of these keys the same, by one of the two?"""
    agreed = {each.key for each in comparisons if each.agrees}
    return agreed.issuperset(keys)


def is_of(address: str | None, stamp: Stamp) -> bool:
    """Is this the repository that the package names?"""
    return bool(address and stamp.remote and is_same_repository(address, stamp.remote))


def _repository(said: str | None, by: str, stamp: Stamp) -> Comparison:
    key = "remote_url"
    if not said:
        return Comparison(key, None, by, why="it names no repository")
    if stamp.remote is None:
        return Comparison(key, None, by, said, "the package names no repository")

    is_same = is_same_repository(said, stamp.remote)
    why = "it is no address that can be compared" if is_same is None else ""
    return Comparison(key, is_same, by, said, why, str(stamp.remote))


def _commit(said: str | None, by: str, stamp: Stamp, place: Comparison) -> Comparison:
    """A commit says something only of its repository: a job may check out another one."""
    key = "sha"
    if not said:
        return Comparison(key, None, by, why="it names no commit")
    if not is_full_sha(said.lower()):
        return Comparison(key, None, by, said, "it is no full commit hash")
    if stamp.sha is None:
        return Comparison(key, None, by, said, "the package names no commit")

    is_same = said.lower() == stamp.sha.lower()
    if place.agrees or (is_same and not place.said):
        return Comparison(key, is_same, by, said, stamped=stamp.sha)
    return Comparison(key, None, by, said, "it is not known to be a commit of this repository")


def _run(said: str | None, by: str, stamp: Stamp, provider: str) -> Comparison:
    key = "flow_run_id"
    if not said:
        return Comparison(key, None, by, why="it names no run")

    named = stamp.run
    if named is None:
        return Comparison(key, None, by, said, "the package names no run of a known CI system")
    stamped = stamp.claim.flow_run_id or ""
    if provider and provider != named.provider:
        return Comparison(key, False, by, said, stamped=stamped)
    if said == stamped:
        return Comparison(key, True, by, said)

    if named.provider == "github":
        return _github_run(said, by, stamp, named.run_id)
    if named.provider == "circle" and (match := _CIRCLE_RUN.fullmatch(said)):
        is_same = match[1].lower() == named.run_id.lower()
        return Comparison(key, is_same, by, said, stamped=stamped)
    why = _JOB_NOT_RUN.get(named.provider, "runs of this CI system cannot be compared")
    return Comparison(key, None, by, said, why)


def _github_run(said: str, by: str, stamp: Stamp, run_id: str) -> Comparison:
    """A job that is started again may sign what an earlier attempt built, never a later one."""
    key = "flow_run_id"
    match = _GITHUB_RUN.fullmatch(said) or _NUMBER_AND_ATTEMPT.fullmatch(said)
    stamped = _STAMPED_RUN.fullmatch(run_id)
    if match is None or stamped is None:
        return Comparison(key, None, by, said, "it is no address of a run of GitHub Actions")
    if match[1] != stamped[1]:
        return Comparison(key, False, by, said, stamped=stamp.claim.flow_run_id or "")

    page = _GITHUB_RUN.fullmatch(stamp.claim.flow_run_url or "")
    if page is None or page[1] != match[1] or not page[2] or not match[2]:
        return Comparison(key, True, by, said)

    signed, built = int(match[2]), int(page[2])
    if signed < built:
        return Comparison("flow_run_url", False, by, said, stamped=stamp.claim.flow_run_url or "")
    why = "a later attempt of the run signed it" if signed > built else ""
    return Comparison(key, True, by, said, why)
