"""Prepares requests: adds credentials, and chooses the proxy and the certificates.

``CondaClient`` uses conda's session, if conda is installed. ``PlainClient`` does what requests
does: it takes the login from the address or netrc, and proxies and certificates from the
environment. Neither opens a connection.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from conda_provenance.net import Origin, origin_of
from conda_provenance.web import faults
from conda_provenance.web.errors import WebError

_PLAIN = re.compile(r"https?://[a-z0-9.-]+(?::\d+)?/[A-Za-z0-9/._+!~-]*")
"""An address that can be sent as it is."""


_MAX_FOLDERS = 1000
"""Folders on servers of which something is remembered."""


class Settings(NamedTuple):
    """The proxy for a server, and how its certificate is checked."""

    proxies: dict[str, str]
    verify: bool | str
    cert: Any


class Call(NamedTuple):
    """A request that is ready to be sent. The address holds no login any more."""

    url: str
    headers: Mapping[str, str]
    settings: Settings
    request: Any = None
    """requests' ``PreparedRequest``, if there are ``hooks``."""
    hooks: tuple[Any, ...] = ()
    """Of an authentication plugin: they see the answer, and may ask again."""
    body: bytes | None = None
    """What is sent with it, by POST. ``None``: nothing, by GET."""


class Client(Protocol):
    """Prepares requests."""

    name: str
    """How it names itself to servers, before our own name."""
    ssl_context: Any | None

    def prepare(self, url: str, headers: dict[str, str], *, with_credentials: bool) -> Call:
        """The request for ``url``. ``with_credentials``: with those that the user has for it."""


def without_login(url: str) -> tuple[str, str]:
    """The address without its login, and the login as it stands there."""
    if "@" not in url:
        return url, ""

    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    return (urlunsplit(parts._replace(netloc=host)), login) if at else (url, "")


class PlainClient:
    """Requests as requests would send them."""

    name = ""
    ssl_context = None

    def __init__(self) -> None:
        import requests

        self._session = requests.Session()
        self._settings: dict[Origin, Settings] = {}
        self._logins: dict[str, str | None] = {}

    def prepare(self, url: str, headers: dict[str, str], *, with_credentials: bool) -> Call:
        plain, login = without_login(url)
        if with_credentials and (authorization := self._authorization(plain, login)):
            headers = {"Authorization": authorization, **headers}

        plain = quoted(plain)
        return Call(plain, headers, settings_for(self._session, plain, self._settings))

    def _authorization(self, url: str, login: str) -> str | None:
        if not login and (host := _host_of(url)) in self._logins:
            return self._logins[host]

        from requests.auth import _basic_auth_str
        from requests.utils import get_netrc_auth

        if login:
            user, _, password = login.partition(":")
            return str(_basic_auth_str(*map(_encoded, (unquote(user), unquote(password)))))

        found = get_netrc_auth(url)
        self._logins[host] = str(_basic_auth_str(*map(_encoded, found))) if found else None
        return self._logins[host]


def _host_of(url: str) -> str:
    """The server and port of an address without login, as they stand there."""
    return re.split("[/?#]", url.partition("://")[2], maxsplit=1)[0]


def _encoded(word: str) -> bytes:
    """A part of a login as requests sends it. What Latin-1 lacks it cannot send: RFC 7617 can."""
    try:
        return word.encode("latin-1")
    except UnicodeEncodeError:
        return word.encode("utf-8", "replace")


def quoted(url: str) -> str:
    """The address as it may be sent: nothing in it but what an address may hold."""
    if _PLAIN.fullmatch(url):
        return url

    from requests.exceptions import RequestException
    from requests.models import PreparedRequest

    request = PreparedRequest()
    try:
        request.prepare_url(url, None)
    except (RequestException, UnicodeError):
        raise faults.not_web(url) from None
    return str(request.url)


def settings_for(session: Any, url: str, known: dict[Origin, Settings]) -> Settings:
    """Proxies and certificates for an address. They depend on nothing but its server."""
    origin = origin_of(url)
    if origin is None:
        raise faults.not_web(url)
    if origin not in known:
        found = session.merge_environment_settings(url, {}, True, None, None)
        known[origin] = Settings(found["proxies"], found["verify"], found["cert"])
    return known[origin]


class CondaClient:
    """Requests as conda would send them: its channels' credentials, proxies and certificates."""

    def __init__(self) -> None:
        from conda.base.context import context
        from conda.gateways.connection.session import CondaHttpAuth, get_session

        _read_configuration(context)
        self._context = context
        self._session_of = get_session.__wrapped__  # Its cache keeps every address it ever saw.
        self._prompts = CondaHttpAuth.handle_407
        self._own_auth = CondaHttpAuth
        self._headers: dict[tuple[str, ...], dict[str, str]] = {}
        """Of folders whose files are all asked for alike."""
        self._local = threading.local()
        self.name = context.user_agent
        self.ssl_context = _ssl_context(context.ssl_verify)

    def prepare(self, url: str, headers: dict[str, str], *, with_credentials: bool) -> Call:
        if self._context.offline:
            raise WebError("offline", "conda is set to be offline, so nothing is fetched.")

        try:
            return self._prepared(url, headers, with_credentials)
        except WebError:
            raise
        except Exception as error:  # A plugin's. Its text may hold a secret.
            raise faults.plugin_failed(url, error) from None

    def _prepared(self, url: str, headers: dict[str, str], with_credentials: bool) -> Call:
        import requests

        session = self._session(url)
        if not with_credentials:
            plain = quoted(without_login(url)[0])
            settings = settings_for(session, plain, self._local.settings)
            return Call(plain, headers, settings._replace(cert=None))

        key = _key_of_folder(url, headers)
        if (known := self._headers.get(key)) is not None and _PLAIN.fullmatch(url):
            return Call(url, {**known, **headers}, settings_for(session, url, self._local.settings))

        request = session.prepare_request(requests.Request("GET", url, headers=headers))
        # conda's own hook would ask for a proxy's password, on the terminal, in any thread.
        hooks = tuple(hook for hook in request.hooks["response"] if hook is not self._prompts)
        settings = settings_for(session, request.url, self._local.settings)
        if not hooks and request.url == url and self._are_all_alike(session, url):
            if len(self._headers) > _MAX_FOLDERS:
                self._headers.clear()
            # The next request may be for the whole file.
            self._headers[key] = {n: v for n, v in request.headers.items() if n != "Range"}
        return Call(request.url, request.headers, settings, request, hooks)

    def _are_all_alike(self, session: Any, url: str) -> bool:
        """Would conda ask for every file in the folder of ``url`` with the same headers?

        What it adds itself depends on the server and the folder: a login of the address or netrc,
        or a stored token. Cookies and plugins may look at the whole address.
        """
        from conda.gateways.connection import session as own

        plugins = getattr(self._context.plugin_manager.hook, "conda_request_headers", None)
        folder = url[: url.rindex("/") + 1]
        return (
            type(session) is own.CondaSession
            and type(session.auth) is self._own_auth
            and not session.cookies
            and not (plugins and plugins.get_hookimpls())
            and not any(each.startswith(folder) for each in own.read_binstar_tokens())
        )

    def _session(self, url: str) -> Any:
        """conda has a session for each thread and kind of credentials."""
        known = self._local.__dict__.setdefault("sessions", {})
        self._local.__dict__.setdefault("settings", {})
        folder = url.rpartition("/")[0]
        if folder not in known:
            if len(known) > _MAX_FOLDERS:
                known.clear()
            known[folder] = self._session_of(url)
        return known[folder]


def _key_of_folder(url: str, headers: Mapping[str, str]) -> tuple[str, ...]:
    """The folder that an address lies in, and what is asked there. Only ranges differ."""
    rest = (f"{name}: {value}" for name, value in headers.items() if name != "Range")
    return (url.rpartition("/")[0], *rest)


def _read_configuration(context: Any) -> None:
    """Let conda read its files, unless one of its own commands has already done so."""
    has_files = any(isinstance(source, Path) for source in context.raw_data)
    if not has_files and not getattr(context, "_argparse_args", None):
        from conda.base.context import reset_context

        reset_context()


def _ssl_context(ssl_verify: Any) -> Any | None:
    """The system's certificates, if conda is told to take those."""
    if ssl_verify != "truststore":
        return None

    import ssl

    try:
        import truststore
    except ImportError:
        raise WebError(
            "unavailable",
            "conda's ssl_verify is truststore, which is not installed: conda install truststore.",
        ) from None

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
