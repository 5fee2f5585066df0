"""What vouches for a package: in files beside it, and in every index that can be rewritten."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import logging
import os
from pathlib import Path

import pytest
from packages_bytes import files
from packages_making import make_conda, make_tar_bz2, zst

from conda_provenance.errors import RefusedError
from conda_provenance.packages import corrected_once, read_about, stamp_package
from conda_provenance.packages.blob import open_file_blob
from conda_provenance.packages.indexes.files import unpacked

STAMP = {"sha": "b" * 40}
ABOUT = {"extra": {"final": True}}
BOTH = pytest.mark.parametrize("make", [make_conda, make_tar_bz2])

ENDINGS = [
    "sig",
    "sign",
    "asc",
    "ASC",
    "gpg",
    "minisig",
    "p7s",
    "P7S",
    "v0.sigs",
    "sigs",
    "sigstore",
    "sigstore.json",
    "sigstore.jsonl",
    "bundle",
    "bundle.json",
    "cosign.bundle",
    "attestation",
    "attestation.json",
    "attestations.json",
    "attestations.jsonl",
    "publish.attestation",
    "att",
    "intoto.json",
    "intoto.jsonl",
    "provenance.intoto.jsonl",
    "dsse.json",
    "sha256.sig",
    "sha256.asc",
    "sha-256.minisig",
    "signatures.json",
    "jws",
    "in-toto.json",
    "slsa.provenance",
    "multiple.intoto.jsonl",
    "intoto.jsonl.sigstore",
    "sigstore.v0.3.json",
    "sigstore-bundle.json",
    "build-provenance.sigstore.json",
    "gh-attestation.jsonl",
]
HARMLESS = [
    "json",
    "txt",
    "part",
    "yaml",
    "log",
    "signed-off",
    "designs",
    "bak",
    "sbom.json",
    "statement.json",  # by attest: unsigned
    "cosign.pub",
    "sigstore.log",
    "sig.sha256",
]


def refused(package: Path, why: str) -> None:
    before = files(package.parent)
    for dry_run in (True, False):
        with pytest.raises(RefusedError, match=why):
            stamp_package(package, STAMP, overwrite=False, dry_run=dry_run)
        with (
            pytest.raises(RefusedError, match=why),
            corrected_once([package], dry_run=dry_run) as indexes,
        ):
            stamp_package(package, STAMP, overwrite=False, dry_run=dry_run, indexes=indexes)
    assert files(package.parent) == before


def forced(package: Path) -> None:
    assert stamp_package(package, STAMP).status == "stamped"


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("by_stem", [True, False])
def test_a_file_that_vouches_refuses_the_stamp(tmp_path, caplog, ending, by_stem):
    package = make_conda(tmp_path, ABOUT)
    make_conda(tmp_path, ABOUT, name="another")
    name = f"{'demo-1.0-0' if by_stem else package.name}.{ending}"
    (tmp_path / name).write_text("x")
    refused(package, rf"{name.replace('.', '[.]')} vouches for its bytes")
    stamp_package(tmp_path / "another-1.0-0.conda", STAMP, overwrite=False)
    caplog.clear()
    forced(package)
    assert f"{name} was made for the package as it was" in caplog.text
    assert (tmp_path / name).read_text() == "x"


@BOTH
@pytest.mark.parametrize("ending", HARMLESS)
def test_other_files_beside_it_do_not(tmp_path, caplog, make, ending):
    package = make(tmp_path, ABOUT)
    for name in (f"{package.name}.{ending}", f"demo-1.0-0.{ending}", f"demo-1.0-01.{ending}.sig"):
        (tmp_path / name).write_text("x")
    (tmp_path / "demo-1.0-0").write_text("x")
    stamp_package(package, STAMP, overwrite=False)
    assert not caplog.records


@pytest.mark.parametrize("joint", "-_")
def test_a_file_that_vouches_may_be_joined_otherwise(tmp_path, joint):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / f"{package.name}{joint}attestation.json").write_text("x")
    refused(package, "attestation[.]json vouches for its bytes")


@pytest.mark.parametrize(
    "name",
    ["demo-1.0-0.tar.bz2.sig", "demo-1.0-0.5.conda.sig", "demo-1.0-0.5.sig", "demo-1.0-0_1.sig"],
)
def test_what_vouches_for_another_build_or_format_does_not(tmp_path, caplog, name):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / name).write_text("x")
    stamp_package(package, STAMP, overwrite=False)
    assert not caplog.records


def test_a_copy_that_is_named_by_the_checksum_vouches_for_nothing(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    digest = hashlib.sha256(package.read_bytes()).hexdigest()
    for ending in (".conda", ".msgpack.zst", ""):
        (tmp_path / (digest + ending)).write_text("x")
    assert stamp_package(package, STAMP, overwrite=False)


@pytest.mark.parametrize(
    "name",
    [
        "sha256:{}.jsonl",
        "sha256-{}.jsonl",
        "SHA256:{}.json",
        "sha256-{}.sig",
        "{}.jsonl",
        "{}.sigstore.json",
    ],
)
@BOTH
def test_a_bundle_that_is_named_by_the_checksum(tmp_path, make, name):
    """As ``gh attestation download`` names it."""
    package = make(tmp_path, ABOUT)
    other = tmp_path / name.format("0" * 64)
    other.write_text("")
    assert stamp_package(package, {"note": "n"}, overwrite=False)
    bundle = tmp_path / name.format(hashlib.sha256(package.read_bytes()).hexdigest())
    bundle.write_text("")
    refused(package, "vouches for its bytes")


@pytest.mark.parametrize("ending", ["asc", "sig", "gpg", "minisig", "sigstore.json"])
def test_what_signs_a_list_of_checksums_that_has_the_package_in_it(tmp_path, ending):
    package = make_conda(tmp_path, ABOUT)
    sums = tmp_path / "SHA256SUMS"
    (tmp_path / f"SHA256SUMS.{ending}").write_text("")
    sums.write_text(f"{'0' * 64}  other.conda\n")
    assert stamp_package(package, {"note": "n"}, overwrite=False)
    sums.write_text(f"{hashlib.sha256(package.read_bytes()).hexdigest()}  {package.name}\n")
    refused(package, rf"SHA256SUMS\.{ending} vouches for its bytes")


def test_a_list_of_checksums_that_is_signed_in_itself(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    (tmp_path / "SHA256SUMS").write_text(
        f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{'0' * 64}  {package.name}\n"
    )
    refused(package, "SHA256SUMS vouches for its bytes")


INDEXES = [
    "repodata.json",
    "current_repodata.json",
    "repodata_from_packages.json",
    "repodata.json.zst",
    "repodata.json.bz2",
    "repodata.json.gz",
    "current_repodata.json.bz2",
    "repodata_from_packages.json.zst",
]
PACK = {".zst": zst, ".bz2": bz2.compress, ".gz": gzip.compress, ".json": bytes}


def write_index(path: Path, index: object) -> None:
    path.write_bytes(PACK[path.suffix](json.dumps(index).encode()))


def read_index(path: Path) -> dict[str, object]:
    with open_file_blob(path) as blob:
        return json.loads(unpacked(blob, str(path)))


def signed_index(package: Path, *, in_revision: bool = False) -> dict[str, object]:
    section = "packages.conda" if package.suffix == ".conda" else "packages"
    signatures = {package.name: {"key": {"signature": "s"}}, "other-1-0.conda": {"key": {}}}
    index = {"info": {}, section: {package.name: {"sha256": "0"}, "other-1-0.conda": {}}}
    if in_revision:
        kind = "conda" if package.suffix == ".conda" else "tar.bz2"
        return {"v3": {kind: {"demo-1.0-0": {"sha256": "0"}}, "signatures": {"demo-1.0-0": {}}}}
    return index | {"signatures": signatures}


@pytest.mark.parametrize("name", INDEXES)
@BOTH
def test_a_signature_in_any_index_refuses_the_stamp_and_force_drops_it_alone(
    tmp_path, caplog, make, name
):
    package = make(tmp_path, ABOUT)
    write_index(tmp_path / name, signed_index(package))
    refused(package, f"{name} vouches for its bytes")
    caplog.clear()
    forced(package)
    index = read_index(tmp_path / name)
    assert index["signatures"] == {"other-1-0.conda": {"key": {}}}
    assert f"the signature over {package.name} in {tmp_path / name}" in caplog.text


def test_a_signature_among_those_of_a_later_revision(tmp_path):
    package = make_conda(tmp_path, ABOUT)
    write_index(tmp_path / "repodata.json", signed_index(package, in_revision=True))
    refused(package, r"repodata\.json vouches for its bytes")
    forced(package)
    assert read_index(tmp_path / "repodata.json")["v3"]["signatures"] == {}


@pytest.mark.parametrize("place", ["index", "shard"])
def test_a_signature_in_shards(tmp_path, place):
    msgpack = pytest.importorskip("msgpack", reason="msgpack is not installed here")
    package = make_conda(tmp_path, ABOUT)
    signatures = {package.name: {"key": {}}, "other-1-0.conda": {"key": {}}}
    shard = {"packages.conda": {package.name: {"sha256": bytes(32)}}}
    index: dict[str, object] = {"version": 1, "info": {}}
    (shard if place == "shard" else index)["signatures"] = signatures
    data = zst(msgpack.packb(shard))
    digest = hashlib.sha256(data).digest()
    (tmp_path / f"{digest.hex()}.msgpack.zst").write_bytes(data)
    index["shards"] = {"demo": digest}
    path = tmp_path / "repodata_shards.msgpack.zst"
    path.write_bytes(zst(msgpack.packb(index)))
    refused(package, r"repodata_shards\.msgpack\.zst vouches for its bytes")

    forced(package)
    with open_file_blob(path) as blob:
        found = msgpack.unpackb(unpacked(blob, str(path)))
    new = tmp_path / f"{found['shards']['demo'].hex()}.msgpack.zst"
    with open_file_blob(new) as blob:
        corrected = msgpack.unpackb(unpacked(blob, str(new)))
    kept = (corrected if place == "shard" else found)["signatures"]
    assert kept == {"other-1-0.conda": {"key": {}}}


def test_of_several_packages_only_the_signed_one_is_refused(tmp_path, caplog):
    packages = [make_conda(tmp_path, ABOUT, name=name) for name in ("a", "b", "c")]
    records = {package.name: {"sha256": "0"} for package in packages}
    signatures = {packages[0].name: {}, packages[2].name: {}}
    path = tmp_path / "current_repodata.json"
    write_index(path, {"packages.conda": records, "signatures": signatures})
    with corrected_once(packages, dry_run=True) as indexes:
        stamp_package(packages[2], STAMP, dry_run=True, indexes=indexes)
    assert f"the signature over {packages[2].name} in {path}" in caplog.text
    caplog.clear()
    with corrected_once(packages) as indexes:
        with pytest.raises(RefusedError, match=r"current_repodata\.json vouches"):
            stamp_package(packages[0], STAMP, overwrite=False, indexes=indexes)
        stamp_package(packages[1], STAMP, overwrite=False, indexes=indexes)
        stamp_package(packages[2], STAMP, indexes=indexes)
    assert read_index(path)["signatures"] == {packages[0].name: {}}
    assert read_index(path)["packages.conda"][packages[0].name] == {"sha256": "0"}
    assert f"the signature over {packages[2].name} in {path}" in caplog.text


def test_a_copy_into_a_folder_whose_index_signs_it(tmp_path):
    (tmp_path / "out").mkdir()
    package = make_conda(tmp_path, ABOUT)
    write_index(tmp_path / "out" / "repodata.json", signed_index(package))
    target = tmp_path / "out" / package.name
    with pytest.raises(RefusedError, match=r"repodata\.json vouches"):
        stamp_package(package, STAMP, target=target, overwrite=False)
    assert os.listdir(tmp_path / "out") == ["repodata.json"]


def test_what_stays_as_it_is_keeps_its_signatures(tmp_path, caplog):
    package = make_conda(tmp_path, {"extra": STAMP})
    (tmp_path / f"{package.name}.sig").write_text("")
    index = signed_index(package)
    index["packages.conda"][package.name]["sha256"] = hashlib.sha256(
        package.read_bytes()
    ).hexdigest()
    write_index(tmp_path / "repodata.json", index)
    caplog.set_level(logging.INFO)
    assert not stamp_package(package, STAMP, overwrite=False)
    assert not stamp_package(package, STAMP)
    assert read_index(tmp_path / "repodata.json") == index
    assert not caplog.records
    assert read_about(package)["extra"] == STAMP
