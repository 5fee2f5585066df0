"""``Tokens``: which of the user's tokens is for which server. No other server ever gets it.

What a token may do there is not known here.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote

from conda_provenance.api import Api, NamedBy, Server, TokenVariable
from conda_provenance.net import Origin, may_send_credential, origin_of
from conda_provenance.remotes import RemoteUrl, vendor_at

_TOKEN = re.compile(r"[!-~]{1,16384}")
"""What can be sent in a header: printable, without spaces."""

SHORTEST = 8
"""Characters of the shortest secret that is looked for in answers. A shorter one is a word."""


class _GitVariable(NamedTuple):
    """A variable whose token git can use too, over https."""

    name: str
    vendor: str
    host: str
    """The server that it is for, where no variable says another one."""
    user: str
    """The user name that goes with it."""
    host_variable: str = ""


_GIT_VARIABLES = (
    _GitVariable("GH_TOKEN", "github", "github.com", "x-access-token"),
    _GitVariable("GITHUB_TOKEN", "github", "github.com", "x-access-token", "GITHUB_SERVER_URL"),
    _GitVariable("GITLAB_TOKEN", "gitlab", "gitlab.com", "oauth2"),
    _GitVariable("GITLAB_PRIVATE_TOKEN", "gitlab", "gitlab.com", "oauth2"),
    _GitVariable("CI_JOB_TOKEN", "gitlab", "gitlab.com", "gitlab-ci-token", "CI_SERVER_URL"),
    _GitVariable("GITEA_TOKEN", "gitea", "gitea.com", "oauth2"),
    _GitVariable("FORGEJO_TOKEN", "forgejo", "codeberg.org", "oauth2"),
    _GitVariable("CODEBERG_TOKEN", "forgejo", "codeberg.org", "oauth2"),
    _GitVariable("BITBUCKET_TOKEN", "bitbucket", "bitbucket.org", "x-token-auth"),
    _GitVariable("AZURE_DEVOPS_EXT_PAT", "azure", "dev.azure.com", "pat"),
    _GitVariable("SYSTEM_ACCESSTOKEN", "azure", "dev.azure.com", "pat", "SYSTEM_COLLECTIONURI"),
)

_GIT_USERS = {each.vendor: each.user for each in reversed(_GIT_VARIABLES)}
"""The user name that goes with a token that is in no variable. Others take any."""


class Token(NamedTuple):
    """A token for one server."""

    secret: str
    source: str
    """Where it comes from, for messages: ``GITHUB_TOKEN``."""

    def __repr__(self) -> str:
        return f"Token(source={self.source!r})"


class Tokens:
    """The tokens of one run.

    ``files``: what the user gave for a server by ``--token-file``. ``keyring``: asks the system's
    keyring for the token of a host. ``named``: the servers that the user names, with their vendors.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        files: Mapping[Origin, str] | None = None,
        keyring: Callable[[str], str | None] | None = None,
        named: Mapping[Origin, str] | None = None,
    ) -> None:
        self._environ = environ
        self._files = files or {}
        self._keyring = keyring
        self._named = named or {}

    def of(self, api: type[Api], server: Server) -> Token | None:
        """The token for this server, if there is one that may be sent there."""
        here = origin_of(f"https://{server.host}")
        asked = origin_of(server.url)
        if here is None or asked is None or asked.scheme != "https":
            return None
        if not _belongs_to(asked, here, api):
            return None

        if given := self._files.get(here) or self._files.get(asked):
            return Token(given, "--token-file")
        sites = _sites(api, here, asked)
        for variable in api.tokens:
            secret = self._secret(variable.name)
            if secret and self._is_for(variable, api, server, sites):
                return Token(secret, variable.name)
        return self._from_keyring(here)

    def _is_for(
        self, variable: TokenVariable, api: type[Api], server: Server, sites: Collection[Origin]
    ) -> bool:
        """Is what this variable holds for one of these, which are the same server?"""
        if owner := self._owner(variable.host_variable):
            return any(may_send_credential(owner, f"https://{site.shown}") for site in sites)
        if variable.needs_host:
            return False

        is_vendors = any(site.host in api.public_hosts and site.port == 443 for site in sites)
        return is_vendors or server.named_by is NamedBy.USER

    def _owner(self, host_variable: str) -> str:
        """The address of the server that a variable names. Some hold its host alone."""
        text = self._environ.get(host_variable, "").strip() if host_variable else ""
        return text if not text or "://" in text else f"https://{text}"

    def for_git(self, remote: RemoteUrl) -> GitLogin | None:
        """The login for git over https, if there is one for the server of this repository.

        A variable that is for no server in particular is for its vendor's own.
        """
        here = origin_of(str(remote))
        if here is None or here.scheme != "https":
            return None

        vendor = self._named.get(here) or vendor_at(here.host) or ""
        user = _GIT_USERS.get(vendor, "oauth2")
        if given := self._files.get(here):
            return GitLogin(Token(given, "--token-file"), user)
        for variable in _GIT_VARIABLES:
            secret = self._secret(variable.name)
            if secret and self._is_for_git(variable, here):
                return GitLogin(Token(secret, variable.name), variable.user)
        token = self._from_keyring(here)
        return GitLogin(token, user) if token else None

    def git_authorization(self, remote: RemoteUrl) -> str:
        """The value of the header that git sends. Empty: there is no login."""
        login = self.for_git(remote)
        return login.header.partition(": ")[2] if login else ""

    def _is_for_git(self, variable: _GitVariable, here: Origin) -> bool:
        owner = self._owner(variable.host_variable)
        if not owner and self._named.get(here) == variable.vendor:
            return True
        return may_send_credential(owner or f"https://{variable.host}", f"https://{here.shown}")

    def _secret(self, name: str) -> str:
        secret = self._environ.get(name, "").strip()
        return secret if _TOKEN.fullmatch(secret) else ""

    def _from_keyring(self, here: Origin) -> Token | None:
        secret = (self._keyring(here.shown) or "").strip() if self._keyring else ""
        return Token(secret, "the keyring") if _TOKEN.fullmatch(secret) else None


class GitLogin(NamedTuple):
    """What git sends to one server."""

    token: Token
    user: str

    @property
    def header(self) -> str:
        """The header, whole. It is a secret."""
        login = b64encode(f"{self.user}:{self.token.secret}".encode()).decode("ascii")
        return f"Authorization: Basic {login}"

    @property
    def secrets(self) -> tuple[bytes, ...]:
        """The forms in which a server could repeat it."""
        return tuple(forms_of({"Authorization": self.header}, self.token.secret))


def _belongs_to(asked: Origin, here: Origin, api: type[Api]) -> bool:
    """Is the API's address that of this server, or of the vendor's own?"""
    if asked == here or (asked.host in api.public_hosts and asked.port == 443):
        return True
    return asked.port == here.port and asked.host.endswith(f".{here.host}")


def _sites(api: type[Api], here: Origin, asked: Origin) -> Collection[Origin]:
    """The servers that are one with this API: ``api.github.com`` is ``github.com``'s."""
    sites = {here, asked}
    if asked.host in api.public_hosts and asked.host.startswith("api."):
        sites.add(asked._replace(host=asked.host.removeprefix("api.")))
    return sites


def forms_of(headers: Mapping[str, str], secret: str) -> Iterator[bytes]:
    """The forms in which a server could repeat a secret that it was sent."""
    words = {secret, quote(secret, safe=""), secret.partition(":")[2]}
    words.update(word for value in headers.values() for word in value.split())
    words.update([json.dumps(word)[1:-1] for word in words])
    yield from (word.encode("ascii", "replace") for word in words if len(word) >= SHORTEST)


def system_keyring(warn: Callable[[str], None]) -> Callable[[str], str | None]:
    """Asks the system's keyring. It is loaded when it is first asked, and each host once."""
    known: dict[str, str | None] = {}

    def ask(host: str) -> str | None:
        if host not in known:
            known[host] = None
            try:
                import keyring

                known[host] = keyring.get_password("conda-provenance", host)
            except ImportError:
                warn("provenance_keyring is set, but keyring is not installed: install it.")
            except Exception as error:  # Each system's keyring has its own.
                warn(f"The keyring has no token for {host} ({type(error).__name__}).")
        return known[host]

    return ask
