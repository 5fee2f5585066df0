"""All of a remote package that can be held against a commit, however it is kept."""

from __future__ import annotations

import hashlib

import pytest
from misbehaving import Server
from packages_making import info_files, tar
from registry import Registry, registry
from remote_packages import ABOUT, NAME, NEW, OLD, SHA, conda, ranges, serve, tar_bz2

from conda_provenance.errors import PackageError
from conda_provenance.packages.contents import PackageContents
from conda_provenance.sources import Request
from conda_provenance.sources.remote import Listed, Remote
from conda_provenance.web import Web, WebError

__all__ = ["registry"]


def everything(
    web: Web, url: str, listed: Listed | None = None, *, whole: bool = False, **request: bool | int
) -> PackageContents:
    request.setdefault("full_download", False)
    remote = Remote(web, Request(**request))  # type: ignore[arg-type]
    return remote.contents(url, listed).everything(whole=whole)


def listed(data: bytes, timestamp: int = NEW) -> Listed:
    return Listed(sha256=hashlib.sha256(data).hexdigest(), size=len(data), timestamp=timestamp)


def test_the_end_is_enough_unless_the_whole_is_wanted(web: Web, misbehaving: Server) -> None:
    data = serve(misbehaving, conda())
    url = misbehaving.url("well", NAME)
    contents = everything(web, url, listed(data))
    assert contents.package.claim.sha == SHA
    assert contents.package.sha256_from == "index"
    assert contents.files.keys() == info_files(ABOUT).keys()
    assert contents.install_scripts is None
    assert len(ranges(misbehaving)) == 1

    whole = everything(web, url, listed(data), whole=True)
    assert whole.package.sha256_from == "file"
    assert whole.package.sha256 == hashlib.sha256(data).hexdigest()
    assert whole.install_scripts == {}
    assert whole.files == contents.files


@pytest.mark.parametrize("order", ["info pkg metadata", "metadata info pkg"])
def test_the_end_of_an_old_package_is_read_too(web: Web, misbehaving: Server, order: str) -> None:
    """Its front could show another metadata than is unpacked."""
    data = serve(misbehaving, conda(order))
    contents = everything(web, misbehaving.url("well", NAME), listed(data, OLD))
    assert contents.package.claim.sha == SHA
    assert len(ranges(misbehaving)) == 2

    lie = conda(order, payload=10)
    front = lie[: lie.index(b"PK\1\2")]
    serve(misbehaving, front + data)
    with pytest.raises(PackageError):
        everything(web, misbehaving.url("well", NAME), listed(front + data, OLD))


def test_a_tar_bz2(web: Web, misbehaving: Server) -> None:
    name = "demo-1.0-0.tar.bz2"
    data = serve(misbehaving, tar_bz2(before=200_000), name)
    for whole in (False, True):
        contents = everything(web, misbehaving.url("well", name), listed(data), whole=whole)
        assert contents.package.claim.sha == SHA
        assert len(contents.files["info/a.bin"].data) == 200_000
        assert (contents.install_scripts is None) is not whole


def test_a_package_that_is_not_the_listed_one(web: Web, misbehaving: Server) -> None:
    serve(misbehaving, conda())
    with pytest.raises(PackageError, match="has another sha256"):
        everything(web, misbehaving.url("well", NAME), Listed(sha256="0" * 64), whole=True)


def test_max_download_bounds_what_is_fetched_whole(web: Web, misbehaving: Server) -> None:
    serve(misbehaving, conda())
    url = misbehaving.url("well", NAME)
    with pytest.raises(WebError):
        everything(web, url, whole=True, max_download=1000)
    assert everything(web, url, max_download=1000).files


def test_a_package_of_a_registry(web: Web, registry: Registry) -> None:
    package = conda()
    within = {name.removeprefix("info/"): data for name, data in info_files(ABOUT).items()}
    registry.add("mirror/conda-forge/noarch/demo", "1.0-0", package, tar(within))
    url = f"oci://{registry.host}/mirror/conda-forge/noarch/{NAME}"

    layer = everything(web, url)
    assert layer.package.claim.sha == SHA
    assert layer.package.sha256_from == "index"
    assert layer.install_scripts is None

    whole = everything(web, url, whole=True)
    assert whole.package.sha256_from == "file"
    assert whole.package.sha256 == hashlib.sha256(package).hexdigest()
    assert whole.files == layer.files
    assert whole.install_scripts == {}


def test_a_registry_s_layer_that_lies_is_not_what_the_package_says(
    web: Web, registry: Registry
) -> None:
    lie = tar({"about.json": b'{"extra": {"sha": "' + b"b" * 40 + b'"}}'})
    registry.add("mirror/conda-forge/noarch/demo", "1.0-0", conda(), lie)
    url = f"oci://{registry.host}/mirror/conda-forge/noarch/{NAME}"
    assert everything(web, url).package.claim.sha == "b" * 40
    assert everything(web, url, whole=True).package.claim.sha == SHA
