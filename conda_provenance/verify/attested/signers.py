"""May this signer sign statements about a package? By what the user and the policy expect.

The certificate is one whose signature holds. What the package says counts for nothing here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from conda_provenance.bundles.certificate import Certificate
from conda_provenance.patterns import is_allowed
from conda_provenance.policy.expectations import Expectations
from conda_provenance.policy.signers import is_signer
from conda_provenance.remotes import RemoteUrl
from conda_provenance.text import listed, show

_MAX_SHOWN = 300

_GITHUB = "https://token.actions.githubusercontent.com"
_GITLAB = "https://gitlab.com"

_ISSUERS = {
    "github.com": re.compile(rf"{re.escape(_GITHUB)}(?:/[A-Za-z0-9_-]+)?"),
    "gitlab.com": re.compile(re.escape(_GITLAB)),
}
"""Who vouches for the runs of a public forge. Some enterprises have their name after GitHub's."""

_PROVIDERS = (
    ("github", _ISSUERS["github.com"]),
    ("gitlab", _ISSUERS["gitlab.com"]),
    ("buildkite", re.compile(r"https://agent\.buildkite\.com")),
    ("circle", re.compile(r"https://oidc\.circleci\.com(?:/.*)?")),
)
"""The CI system whose runs an issuer vouches for, by the names that are in ``flow_run_id``."""


WITH_REPOSITORY = ("github", "gitlab")
"""The CI systems whose certificates always say which repository, commit and event a run was of."""


def provider_of(certificate: Certificate) -> str:
    """The CI system of the run. Empty: it is not known."""
    return _provider(certificate.issuer or "")


@lru_cache(maxsize=64)
def _provider(issuer: str) -> str:
    return next((name for name, form in _PROVIDERS if form.fullmatch(issuer)), "")


def names_its_repository(certificate: Certificate) -> bool:
    """Is it of one of :data:`WITH_REPOSITORY`?

    If it says less, it is an old one, and what the job wrote itself does not replace it.
    """
    return provider_of(certificate) in WITH_REPOSITORY


def why_not_expected(certificate: Certificate, expected: Expectations, *, is_packages: bool) -> str:
    """Why nobody expects this signer, as the rest of a sentence. Empty: somebody does.

    ``is_packages``: was it a run of the repository that the package names?
    """
    if expected.signers:
        return _why_not_named(certificate, expected, is_packages)
    if expected.repositories:
        return _why_not_of_repository(certificate, expected)
    return (
        "nobody said that this signer may sign: name it with --cert-identity, or expect a "
        "repository with --expect-repo or a policy"
    )


def _why_not_named(certificate: Certificate, expected: Expectations, is_packages: bool) -> str:
    if not is_signer(certificate.identity, expected.signers):
        return f"only {listed(map(str, expected.signers), 'or', 3)} may sign"

    host = urlsplit(certificate.identity).hostname or ""
    issuer = _why_not_issuer(certificate, expected, host, is_named=True)
    return issuer or _why_not_called(certificate, expected, is_packages)


def _why_not_called(certificate: Certificate, expected: Expectations, is_packages: bool) -> str:
    """Anybody can call a shared workflow: the repository whose run called it counts, too."""
    repository = certificate.repository
    if repository is None:
        if names_its_repository(certificate):
            return "its certificate names no repository, so anybody may have called that workflow"
        return ""
    if is_allowed(repository, expected.repositories):
        return _why_not_pinned(certificate, expected)
    if _is_own(certificate.identity, repository) or (not expected.repositories and is_packages):
        return ""
    return (
        f"it signed for {show(repository, _MAX_SHOWN)}, which nobody expects: whoever likes may "
        "call a shared workflow"
    )


def _is_own(identity: str, repository: str) -> bool:
    """Is the workflow of the repository itself? Then whoever names the one names the other."""
    return identity.lower().startswith(f"{repository.lower().rstrip('/')}/")


def _why_not_of_repository(certificate: Certificate, expected: Expectations) -> str:
    """A workflow of an expected repository may sign. Which one that is, the identity does not say:
    a shared workflow is in another repository than what was built."""
    repository = certificate.repository
    if repository is None:
        return (
            f"its certificate names no repository, and {_wanted(expected)} is expected: name the "
            "signer with --cert-identity"
        )
    if not is_allowed(repository, expected.repositories):
        return f"it signed for {show(repository, _MAX_SHOWN)}, and {_wanted(expected)} is expected"

    host = RemoteUrl.parse(repository).host
    pinned = _why_not_pinned(certificate, expected)
    return pinned or _why_not_issuer(certificate, expected, host, is_named=False)


def _why_not_pinned(certificate: Certificate, expected: Expectations) -> str:
    """A name may be registered again by another. Then the numbers are others."""
    pinned = (
        ("repository", expected.repository_id, certificate.repository_id),
        ("owner", expected.owner_id, certificate.owner_id),
    )
    for what, number, found in pinned:
        if number and found != number:
            shown = show(found or "", 100) or "not there"
            return (
                f"the number of its {what} is {shown}, not {number}: the name may have been "
                "registered again by another"
            )
    return ""


def _wanted(expected: Expectations) -> str:
    return listed(map(str, expected.repositories), "or", 3)


def _why_not_issuer(
    certificate: Certificate, expected: Expectations, host: str, *, is_named: bool
) -> str:
    """Who vouches for the signer? A public forge's runs are vouched for by nobody but itself."""
    issuer = certificate.issuer or ""
    own = _ISSUERS.get(host)
    if expected.issuers and issuer not in expected.issuers:
        why = f", and only {listed(expected.issuers, 'or', 3)} may"
    elif own is not None and not (is_named and expected.issuers) and not own.fullmatch(issuer):
        why = f", which is not {host}"
    elif own is None and not expected.issuers:
        why = ": if you trust that, name it with --cert-oidc-issuer"
    else:
        return ""
    return f"{show(issuer, _MAX_SHOWN) or 'nobody'} vouches for it{why}"
