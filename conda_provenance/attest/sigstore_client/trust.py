"""Reads the trust configuration: which authority, log and login are used, and which keys hold.

Who signs is not known here.

The form: https://github.com/sigstore/protobuf-specs, ``ClientTrustConfig``.
"""

from __future__ import annotations

import json
from typing import Any

from conda_provenance.attest.sigstore_client.quiet import quiet
from conda_provenance.bundles.trust import MAX_SIZE
from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.text import escape, redact_location
from conda_provenance.verify.attested.given import read_file

_MAX_SHOWN = 300


def trust_config(path: str | None) -> Any:
    """sigstore's ``ClientTrustConfig``: the file's, or the public instance's.

    Raises :class:`UsageError` for a file that is none, and :class:`UnavailableError` if the public
    instance's cannot be fetched.
    """
    with quiet():
        return _public() if path is None else _from_file(path)


def _public() -> Any:
    from sigstore.errors import Error
    from sigstore.models import ClientTrustConfig

    try:
        config = ClientTrustConfig.production()
    except Error:  # Its own words name files and addresses, and no remedy.
        raise UnavailableError(
            "Sigstore's public keys cannot be fetched, so nothing is signed: is there a network? A "
            "private instance is named by --trust-config FILE."
        ) from None
    except OSError as error:
        raise UnavailableError(
            "Sigstore's public keys cannot be kept in your user's data and cache folders, so "
            f"nothing is signed: {error.strerror or type(error).__name__}."
        ) from None
    except Exception as error:
        raise UnavailableError(
            f"Sigstore's public keys cannot be read ({type(error).__name__}), so nothing is signed."
        ) from None
    return config


def _from_file(path: str) -> Any:
    from sigstore.models import ClientTrustConfig

    shown = escape(redact_location(path), _MAX_SHOWN)
    text = read_file("--trust-config", path, MAX_SIZE).decode("utf-8", "replace")
    _require_kind(text, shown)
    try:
        config = ClientTrustConfig.from_json(text)
        _ = config.trusted_root
    except Exception:  # pydantic's repeats what is in the file.
        raise UsageError(
            f"--trust-config {shown} is not a client trust configuration of Sigstore: a field is "
            "missing or is of another form."
        ) from None

    try:
        _ = config.signing_config
    except Exception:
        raise UsageError(
            f"--trust-config {shown} names no authority and log that can be used now: are their "
            "versions known, and their times not over?"
        ) from None
    return config


def _require_kind(text: str, shown: str) -> None:
    """Say which file it is, if it is one of the two that are often taken for it."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"--trust-config {shown} is not JSON.") from None

    if not isinstance(content, dict) or "trustedRoot" not in content:
        what = "not a client trust configuration of Sigstore"
        if isinstance(content, dict) and "certificateAuthorities" in content:
            what = "a root of trust, which is enough to verify, but names no server to sign with"
        elif isinstance(content, dict) and "caUrls" in content:
            what = "a signing configuration, which names servers, but no keys to trust"
        raise UsageError(
            f"--trust-config {shown} is {what}: it takes a file with both trustedRoot and "
            "signingConfig."
        )
