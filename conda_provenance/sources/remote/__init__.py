"""Packages on servers: by their addresses, alone or as an index lists them.

Which packages a channel has is not known here.
"""

from __future__ import annotations

from conda_provenance.packages.file_names import name_version_build
from conda_provenance.sources.artifact import Artifact, Contents
from conda_provenance.sources.files import FileContents
from conda_provenance.sources.kinds import path_of
from conda_provenance.sources.remote.addresses import clean_address, file_name_of, is_scheme
from conda_provenance.sources.remote.contents import RemoteContents
from conda_provenance.sources.remote.download import Listed
from conda_provenance.sources.remote.oci import OciContents, Realms
from conda_provenance.sources.remote.opening import Limits
from conda_provenance.sources.request import Request
from conda_provenance.web import Web

__all__ = ["Listed", "Remote", "clean_address", "file_name_of"]


class Remote:
    """Reads packages by their addresses, as one request asks for it."""

    def __init__(self, web: Web, request: Request) -> None:
        self._web = web
        self._limits = Limits(request.max_download, request.full_download)
        self._check = request.check
        self._realms: Realms = {}

    def contents(
        self, url: str, listed: Listed | None = None, *, file_name: str | None = None
    ) -> Contents:
        """The package at ``url``: ``https``, ``http``, ``oci`` or ``file``. Nothing is asked yet.

        ``listed`` is what is known about it. ``file_name`` is given if the address does not end
        with it.
        """
        listed = listed or Listed()
        if is_scheme(url, "file"):
            return FileContents(path_of(url), sha256=listed.sha256, check=self._check)

        name = file_name or file_name_of(url)
        if is_scheme(url, "oci"):
            return OciContents(
                self._web, url, name, listed, self._limits, self._realms, check=self._check
            )
        return RemoteContents(self._web, url, name, listed, self._limits, check=self._check)

    def package(self, url: str, listed: Listed | None = None) -> Artifact:
        """The package at ``url``, for which there is no record."""
        listed = listed or Listed()
        name = file_name_of(url)
        return Artifact(
            *name_version_build(name),
            file_name=name,
            location=clean_address(url),
            contents=self.contents(url, listed, file_name=name),
            timestamp=listed.timestamp,
            sha256=listed.sha256,
            md5=listed.md5,
            size=listed.size,
        )
