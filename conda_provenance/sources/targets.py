"""Finds the packages that were asked for: each kind of TARGET is handed to its source.

A source is loaded when it is first needed, so a plain file loads no networking. How a source finds
its packages is not known here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from conda_provenance.errors import PackageError, UnavailableError, UsageError
from conda_provenance.packages.file_names import ENDINGS
from conda_provenance.sources.artifact import Contents, Found, Unreadable
from conda_provenance.sources.files import Listing, package_at, packages_below, shown
from conda_provenance.sources.kinds import (
    TAKEN,
    WEB_SCHEMES,
    Kind,
    Target,
    path_of,
    scheme_of,
    targets_of,
)
from conda_provenance.sources.request import Request
from conda_provenance.text import as_clause

if TYPE_CHECKING:
    from conda_provenance.sources.environments import Record, RemoteReader
    from conda_provenance.sources.remote import Listed, Remote
    from conda_provenance.web import Web

_MD5 = r"[0-9A-Fa-f]{32}"
_SHA256 = r"(?:sha256:)?([0-9A-Fa-f]{64})"

_LISTS = (".lock", ".txt", ".yml", ".yaml", ".json")
"""How the names of lockfiles and lists end."""


def find_artifacts(
    request: Request,
    web_factory: Callable[[], Web],
    environ: Mapping[str, str],
    *,
    with_sha256: bool = False,
) -> Iterator[Found]:
    """Everything that was asked for, in the order of the targets.

    ``web_factory`` is called once at most, if something is to be fetched. ``with_sha256`` reads
    files whole. What cannot be read or asked is found as :class:`Unreadable`, and the rest goes on.
    Raises :class:`~conda_provenance.errors.UsageError` at once if the request makes no sense.
    """
    finder = Finder(request, web_factory, environ, with_sha256=with_sha256)
    return finder.all(targets_of(request, environ))


class Finder:
    """Looks for targets, with one door to the web for all of them."""

    def __init__(
        self,
        request: Request,
        web_factory: Callable[[], Web],
        environ: Mapping[str, str],
        *,
        with_sha256: bool = False,
        expect: Callable[[int], None] | None = None,
    ) -> None:
        """``expect`` is told how many packages a channel will give, before the first of them."""
        self._request = request
        self._expect = expect
        self._web_factory = web_factory
        self._environ = environ
        self._with_sha256 = with_sha256
        self._opened: Web | None = None
        self._reading: Remote | None = None

    def all(self, targets: Iterable[Target]) -> Iterator[Found]:
        """Everything that is found at the targets."""
        for target in targets:
            try:
                yield from self._find(target)
            except (PackageError, UnavailableError) as error:
                yield _failed(target, error)
            except UsageError as error:
                # A spec that matches nothing is as a file that is not there: the rest goes on.
                if target.kind is not Kind.SPEC:
                    raise
                yield _failed(target, error)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if self._opened is not None:
            self._opened.close()

    def _find(self, target: Target) -> Iterator[Found]:
        kinds = {
            Kind.PACKAGE: self._package,
            Kind.FOLDER: self._folder,
            Kind.ENVIRONMENT: self._installed,
            Kind.INSTALLED: self._installed,
            Kind.ADDRESS: self._address,
            Kind.SPEC: self._channel,
            Kind.CHANNEL: self._channel,
            Kind.LOCKFILE: self._lockfile,
        }
        return kinds.get(target.kind, _not_found)(target)

    def _package(self, target: Target) -> Iterator[Found]:
        path = path_of(target.text)
        if path.lower().endswith(_LISTS) and not os.path.isdir(path):
            yield _unreadable(
                target.text,
                "is no package file: a lockfile is given with --lockfile, a list of targets as "
                "@FILE",
            )
            return

        found = package_at(path, with_sha256=self._with_sha256)
        yield found._replace(location=target.text)

    def _folder(self, target: Target) -> Iterator[Found]:
        empty = True
        path = path_of(target.text)
        for found in packages_below(
            path,
            with_sha256=self._with_sha256,
            check=self._request.check,
            listed_in=_listed_in,
        ):
            empty = False
            yield found

        if empty:
            yield _unreadable(target.text, f"is a folder without any package: {TAKEN}")

    def _installed(self, target: Target) -> Iterator[Found]:
        if target.kind is Kind.INSTALLED and not target.names:
            yield _unreadable(
                target.text,
                "is no file or folder here, and no environment is active in which to look for a "
                f"package of that name: {TAKEN}",
            )
            return

        from conda_provenance.sources.environments import installed

        found = installed(
            path_of(target.text), target.names, reader=self._reader(), environ=self._environ
        )
        is_given = bool(self._request.environment or self._request.prefix)
        yield from found if is_given or not target.names else map(_not_here_either, found)

    def _reader(self) -> RemoteReader | None:
        """Reads installed packages from their channels, if that was asked for."""
        if not self._request.remote:
            return None

        from conda_provenance.sources.remote import Listed

        def read(url: str, record: Record) -> Contents:
            listed = Listed(
                record.sha256, record.md5, record.size, record.timestamp, "record", "its record"
            )
            return self._remote().contents(url, listed, file_name=record.file_name)

        return read

    def _address(self, target: Target) -> Iterator[Found]:
        if scheme_of(target.text) not in WEB_SCHEMES:
            yield _unreadable(
                _clean(target), "cannot be fetched: addresses begin with https, http, oci or file"
            )
            return

        url, _, checksum = target.text.partition("#")
        if not url.partition("?")[0].endswith(ENDINGS):
            yield _unreadable(
                _clean(target),
                "is no package file's address, which ends in .conda or .tar.bz2: a channel is "
                "given with --channel, and a package of it as CHANNEL::SPEC",
            )
            return

        from conda_provenance.sources.remote import Listed

        md5, sha256 = re.fullmatch(_MD5, checksum), re.fullmatch(_SHA256, checksum)
        listed = Listed(
            sha256=sha256[1].lower() if sha256 else None,
            md5=md5[0].lower() if md5 else None,
            by="its address",
        )
        yield self._remote().package(url, listed)

    def _channel(self, target: Target) -> Iterator[Found]:
        from conda_provenance.sources.channels import Channels

        channels = Channels(self._request, self._web, self._listed, expect=self._expect)
        find = channels.spec if target.kind is Kind.SPEC else channels.whole
        return find(target.text)

    def _lockfile(self, target: Target) -> Iterator[Found]:
        from conda_provenance.sources.lockfiles import lockfile_artifacts

        return lockfile_artifacts(
            target.text,
            self._listed,
            environment=self._request.lock_environment,
            platform=self._request.platform,
            check=self._request.check,
        )

    def _listed(self, url: str, listed: Listed, /, *, file_name: str) -> Contents:
        """Reads a package that an index or a lockfile lists. Only then is the web opened."""
        return self._remote().contents(url, listed, file_name=file_name)

    def _remote(self) -> Remote:
        """Reads packages on servers."""
        if self._reading is None:
            from conda_provenance.sources.remote import Remote

            self._reading = Remote(self._web(), self._request)
        return self._reading

    def _web(self) -> Web:
        if self._opened is None:
            self._opened = self._web_factory()
        return self._opened


def open_web(request: Request) -> Web:
    """The door to the web that a request asks for."""
    from conda_provenance.web import Web

    return Web(offline=request.offline)


def _listed_in(folder: str) -> Mapping[str, Listing]:
    """What the index in a folder says about the files beside it."""
    from conda_provenance.sources.channels import records_of_folder

    return records_of_folder(folder)


def _not_found(target: Target) -> Iterator[Found]:
    from conda_provenance.sources.environments.disk import why_unknown

    if unknown := why_unknown(path_of(target.text)):
        yield _unreadable(target.text, unknown)
        return

    yield _unreadable(target.text, f"does not exist: {TAKEN}")


def _failed(target: Target, error: Exception) -> Unreadable:
    """The error for a target that could not be searched. It always names the target."""
    text = _clean(target)
    why, name = str(error), shown(text)
    if name not in why:
        why = f"{name} cannot be read: {as_clause(why)}."
    return Unreadable(_name(text), text, why)


def _clean(target: Target) -> str:
    """The text of a target. If a channel was meant, it is without the token in its address."""
    if target.kind not in (Kind.CHANNEL, Kind.SPEC, Kind.ADDRESS) or "/t/" not in target.text:
        return target.text

    from conda_provenance.sources.channels import clean_channel

    return clean_channel(target.text)


def _not_here_either(found: Found) -> Found:
    """A name may have been meant for a file of this folder: say that it is not there either."""
    missing = "No package "
    if not isinstance(found, Unreadable) or not found.why.startswith(missing):
        return found

    rest = found.why.removeprefix(missing)
    return found._replace(
        why=f"{shown(found.name)} is no file or folder here, and no package {rest}"
    )


def _unreadable(text: str, why: str) -> Unreadable:
    return Unreadable(_name(text), text, f"{shown(text)} {why}.")


def _name(text: str) -> str:
    cleaned = shown(text)
    return os.path.basename(cleaned.rstrip("/" + os.sep)) or cleaned
