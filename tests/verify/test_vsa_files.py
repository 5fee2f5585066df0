"""``verify --vsa``: each outcome end to end, through the command, in the world of the acceptance
test."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from acceptance_asking import Said, online, verify
from acceptance_signing import beside, built, run_of
from acceptance_world import HELLO, World, digest_of
from attested_making import V1, github_predicate
from ci_identities import GitHubRun
from forgery_rows import one_byte_changed
from google.protobuf.json_format import ParseDict
from honest_rows import silent
from in_toto_attestation.predicates.vsa.v1.vsa_pb2 import VerificationSummary
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from sigstore_instance import Instance
from sigstore_server import SigstoreServer

from conda_provenance import read_claim
from conda_provenance.attest.statement import statement_bytes
from conda_provenance.bundles.sigstore import SigstoreVerifier
from conda_provenance.bundles.statement_types import VSA_TYPE
from conda_provenance.cli import verify_vsa
from conda_provenance.cli.main import main
from conda_provenance.cli.report_files import Form
from conda_provenance.packages.blob import open_file_blob
from conda_provenance.packages.signatures import signatures_of
from conda_provenance.policy import load_policy

VERIFIER = "https://verifier.example.org/packages"
CHANNEL = "https://conda.example.org/main"
STATEMENT = ".vsa.statement.json"


def options_of(world: World, folder: Path, text: str = "", **given: str) -> list[str]:
    """All that a VSA needs, in the order of the documentation."""
    policy = world.policy(text, **given)
    issuer = ("--verifier-id", VERIFIER, "--resource-uri", CHANNEL)
    return ["--vsa", str(folder), "--policy", policy, *issuer]


def ask(
    world: World,
    capsys: pytest.CaptureFixture[str],
    package: Path,
    options: Sequence[str],
    token: str | None = None,
) -> tuple[Said, dict[str, Any]]:
    """Verify one package. Returns what is said of its VSA too."""
    given = {} if token is None else {"token": token}
    said = verify(world, capsys, [package], options, **given)
    (found,) = said.packages
    return said, found["vsa"]


def written(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def read(path: Path) -> dict[str, Any]:
    """A statement, held against in-toto's own library."""
    statement: dict[str, Any] = json.loads(path.read_bytes())
    parsed = ParseDict(statement, statement_pb2.Statement())
    Statement.copy_from_pb(parsed).validate()

    # The specification has a list here; this library takes it for one text, by mistake:
    # https://github.com/in-toto/attestation/issues/425. It knows SLSA 1.0's fields, and no others.
    (level,) = statement["predicate"]["verifiedLevels"]
    ParseDict({**statement["predicate"], "verifiedLevels": level}, VerificationSummary())
    return statement


def test_a_verified_package_passes(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    package = acceptance.actions()
    before = int(time.time())
    options = options_of(acceptance, tmp_path / "made" / "here")
    said, vsa = ask(acceptance, capsys, package, options)

    assert (said.status, said.packages[0]["outcome"]) == (0, "verified")
    path = tmp_path / "made" / "here" / "linux-64" / f"{package.name}{STATEMENT}"
    assert written(tmp_path) == [path]
    assert vsa == {"file": str(path), "result": "PASSED", "why_not": None}

    statement = read(path)
    policy = load_policy(options[3])
    assert statement["subject"] == [
        {"name": package.name, "digest": {"sha256": digest_of(package)}}
    ]
    assert statement["predicateType"] == "https://slsa.dev/verification_summary/v1"
    predicate = statement["predicate"]
    when = datetime.fromisoformat(predicate.pop("timeVerified").replace("Z", "+00:00"))
    assert before <= when.timestamp() <= time.time()
    assert predicate == {
        "verifier": {"id": VERIFIER},
        "resourceUri": f"{CHANNEL}/linux-64/{package.name}",
        "policy": {"uri": predicate["policy"]["uri"], "digest": {"sha256": policy.digest}},
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_UNEVALUATED"],
    }


def test_a_policy_is_named_without_the_path_of_its_file(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    options = options_of(acceptance, tmp_path)
    ask(acceptance, capsys, acceptance.actions(), options)
    (path,) = written(tmp_path)
    uri = read(path)["predicate"]["policy"]["uri"]
    assert re.fullmatch(r"ni:///sha-256;[\w-]{43}", uri)
    assert str(acceptance.folder) not in path.read_text()


@pytest.mark.parametrize(
    ("given", "uri"),
    [
        (
            ["--policy", "conda-forge"],
            "https://conda-provenance.github.io/conda-provenance/policies/conda-forge.toml",
        ),
        (
            ["--policy", "conda-forge", "--policy-uri", "https://example.org/policies/cf.toml"],
            "https://example.org/policies/cf.toml",
        ),
    ],
)
def test_a_ready_policy_has_an_address_and_the_user_may_give_another(
    acceptance: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    given: list[str],
    uri: str,
) -> None:
    issuer = ("--verifier-id", VERIFIER, "--resource-uri", CHANNEL)
    options = ["--vsa", str(tmp_path), *given, *issuer]
    ask(acceptance, capsys, acceptance.actions(), options)
    (path,) = written(tmp_path)
    assert read(path)["predicate"]["policy"]["uri"] == uri


def test_a_refuted_package_fails(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    package = one_byte_changed(acceptance)
    said, vsa = ask(acceptance, capsys, package, options_of(acceptance, tmp_path))
    assert (said.status, said.packages[0]["outcome"]) == (1, "refuted")
    assert vsa["result"] == "FAILED"

    (path,) = written(tmp_path)
    predicate = read(path)["predicate"]
    assert (predicate["verificationResult"], predicate["verifiedLevels"]) == ("FAILED", ["FAILED"])
    assert read(path)["subject"][0]["digest"] == {"sha256": digest_of(package)}


def test_what_was_not_checked_has_none(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """No result but these two exists: "could not be checked" is neither."""
    cases = (
        (acceptance.package(), "", "consistent", "it is consistent, which is less than verified"),
        (
            acceptance.package(),
            'accept = "consistent"',
            "consistent",
            "less than verified, though the policy accepts that",
        ),
        (silent(acceptance), "", "silent", "it claims nothing about where it comes from"),
        (
            acceptance.actions(commit="maintenance"),
            "",
            "unavailable",
            "what the policy requires could not be checked",
        ),
    )
    for package, text, outcome, why in cases:
        said, vsa = ask(acceptance, capsys, package, options_of(acceptance, tmp_path, text))
        assert said.packages[0]["outcome"] == outcome
        assert (vsa["file"], vsa["result"]) == (None, None)
        assert why in vsa["why_not"]
    assert not written(tmp_path)


def test_an_unreadable_package_has_none(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    package = tmp_path / "broken-1.0-0.conda"
    package.write_bytes(b"no archive")
    folder = tmp_path / "vsa"
    said, vsa = ask(acceptance, capsys, package, options_of(acceptance, folder))
    assert said.packages[0]["outcome"] == "unavailable"
    assert vsa["why_not"] == "No VSA: it could not be read."
    assert not written(folder)


def test_a_package_that_no_rule_is_about_has_none(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    options = options_of(acceptance, tmp_path, 'packages = ["other"]')
    for package in (acceptance.actions(), one_byte_changed(acceptance)):
        _, vsa = ask(acceptance, capsys, package, options)
        assert vsa["result"] is None
    assert not written(tmp_path)


def test_an_exception_of_the_policy_passes_nothing(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It ends on a day, and a signed statement does not."""
    exception = (
        '\n[[exceptions]]\npackages = ["hello"]\nreason = "old"\nuntil = 2999-12-31\n'
        'waive = ["commit-reviewed"]\n'
    )
    options = options_of(acceptance, tmp_path, exception)
    said, vsa = ask(acceptance, capsys, acceptance.actions(), options)
    assert said.packages[0]["outcome"] == "verified"
    assert "an exception of the policy counts for it" in vsa["why_not"]
    assert not written(tmp_path)

    said, vsa = ask(acceptance, capsys, one_byte_changed(acceptance), options)
    assert (said.packages[0]["outcome"], vsa["result"]) == ("refuted", "FAILED")


def test_the_rule_is_the_one_of_the_channel_that_the_vsa_names(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A file on this disk is of no channel. What counts is from where others will fetch it."""
    package = acceptance.actions()
    for channel, result in ((CHANNEL, "PASSED"), ("https://conda.example.org/other", None)):
        options = options_of(acceptance, tmp_path, f'channels = ["{channel}"]')
        _, vsa = ask(acceptance, capsys, package, options)
        assert vsa["result"] == result


def test_one_package_s_address_is_of_that_package_alone(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    package = acceptance.actions()
    renamed = acceptance.fresh() / "hello-9-0.conda"
    shutil.copy(package, renamed)
    uri = f"{CHANNEL}/linux-64/{package.name}"
    options = [*options_of(acceptance, tmp_path)[:-1], uri]
    said = verify(acceptance, capsys, [package, renamed], options)
    first, second = (each["vsa"] for each in said.packages)
    assert first["file"] == str(tmp_path / f"{package.name}{STATEMENT}")
    assert "the address of another file" in second["why_not"]
    assert read(Path(first["file"]))["predicate"]["resourceUri"] == uri


def test_two_files_with_one_address_do_not_overwrite_each_other(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    packages = [acceptance.actions(), one_byte_changed(acceptance)]
    assert packages[0].name == packages[1].name
    said = verify(acceptance, capsys, packages, options_of(acceptance, tmp_path))
    first, second = (each["vsa"] for each in said.packages)
    assert first["result"] == "PASSED"
    assert "another package of this run has the same address" in second["why_not"]
    assert read(Path(first["file"]))["subject"][0]["digest"]["sha256"] == digest_of(packages[0])


def refuted_copy(world: World, package: Path, folder: Path) -> Path:
    """The same file, beside which lies a signed statement that contradicts it."""
    folder.mkdir()
    sha = world.hello.shas["second"]
    bundle = built(world, package, run_of(package, sha=sha))
    return beside(Path(shutil.copy(package, folder)), bundle)


@pytest.mark.parametrize("is_refuted_first", [True, False])
def test_of_the_same_file_in_two_places_the_refuted_one_counts(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path, is_refuted_first: bool
) -> None:
    package = acceptance.actions()
    refuted = refuted_copy(acceptance, package, tmp_path / "again")

    packages = [refuted, package] if is_refuted_first else [package, refuted]
    options = options_of(acceptance, tmp_path / "vsa")
    said = verify(acceptance, capsys, packages, options)
    assert said.status == 1
    (path,) = written(tmp_path / "vsa")
    assert read(path)["predicate"]["verificationResult"] == "FAILED"
    if is_refuted_first:
        assert "the same file was refuted elsewhere" in said.packages[1]["vsa"]["why_not"]


@pytest.mark.parametrize("is_refuted_first", [True, False])
def test_none_passes_where_the_refutation_of_the_same_file_cannot_be_written(
    acceptance: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_refuted_first: bool,
) -> None:
    """The disk is a stand-in, which has no room for what is refuted."""
    package = acceptance.actions()
    refuted = refuted_copy(acceptance, package, tmp_path / "again")
    write = verify_vsa.write_forms

    def full(forms: list[Form]) -> None:
        for form in forms:
            text = io.StringIO()
            form.write(text)
            if "FAILED" in text.getvalue():
                raise OSError(errno.ENOSPC, "No space left on device")
        write(forms)

    monkeypatch.setattr(verify_vsa, "write_forms", full)
    packages = [refuted, package] if is_refuted_first else [package, refuted]
    said = verify(acceptance, capsys, packages, options_of(acceptance, tmp_path / "vsa"))
    assert said.status == 1
    assert written(tmp_path / "vsa") == []


def test_a_link_stays_where_a_refutation_cannot_be_written(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    package = acceptance.actions()
    options = options_of(acceptance, tmp_path / "vsa")
    verify(acceptance, capsys, [package], options)
    (path,) = written(tmp_path / "vsa")
    mine = path.rename(tmp_path / "mine.json")
    path.symlink_to(mine)
    refuted = refuted_copy(acceptance, package, tmp_path / "again")
    assert verify(acceptance, capsys, [refuted], options).status == 1
    assert path.is_symlink()
    assert mine.exists()


def test_offline_the_time_is_that_of_the_answers_and_they_must_be_believed(
    acceptance: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = acceptance.actions()
    kept = ["--evidence", str(tmp_path / "kept")]
    online_options = [*options_of(acceptance, tmp_path / "online"), *kept]
    said, vsa = ask(acceptance, capsys, package, online_options)
    digest = said.packages[0]["evidence"]["digest"]
    first = Path(vsa["file"]).read_bytes()

    later = time.time() + 86400 * 3
    monkeypatch.setattr(time, "time", lambda: later)
    policy = ("--policy", online_options[3])
    issuer = ("--verifier-id", VERIFIER, "--resource-uri", CHANNEL)
    offline = ["--vsa", str(tmp_path / "offline"), *policy, *issuer, *kept, "--offline"]
    _, vsa = ask(acceptance, capsys, package, offline)
    assert vsa["why_not"] == "No VSA: it is consistent, which is less than verified."

    _, vsa = ask(acceptance, capsys, package, [*offline, "--evidence-digest", digest])
    assert Path(vsa["file"]).read_bytes() == first


def test_with_answers_of_an_earlier_run_the_time_is_that_of_the_oldest(
    acceptance: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONDA_PROVENANCE_CACHE_DIR", str(tmp_path / "cache"))
    package = acceptance.actions()
    options = [*options_of(acceptance, tmp_path / "vsa"), "--max-age", "7d"]
    _, vsa = ask(acceptance, capsys, package, options)
    first = Path(vsa["file"]).read_bytes()

    later = time.time() + 86400 * 3
    monkeypatch.setattr(time, "time", lambda: later)
    _, vsa = ask(acceptance, capsys, package, options)
    assert Path(vsa["file"]).read_bytes() == first
    _, vsa = ask(acceptance, capsys, package, options[:-2])
    assert Path(vsa["file"]).read_bytes() != first


def test_a_refutation_by_answers_that_anybody_wrote_fails_nothing(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    package = one_byte_changed(acceptance)
    options = [*options_of(acceptance, tmp_path / "vsa"), "--evidence", str(tmp_path / "kept")]
    _, vsa = ask(acceptance, capsys, package, options)
    Path(vsa["file"]).unlink()

    said, vsa = ask(acceptance, capsys, package, [*options, "--offline"])
    assert said.packages[0]["outcome"] == "refuted"
    assert "anybody may have written" in vsa["why_not"]
    assert not written(tmp_path / "vsa")


def test_people_are_told_why_there_is_none(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    package = silent(acceptance)
    with online(acceptance):
        main(["verify", str(package), *options_of(acceptance, tmp_path)])
    said = capsys.readouterr()
    line = f"{package}: no VSA: it claims nothing about where it comes from."
    assert line in said.err
    assert f"VSAs in {tmp_path}: 0 PASSED, 0 FAILED." in said.err
    assert "VSA" not in said.out


def test_of_many_packages_the_rest_is_counted(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    package = silent(acceptance)
    copies = [shutil.copy(package, acceptance.fresh() / package.name) for _ in range(23)]
    with online(acceptance):
        main(["verify", *map(str, copies), *options_of(acceptance, tmp_path)])
    said = capsys.readouterr().err
    assert said.count("no VSA: ") == 20
    assert "3 more packages have no VSA." in said


def test_a_file_that_cannot_be_written_is_said_and_ends_in_status_3(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "linux-64").write_text("a file where a folder should be")
    options = options_of(acceptance, tmp_path)
    with online(acceptance):
        status = main(["verify", str(acceptance.actions()), *options])
    said = capsys.readouterr()
    assert status == 3
    assert f"The VSA {tmp_path}/linux-64/" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_only_a_plain_file_is_replaced(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str
) -> None:
    """A link may lead out of the folder, to anybody's file, and a pipe never ends."""
    package, theirs = acceptance.actions(), tmp_path / "theirs"
    theirs.write_text("precious")
    place = tmp_path / "vsa" / "linux-64" / f"{package.name}{STATEMENT}"
    place.parent.mkdir(parents=True)
    if kind == "link":
        place.symlink_to(theirs)
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()

    with online(acceptance):
        status = main(["verify", str(package), *options_of(acceptance, tmp_path / "vsa")])
    said = capsys.readouterr()
    assert status == 3
    assert "cannot be written: something that is no plain file has its name" in said.err
    assert theirs.read_text() == "precious"
    assert place.is_symlink() == (kind == "link")
    place.rmdir() if kind == "folder" else place.unlink()


def test_a_trust_configuration_that_is_none_is_said_before_anything_is_verified(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    options = [*options_of(acceptance, tmp_path / "vsa"), "--sign", "--trust-config", "nowhere"]
    with online(acceptance):
        assert main(["verify", str(silent(acceptance)), *options]) == 2
    assert "--trust-config nowhere cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "vsa").exists()


def test_stamp_takes_it_for_no_signature(
    acceptance: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unsigned statement vouches for nothing, even if it lies beside the package."""
    package = acceptance.actions()
    folder = package.parent
    uri = f"{CHANNEL}/linux-64/{package.name}"
    _, vsa = ask(acceptance, capsys, package, [*options_of(acceptance, folder)[:-1], uri])
    assert Path(vsa["file"]).parent == folder
    with open_file_blob(str(package)) as blob:
        assert signatures_of(package, blob) == []


def test_the_same_package_has_the_same_bytes_but_for_the_time(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    package = acceptance.actions()
    options = options_of(acceptance, tmp_path)
    texts = []
    for _ in range(2):
        _, vsa = ask(acceptance, capsys, package, options)
        text = Path(vsa["file"]).read_text()
        texts.append(re.sub(r'"timeVerified":"[^"]+"', "", text))
    assert texts[0] == texts[1]
    assert HELLO not in texts[0]


def sign(
    world: World,
    server: SigstoreServer,
    monkeypatch: pytest.MonkeyPatch,
    packages: Sequence[Path],
    folder: Path,
) -> int:
    for name, value in server.environ.items():
        monkeypatch.setenv(name, value)
    options = [*options_of(world, folder), "--sign", "--trust-config", str(server.trust_config)]
    with online(world):
        # The instance is on this machine; all else is behind the world's proxy.
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.setenv(name, "127.0.0.1")
        return main(["verify", *map(str, packages), *options])


def test_every_statement_is_signed_by_whoever_verifies(
    acceptance: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sigstore_server: SigstoreServer,
) -> None:
    """In another run and repository than those that built the packages."""
    good, none = acceptance.actions(), silent(acceptance)
    bad = Path(shutil.copy(one_byte_changed(acceptance), acceptance.fresh()))
    folder = tmp_path / "vsa"
    assert sign(acceptance, sigstore_server, monkeypatch, [good, none], folder) == 3
    said = capsys.readouterr()
    assert f"VSAs in {folder}: 1 PASSED, 0 FAILED." in said.err
    assert f"Signed by {sigstore_server.run.san}: 1." in said.err
    assert sign(acceptance, sigstore_server, monkeypatch, [bad], tmp_path / "bad") == 1

    verifier = SigstoreVerifier(sigstore_server.trusted_root.read_bytes())
    for place, package, result in (
        (folder, good, "PASSED"),
        (tmp_path / "bad", bad, "FAILED"),
    ):
        bundle, statement = written(place)
        assert bundle.name == f"{package.name}.vsa.sigstore.json"
        assert statement.name == f"{package.name}{STATEMENT}"
        signed = verifier.verify(bundle.read_bytes())
        assert signed.certificate.identity == sigstore_server.run.san
        assert signed.statement.is_about(digest_of(package))
        assert signed.statement.predicate == read(statement)["predicate"]
        assert signed.statement.predicate["verificationResult"] == result


def test_stamp_takes_a_signed_one_for_a_signature(
    acceptance: World,
    monkeypatch: pytest.MonkeyPatch,
    sigstore_server: SigstoreServer,
) -> None:
    package = acceptance.actions()
    sign(acceptance, sigstore_server, monkeypatch, [package], package.parent)
    for path in (package.parent / "linux-64").iterdir():
        path.rename(package.parent / path.name)
    with open_file_blob(str(package)) as blob:
        assert signatures_of(package, blob) == [f"{package.name}.vsa.sigstore.json"]


def test_what_cannot_be_signed_is_written_and_said(
    acceptance: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sigstore_server: SigstoreServer,
) -> None:
    sigstore_server.instead["/api/v1/log/entries"] = (503, b"{}")
    package = acceptance.actions()
    assert sign(acceptance, sigstore_server, monkeypatch, [package], tmp_path) == 3
    said = capsys.readouterr()
    assert "1 of the VSAs are written, but not signed: " in said.err
    assert "Traceback" not in said.err
    (path,) = written(tmp_path)
    assert read(path)["predicate"]["verificationResult"] == "PASSED"


def test_nobody_is_asked_for_a_certificate_where_nothing_is_to_be_signed(
    acceptance: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sigstore_server: SigstoreServer,
) -> None:
    assert sign(acceptance, sigstore_server, monkeypatch, [silent(acceptance)], tmp_path) == 3
    assert not sigstore_server.asked


def test_without_sigstore_that_is_said_before_anything_is_verified(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sigstore.sign", None)
    monkeypatch.chdir(tmp_path)
    assert main(["verify", "hello-1.0-0.conda", *typed(), "--sign"]) == 3
    assert "Signing needs sigstore, which is not installed" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def _attested(
    world: World, folder: Path, *siblings: tuple[str, bytes], log: str | None = "building\n"
) -> tuple[Path, Path, list[str]]:
    """A package with a statement of its build beside it, the root, and the bundles' digests."""
    folder.mkdir()
    package = world.actions(log=log)
    claim = read_claim(package)
    run = GitHubRun(HELLO, sha=str(claim.sha), run_id=str(claim.flow_run_id).rpartition("_")[2])
    statement = statement_bytes(package.name, digest_of(package), V1, github_predicate(run))
    instance = Instance()
    bundle = json.dumps(instance.bundle(statement, run.san, run.extensions)).encode()
    root = folder / "trusted_root.json"
    root.write_bytes(instance.root_bytes())
    files = (("sigstore.json", bundle), *siblings)
    for ending, data in files:
        (package.parent / f"{package.name}.{ending}").write_bytes(data)
    return package, root, [sha256(data).hexdigest() for _, data in files]


def test_the_signed_statements_that_were_looked_at_are_its_inputs(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """By them alone it is verified: no log names the file."""
    package, root, digests = _attested(acceptance, tmp_path / "root")
    options = [*options_of(acceptance, tmp_path / "vsa"), "--trust-root", str(root)]
    said, vsa = ask(acceptance, capsys, package, options)
    checks = {each["id"]: each["outcome"] for each in said.packages[0]["checks"]}
    assert (checks["attested"], checks["artifact-in-run"]) == ("pass", "unavailable")
    predicate = read(Path(vsa["file"]))["predicate"]
    assert predicate["verificationResult"] == "PASSED"
    assert predicate["inputAttestations"] == [{"digest": {"sha256": each}} for each in digests]


def test_an_input_that_is_broken_is_an_input_too(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A list names all of them, or there is none."""
    broken = ("v0.sigs", b'[{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}]')
    package, root, digests = _attested(acceptance, tmp_path / "root", broken)
    options = [*options_of(acceptance, tmp_path / "vsa"), "--trust-root", str(root)]
    _, vsa = ask(acceptance, capsys, package, options)
    inputs = read(Path(vsa["file"]))["predicate"]["inputAttestations"]
    assert len(inputs) == 2
    assert {"digest": {"sha256": digests[0]}} in inputs


def test_a_summary_beside_a_package_is_no_statement_of_its_build(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Signed by the very run that built it: it neither verifies nor refutes."""
    package, root, _ = _attested(acceptance, tmp_path / "root")
    bundle = package.parent / f"{package.name}.sigstore.json"
    claim = read_claim(package)
    run = GitHubRun(HELLO, sha=str(claim.sha), run_id=str(claim.flow_run_id).rpartition("_")[2])
    statement = statement_bytes(package.name, digest_of(package), VSA_TYPE, {"verifier": {}})
    instance = Instance()
    root.write_bytes(instance.root_bytes())
    bundle.write_text(json.dumps(instance.bundle(statement, run.san, run.extensions)))
    options = [*options_of(acceptance, tmp_path / "vsa"), "--trust-root", str(root)]
    said, vsa = ask(acceptance, capsys, package, options)
    assert said.packages[0]["outcome"] == "consistent"
    assert vsa["result"] is None


ALL = {
    "--vsa": "vsa",
    "--policy": "conda-forge",
    "--verifier-id": VERIFIER,
    "--resource-uri": CHANNEL,
}


def typed(**changed: str | None) -> list[str]:
    given = {**ALL, **{f"--{name.replace('_', '-')}": each for name, each in changed.items()}}
    return [word for flag, each in given.items() if each is not None for word in (flag, each)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (typed(policy=None), "--vsa needs --policy"),
        (typed(verifier_id=None), "--vsa needs --verifier-id"),
        (typed(resource_uri=None), "--vsa needs --resource-uri"),
        (typed(vsa=None), "--verifier-id means nothing without --vsa"),
        (["--policy-uri", "https://example.org/p"], "--policy-uri means nothing without --vsa"),
        (typed(vsa=""), "--vsa"),
        ([*typed(), "--expect-repo", "https://github.com/o/n"], "--vsa and --expect-repo"),
        ([*typed(), "--expect-sha", "a" * 40], "--vsa and --expect-sha"),
        ([*typed(), "--expect-ref", "main"], "--vsa and --expect-ref"),
        ([*typed(), "--expect-provider", "github"], "--vsa and --expect-provider"),
        (["--sign"], "--sign means nothing without --vsa"),
        (["--trust-config", "x"], "--trust-config means nothing without --vsa"),
        ([*typed(), "--trust-config", "x"], "--trust-config means nothing without --sign"),
        ([*typed(), "--cert-identity", "https://github.com/o/r/x"], "--vsa and --cert-identity"),
        ([*typed(), "--cert-oidc-issuer", "https://h.example"], "--vsa and --cert-oidc-issuer"),
        ([*typed(), "--only", "expected"], "--vsa and --only"),
        ([*typed(), "--skip", "expected"], "--vsa and --skip"),
        ([*typed(), "--dask", "tcp://h:1"], "--vsa and --dask"),
        ([*typed(), "--merge", "x.json"], "--vsa and --merge"),
        (
            typed(verifier_id="https://conda-provenance.github.io/conda-provenance/x"),
            "conda-provenance's own address",
        ),
        (typed(resource_uri="https://conda.example.org/t/abc/main"), "--resource-uri takes"),
        (typed(policy_uri="https://u:p@example.org/x"), "--policy-uri takes a URI"),
    ],
)
def test_options_that_do_not_go_together(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    package = [] if "--merge" in words else ["hello-1.0-0.conda"]
    assert main(["verify", *package, *words]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert "u:p" not in said
    assert "abc" not in said
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    assert main(["verify", "hello-1.0-0.conda", *typed(vsa=str(taken))]) == 2
    assert f"The folder {taken} (--vsa) cannot be made: File exists." in capsys.readouterr().err


def test_a_policy_in_condarc_is_not_enough(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Which policy a signed statement names is said where it is made."""
    monkeypatch.setenv("CONDA_PLUGINS_PROVENANCE_POLICY", "conda-forge")
    monkeypatch.chdir(tmp_path)
    assert main(["verify", "hello-1.0-0.conda", *typed(policy=None)]) == 2
    assert "--vsa needs --policy" in capsys.readouterr().err
