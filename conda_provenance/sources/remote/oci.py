"""``OciContents``: reads one package in a mirror that is kept in a registry of container images.

A mirror keeps a package's metadata in a layer of its own, so nothing else is fetched. The names are
those of conda-oci-mirror, as rattler reads them; the layers are those of
https://github.com/conda/ceps/pull/70. How the package was found is not known here.
"""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import quote, unquote, urlencode, urlsplit

from conda_provenance.errors import PackageError
from conda_provenance.net import origin_of
from conda_provenance.packages import (
    BytesBlob,
    PackageClaim,
    read_info_blob,
    read_info_layer,
    read_info_layer_files,
    read_package_blob,
)
from conda_provenance.packages.blob import FileBlob
from conda_provenance.packages.file_names import name_version_build
from conda_provenance.packages.refusals import refusals, shown_path
from conda_provenance.sources.remote.addresses import clean_address
from conda_provenance.sources.remote.contents import said_of
from conda_provenance.sources.remote.download import Listed, download
from conda_provenance.sources.remote.opening import Limits
from conda_provenance.web import Web, WebError

if TYPE_CHECKING:
    from conda_provenance.packages.contents import PackageContents

INFO_LAYER = "application/vnd.conda.info.v1.tar+gzip"
PACKAGE_LAYERS = ("application/vnd.conda.package.v2", "application/vnd.conda.package.v1")
MANIFEST = "application/vnd.oci.image.manifest.v1+json"

_MAX_MANIFEST = 1 << 20
_MAX_TOKEN = 1 << 16
_MAX_INFO = 64 << 20

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')

Realms: TypeAlias = dict[str, "Realm"]
"""By the root of each registry."""


class Realm(NamedTuple):
    """Where a registry gives out the tokens that it asks for."""

    url: str
    service: str | None


class Layers(NamedTuple):
    """The sha256 of what a registry has of one package. ``None``: it has no such layer."""

    package: str | None
    info: str | None


class Place(NamedTuple):
    """Where a package is in a registry."""

    root: str
    """The registry's address, with a login if there is one."""
    repository: str
    tag: str

    @property
    def base(self) -> str:
        return f"{self.root}/v2/{quote(self.repository)}"


def place_of(url: str) -> Place:
    """The place that ``oci://host/channel/subdir/name-version-build.conda`` stands for.

    Tags cannot hold some characters of versions, and repositories do not begin with ``_``.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # Half of a numbered host.
        raise _no_place() from None

    folder, _, file_name = unquote(parts.path).strip("/").rpartition("/")
    name, version, build = name_version_build(file_name)
    if not parts.netloc or not folder or not version:
        raise _no_place()

    tag = f"{version}-{build}".replace("+", "__p__").replace("!", "__e__").replace("=", "__eq__")
    name = f"zzz{name}" if name.startswith("_") else name
    # As with docker, only a registry on this machine is asked without encryption.
    host = parts.hostname or ""
    scheme = "http" if host == "localhost" or host.startswith("127.") else "https"
    return Place(f"{scheme}://{parts.netloc}", f"{folder}/{name}", tag)


def _no_place() -> WebError:
    return WebError(
        "not-allowed",
        "it is no oci://HOST/CHANNEL/SUBDIR/NAME-VERSION-BUILD.conda, as mirrors have them.",
    )


class OciContents:
    """A package in a registry. It is asked for when it is read, in three or four exchanges."""

    is_remote = True

    def __init__(
        self,
        web: Web,
        url: str,
        file_name: str,
        listed: Listed,
        limits: Limits,
        realms: Realms,
        *,
        check: bool = False,
    ) -> None:
        self._web = web
        self._url = url
        self._name = file_name
        self.listed = listed
        self._limits = limits
        self._realms = realms
        self._check = check
        self.location = clean_address(url)

    def claim(self, *, thorough: bool = False) -> PackageClaim:
        """What the package says."""
        with said_of(self.location):
            registry = _Registry(self._web, place_of(self._url), self._realms)
            layers = self._layers(registry)
            if self._check or layers.info is None:
                return self._claim_of_package(registry, layers, thorough)

            blob = BytesBlob(registry.layer(layers.info))
            package = read_info_layer(blob, self._name, location=self.location, thorough=thorough)
            return self._listed(package, layers)

    def files(self, names: Collection[str]) -> dict[str, bytes]:
        """Those of its metadata files that there are."""
        with said_of(self.location):
            registry = _Registry(self._web, place_of(self._url), self._realms)
            layers = self._layers(registry)
            if layers.info is not None:
                blob = BytesBlob(registry.layer(layers.info))
                return read_info_layer_files(blob, names, self.location)

            with tempfile.TemporaryFile() as file, refusals(self.location, "read"):
                self._download(registry, layers, file)
                with FileBlob(file) as whole:
                    return read_info_blob(whole, self._name, names)

    def beside(self, _name: str, _limit: int) -> bytes | None:
        """There is no folder with other files."""
        return None

    def names_beside(self, _names: Sequence[str]) -> list[str]:
        """None: there is no such folder."""
        return []

    def everything(self, *, whole: bool = False) -> PackageContents:
        """All that can be held against a commit. Of the package itself if it is ``whole``."""
        from conda_provenance.packages.read_contents import read_contents_blob, read_contents_layer

        with said_of(self.location):
            registry = _Registry(self._web, place_of(self._url), self._realms)
            layers = self._layers(registry)
            if layers.info is not None and not (whole or self._check):
                blob = BytesBlob(registry.layer(layers.info))
                contents = read_contents_layer(blob, self._name, location=self.location)
                return contents._replace(package=self._listed(contents.package, layers))

            with tempfile.TemporaryFile() as file:
                sha256 = self._download(registry, layers, file, is_wanted=whole)
                with FileBlob(file) as package:
                    contents = read_contents_blob(
                        package, self._name, location=self.location, whole=whole
                    )
        claim = replace(contents.package, sha256=sha256, sha256_from="file")
        return contents._replace(package=claim)

    def _layers(self, registry: _Registry) -> Layers:
        layers = registry.layers()
        listed = self.listed.sha256
        if listed and layers.package and listed.lower() != layers.package:
            raise PackageError(
                f"{shown_path(self.location)} is not the file that {self.listed.by} lists: the"
                f" registry {registry.host} has another one, by its sha256."
            )
        return layers

    def _listed(self, package: PackageClaim, layers: Layers) -> PackageClaim:
        """The claim in a package's metadata, with the digest that is listed."""
        sha256 = self.listed.sha256 or layers.package
        said_by = self.listed.sha256_from if sha256 else None
        return replace(package, sha256=sha256, sha256_from=said_by)

    def _claim_of_package(
        self, registry: _Registry, layers: Layers, thorough: bool
    ) -> PackageClaim:
        """The claim in the package itself, which is fetched whole."""
        with tempfile.TemporaryFile() as file:
            sha256 = self._download(registry, layers, file)
            with FileBlob(file) as blob:
                package = read_package_blob(
                    blob, self._name, location=self.location, thorough=thorough
                )
        return replace(package, sha256=sha256, sha256_from="file")

    def _download(
        self, registry: _Registry, layers: Layers, file: Any, *, is_wanted: bool = False
    ) -> str:
        if layers.package is None:
            raise WebError("missing", f"{registry.host} has no conda package there.")
        if not (is_wanted or self._check or self._limits.full_download):
            raise WebError(
                "unavailable",
                f"{registry.host} keeps no metadata beside the package: --full-download reads the"
                " whole.",
            )
        return download(
            self._web,
            registry.blob_url(layers.package),
            file,
            replace(self.listed, sha256=layers.package),
            location=self.location,
            limit=self._limits.max_download,
            headers=registry.headers(),
        )


class _Registry:
    """Asks a registry for one package, with the token that it wants for that."""

    def __init__(self, web: Web, place: Place, realms: Realms) -> None:
        self._web = web
        self._place = place
        self._realms = realms
        self._token: str | None = None
        self.host = web.shown_host(place.root)

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    def blob_url(self, sha256: str) -> str:
        return f"{self._place.base}/blobs/sha256:{sha256}"

    def layers(self) -> Layers:
        """What there is of the package."""
        url = f"{self._place.base}/manifests/{quote(self._place.tag)}"
        if self._place.root in self._realms:
            self._get_token()
        try:
            data = self._fetch_manifest(url)
        except WebError as error:
            if error.challenge is None or self._token is not None:
                raise
            self._realms[self._place.root] = self._realm(error)
            self._get_token()
            data = self._fetch_manifest(url)
        return self._layers_of(data)

    def _fetch_manifest(self, url: str) -> bytes:
        headers = {"Accept": MANIFEST, **self.headers()}
        return self._web.fetch(url, limit=_MAX_MANIFEST, headers=headers)

    def layer(self, sha256: str) -> bytes:
        """A layer, whose bytes are what its name says."""
        data = self._web.fetch(self.blob_url(sha256), limit=_MAX_INFO, headers=self.headers())
        if hashlib.sha256(data).hexdigest() != sha256:
            raise WebError("malformed", f"{self.host} sends another layer than it was asked for.")
        return data

    def _realm(self, error: WebError) -> Realm:
        """Where to get a token, as the refusal says."""
        challenge = error.challenge or ""
        scheme, _, rest = challenge.strip().partition(" ")
        parameters = dict(_PARAMETER.findall(rest[:4096]))
        url = parameters.get("realm", "")
        is_own = origin_of(url) is not None and origin_of(url) == origin_of(self._place.root)
        if scheme.lower() != "bearer" or not (is_own or url.startswith("https://")):
            raise error
        return Realm(url, parameters.get("service"))

    def _get_token(self) -> None:
        """Get a token for this package. Without a login that is one for everybody."""
        realm = self._realms[self._place.root]
        query = {"scope": f"repository:{self._place.repository}:pull"}
        if realm.service:
            query["service"] = realm.service
        separator = "&" if "?" in realm.url else "?"
        url = f"{realm.url}{separator}{urlencode(query)}"

        is_own = origin_of(url) == origin_of(self._place.root)
        if is_own:  # With the login that the user gave for this registry.
            login = urlsplit(self._place.root).netloc.rpartition("@")[0]
            url = url.replace("://", f"://{login}@", 1) if login else url
        said = _object(self._web.fetch(url, limit=_MAX_TOKEN, named=not is_own))
        token = said.get("token") or said.get("access_token")
        if not isinstance(token, str) or not re.fullmatch(r"[!-~]{1,16384}", token):
            raise WebError("malformed", f"{self.host} gives out no token.")
        self._token = token

    def _layers_of(self, data: bytes) -> Layers:
        layers = _object(data).get("layers")
        found: dict[str, str] = {}
        for layer in layers if isinstance(layers, list) else []:
            if not isinstance(layer, dict):
                continue
            kind, digest = layer.get("mediaType"), layer.get("digest")
            match = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
            if isinstance(kind, str) and match is not None:
                found.setdefault(kind, match[1])

        package = next((found[kind] for kind in PACKAGE_LAYERS if kind in found), None)
        if package is None and INFO_LAYER not in found:
            raise WebError("missing", f"{self.host} has no conda package there.")
        return Layers(package, found.get(INFO_LAYER))


def _object(data: bytes) -> dict[str, Any]:
    """A JSON object of a registry. Whatever else it sends is taken for an empty one."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
