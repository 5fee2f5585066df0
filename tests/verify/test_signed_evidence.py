"""Where bundles come from, what is kept of them, and that a run without network says the same."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from acceptance_asking import online, verify
from acceptance_signing import (
    beside,
    built,
    edited,
    listed,
    quiet,
    requiring,
    run_of,
)
from acceptance_sites import BLOBS, CHANNEL, SIGNATURE, TOKEN
from acceptance_table import expected
from acceptance_world import HELLO, World, digest_of, subdir_of
from signing_rows import at_github, contradicting_beside_agreeing, in_githubs_list, signed

from conda_provenance.cli.main import main

Capture = pytest.CaptureFixture[str]

PASS, FAIL, UNAVAILABLE, NOT_APPLICABLE = "pass", "fail", "unavailable", "not-applicable"


def attested(package: dict[str, Any]) -> dict[str, Any]:
    return next(each for each in package["checks"] if each["id"] == "attested")


def alone(package: Path, folder: Path) -> Path:
    """The package where nothing lies beside it."""
    folder.mkdir()
    return Path(shutil.copy(package, folder))


def of_a_file(world: World, folder: Path) -> tuple[Path, tuple[str, ...]]:
    package = quiet(world)
    bundle = folder / "named by the user.json"
    bundle.write_bytes(built(world, package))
    return package, ("--bundle", str(bundle))


def of_an_address(world: World, folder: Path) -> tuple[Path, tuple[str, ...]]:
    """The user has copied it from GitHub's list, say: it lets its bearer in."""
    package = quiet(world)
    world.channel.files[f"/{package.parent.name}.json"] = built(world, package)
    url = f"https://{CHANNEL}/{package.parent.name}.json?sp=r&sig={SIGNATURE}"
    return package, ("--bundle", url)


def _made_by(make: Callable[[World], Path]) -> Callable[[World, Path], Any]:
    return lambda world, _: (make(world), ())


WAYS: dict[str, Callable[[World, Path], tuple[Path, tuple[str, ...]]]] = {
    "beside it": _made_by(signed),
    "listed": _made_by(at_github),
    "in the list": _made_by(in_githubs_list),
    "a file": of_a_file,
    "an address": of_an_address,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_run_from_evidence_says_the_same(
    acceptance: World, capsys: Capture, tmp_path: Path, way: str
) -> None:
    package, options = WAYS[way](acceptance, tmp_path)
    kept = ("--evidence", str(tmp_path / "kept"), *options, *expected(acceptance))
    (first,) = verify(acceptance, capsys, [package], kept).packages
    assert (attested(first)["outcome"], first["outcome"]) == (PASS, "verified")

    acceptance.channel.files.clear()
    acceptance.github.repositories[HELLO].attested.pop(digest_of(package), None)
    elsewhere = alone(package, tmp_path / "elsewhere")
    offline = (*kept, "--offline", "--evidence-digest", first["evidence"]["digest"])
    (again,) = verify(acceptance, capsys, [elsewhere], offline).packages
    assert again["outcome"] == "verified"
    assert attested(again) == attested(first)
    assert not again["evidence"]["missing"]

    unbelieved = verify(acceptance, capsys, [elsewhere], (*kept, "--offline"))
    assert unbelieved.packages[0]["outcome"] == "consistent"
    _nothing_secret_in(tmp_path)


def test_the_bundle_is_kept_as_it_is(acceptance: World, capsys: Capture, tmp_path: Path) -> None:
    package = at_github(acceptance)
    (bundle,) = acceptance.github.repositories[HELLO].attested[digest_of(package)]
    verify(acceptance, capsys, [package], ("--evidence", str(tmp_path), *expected(acceptance)))
    (file,) = tmp_path.iterdir()
    answers = json.loads(file.read_text())["answers"]
    (entry,) = [each for each in answers if each["question"].startswith("BUNDLE https://")]
    assert entry["body"]["text"].encode() == bundle
    assert entry["sha256"] == hashlib.sha256(bundle).hexdigest()
    assert digest_of(package) in entry["question"]
    assert BLOBS not in entry["question"]


def test_a_file_of_this_machine_is_read_without_network(
    acceptance: World, capsys: Capture, tmp_path: Path
) -> None:
    package, options = of_a_file(acceptance, tmp_path)
    only = ("--offline", "--only", "attested", *options, *expected(acceptance))
    said = verify(acceptance, capsys, [package], only)
    assert attested(said.packages[0])["outcome"] == PASS
    assert said.status == 0


@pytest.mark.parametrize(
    "ending",
    [".sigstore.json", ".sigstore", ".v0.sigs", ".intoto.jsonl", "STEM.attestation.json", "DIGEST"],
)
def test_bundles_beside_the_package_are_found(
    acceptance: World, capsys: Capture, ending: str
) -> None:
    package = quiet(acceptance)
    bundle = built(acceptance, package)
    if ending == "STEM.attestation.json":
        name = f"{package.name.removesuffix('.conda')}.attestation.json"
        (package.parent / name).write_bytes(bundle)
    elif ending == "DIGEST":
        (package.parent / f"sha256:{digest_of(package)}.jsonl").write_bytes(bundle + b"\n")
    else:
        beside(package, bundle, ending=ending)
    said = verify(acceptance, capsys, [package], expected(acceptance))
    assert attested(said.packages[0])["outcome"] == PASS


def test_what_no_record_names_is_not_read(acceptance: World, capsys: Capture) -> None:
    package = quiet(acceptance)
    beside(package, built(acceptance, package), ending=".sigs")
    said = verify(acceptance, capsys, [package], expected(acceptance))
    assert attested(said.packages[0])["outcome"] == NOT_APPLICABLE


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "large"])
def test_what_is_no_file_beside_it_is_not_read(
    acceptance: World, capsys: Capture, tmp_path: Path, kind: str
) -> None:
    package = quiet(acceptance)
    place = package.parent / f"{package.name}.sigstore.json"
    secret = tmp_path / "id_rsa"
    secret.write_bytes(built(acceptance, package))
    if kind == "link":
        place.symlink_to(secret)
    elif kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        with place.open("wb") as file:
            file.truncate(100 << 20)
    said = verify(acceptance, capsys, [package], expected(acceptance))
    check = attested(said.packages[0])
    assert check["outcome"] == UNAVAILABLE
    assert "beside the package, is not read" in check["message"]


# --- channels ------------------------------------------------------------------------------------


def in_a_channel(world: World, package: Path, **record: Any) -> str:
    """Put the package into a channel, with this in its record. Returns what to verify."""
    data = package.read_bytes()
    subdir = subdir_of(package)
    name, version, build = package.name.removesuffix(".conda").rsplit("-", 2)
    entry = {
        "name": name, "version": version, "build": build, "build_number": 0, "depends": [],
        "subdir": subdir, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data), **record,
    }  # fmt: skip
    repodata = {"info": {"subdir": subdir}, "packages": {}, "packages.conda": {package.name: entry}}
    top = f"/{package.parent.name}/{subdir}"
    world.channel.files[f"{top}/repodata.json"] = json.dumps(repodata).encode()
    world.channel.files[f"{top}/{package.name}"] = data
    world.channel.paths.clear()
    return top


def verify_in_channel(world: World, capsys: Capture, top: str, *options: str) -> dict[str, Any]:
    (package,) = verify_in_channels(world, capsys, [top], *options)
    return package


def verify_in_channels(
    world: World, capsys: Capture, tops: list[str], *options: str
) -> list[dict[str, Any]]:
    targets = [f"https://{CHANNEL}{top.rpartition('/')[0]}::hello" for top in tops]
    with online(world):
        capsys.readouterr()
        main(
            [
                *("verify", *targets, "--subdir", tops[0].rpartition("/")[2], "--json"),
                *("--trust-root", str(world.trust_root), *expected(world), *options),
            ]
        )
    packages: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["packages"]
    return packages


def test_a_channels_list_of_bundles_is_asked_for(acceptance: World, capsys: Capture) -> None:
    package = quiet(acceptance)
    top = in_a_channel(acceptance, package)
    files = acceptance.channel.files
    files[f"{top}/{package.name}.v0.sigs"] = b"[%s]" % built(acceptance, package)
    files[f"{top}/{package.name}.sigs"] = b"[]"
    said = verify_in_channel(acceptance, capsys, top, "--check")
    assert (attested(said)["outcome"], said["outcome"]) == (PASS, "verified")
    assert not any(each.endswith(f"{package.name}.sigs") for each in acceptance.channel.paths)


def test_what_we_sign_is_found_in_a_channel_that_is_a_folder(
    acceptance: World, capsys: Capture
) -> None:
    package = quiet(acceptance)
    top = in_a_channel(acceptance, package)
    files = acceptance.channel.files
    files[f"{top}/{package.name}.sigstore.json"] = built(acceptance, package)
    said = verify_in_channel(acceptance, capsys, top, "--check")
    assert (attested(said)["outcome"], said["outcome"]) == (PASS, "verified")


@pytest.mark.parametrize("ending", ["", ".v0.sigs", ".sigstore.json", ".sigs", "another .sigs"])
def test_what_was_kept_of_a_channels_package_is_found_for_the_file(
    acceptance: World, capsys: Capture, tmp_path: Path, ending: str
) -> None:
    """A file is kept under another roof than it came from."""
    package = quiet(acceptance)
    bundle = built(acceptance, package)
    pinned = {"sha256": hashlib.sha256(bundle).hexdigest(), "size": len(bundle)}
    if ending == "another .sigs":
        pinned["sha256"] = "d" * 64
    record = {"attestations": pinned} if ending.endswith(".sigs") and ending != ".v0.sigs" else {}
    top = in_a_channel(acceptance, package, **record)
    if ending:
        name = f"{package.name}{ending.rpartition(' ')[2]}"
        acceptance.channel.files[f"{top}/{name}"] = bundle
    kept = ("--evidence", str(tmp_path / "evidence"))
    said = verify_in_channel(acceptance, capsys, top, "--check", *kept)
    outcomes = {"": NOT_APPLICABLE, "another .sigs": UNAVAILABLE}
    assert attested(said)["outcome"] == outcomes.get(ending, PASS)

    digest = said["evidence"]["digest"]
    later = ("--offline", *kept, "--evidence-digest", digest)
    (again,) = verify(acceptance, capsys, [package], (*expected(acceptance), *later)).packages
    assert again["evidence"]["digest"] == digest
    assert attested(again) == attested(said)
    assert (again["outcome"], again["evidence"]["missing"]) == (said["outcome"], [])


def test_two_channels_have_files_of_their_own(acceptance: World, capsys: Capture) -> None:
    """A file has one name in every channel, and often in two folders of one."""
    packages = [quiet(acceptance), quiet(acceptance)]
    tops = [in_a_channel(acceptance, each) for each in packages]
    for top, package in zip(tops, packages, strict=True):
        name = f"{top}/{package.name}.sigstore.json"
        acceptance.channel.files[name] = built(acceptance, package)
    said = verify_in_channels(acceptance, capsys, tops, "--check")
    assert [attested(each)["outcome"] for each in said] == [PASS, PASS]


def test_without_its_bytes_no_bundle_is_asked_for(acceptance: World, capsys: Capture) -> None:
    package = quiet(acceptance)
    top = in_a_channel(acceptance, package)
    said = verify_in_channel(acceptance, capsys, top)
    assert "--check reads them" in attested(said)["message"]
    assert not any("sigs" in each for each in acceptance.channel.paths)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [({}, PASS), ({"sha256": "d" * 64}, UNAVAILABLE), ({"size": 7}, UNAVAILABLE)],
)
def test_what_a_record_names_must_be_that(
    acceptance: World, capsys: Capture, changed: dict[str, Any], outcome: str
) -> None:
    package = quiet(acceptance)
    sigs = b"[%s]" % built(acceptance, package)
    pinned = {"sha256": hashlib.sha256(sigs).hexdigest(), "size": len(sigs), **changed}
    top = in_a_channel(acceptance, package, attestations=pinned)
    acceptance.channel.files[f"{top}/{package.name}.sigs"] = sigs
    said = verify_in_channel(acceptance, capsys, top, "--check")
    assert attested(said)["outcome"] == outcome


# --- what was kept, and what lies there now ------------------------------------------------------


def another_builds(world: World, package: Path) -> bytes:
    """A bundle that contradicts the package."""
    return built(world, package, run_of(package, sha=world.hello.shas["second"]))


def test_large_files_beside_it_crowd_nothing_out_of_the_evidence(
    acceptance: World, capsys: Capture, tmp_path: Path
) -> None:
    package = acceptance.actions()
    listed(acceptance, package, another_builds(acceptance, package))
    for ending in (".sigstore.json", ".sigstore", ".v0.sigs"):
        beside(package, b'["%b"]' % (b"a" * ((16 << 20) - 4)), ending=ending)
    kept = ("--evidence", str(tmp_path / "kept"), *expected(acceptance))
    first = verify(acceptance, capsys, [package], kept)
    assert (first.packages[0]["outcome"], first.status) == ("refuted", 1)

    offline = ("--offline", "--evidence-digest", first.packages[0]["evidence"]["digest"])
    again = verify(acceptance, capsys, [package], (*kept, *offline))
    assert (again.packages[0]["outcome"], again.status) == ("refuted", 1)


def test_what_was_too_large_to_be_kept_may_have_refuted_it(
    acceptance: World, capsys: Capture, tmp_path: Path
) -> None:
    package = acceptance.actions()
    room = (16 << 20) - 8
    refuting = another_builds(acceptance, package)
    beside(package, refuting + b" " * (room - len(refuting)), ending=".v0.sigs")
    for ending in (".sigstore.json", ".sigstore", ".intoto.jsonl"):
        beside(package, b'["%b"]' % (b"a" * (room - 1000)), ending=ending)
    kept = ("--evidence", str(tmp_path / "kept"), *expected(acceptance))
    first = verify(acceptance, capsys, [package], kept)
    assert first.packages[0]["outcome"] == "refuted"

    offline = ("--offline", "--evidence-digest", first.packages[0]["evidence"]["digest"])
    again = verify(acceptance, capsys, [package], (*kept, *offline))
    assert again.status != 0
    assert again.packages[0]["outcome"] != "verified"


@pytest.mark.parametrize("ending", [".sigstore.json", ".v0.sigs", ".sigstore"])
def test_what_lies_beside_the_file_now_counts_beside_what_was_kept_of_the_channels(
    acceptance: World, capsys: Capture, tmp_path: Path, ending: str
) -> None:
    package = acceptance.actions()
    top = in_a_channel(acceptance, package)
    kept = ("--evidence", str(tmp_path / "kept"))
    said = verify_in_channel(acceptance, capsys, top, "--check", *kept)
    assert said["outcome"] == "verified"

    copy = alone(package, tmp_path / "elsewhere")
    beside(copy, another_builds(acceptance, package), ending=ending)
    offline = (*kept, "--offline", "--evidence-digest", said["evidence"]["digest"])
    again = verify(acceptance, capsys, [copy], (*expected(acceptance), *offline))
    assert (again.packages[0]["outcome"], again.status) == ("refuted", 1)


def test_a_bundle_that_the_user_names_counts_whatever_was_kept_of_its_name(
    acceptance: World, capsys: Capture, tmp_path: Path
) -> None:
    package = acceptance.actions()
    for name, bundle in (
        ("a", built(acceptance, package)),
        ("b", another_builds(acceptance, package)),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bundle.json").write_bytes(bundle)
    kept = ("--evidence", str(tmp_path / "kept"), *expected(acceptance))
    first = verify(acceptance, capsys, [package], (*kept, "--bundle", f"{tmp_path}/a/bundle.json"))
    assert first.packages[0]["outcome"] == "verified"

    offline = (*kept, "--offline", "--evidence-digest", first.packages[0]["evidence"]["digest"])
    for name, status in (("a", 0), ("b", 1)):
        named = ("--bundle", f"{tmp_path}/{name}/bundle.json")
        assert verify(acceptance, capsys, [package], (*offline, *named)).status == status


def test_the_same_file_in_two_channels_has_evidence_of_each(
    acceptance: World, capsys: Capture, tmp_path: Path
) -> None:
    package = quiet(acceptance)
    tops = [in_a_channel(acceptance, each) for each in (package, alone(package, tmp_path / "b"))]
    signature = f"{tops[0]}/{package.name}.sigstore.json"
    acceptance.channel.files[signature] = built(acceptance, package)
    kept = ("--evidence", str(tmp_path / "kept"))
    said = verify_in_channels(acceptance, capsys, tops, "--check", *kept)
    assert [each["outcome"] for each in said] == ["verified", "consistent"]
    assert len({each["evidence"]["file"] for each in said}) == 2

    for each in said:
        digest = ("--offline", "--evidence-digest", each["evidence"]["digest"])
        options = (*expected(acceptance), *kept, *digest)
        (again,) = verify(acceptance, capsys, [package], options).packages
        assert again["outcome"] == each["outcome"]
        assert again["evidence"]["file"] == each["evidence"]["file"]

    both = [word for each in said for word in ("--evidence-digest", each["evidence"]["digest"])]
    options = (*expected(acceptance), *kept, "--offline", *both)
    found = verify(acceptance, capsys, [package], options)
    assert (found.packages[0]["outcome"], found.status) == (UNAVAILABLE, 3)


# --- secrets -------------------------------------------------------------------------------------


def _nothing_secret_in(folder: Path, *texts: str) -> None:
    written = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    everything = b"\n".join([*written, *(each.encode() for each in texts)])
    for secret in (TOKEN, SIGNATURE, SIGNATURE.replace("%3D", "=")):
        assert secret.encode() not in everything


def echoed(world: World) -> Path:
    """The other server repeats the query of its address in what it sends."""
    package = quiet(world)
    bundle = json.loads(built(world, package))
    bundle["echo"] = SIGNATURE
    return listed(world, package, json.dumps(bundle).encode())


def refused(world: World) -> Path:
    """The other server says no."""
    package = at_github(world)
    world.github.repositories[HELLO].expired.add(digest_of(package))
    return package


@pytest.mark.parametrize(
    "make", [at_github, in_githubs_list, contradicting_beside_agreeing, echoed, refused]
)
@pytest.mark.parametrize("form", [("--json",), ("-v",), ("--html", "PAGE")])
def test_what_lets_the_bearer_in_is_shown_and_kept_nowhere(
    acceptance: World,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    logged: io.StringIO,
    make: Callable[[World], Path],
    form: tuple[str, ...],
) -> None:
    monkeypatch.setenv("CONDA_PROVENANCE_CACHE_DIR", str(tmp_path / "cache"))
    package = make(acceptance)
    options = ["--trust-root", str(acceptance.trust_root), *expected(acceptance)]
    options += ["--evidence", str(tmp_path / "kept"), "--max-age", "1d"]
    options += [str(tmp_path / "page.html") if each == "PAGE" else each for each in form]
    for _ in range(2):  # The second time, by the answers of the first.
        with online(acceptance):
            main(["verify", str(package), *options])
        out, err = capsys.readouterr()
        _nothing_secret_in(tmp_path, out, err, logged.getvalue())
    assert not acceptance.leaks()


def test_the_test_would_notice(tmp_path: Path) -> None:
    (tmp_path / "x").write_text(f"https://{BLOBS}/x?sig={SIGNATURE}")
    with pytest.raises(AssertionError):
        _nothing_secret_in(tmp_path)


def test_no_token_goes_to_the_server_of_the_bundles(acceptance: World, capsys: Capture) -> None:
    verify(acceptance, capsys, [at_github(acceptance)], expected(acceptance))
    asked = acceptance.github.blobs.asked
    assert asked
    assert not any("authorization" in each.headers for each in asked)


# --- one question is asked once ------------------------------------------------------------------


def test_many_packages_ask_each_list_and_each_bundle_once(
    acceptance: World, capsys: Capture
) -> None:
    package = at_github(acceptance)
    before = len(acceptance.github.blobs.asked)
    copies = [package, alone(package, package.parent / "again")]
    said = verify(acceptance, capsys, copies, expected(acceptance))
    assert [attested(each)["outcome"] for each in said.packages] == [PASS, PASS]
    assert len(acceptance.github.blobs.asked) == before + 1


def test_two_folders_have_files_of_their_own(acceptance: World, capsys: Capture) -> None:
    package = signed(acceptance)
    other = alone(package, package.parent / "bare")
    said = verify(acceptance, capsys, [package, other], expected(acceptance))
    assert [attested(each)["outcome"] for each in said.packages] == [PASS, NOT_APPLICABLE]


def test_a_list_without_end_is_bounded(acceptance: World, capsys: Capture) -> None:
    package = quiet(acceptance)
    junk = [b'{"n": %d}' % number for number in range(150)]
    listed(acceptance, package, built(acceptance, package), *junk)
    before = len(acceptance.github.blobs.asked)
    options = ("--policy", acceptance.policy(requiring()))
    said = verify(acceptance, capsys, [package], options)
    check = attested(said.packages[0])
    assert check["outcome"] == PASS
    assert len(acceptance.github.blobs.asked) - before == 100
    assert "more than 100 attestations" in json.dumps(check["facts"]["unread"])


# --- the command line ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--bundle", "nowhere.json"), "--bundle nowhere.json cannot be read"),
        (("--bundle", "https://u:hunter2@/x"), "is no complete address"),
        (("--trust-root", "nowhere.json"), "--trust-root nowhere.json cannot be read"),
        (("--cert-identity", "https://github.com/o/n/x.yml"), "which is missing"),
        (("--cert-identity", ""), "--cert-identity"),
        (("--cert-oidc-issuer", "https://x.org/"), "is no issuer of identities"),
        (
            ("--dask", "tcp://x:1", "--bundle", "https://x.org/b?sig=hunter2"),
            "a worker has the network of its own machine",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    capsys: Capture, tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    assert main(["verify", str(tmp_path), *options]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "hunter2" not in said


def test_a_root_that_is_none_is_refused(capsys: Capture, tmp_path: Path) -> None:
    root = tmp_path / "root.json"
    root.write_text("{}")
    assert main(["verify", str(tmp_path), "--trust-root", str(root)]) == 2
    assert "The root of trust cannot be used" in capsys.readouterr().err


def test_a_signer_who_is_named_must_have_signed(acceptance: World, capsys: Capture) -> None:
    package = quiet(acceptance)
    named = (*expected(acceptance), "--cert-identity", "alice@example.org")
    said = verify(acceptance, capsys, [package], named)
    assert (said.packages[0]["outcome"], said.status) == (UNAVAILABLE, 3)
    assert "may have left it out" in said.packages[0]["message"]

    broken = beside(package, edited(built(acceptance, package, run_of(package))))
    said = verify(acceptance, capsys, [broken], named)
    assert (said.packages[0]["outcome"], said.status) == (UNAVAILABLE, 3)
