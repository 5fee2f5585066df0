"""Signs statements with Sigstore, by the CI's own identity or by a login in a browser.

What a statement says is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from conda_provenance.bundles.certificate_facts import facts_of
from conda_provenance.errors import UnavailableError, UsageError

if TYPE_CHECKING:
    from conda_provenance.attest.sigstore_client.claims import TokenRun
    from conda_provenance.attest.sigstore_client.tokens import Token
    from conda_provenance.bundles.certificate import Certificate

_ODD_CERTIFICATE = "The certificate authority's answer makes no sense"


class Signer(Protocol):
    """Signs statements as one identity."""

    @property
    def certificate(self) -> Certificate:
        """What the authority says of who signs."""

    def sign(self, statement: bytes) -> str:
        """A Sigstore bundle (JSON) with exactly these bytes as its payload.

        Raises :class:`~conda_provenance.errors.UnavailableError`.
        """


class SigstoreSigner:
    """Signs with one key and certificate, and with new ones when they have expired."""

    def __init__(self, config: Any, new_token: Callable[[], Token]) -> None:
        """``config``: sigstore's ``ClientTrustConfig``."""
        self._config = config
        self._new_token = new_token
        self._token = new_token()
        self._signer = self._certified()
        self._certificate = self._facts()

    @property
    def certificate(self) -> Certificate:
        """What the authority says of who signs."""
        return self._certificate

    @property
    def run(self) -> TokenRun | None:
        """The CI's run that signs, as its token says. The authority has accepted that token."""
        return self._token.run

    def sign(self, statement: bytes) -> str:
        """A bundle with exactly these bytes as its payload. It was verified.

        By then the log has it, and keeps it for ever: ask before whether it may be signed.
        """
        text = self._made(statement)
        if text is None:
            self._renew()
            text = self._made(statement)
        if text is None:
            raise UnavailableError("The certificate that was just made has expired already.")

        if self.certificate_in(text, statement) != self._certificate:
            raise UnavailableError("The signature that was made has another certificate.")
        return text

    def certificate_in(self, bundle: str | bytes, statement: bytes) -> Certificate:
        """What the certificate of a bundle of this statement says. The bundle holds.

        It is verified with the keys of the same instance. Raises :class:`UnavailableError` if it
        does not hold, or is about another statement.
        """
        from sigstore.models import Bundle
        from sigstore.verify import Verifier, policy

        with _explained("The signature that was made does not hold, so it is not written"):
            parsed = Bundle.from_json(bundle)
            verifier = Verifier(trusted_root=self._config.trusted_root)
            _, payload = verifier.verify_dsse(parsed, policy.UnsafeNoOp())
            if payload != statement:
                raise ValueError
            return facts_of(parsed.signing_certificate)

    def _certified(self) -> Any:
        """sigstore's ``Signer`` with a key of its own, and the authority's certificate for it."""
        from sigstore.oidc import ExpiredIdentity
        from sigstore.sign import Signer as CertifiedSigner
        from sigstore.sign import SigningContext

        try:
            with _explained(_ODD_CERTIFICATE):
                context = SigningContext.from_trust_config(self._config)
                _bound_clients(context)
                return CertifiedSigner(self._token.identity, context)
        except ExpiredIdentity:
            raise UnavailableError("The identity token has expired; start again.") from None

    def _facts(self) -> Certificate:
        from sigstore.sign import ExpiredCertificate

        try:
            with _explained(_ODD_CERTIFICATE):
                return facts_of(self._signer._signing_cert())
        except ExpiredCertificate:
            raise UnavailableError("The certificate that was just made has expired.") from None

    def _renew(self) -> None:
        """Ask for another token and certificate, which nobody needs to click for."""
        if not self._token.is_ambient:
            raise UnavailableError(
                "The certificate of your login has expired; run the command again for the rest."
            )
        self._token = self._new_token()
        self._signer = self._certified()
        renewed = self._facts()
        if renewed != self._certificate:
            raise UnavailableError("The CI's identity has changed while it signed.")

    def _made(self, statement: bytes) -> str | None:
        """A bundle that nobody has verified. ``None``: the certificate has expired."""
        from sigstore.dsse import Statement
        from sigstore.sign import ExpiredCertificate

        try:
            with _explained("The log's answer makes no sense"):
                text: str = self._signer.sign_dsse(Statement(statement)).to_json()
        except ExpiredCertificate:
            return None
        return text


@contextmanager
def open_signer(
    trust_config: str | None,
    environ: Mapping[str, str],
    note: Callable[[str], None] = lambda _: None,
) -> Iterator[SigstoreSigner]:
    """A signer with the CI's identity, or with one that somebody shows by a login in a browser.

    ``trust_config``: the file of a private instance. ``environ``: the variables of this process,
    which sigstore reads too. ``note`` prints a line for the user before a browser opens.

    Raises :class:`UnavailableError`, and :class:`~conda_provenance.errors.UsageError` for a file
    that is no trust configuration.
    """
    require_sigstore()
    from conda_provenance.attest.sigstore_client import tokens, trust

    config = trust.trust_config(trust_config)
    login = config.signing_config.get_oidc_url
    yield SigstoreSigner(config, lambda: tokens.get_token(environ, login, note))


def require_trust_config(path: str) -> None:
    """Raise what :func:`open_signer` will raise for this file, before other work is done."""
    require_sigstore()
    from conda_provenance.attest.sigstore_client import trust

    trust.trust_config(path)


def require_sigstore() -> None:
    """Raise :class:`UnavailableError` if nothing can be signed, since sigstore is not installed."""
    try:
        import sigstore.sign  # noqa: F401
    except ImportError:
        raise UnavailableError(
            "Signing needs sigstore, which is not installed: conda install sigstore, or pip "
            "install 'conda-provenance[sigstore]'."
        ) from None


def _bound_clients(context: Any) -> None:
    """Let the clients of authority, log and time stamps ask within bounds."""
    from conda_provenance.attest.sigstore_client.connections import Service, bound

    authority = Service(
        "the authority that makes certificates",
        "gives none for this identity. Does it accept tokens of this CI, or of this login?",
    )
    log = Service("the log of signatures", "does not take this signature.")
    # Where the log says when it was, they are needed by nobody. If they are, verifying fails.
    times = Service(
        "the authority that makes time stamps", "makes none for this signature.", can_be_missed=True
    )
    bound(context._fulcio.session, authority)
    bound(context._rekor._session, log)
    for client in context._tsa_clients:
        bound(client._session, times)


@contextmanager
def _explained(otherwise: str) -> Iterator[None]:
    """Nothing is logged in this block, and whatever is raised is one sentence.

    Sigstore, and the libraries below it, raise what they like for an answer that makes no sense.
    Its texts may repeat what a server sent, so they are not shown.
    """
    from sigstore.oidc import ExpiredIdentity
    from sigstore.sign import ExpiredCertificate

    from conda_provenance.attest.sigstore_client.quiet import quiet

    try:
        with quiet():
            yield
    except (UnavailableError, UsageError, ExpiredCertificate, ExpiredIdentity):
        raise
    except Exception as error:
        raise UnavailableError(f"{otherwise} ({type(error).__name__}).") from None
