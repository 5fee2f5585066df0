"""Bounds what sigstore's own clients ask and are answered: in time, in size, in where it goes.

By themselves they wait for ever, and take an answer of any size. What is asked is not known here.
"""

from __future__ import annotations

import io
from ipaddress import ip_address
from typing import Any, NamedTuple

from requests import PreparedRequest, Response, Session
from requests.exceptions import RequestException

from conda_provenance.net import Origin, origin_of
from conda_provenance.web import WebError, faults
from conda_provenance.web.connections import Bound, Connections

SECONDS = 90.0
"""An answer of a few kilobytes may take so long. The second version of the log waits until its
entry is part of the tree."""
_SLOWEST = 1 << 20
_READ = 60.0
"""Seconds without a byte."""

MAX_ANSWER = 4 << 20
"""Bytes. A certificate or an entry of a log has a few thousand."""

_PIECE = 1 << 16
_LOCAL_NAMES = ("localhost", "localhost.localdomain")


class Service(NamedTuple):
    """What a server is for, in sentences."""

    role: str
    """Such as "the log"."""
    refuses: str
    """What it does if it refuses, such as "does not take this signature."."""
    can_be_missed: bool = False


class BoundedAdapter(Connections):
    """The connections of sigstore's clients. Every failure is a :class:`WebError`.

    The error names the host only. What a server wrote is never repeated: it may be our own token.
    """

    def __init__(self, service: Service) -> None:
        super().__init__(1)
        self._service = service

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,  # noqa: ARG002
        timeout: object = None,  # noqa: ARG002
        verify: bool | str = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> Response:
        """The answer, read whole."""
        origin = origin_of(request.url or "")
        if origin is None:
            raise faults.not_web(request.url or "")

        _require_secrecy(origin, request)
        request.headers["Accept-Encoding"] = "identity"
        try:
            with Bound(SECONDS, _SLOWEST, _READ):
                response = super().send(
                    request, stream=True, timeout=_READ, verify=verify, cert=cert, proxies=proxies
                )
                return self._read(response, origin.shown)
        except (RequestException, OSError) as error:
            raise self._as_sigstore_takes_it(_no_answer(origin.shown, error)) from None
        except WebError as error:
            raise self._as_sigstore_takes_it(error) from None

    def _as_sigstore_takes_it(self, error: WebError) -> Exception:
        """sigstore does without a service by itself, if that raises an error of requests."""
        return RequestException(str(error)) if self._service.can_be_missed else error

    def _read(self, response: Response, host: str) -> Response:
        """The response with its whole body. What is no answer to the question raises."""
        try:
            if response.is_redirect:
                raise faults.bad_redirect(host, "another address, which is not followed")
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise faults.compressed(host)

            body = bytearray()
            for piece in response.iter_content(_PIECE):
                body += piece
                if len(body) > MAX_ANSWER:
                    raise faults.too_large(host, MAX_ANSWER)
        finally:
            response.close()

        self._require_success(host, response.status_code)
        whole = Response()
        whole.status_code, whole.reason = response.status_code, response.reason
        whole.url, whole.request = response.url, response.request
        whole.headers, whole.raw = response.headers, io.BytesIO(body)
        return whole

    def _require_success(self, host: str, status: int) -> None:
        if status < 400:
            return

        if status >= 500 or status in (408, 429):
            raise WebError(
                "unavailable", f"{host}, {self._service.role}, answers {status}; try later."
            )
        raise WebError(
            "refused", f"{host}, {self._service.role}, answers {status}: it {self._service.refuses}"
        )


def bound(session: Session, service: Service) -> None:
    """Let this session ask within bounds. A login in netrc is not sent instead of the token."""
    session.auth = _as_it_is
    adapter = BoundedAdapter(service)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    return request


def _require_secrecy(origin: Origin, request: PreparedRequest) -> None:
    """An identity token is a secret for some minutes: whoever reads it can sign with it."""
    if "Authorization" not in request.headers or origin.scheme == "https" or _is_here(origin.host):
        return

    raise WebError(
        "not-allowed",
        f"{origin.shown} is not sent the identity token, because http lets others read it: name it "
        "with https in the trust configuration.",
    )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in _LOCAL_NAMES


def _no_answer(host: str, error: Exception) -> WebError:
    if faults.is_certificate_fault(error):
        return WebError(
            "unavailable",
            f"{host} cannot be trusted: its certificate does not hold. If it is signed by an "
            "authority of your own, name that in REQUESTS_CA_BUNDLE.",
        )
    if _is_late(error):
        return WebError("unavailable", f"{host} takes too long to answer; try later.")
    return faults.no_connection(host, error)


def _is_late(error: BaseException | None) -> bool:
    """Is this, or what it came from, a time that is up? requests says so of a head alone."""
    for _ in range(5):
        if error is None:
            return False
        if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
            return True
        inner = error.args[0] if error.args and isinstance(error.args[0], Exception) else None
        error = error.__cause__ or error.__context__ or inner
    return False
