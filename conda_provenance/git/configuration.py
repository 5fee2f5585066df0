"""What a repository's configuration says of its remotes, and which of them a package names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from conda_provenance.remote_doubts import doubt_of
from conda_provenance.remotes import RemoteUrl, RemoteUrlError, vendor_at

KEYS = (
    r"^(core\.(bare|worktree)|remote\..*\.url|branch\..*\.(remote|merge)"
    r"|url\..*\.insteadof|filter\..*\.(clean|process|smudge|required))$"
)
"""The keys that are asked for, as ``git config --get-regexp`` takes them."""

_KEY = re.compile(
    r"(?P<section>remote|branch|filter)\.(?P<name>.*)\.(?P<variable>[^.]+)\Z", re.DOTALL
)

Rewrite: TypeAlias = Callable[[str], str | None]
"""Gives the address that git itself would use for an address, or for the name of a remote."""

_HERE = "."
"""As a branch's remote: the repository itself."""

_SEVERAL = (
    "The recipe's repository has several remotes, and none of them is the branch's or 'origin': "
    "remote_url is left out."
)


class Remote(NamedTuple):
    """The remote that a recipe's repository comes from."""

    name: str
    """Empty where the branch names an address instead of a remote."""
    url: str
    """As configured: ``insteadOf`` is not applied."""


class Configuration(NamedTuple):
    """The settings of a repository that matter here."""

    remotes: Mapping[str, str]
    """The address that each remote is fetched from, as configured."""
    upstreams: Mapping[str, str]
    """For each branch: the remote that it follows, or that remote's address. A dot stands for the
    repository itself."""
    merges: Mapping[str, str] = MappingProxyType({})
    """For each branch: the branch that it follows there."""
    filters: frozenset[str] = frozenset()
    """Content filters, whose programs git runs to compare a file with its commit."""
    moves_work_tree: bool = False
    """May the work tree be elsewhere, or may there be none? Then git must be asked."""
    has_aliases: bool = False
    """Does an ``insteadOf`` replace addresses? Then git must be asked for the true one."""

    @classmethod
    def parse(cls, listing: bytes) -> Configuration:
        """Read what ``git config -z --get-regexp`` prints: a key, a line break and the value."""
        entries = (entry.partition("\n") for entry in os.fsdecode(listing).split("\0") if entry)
        return cls.from_entries((key, value) for key, _, value in entries)

    @classmethod
    def from_entries(cls, entries: Iterable[tuple[str, str]]) -> Configuration:
        """Take keys and values in the order in which they stand."""
        urls: dict[str, list[str]] = {}
        upstreams: dict[str, str] = {}
        merges: dict[str, str] = {}
        filters: set[str] = set()
        moves_work_tree = has_aliases = False
        for key, value in entries:
            has_aliases |= key.startswith("url.")
            moves_work_tree |= key == "core.worktree" or (key == "core.bare" and value != "false")
            match = _KEY.match(key)
            if match is None:
                continue

            name, kind = match["name"], (match["section"], match["variable"])
            if match["section"] == "filter":
                filters.add(name)
            elif kind == ("branch", "remote"):
                upstreams[name] = value
            elif kind == ("branch", "merge"):
                merges.setdefault(name, value.removeprefix("refs/heads/"))
            elif kind == ("remote", "url"):
                # An empty address makes git forget those before it.
                urls[name] = [*urls.get(name, []), value] if value else []

        # The first address is fetched from. Any others are only pushed to.
        remotes = {name: addresses[0] for name, addresses in urls.items() if addresses}
        return cls(remotes, upstreams, merges, frozenset(filters), moves_work_tree, has_aliases)

    def remote_of(self, branch: str | None) -> Remote | None:
        """The remote of the branch, else ``origin``, else the only one there is."""
        upstream = self.upstream_of(branch)
        is_address = re.search(r"[:/]", upstream)
        if is_address and upstream not in self.remotes:
            return Remote("", upstream)  # "git pull URL" and tools of forges write it there

        for name in (upstream, "origin"):
            if name in self.remotes:
                return Remote(name, self.remotes[name])

        return self._only_one()

    def upstream_of(self, branch: str | None) -> str:
        """The remote that the branch follows, itself or through other branches of this repository.

        It is empty where there is none, and may be an address.
        """
        followed = set()
        while branch and branch not in followed:
            upstream = self.upstreams.get(branch, "")
            if upstream != _HERE:
                return upstream

            followed.add(branch)
            branch = self.merges.get(branch)

        return ""

    def _only_one(self) -> Remote | None:
        """The only remote there is. Several with the same web address are one."""
        remotes = [Remote(name, url) for name, url in self.remotes.items()]
        if len({remote.url for remote in remotes}) <= 1:
            return next(iter(remotes), None)

        address = _plain_address(remotes[0].url)
        is_same = address and all(_plain_address(each.url) == address for each in remotes)
        return remotes[0] if is_same else None

    def without_filters(self) -> list[tuple[str, str]] | None:
        """Settings that switch off all content filters, or ``None`` where no setting can.

        Each command is set to nothing, and no filter is required: git fails if a required one does
        nothing. A name with "=" cannot be written as ``-c NAME=VALUE``.
        """
        if any("=" in name or "\n" in name for name in self.filters):
            return None

        off = (("clean", ""), ("process", ""), ("smudge", ""), ("required", "false"))
        return [
            (f"filter.{name}.{variable}", value)
            for name in sorted(self.filters)
            for variable, value in off
        ]


def web_address(
    configuration: Configuration,
    branch: str | None,
    rewrite: Rewrite | None = None,
) -> tuple[str | None, list[str]]:
    """The address that is written into packages, and what to warn of.

    ``rewrite`` gives the address that git itself would use: ``insteadOf`` may replace a whole host.
    It is asked only for an address that leads nowhere as it is, or whose host may be an alias, and
    where the configuration names no remote.
    """
    remote = _remote_of(configuration, branch, rewrite)
    if remote is None:
        return None, [_SEVERAL] if configuration.remotes else []

    url, doubt = _read_address(remote.url)
    if (url is None or _may_be_alias(remote.url, url)) and rewrite is not None:
        rewritten = rewrite(remote.url)
        if rewritten is not None and rewritten != remote.url:
            url, doubt = _read_address(rewritten)

    if url is None:
        return None, [f"The recipe's git remote is left out: {doubt}."]

    return str(url), []


def _remote_of(
    configuration: Configuration, branch: str | None, rewrite: Rewrite | None
) -> Remote | None:
    """The remote in the configuration, or in a file of its own, as before git 1.5.

    git still reads such files: ``.git/remotes/origin`` and ``.git/branches/origin``.
    """
    remote = configuration.remote_of(branch)
    upstream = configuration.upstream_of(branch)
    names = [] if remote and upstream in ("", remote.name, remote.url) else [upstream]
    if remote is None:
        names.append("origin")

    for name in filter(None, names):
        url = rewrite(name) if rewrite is not None else None
        if url and url != name:
            return Remote(name, url)

    return remote


def _plain_address(text: str) -> str:
    """The web address without regard to case, or nothing where there is none that is certain."""
    return str(_read_address(text)[0] or "").lower()


def _may_be_alias(text: str, url: RemoteUrl) -> bool:
    """May the host be an alias of ``insteadOf``, as in ``kde:x``, ``kde://x`` or ``my.kde:x``?"""
    is_plain_scp = "://" not in text and "@" not in text
    return "." not in url.host or (is_plain_scp and vendor_at(url.host) is None)


def _read_address(text: str) -> tuple[RemoteUrl | None, str]:
    """The web address, or ``None`` and why there is none that is certain."""
    try:
        url, doubt = RemoteUrl.parse(text), doubt_of(text)
    except RemoteUrlError as error:
        return None, str(error)

    return (None, doubt) if doubt else (url, "")
