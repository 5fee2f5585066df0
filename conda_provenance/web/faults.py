"""The error messages about servers. Each names the host only: the rest may be secret."""

from __future__ import annotations

from conda_provenance.net import address_fault, origin_of
from conda_provenance.web.errors import NoPartError, WebError


def offline() -> WebError:
    return WebError("offline", "Nothing is fetched, because --offline was given.")


def not_web(url: str) -> WebError:
    """The address leads to no web server. Nothing of it is shown: it may hold a secret."""
    fault = address_fault(url)
    if fault is None:
        fault = "only complete http:// and https:// addresses can be fetched"
    return WebError("not-allowed", f"{fault[0].upper()}{fault[1:]}.")


def not_admitted(url: str, fault: str) -> WebError:
    """A package, or an answer, names an address that the user does not admit."""
    origin = origin_of(url)
    what = origin.shown if origin else "An address"
    return WebError("not-allowed", f"{what} is not asked: {fault}.")


def refused(host: str, status: int, challenge: str | None = None) -> WebError:
    if status == 407:
        return WebError(
            "refused",
            f"The proxy for {host} asks for a login (407); check its settings.",
        )
    return WebError(
        "refused",
        f"{host} refuses access ({status}); check the credentials that you have for it.",
        challenge=challenge,
    )


def plugin_failed(url: str, error: Exception) -> WebError:
    """conda, or an authentication plugin of it, raised something."""
    origin = origin_of(url)
    host = origin.shown if origin else "a server"
    return WebError(
        "refused",
        f"conda, or a plugin of it, does not let us ask {host} ({type(error).__name__}); is there"
        " a login to renew?",
    )


def no_file(host: str, status: int) -> WebError:
    if status in {404, 410}:
        return WebError("missing", f"{host} has no such file ({status}).")
    return unexpected(host, status)


def unexpected(host: str, status: int) -> WebError:
    return WebError("unavailable", f"{host} answers {status} where a file was asked for.")


def busy(host: str, status: int, wait: float | None = None) -> WebError:
    if wait is None:
        return WebError(
            "unavailable", f"{host} is too busy ({status}), also after several tries; try later."
        )
    return WebError(
        "unavailable",
        f"{host} is too busy ({status}) and asks to be left alone for {_duration(wait)};"
        " try again then.",
    )


def server_failed(host: str, status: int) -> WebError:
    return WebError("unavailable", f"{host} answers {status}, also after several tries; try later.")


def no_connection(host: str, error: Exception) -> WebError:
    """A connection failed. The error's own text may repeat the address, so it is not used."""
    return WebError("unavailable", f"{host} cannot be reached: {_reason(error)}.")


def broke_off(host: str, error: Exception | None = None) -> WebError:
    if error is not None and _is_time_out(error):
        return WebError("unavailable", f"{host} takes too long to send a file.")
    return WebError("unavailable", f"{host} broke off in the middle of a file.")


def bad_certificate(host: str) -> WebError:
    return WebError(
        "unavailable",
        f"{host} cannot be trusted: its certificate does not hold. If it is signed by an authority"
        " of your own, name that in REQUESTS_CA_BUNDLE, or in conda's ssl_verify.",
    )


def private_address(host: str) -> WebError:
    return WebError(
        "not-allowed",
        f"{host} is in a private network, where no package and no public server may lead us.",
    )


def bad_redirect(host: str, why: str) -> WebError:
    return WebError("not-allowed", f"{host} redirects to {why}.")


def too_many_redirects(host: str) -> WebError:
    return WebError("malformed", f"{host} redirects again and again.")


def contradiction(host: str) -> WebError:
    return WebError(
        "malformed", f"{host} sends another part of a file than it was asked for, or says."
    )


def no_part(host: str) -> NoPartError:
    return NoPartError("malformed", f"{host} sends a part of a file, and does not say which.")


def compressed(host: str) -> WebError:
    return WebError(
        "malformed",
        f"{host} compresses what it sends, though it was asked not to, and that cannot be read.",
    )


def too_large(host: str, limit: int) -> WebError:
    shown = f"{limit >> 20} MiB" if limit >= 1 << 20 else f"{limit} bytes"
    return WebError("malformed", f"{host} sends more than {shown}.")


def given_up(host: str) -> WebError:
    return WebError("unavailable", f"Asking {host} was given up.")


def is_certificate_fault(error: BaseException | None) -> bool:
    """Is this, or what it came from, a certificate that does not hold?"""
    import ssl

    for _ in range(5):
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        if error is None:
            return False
        inner = error.args[0] if error.args and isinstance(error.args[0], Exception) else None
        error = error.__cause__ or error.__context__ or inner
    return False


def is_unreachable(error: Exception) -> bool:
    """Was there no connection at all? Then there will be none for another file either."""
    name = type(error).__name__
    return any(part in name for part in ("NewConnection", "ConnectTimeout", "NameResolution"))


def _is_time_out(error: Exception) -> bool:
    return isinstance(error, TimeoutError) or "Timeout" in type(error).__name__


def _reason(error: Exception) -> str:
    name = type(error).__name__
    if "NameResolution" in name or "gaierror" in repr(error):
        return "its name is not known"
    if _is_time_out(error):
        return "it does not answer in time"
    if "Proxy" in name:
        return "the proxy does not let us through"
    if "CA certificate bundle" in str(error):
        return "the certificates that REQUESTS_CA_BUNDLE or conda's ssl_verify names are not there"
    if "SSL" in name:
        return "no secure connection can be made"
    if "refused" in str(error):
        return "it refuses the connection"
    return "the connection fails"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours"
