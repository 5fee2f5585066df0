from __future__ import annotations

import base64
import hashlib

import pytest
from misbehaving import Server
from packages_making import info_files, tar
from registry import Registry, registry
from remote_packages import ABOUT, NAME, SHA, conda, read

from conda_provenance.errors import PackageError
from conda_provenance.sources import Request
from conda_provenance.sources.remote import Listed, Remote
from conda_provenance.sources.remote.oci import place_of
from conda_provenance.web import Web, WebError

__all__ = ["registry"]

FILES = info_files(ABOUT)
FROM_WITHIN = {name.removeprefix("info/"): data for name, data in FILES.items()}
REPOSITORY = "mirror/conda-forge/noarch/demo"


def url(registry: Registry, name: str = NAME) -> str:
    return f"oci://{registry.host}/mirror/conda-forge/noarch/{name}"


@pytest.mark.parametrize("files", [FROM_WITHIN, FILES, {"./x": b"", **FROM_WITHIN}])
@pytest.mark.parametrize("thorough", [False, True])
def test_the_info_layer_alone_is_read(
    web: Web, registry: Registry, files: dict[str, bytes], thorough: bool
) -> None:
    package = conda()
    registry.add(REPOSITORY, "1.0-0", package, tar(files))
    claim = read(web, url(registry), thorough=thorough)
    assert claim.claim.sha == SHA
    assert claim.package == NAME
    assert claim.read_from == "remote"
    assert claim.sha256 == hashlib.sha256(package).hexdigest()
    # Refused, token, manifest, layer.
    assert [path.rpartition("/")[2].partition("?")[0] for path, _ in registry.asked[:3]] == [
        "1.0-0",
        "token",
        "1.0-0",
    ]
    assert len(registry.asked) == 4


def test_of_the_next_package_the_realm_is_known(web: Web, registry: Registry) -> None:
    remote = Remote(web, Request())
    for name in ("demo", "other"):
        registry.add(f"mirror/conda-forge/noarch/{name}", "1.0-0", conda(), tar(FROM_WITHIN))
    remote.contents(url(registry)).claim()
    registry.asked.clear()
    remote.contents(url(registry, "other-1.0-0.conda")).claim()
    assert len(registry.asked) == 3


def test_a_layer_that_is_kept_elsewhere(web: Web, registry: Registry, misbehaving: Server) -> None:
    registry.add(REPOSITORY, "1.0-0", conda(), tar(FROM_WITHIN))
    registry.blobs_at = f"{misbehaving.root}/well"
    misbehaving.files = dict(registry.blobs)
    assert read(web, url(registry)).claim.sha == SHA
    assert "authorization" not in misbehaving.asked[0].headers


@pytest.mark.parametrize(
    ("name", "repository", "tag"),
    [
        ("_x-1.0-0.conda", "c/noarch/zzz_x", "1.0-0"),
        ("x-1!2.0+a=b-0.conda", "c/noarch/x", "1__e__2.0__p__a__eq__b-0"),
        ("x-y-1.0-py_0.tar.bz2", "c/noarch/x-y", "1.0-py_0"),
    ],
)
def test_names_that_registries_do_not_take(name: str, repository: str, tag: str) -> None:
    place = place_of(f"oci://ghcr.io/c/noarch/{name}")
    assert (place.root, place.repository, place.tag) == ("https://ghcr.io", repository, tag)


def test_what_is_not_there(web: Web, registry: Registry) -> None:
    registry.add(REPOSITORY, "2.0-0", conda(), tar(FROM_WITHIN))
    with pytest.raises(WebError, match="has no such file"):
        read(web, url(registry))
    with pytest.raises(WebError, match=r"\(403\)"):  # As ghcr.io says it of a name it has not.
        read(web, url(registry, "none-1.0-0.conda"))
    for wrong in ("oci://ghcr.io/x.conda", "oci:///a/b-1-0.conda"):
        with pytest.raises(WebError, match="as mirrors have them"):
            read(web, wrong)


def test_a_layer_that_is_not_what_its_name_says(web: Web, registry: Registry) -> None:
    registry.add(REPOSITORY, "1.0-0", conda(), tar(FROM_WITHIN), instead=b"other")
    with pytest.raises(WebError, match="another layer"):
        read(web, url(registry))


def test_a_package_that_the_index_does_not_list(web: Web, registry: Registry) -> None:
    registry.add(REPOSITORY, "1.0-0", conda(), tar(FROM_WITHIN))
    with pytest.raises(PackageError, match="by its sha256"):
        read(web, url(registry), Listed(sha256="0" * 64))


def test_without_an_info_layer_the_package_is_fetched(web: Web, registry: Registry) -> None:
    registry.add(REPOSITORY, "1.0-0", conda(), None)
    with pytest.raises(WebError, match="--full-download"):
        read(web, url(registry))
    claim = read(web, url(registry), full_download=True)
    assert (claim.claim.sha, claim.sha256_from) == (SHA, "file")


def test_a_check_fetches_the_package(web: Web, registry: Registry) -> None:
    package = conda()
    registry.add(REPOSITORY, "1.0-0", package, tar({"about.json": b"{}"}))
    claim = read(web, url(registry), check=True)
    assert claim.claim.sha == SHA
    assert claim.sha256 == hashlib.sha256(package).hexdigest()


def test_a_login_goes_to_the_registry_alone(
    web: Web, registry: Registry, other_server: Server
) -> None:
    registry.add(REPOSITORY, "1.0-0", conda(), tar(FROM_WITHIN))
    registry.login = "Basic " + base64.b64encode(b"me:s3cret").decode()
    with_login = url(registry).replace("//", "//me:s3cret@")
    claim = read(web, with_login)
    assert claim.claim.sha == SHA
    assert "s3cret" not in repr(claim)

    # A realm elsewhere is the registry's word, and must be a public address over https.
    for realm in (f"{other_server.root}/well/token", "https://127.0.0.2/token"):
        registry.realm = realm
        with pytest.raises(WebError) as caught:
            read(web, with_login)
        assert "s3cret" not in str(caught.value)
    assert not other_server.asked


@pytest.mark.parametrize(
    "manifest", [b"", b"[]", b'{"layers": 5}', b'{"layers": [{"digest": "md5:1"}, 3]}', b"[" * 9999]
)
def test_a_manifest_that_makes_no_sense(web: Web, registry: Registry, manifest: bytes) -> None:
    registry.manifests[f"{REPOSITORY}:1.0-0"] = manifest
    with pytest.raises(WebError):
        read(web, url(registry))
