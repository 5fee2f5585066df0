"""The root of trust: which authorities and logs count. What they signed is not known here.

Nothing is fetched and nothing is written. sigstore-python would copy its own root into the user's
cache folder, and would believe whatever is there from then on.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta, Struct

from conda_provenance.bundles import strict_json
from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.text import show_sentence

if TYPE_CHECKING:
    from sigstore.models import TrustedRoot
    from sigstore.verify import Verifier

MAX_SIZE = 4 << 20
"""Bytes of a root of trust. The public one has eight thousand."""

_ROOT = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"

_EMBEDDED = ("https%3A%2F%2Ftuf-repo-cdn.sigstore.dev", "trusted_root.json")
"""Where sigstore-python keeps the root of the public instance."""

_Some = Annotated[list[dict[str, Any]], Meta(min_length=1)]


class _Root(Struct, rename="camel"):
    """What sigstore-python cannot do without."""

    tlogs: _Some
    ctlogs: _Some
    certificate_authorities: _Some


def root_in(data: bytes) -> bytes:
    """The ``trusted_root.json`` in what the user gave: that, or a client's trust configuration.

    Raises :class:`UsageError`.
    """
    if len(data) > MAX_SIZE:
        raise _unusable(f"it has more than {MAX_SIZE >> 20} MiB")
    try:
        document = strict_json.parse(data)
    except ValueError as error:
        raise _unusable(f"it {error}") from None

    root = document
    if isinstance(document, dict) and document.get("mediaType") == _CONFIG:
        root = document.get("trustedRoot")
    if not isinstance(root, dict) or root.get("mediaType") != _ROOT:
        raise _unusable("it is something else")

    try:
        msgspec.convert(root, _Root)
    except msgspec.ValidationError as error:
        raise _unusable(str(error)) from None
    return data if root is document else json.dumps(root).encode()


def verifier_of(root: bytes | None) -> Verifier:
    """sigstore-python's verifier. ``root``: of :func:`root_in`; the public instance's if ``None``.

    It takes 0.4 s to load. Raises :class:`UnavailableError` where it is not installed, and
    :class:`UsageError` for a root that it cannot use.
    """
    try:
        from sigstore.models import KeyringPurpose, TrustedRoot
        from sigstore.verify import Verifier
        from sigstore_models.trustroot import v1
    except ImportError:
        raise UnavailableError(
            "Signatures are checked by sigstore-python, which is not installed: "
            "pip install 'conda-provenance[sigstore]'"
        ) from None

    _quieten()
    data = _public_root() if root is None else root
    try:
        trusted = TrustedRoot(v1.TrustedRoot.from_json(data))
        _read_once(trusted, KeyringPurpose.VERIFY)
        return Verifier(trusted_root=trusted)
    except Exception:
        raise _unusable("it is malformed") from None


def _read_once(trusted: TrustedRoot, purpose: object) -> None:
    """Read the keys now: a broken one must not seem to be a bundle's fault.

    sigstore-python reads them again for each bundle, which is a tenth of its time.
    """
    trusted.rekor_keyring = cache(trusted.rekor_keyring)
    trusted.ct_keyring = cache(trusted.ct_keyring)
    trusted.get_timestamp_authorities = cache(trusted.get_timestamp_authorities)

    trusted.rekor_keyring(purpose)
    trusted.ct_keyring(purpose)
    trusted.get_timestamp_authorities()


def _public_root() -> bytes:
    from importlib.resources import files

    folder, name = _EMBEDDED
    try:
        return (files("sigstore._store") / folder / name).read_bytes()
    except (ImportError, OSError):
        raise UnavailableError(
            "The installed sigstore-python does not bring the root of the public Sigstore: "
            "give one with --trust-root."
        ) from None


def _quieten() -> None:
    """Python prints the warnings of a library's log if nobody takes them."""
    from logging import NullHandler, getLogger

    log = getLogger("sigstore")
    if not log.handlers:
        log.addHandler(NullHandler())


def _unusable(reason: str) -> UsageError:
    return UsageError(
        f"The root of trust cannot be used: {show_sentence(reason, 200)}; --trust-root takes a "
        "trusted_root.json, or a client's trust configuration."
    )
