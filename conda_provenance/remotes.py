"""Repository addresses: parsed once into one type, and written as https without credentials.

An address is taken apart, and rebuilt from the parts that are known to be safe. Nothing is cut out
of a string. What is not understood is refused, and no message repeats it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from conda_provenance.errors import ProvenanceError

MAX_LENGTH = 2048
"""Characters that an address, or any other written value, may have. No reader gets a flood."""

_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?\Z")
_IPV6 = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]\Z")

_SCP = re.compile(
    r"(?:[A-Za-z0-9._~+-]+@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(?P<path>[^:].*)\Z"
)
"""``user@host:path``. Never "name:password@": git reads "a:b@c:d" as host "a"."""

_DRIVE = re.compile(r"[A-Za-z]:([\\/]|[^@/:]*\Z)")

_SEGMENT = re.compile(r"[@~]?[\w.+ ()!,'&$-]+\Z")
"""A segment of a path as forges have them. A leading "@" (Tangled) or "~" (SourceHut) is a user."""

_TOKEN = re.compile(
    r"(?<![0-9A-Za-z])(?:gh[a-z]_|github_pat_|gl[a-z]{2,6}-[0-9A-Za-z_-]{16}"
    r"|AT(?:[A-Z]TT|BB|OA)[0-9A-Za-z_=-]{12}|AKIA[0-9A-Z]{12}|npm_[0-9A-Za-z]{20})"
)
"""Access tokens: GitHub's, GitLab's, Atlassian's, AWS's, npm's."""

_SCHEMES = {"http", "https", "git", "ssh", "git+ssh", "git+https", "git+http", "ssh+git"}
_SSH_HOSTS = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
}


class RemoteUrlError(ProvenanceError):
    """A text that is not the address of a repository that others can reach.

    The message is the second half of a sentence, and does not repeat the text.
    """


@dataclass(frozen=True, slots=True)
class RemoteUrl:
    """A repository on a server. ``str()`` gives the URL that is written into packages."""

    scheme: str
    """``https``. It is ``http`` only where an http URL named a port, which then speaks http."""
    host: str
    port: int | None
    path: str
    """Percent-encoded, without slashes around it and without ``.git``."""

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}/{self.path}"

    @classmethod
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

        return cls._make("http" if is_plain else "https", host, port, _without_query(path))

    @classmethod
    def _parse_scp(cls, text: str) -> RemoteUrl:
        if text.startswith(("/", ".", "~")) or _DRIVE.match(text):
            raise RemoteUrlError("it is a local path")

        match = _SCP.match(text)
        if match is None:
            raise RemoteUrlError("it is a local path, or not a URL")

        is_login = "@" not in text and "." not in match["host"] and "/" not in match["path"]
        is_broken_url = match["host"].lower() in _SCHEMES  # "https:/host/path"
        if is_login or is_broken_url:
            # "user:password" reads like "host:path".
            raise RemoteUrlError("it is not a URL")

        return cls._make("https", match["host"], None, _without_query(match["path"]))

    @classmethod
    def _make(cls, scheme: str, host: str, port: int | None, path: str) -> RemoteUrl:
        if not _is_host(host):
            raise RemoteUrlError("its host is not a host name")

        host = host.lower().rstrip(".")
        segments = [clean_segment(segment) for segment in path.strip("/").split("/") if segment]
        if segments and "." not in host and re.match(r"@.*\.", segments[0]):
            raise RemoteUrlError("its host looks like a user name")  # "https://user/@host/path"

        host, segments = _azure_over_https(_SSH_HOSTS.get(host, host), segments)
        if segments:
            segments[-1] = segments[-1].removesuffix(".git")

        if not all(segments) or not segments:
            raise RemoteUrlError("it names no repository")

        return cls(scheme, host, port, "/".join(segments))


def clean_segment(segment: str, extra: str = "") -> str:
    """One segment of a path, decoded, checked and encoded again.

    The characters in ``extra`` are allowed as well. Raises :class:`RemoteUrlError` for a segment
    that could hide credentials or a query, or that leads out of the path.
    """
    plain = segment
    for _ in range(3):  # "%2540" is an "@" for whoever decodes twice
        plain = unquote(plain, errors="surrogateescape")

    kept = plain
    for char in extra:
        kept = kept.replace(char, "")

    is_dots = plain in (".", "..")
    is_odd = not plain.isprintable() or (kept and not _SEGMENT.match(kept))
    if is_dots or is_odd or holds_token(plain):
        raise RemoteUrlError("its path holds characters that may hide credentials")

    return quote(plain, safe="@~+()!,'&$" + extra)


def _without_query(path: str) -> str:
    return re.split(r"[?#]", path, maxsplit=1)[0]


def _is_host(host: str) -> bool:
    return _HOST.match(host) is not None or _IPV6.match(host) is not None


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


def _azure_over_https(host: str, segments: list[str]) -> tuple[str, list[str]]:
    """``git@ssh.dev.azure.com:v3/org/project/repo`` in the form that a browser opens."""
    if (
        host in ("ssh.dev.azure.com", "vs-ssh.visualstudio.com")
        and len(segments) == 4
        and segments[0] == "v3"
    ):
        _, organisation, project, repository = segments
        return "dev.azure.com", [organisation, project, "_git", repository]
    return host, segments


def clean_page_url(text: str) -> str:
    """The address of a CI run's page, without credentials, fragment and query.

    One query is kept, a numeric ``buildId``: Azure Pipelines and TeamCity have no other address for
    a run. Raises :class:`RemoteUrlError` for what does not parse.
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

    _check_page_path(parts.path)
    path = quote(parts.path, safe="/%@~+()!,'&$:;*")
    build = parts.query and re.search(r"(?:\A|&)buildId=(\d{1,20})(?:&|\Z)", parts.query)
    query = f"?buildId={build[1]}" if build else ""
    return f"{parts.scheme}://{host}{'' if port is None else f':{port}'}{path}{query}"


def _check_page_path(path: str) -> None:
    """Check the path decoded. It is written as it came.

    Jenkins distinguishes "feature%252Fx", a branch, from "feature/x", two folders.
    """
    for segment in path.split("/"):
        for part in re.split(r"%(?:25)*2[Ff]", segment):
            if part:
                clean_segment(part, ":;*")


def looks_like_secret(text: str) -> bool:
    """May this id, which is no address, hold a login, a token, a query or a fragment?"""
    if holds_token(text) or (("@" in text or "%" in text) and re.search(r"@|%(?:25)*40", text)):
        return True

    return "=" in text and re.search(r"[?#&][^?#&]*=", text) is not None


def holds_token(text: str) -> bool:
    """Does this text hold an access token of a form that a forge gives out?"""
    return _TOKEN.search(text) is not None


def commit_page(remote: RemoteUrl, sha: str, provider: str = "") -> str | None:
    """The page of a commit, or ``None`` where the forge is not known. ``provider`` (a CI prefix) tells self-hosted forges."""
    forge = _forge(remote.host, provider)
    form = {
        "github": "commit",
        "gitea": "commit",
        "gitlab": "-/commit",
        "bitbucket": "commits",
        "azure": "commit",
    }.get(forge)
    return f"{remote}/{form}/{sha}" if form and sha else None


_RUNS = {
    # provider: (form of its run id, page relative to the repository or absolute)
    "github": (r"\d+", "{remote}/actions/runs/{id}"),
    "gitlab": (r"\d+", "{remote}/-/pipelines/{id}"),
    "circle": (
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "https://app.circleci.com/pipelines/workflows/{id}",
    ),
}


def run_page(remote: RemoteUrl | None, flow_run_id: str) -> str | None:
    """The page of a CI run as far as its id allows it; ``None`` where the id alone does not lead to one."""
    provider, _, run_id = flow_run_id.partition("_")
    form, page = _RUNS.get(provider, ("", ""))
    if (
        not page
        or not re.fullmatch(form, run_id, re.ASCII)
        or ("{remote}" in page and remote is None)
    ):
        return None
    if (
        provider in ("github", "gitlab")
        and remote is not None
        and _forge(remote.host, provider) != provider
    ):
        return None
    return page.format(remote=remote, id=run_id)


def _forge(host: str, provider: str) -> str:
    known = {
        "github.com": "github",
        "gitlab.com": "gitlab",
        "bitbucket.org": "bitbucket",
        "codeberg.org": "gitea",
        "gitea.com": "gitea",
        "git.sr.ht": "gitea",
        "dev.azure.com": "azure",
    }.get(host)
    if known:
        return known
    first = host.partition(".")[0]
    by_name = {"github": "github", "gitlab": "gitlab", "gitea": "gitea", "forgejo": "gitea"}
    return by_name.get(first) or {"forgejo": "gitea"}.get(
        provider, provider if provider in by_name else ""
    )
