"""Repository addresses: parsed once into one type, and written as https without credentials.

An address is split into parts and rebuilt from those that are known to be safe. Nothing is merely
cut out of a string. An address that is not understood is refused, and no message repeats it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from conda_provenance.errors import ProvenanceError
from conda_provenance.tokens import decoded, holds_at, holds_token

MAX_LENGTH = 2048
"""The length of the longest address, or other value, that is written. In characters."""

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?\Z")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]\Z")

_SCP = re.compile(
    r"(?:[A-Za-z0-9._~+-]+@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?P<path>[^:].*)\Z"
)
"""``user@host:path``. Never "name:password@": git reads "a:b@c:d" as host "a"."""

_DRIVE = re.compile(r"[A-Za-z]:([\\/]|[^@/:]*\Z)")

_SEGMENT = re.compile(r"[@~]?[\w.+ ()!,'&$-]+\Z")
"""A segment of a path as forges have them. A leading "@" (Tangled) or "~" (SourceHut) is a user."""

SSH_SCHEMES = {"ssh", "git+ssh", "ssh+git"}
_SCHEMES = {"http", "https", "git", "git+https", "git+http"} | SSH_SCHEMES


class RemoteUrlError(ProvenanceError):
    """A text that is not the address of a repository that others can reach.

    The message is the second half of a sentence, and does not repeat the text.
    """


class _ForgeLine(NamedTuple):
    """Where one forge's repositories are, and how an ssh address becomes the web address."""

    vendor: str = ""
    """The forge's name in :mod:`conda_provenance.systems`, if it is there."""
    hosts: tuple[str, ...] = ()
    """Hosts of the web addresses. ``.ghe.com`` is every host in that domain, run by the vendor."""
    ssh_hosts: tuple[str, ...] = ()
    """Hosts of ssh addresses only. In the web address the first of ``hosts`` stands instead."""
    ssh_port: int | None = None
    """The ssh port by which a self-hosted server is recognised."""
    ssh_labels: tuple[str, ...] = ()
    """The words in a host's name, between dots and dashes, by which a self-hosted server is
    recognised."""
    ssh_segments: tuple[str, ...] = ()
    """The segments of a path by which a self-hosted server is recognised."""
    ssh_path: str = r".+"
    """What the path of an ssh address looks like, as a regular expression."""
    web_path: str | None = r"\g<0>"
    """The path of the web address, from ``ssh_path``'s groups. ``None``: no rule is certain."""


_FORGES = (
    _ForgeLine("github", ("github.com", ".ghe.com"), ("ssh.github.com",)),
    _ForgeLine("gitlab", ("gitlab.com",), ("altssh.gitlab.com",)),
    _ForgeLine("bitbucket", ("bitbucket.org",), ("altssh.bitbucket.org",)),
    _ForgeLine("forgejo", ("codeberg.org",)),
    _ForgeLine("gitea", ("gitea.com",)),
    _ForgeLine("sourcehut", ("git.sr.ht",)),
    _ForgeLine("gitlab", ("gitlab.gnome.org",), ("ssh.gitlab.gnome.org",)),
    _ForgeLine("gitlab", ("gitlab.freedesktop.org",), ("ssh.gitlab.freedesktop.org",)),
    # https://korg.docs.kernel.org/gitolite/
    _ForgeLine(hosts=("git.kernel.org",), ssh_hosts=("gitolite.kernel.org",)),
    _ForgeLine(hosts=("src.fedoraproject.org",), ssh_hosts=("pkgs.fedoraproject.org",)),
    _ForgeLine(hosts=("git.launchpad.net",)),
    _ForgeLine(hosts=("git.code.sf.net",)),
    # https://learn.microsoft.com/azure/devops/repos/git/use-ssh-keys-to-authenticate
    _ForgeLine(
        "azure",
        ("dev.azure.com", ".visualstudio.com"),
        ("ssh.dev.azure.com", "vs-ssh.visualstudio.com"),
        ssh_path=r"v3/([^/]+)/([^/]+)/([^/]+)",
        web_path=r"\1/\2/_git/\3",
    ),
    # Bitbucket Data Center, formerly Stash. Its web addresses contain /scm/, but the server's owner
    # chooses the port and the path before it.
    _ForgeLine(ssh_port=7999, ssh_labels=("bitbucket", "stash"), web_path=None),
    # Gerrit. Many servers have their web addresses below a path such as /r/ or /a/.
    _ForgeLine(ssh_port=29418, ssh_labels=("gerrit", "review", "codereview"), web_path=None),
    # Azure DevOps Server, formerly TFS. Its owner chooses the port and the path before it.
    _ForgeLine(ssh_segments=("_git", "_ssh"), web_path=None),
    # A server that answers ssh alone. The web has another name.
    _ForgeLine(ssh_labels=("ssh", "altssh", "gitssh"), web_path=None),
)
"""What we know of the addresses of each forge. No other module has such a rule."""

_GITILES = ".googlesource.com"
"""The hosts of Google's own servers of Gerrit, which show repositories with Gitiles."""


class RemoteUrl(NamedTuple):
    """A repository on a server. ``str()`` gives the URL that is written into packages."""

    scheme: str
    """``https``, or ``http`` where the address was an http URL with a port of its own."""
    host: str
    port: int | None
    path: str
    """Percent-encoded, without slashes around it and without ``.git``."""

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}/{self.path}"

    @classmethod
    @lru_cache(maxsize=1000)  # One package's address is asked for five times.
    def parse(cls, text: str) -> RemoteUrl:
        """Read an address in any form that git takes: https, ssh, git, ``user@host:path``.

        User names, passwords, queries and fragments are dropped. Raises :class:`RemoteUrlError` for
        a local path, ``file://``, a ``transport::`` helper, and whatever does not parse.
        """
        text = text.strip()
        if not text or len(text) > MAX_LENGTH or not text.isprintable() or "\\" in text:
            raise RemoteUrlError("it is empty, too long or holds characters that no URL has")

        return cls._parse_url(text) if "://" in text else cls._parse_scp(text)

    @classmethod
    def _parse_url(cls, text: str) -> RemoteUrl:
        scheme, _, rest = text.partition("://")
        scheme = scheme.lower()
        if scheme == "file":
            raise RemoteUrlError("it is a local path")

        if scheme not in _SCHEMES:
            raise RemoteUrlError("its scheme is not one that repositories are reached by")

        authority, _slash, path = rest.partition("/")
        userinfo, _, place = authority.rpartition("@")
        host, port_text = _split_port(place)

        if port_text and not port_text.isdigit() and userinfo == "git":
            # "ssh://git@github.com:owner/name" is a common slip, and what Semaphore documents
            # for its own variable.
            path, port_text = f"{port_text}/{path}", ""

        # The port of an ssh or git URL says nothing about where the web server listens.
        is_web = scheme.removeprefix("git+") in ("http", "https")
        number = _port(port_text)
        port = number if is_web else None
        is_plain = scheme.endswith("http") and port not in (None, 80)

        if port == (443 if scheme.endswith("https") else 80):
            port = None

        ssh_port = (number or 22) if scheme in SSH_SCHEMES else None
        return cls._clean("http" if is_plain else "https", host, port, path, ssh_port)

    @classmethod
    def _parse_scp(cls, text: str) -> RemoteUrl:
        if text.startswith(("/", ".", "~")) or _DRIVE.match(text):
            raise RemoteUrlError("it is a local path")

        match = _SCP.match(_without_query(text))
        if match is None:
            raise RemoteUrlError("it is a local path, or not a URL")

        is_login = "@" not in text and "." not in match["host"] and "/" not in match["path"]
        is_broken_url = match["host"].lower() in _SCHEMES  # "https:/host/path"
        if is_login or is_broken_url:
            # "user:password" reads like "host:path".
            raise RemoteUrlError("it is not a URL")

        return cls._clean("https", match["host"], None, match["path"], ssh_port=22)

    @classmethod
    def _clean(
        cls, scheme: str, host: str, port: int | None, path: str, ssh_port: int | None = None
    ) -> RemoteUrl:
        if not _is_host(host):
            raise RemoteUrlError("its host is not a host name")

        host = host.lower().rstrip(".")
        path = _without_query(path).strip("/")
        if holds_token(f"/{path}"):
            raise RemoteUrlError("its path holds what may be a token")

        segments = [clean_segment(segment) for segment in path.split("/") if segment]
        if segments and "." not in host and segments[0].startswith("@"):
            # "https://user/@host/path" and "user:@host/path" hold a login.
            raise RemoteUrlError("its host looks like a user name")

        if segments:
            # All of them, so that cleaning an address twice changes nothing more.
            while segments[-1].endswith(".git"):
                segments[-1] = segments[-1].removesuffix(".git")

        if not all(segments) or not segments:
            raise RemoteUrlError("it names no repository")

        clean_segment(segments[-1])  # what is left of it must be a name, too

        host, path = _web_place(host, "/".join(segments), ssh_port)
        return cls(scheme, host, port, path)


def clean_segment(segment: str, extra: str = "") -> str:
    """One segment of a path, decoded, checked and encoded again.

    The characters in ``extra`` are allowed as well. Raises :class:`RemoteUrlError` for a segment
    that could hide credentials or a query, or that leads out of the path.
    """
    plain = decoded(segment)
    kept = plain
    for char in extra:
        kept = kept.replace(char, "")

    is_dots = plain in (".", "..")
    is_odd = not plain.isprintable() or (kept and not _SEGMENT.match(kept))
    if is_dots or is_odd or holds_token(plain):
        raise RemoteUrlError("its path holds characters that may hide credentials")

    return quote(plain, safe="@~+()!,'&$" + extra)


def _without_query(path: str) -> str:
    """Cut off query and fragment. Raises :class:`RemoteUrlError` if a login may end in them."""
    query = re.search(r"[?#].*", path)
    if query is None:
        return path

    if holds_at(query[0]):
        # "user:pass#@host" has its password before the "#".
        raise RemoteUrlError("it holds what may be credentials")

    return path[: query.start()]


def _is_host(text: str) -> bool:
    if holds_token(text):
        return False

    return _HOST.match(text) is not None or _IPV6.match(text) is not None


def _port(text: str) -> int | None:
    if not text:
        return None

    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise RemoteUrlError("its port is not a number")

    return int(text)


def _split_port(place: str) -> tuple[str, str]:
    if place.startswith("["):
        host, bracket, port = place.partition("]")
        return host + bracket, port.removeprefix(":")

    host, _, port = place.partition(":")
    return host, port


def vendor_at(host: str) -> str | None:
    """The forge that has repositories at this public web host, such as ``github``."""
    names = {host, "." + host.partition(".")[2]}
    return next((line.vendor for line in _FORGES if names & set(line.hosts)), None)


def _web_place(host: str, path: str, ssh_port: int | None) -> tuple[str, str]:
    """Host and path of the web address. ``ssh_port`` is ``None`` unless this is an ssh address."""
    if host.endswith(_GITILES):
        return host, re.sub(r"\A(?:a/)+", "", path)  # which asks for a login

    line = _line_of(host, path, ssh_port)
    if line is None:
        return host, path

    match = re.fullmatch(line.ssh_path, path)
    if match is None or line.web_path is None:
        raise RemoteUrlError("it is an ssh address that does not tell the web address")

    return line.hosts[0] if line.hosts else host, match.expand(line.web_path)


def _line_of(host: str, path: str, ssh_port: int | None) -> _ForgeLine | None:
    """The forge whose rule turns this ssh address into the web address, if there is one."""
    for line in _FORGES:
        if host in line.ssh_hosts:
            return line

    if ssh_port is None or any(host in line.hosts for line in _FORGES):
        return None

    words, segments = set(re.split(r"[.-]", host)), set(path.split("/"))
    for line in _FORGES:
        is_named = words & set(line.ssh_labels) or segments & set(line.ssh_segments)
        if line.ssh_port == ssh_port or is_named:
            return line

    return None


def clean_page_url(text: str) -> str:
    """The address of a CI run's page, without credentials, fragment and query.

    One query is kept, a numeric ``buildId``: on Azure Pipelines and TeamCity the address of a run
    needs it. Raises :class:`RemoteUrlError` for what does not parse.
    """
    text = text.strip()
    if not text.isprintable() or len(text) > MAX_LENGTH or "\\" in text:
        raise RemoteUrlError("it is too long or holds characters that no URL has")

    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise RemoteUrlError("it is not a URL") from None

    host = _split_port(parts.netloc.rpartition("@")[2])[0].lower()
    if parts.scheme not in ("http", "https") or not _is_host(host):
        raise RemoteUrlError("it is not an http or https URL")

    if holds_at(parts.query + parts.fragment):
        raise RemoteUrlError("it holds what may be credentials")

    _check_page_path(parts.path)
    path = quote(parts.path, safe="/%@~+()!,'&$:;*")
    build = parts.query and re.search(r"(?:\A|&)buildId=(\d{1,20})(?:&|\Z)", parts.query)
    query = f"?buildId={build[1]}" if build else ""
    return f"{parts.scheme}://{host}{'' if port is None else f':{port}'}{path}{query}"


def _check_page_path(path: str) -> None:
    """Check the decoded path. The path itself is written unchanged.

    Jenkins distinguishes "feature%252Fx", a branch, from "feature/x", two folders.
    """
    if holds_token(path):
        raise RemoteUrlError("its path holds what may be a token")

    for segment in path.split("/"):
        for part in re.split(r"%(?:25)*2[Ff]", segment):
            if part:
                clean_segment(part, ":;*")
