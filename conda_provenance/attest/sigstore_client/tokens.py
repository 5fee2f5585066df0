"""Gets the identity token with which one signs: the CI's own, or by a login in a browser.

A token is a secret, and so is each error about one: id, sigstore and requests may repeat it. None
of their texts is shown.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from conda_provenance.attest.sigstore_client.claims import TokenRun, claims_of, run_of
from conda_provenance.attest.sigstore_client.quiet import quiet
from conda_provenance.ci import detect
from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.plugins import candidates

AMBIENT_SECONDS = 60.0
"""The CI's token service is asked for so long. id tries four times, each for 30 seconds."""

_REMEDIES = {
    "GitHub": (
        'GitHub Actions gives this job no identity token: write "permissions: {id-token: write}" '
        "in the workflow; a pull request from a fork never gets one"
    ),
    "GitLab": (
        'GitLab CI gives this job no identity token: write "id_tokens: {SIGSTORE_ID_TOKEN: {aud: '
        'sigstore}}" in the job'
    ),
    "CircleCI": (
        'CircleCI gives this job no identity token: its program "circleci", which asks for one, '
        "must be on the path, and OpenID Connect must be on for the project"
    ),
    "Buildkite": (
        'Buildkite gives this job no identity token: its program "buildkite-agent", which asks '
        "for one, must be on the path, also in a container"
    ),
    "GCP": (
        "Google Cloud gives this machine no identity token: it needs a service account that may "
        "make tokens for itself"
    ),
}
"""By the word with which id begins its errors: what is missing, and how to give it."""

_PROVIDERS = {
    "github": "GitHub",
    "gitlab": "GitLab",
    "circle": "CircleCI",
    "buildkite": "Buildkite",
}
"""The CI systems that give tokens for Sigstore: our names for them, and id's."""

_OF_THESE = (
    "sign in a job of GitHub Actions, GitLab CI, CircleCI or Buildkite, or in a terminal, where a "
    "browser asks who you are"
)


class Token(NamedTuple):
    """An identity token that can be used."""

    identity: Any
    """sigstore's ``IdentityToken``. Its text is the secret itself."""
    is_ambient: bool
    """Did the environment give it, so that it can be asked for another one?"""
    run: TokenRun | None
    """The CI's run whose it is, where the token says it."""

    def __repr__(self) -> str:
        return "Token(***)"


def get_token(
    environ: Mapping[str, str], issuer: Callable[[], str], note: Callable[[str], None]
) -> Token:
    """The CI's token, or one by a login in a browser.

    ``environ`` are the variables of this process: id reads those. ``issuer``: the address of the
    login. ``note`` prints for the user. Raises :class:`UnavailableError`.
    """
    with quiet():
        found = _ambient_token(environ)
    return found or _token_of_login(environ, issuer, note)


def _ambient_token(environ: Mapping[str, str]) -> Token | None:
    from sigstore.oidc import IdentityToken, detect_credential

    try:
        raw = _of_gitlab(environ) or _within(AMBIENT_SECONDS, detect_credential)
    except Exception as error:
        raise UnavailableError(_why_no_token(error, environ)) from None

    if raw is None:
        return None

    claims = claims_of(raw)
    try:
        return Token(IdentityToken(raw), is_ambient=True, run=run_of(claims))
    except Exception:
        raise UnavailableError(
            f"The CI's identity token cannot be used: {_fault(claims)}."
        ) from None


def _of_gitlab(environ: Mapping[str, str]) -> str | None:
    """GitLab's token, where there is one.

    id would ask Google's cloud before: GitLab's own machines run there, and are somebody else.
    """
    return environ.get("SIGSTORE_ID_TOKEN") if environ.get("GITLAB_CI") else None


def _within(seconds: float, ask: Callable[[], str | None]) -> str | None:
    """The answer, if it comes in time. A thread that waits longer ends with the process."""
    answers: list[str | None] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            answers.append(ask())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not answers:
        raise TimeoutError
    return answers[0]


def _why_no_token(error: Exception, environ: Mapping[str, str]) -> str:
    """What the environment lacks, in one sentence. Of id's own words only the first is used."""
    if isinstance(error, TimeoutError):
        return f"The CI's token service does not answer within {AMBIENT_SECONDS:.0f} seconds."

    words = str(error)
    if "audience claim mismatch" in words:
        return 'The CI\'s identity token is for others: its audience (aud) must be "sigstore".'
    if "Malformed token" in words or "malformed" in words:
        return "The CI's identity token cannot be used: it is malformed."

    run = detect(environ, candidates(environ))
    asked = words.partition(":")[0]
    if run is not None and _PROVIDERS.get(run.provider) != asked and asked != "GCP":
        return f"{run.name} gives its jobs no identity that Sigstore accepts: {_OF_THESE}."
    if "request failed" in words or "timed out" in words:
        return f"{asked}'s token service gives no identity token; try later."
    remedy = _REMEDIES.get(asked)
    return f"{remedy}." if remedy else f"The environment gives no identity token: {_OF_THESE}."


def _fault(claims: Mapping[str, Any]) -> str:
    import time

    audience = claims.get("aud", "sigstore")
    if audience != "sigstore" and not (isinstance(audience, list) and "sigstore" in audience):
        return 'its audience (aud) must be "sigstore"'

    expires = claims.get("exp")
    if isinstance(expires, int | float) and expires < time.time():
        return "it has expired; start the job again"
    return "it is malformed, is not valid yet, or lacks a claim"


def _token_of_login(
    environ: Mapping[str, str], issuer: Callable[[], str], note: Callable[[str], None]
) -> Token:
    run = detect(environ, candidates(environ))
    if run is not None:
        raise UnavailableError(
            f"{run.name} gives its jobs no identity that Sigstore accepts: {_OF_THESE}."
        )
    if environ.get("CI", "").lower() in ("1", "true") or not _is_terminal():
        raise UnavailableError(f"There is no identity to sign with: {_OF_THESE}.")

    address = _login(issuer)
    note(
        "signing opens a browser, which asks who you are; your e-mail address becomes part of the "
        "signature and of the log, and cannot be taken back"
    )
    from sigstore.oidc import Issuer

    try:
        # What it asks for on the terminal is no result of ours.
        with quiet(), contextlib.redirect_stdout(sys.stderr):
            token = Issuer(address).identity_token()
    except Exception as error:
        raise UnavailableError(
            f"The login in a browser did not succeed ({type(error).__name__}); try again."
        ) from None
    return Token(token, is_ambient=False, run=None)


def _login(issuer: Callable[[], str]) -> str:
    try:
        return issuer()
    except Exception:
        raise UsageError("The trust configuration names no login (oidcUrls).") from None


def _is_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
