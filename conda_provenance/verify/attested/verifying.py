"""``Bundles``: verifies bundles against the user's root of trust, each once.

The library that does it is loaded with the first bundle. What a statement says is not known here.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from conda_provenance.bundles.signed import (
    BundleError,
    BundleVerifier,
    SignedStatement,
    UncheckableError,
)
from conda_provenance.errors import UnavailableError, UsageError
from conda_provenance.forge_api import Attestation
from conda_provenance.verify.attested.given import Given

_MAX_KEPT = 256
"""Bundles whose outcome is remembered. One may be about a thousand packages."""

Outcome: TypeAlias = SignedStatement | BundleError | UncheckableError | UnavailableError


class Bundles:
    """Verifies the bundles of one run, and knows which ones the user names. Threads share it.

    ``given``: those that the user names. ``fetch`` gets what is at an address of the user's.
    ``make`` makes the verifier for a root of trust.
    Raises :class:`~conda_provenance.errors.UsageError` for a root of trust that cannot be used.
    """

    def __init__(
        self,
        *,
        given: Sequence[Given] = (),
        fetch: Callable[[str], bytes] | None = None,
        trust_root: bytes | None = None,
        make: Callable[[bytes | None], BundleVerifier] | None = None,
    ) -> None:
        self.given = _told_apart(given)
        """Those that the user names, each by a name that no other has."""
        self._fetch = fetch
        self._make = make or _sigstore
        # A root that cannot be used is said at once. The public one is loaded when it is needed.
        self._verifier = None if trust_root is None else self._make(trust_root)
        self.addresses: dict[str, Sequence[Attestation]] = {}
        """What forges have listed in this run, with addresses that may let their bearer in."""
        self._known: OrderedDict[str, Outcome] = OrderedDict()
        self._lock = threading.Lock()

    def fetch(self, url: str) -> bytes:
        """What is at an address that the user typed. It gets the user's credentials for it."""
        if self._fetch is None:
            raise UnavailableError("No server is asked for bundles here.")
        return self._fetch(url)

    def verify(self, data: bytes, sha256: str = "") -> SignedStatement:
        """The statement in a bundle. Raises what :class:`BundleVerifier` raises, and no more.

        ``sha256``: of the bundle, if the caller has it.
        """
        key = sha256 or hashlib.sha256(data).hexdigest()
        with self._lock:
            outcome = self._known.get(key)
            if outcome is None:
                outcome = self._known[key] = self._outcome(data)
            self._known.move_to_end(key)
            while len(self._known) > _MAX_KEPT:
                self._known.popitem(last=False)
        if isinstance(outcome, SignedStatement):
            return outcome
        raise outcome.with_traceback(None)

    def _outcome(self, data: bytes) -> Outcome:
        try:
            if self._verifier is None:
                self._verifier = self._make(None)
            return self._verifier.verify(data)
        except (BundleError, UncheckableError, UnavailableError) as error:
            return error
        except UsageError as error:  # The user's root of trust. Nothing follows for the package.
            return UnavailableError(str(error))
        except Exception as error:
            # What libraries raise for malformed bundles is not documented, and may quote them.
            return BundleError(f"It cannot be read as a bundle ({type(error).__name__}).")


def _told_apart(given: Iterable[Given]) -> Mapping[str, Given]:
    """By a name that no other has: files of one name may lie in two folders."""
    named: dict[str, Given] = {}
    for each in given:
        name, number = each.name, 1
        while name in named:
            number += 1
            name = f"{each.name} ({number})"
        # Once, and not for each package.
        digest = "" if each.data is None else hashlib.sha256(each.data).hexdigest()
        named[name] = each._replace(sha256=digest)
    return named


def _sigstore(trust_root: bytes | None) -> BundleVerifier:
    from conda_provenance.bundles.sigstore import SigstoreVerifier

    return SigstoreVerifier(trust_root)


NO_BUNDLES = Bundles()
"""The user names none, and the public root of trust counts."""
