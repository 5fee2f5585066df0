"""The attestation worker: its own steps, on a channel with honest and forged packages."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from acceptance_sites import TOKEN
from ci_identities import GitHubRun
from composite_runner import ROOT, Composite, Ran, filled
from ruamel.yaml import YAML

if TYPE_CHECKING:
    from acceptance_world import World
    from sigstore_server import SigstoreServer

WORKER = ROOT / "examples" / "worker"
SCRIPT = WORKER / "sign_summaries.py"
CHANNEL = "https://conda.example.org/main"
REPOSITORY = "my-org/attestation-worker"
WORKFLOW_REF = f"{REPOSITORY}/.github/workflows/worker.yml@refs/heads/main"
VERIFIER = f"https://github.com/{WORKFLOW_REF}"
PROGRAM = str(Path(sys.executable).with_name("conda-provenance"))

CONTEXTS = {
    "env.CHANNEL": CHANNEL,
    "github.server_url": "https://github.com",
    "github.workflow_ref": WORKFLOW_REF,
}
POLICY = 'version = 1\n\n[[rules]]\npackages = ["*"]\nrepositories = ["https://github.com/conda-forge/*"]\n'


@pytest.fixture(scope="module")
def jobs() -> dict[str, Any]:
    return YAML(typ="safe").load((WORKER / "worker.yml").read_text("utf-8"))["jobs"]


class Place:
    """The worker's repository, checked out, and a channel."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.channel = folder.parent / "channel"
        folder.mkdir()
        (self.channel / "noarch").mkdir(parents=True)
        (folder / "policy.toml").write_text(POLICY)

    def index(self, *packages: Path) -> None:
        for subdir in ("linux-64", "noarch"):
            (self.channel / subdir).mkdir(exist_ok=True)
            records = {}
            for each in packages if subdir == "linux-64" else ():
                shutil.copy(each, self.channel / subdir)
                name, version, build = each.name.removesuffix(".conda").rsplit("-", 2)
                digest = hashlib.sha256(each.read_bytes()).hexdigest()
                records[each.name] = {
                    "name": name, "version": version, "build": build, "build_number": 0,
                    "depends": [], "subdir": subdir, "sha256": digest,
                }  # fmt: skip
            text = json.dumps({"info": {"subdir": subdir}, "packages.conda": records})
            (self.channel / subdir / "repodata.json").write_text(text)


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path / "worker's repository")


def verify(action: Composite, place: Place, world: World, jobs: dict[str, Any]) -> Ran:
    """The steps of the first job that run something. The channel is read from a folder instead."""
    for step in jobs["verify"]["steps"]:
        if "run" in step and "id" not in step:
            subprocess.run(["bash", "-ec", step["run"]], cwd=place.folder, check=True)
    (step,) = (
        each for each in jobs["verify"]["steps"] if "conda-provenance@" in each.get("uses", "")
    )
    inputs = {name: filled(text, CONTEXTS) for name, text in step["with"].items()}
    assert inputs["channels"] == CHANNEL
    ran = action.run(
        {**inputs, "channels": place.channel.as_uri(), "program": PROGRAM, "token": TOKEN},
        cwd=place.folder,
        **world.internet.environment,
        GITHUB_SERVER_URL="https://github.com",
    )
    (step,) = (each for each in jobs["verify"]["steps"] if each.get("id") == "statements")
    output = place.folder.parent / "output"
    subprocess.run(
        ["bash", "-ec", step["run"]],
        cwd=place.folder,
        env={**os.environ, "GITHUB_OUTPUT": str(output)},
        check=True,
    )
    ran.outputs["statements"] = output.read_text().split("=")[1].strip()
    output.unlink()
    return ran


def statements(place: Place) -> dict[str, Any]:
    found = sorted((place.folder / "worker" / "statements").rglob("*"))
    return {each.name: json.loads(each.read_text()) for each in found if each.is_file()}


def test_every_night_only_what_is_new_is_verified_and_what_is_refuted_stays_loud(
    action, place, acceptance, jobs
):
    from forgery_rows import one_byte_changed

    honest, forged = acceptance.actions(), one_byte_changed(acceptance)
    forged = forged.rename(forged.with_name("hello-1.0-evil_0.conda"))
    place.index(honest)
    ran = verify(action, place, acceptance, jobs)
    assert (ran.status, ran.outputs["verified"]) == (0, "1"), ran.log
    assert ran.outputs["statements"] == "1"
    (summary,) = statements(place).values()
    assert summary["predicate"]["verificationResult"] == "PASSED"
    assert summary["predicate"]["verifier"]["id"] == VERIFIER
    assert summary["predicate"]["resourceUri"] == f"{CHANNEL}/linux-64/{honest.name}"
    assert list(Path(ran.outputs["report"]).glob("evidence/*"))

    known = place.folder / "worker" / "known.json"
    memory = known.read_text()
    assert honest.name in memory
    assert TOKEN not in memory + ran.log

    # The next night: nothing is new.
    shutil.rmtree(place.folder / "worker" / "statements")
    ran = verify(action, place, acceptance, jobs)
    assert (ran.status, ran.outputs["total"], ran.outputs["statements"]) == (0, "0", "0"), ran.log

    # Somebody uploads a forged package. It fails every night until it is gone.
    place.index(honest, forged)
    for _ in range(2):
        ran = verify(action, place, acceptance, jobs)
        assert (ran.status, ran.outputs["total"], ran.outputs["verified"]) == (1, "1", "0"), ran.log
        assert forged.name not in known.read_text()


def _sign(place: Place, server: SigstoreServer, jobs: dict[str, Any], **environ: str) -> Any:
    """The step that signs, with an instance of Sigstore on loopback."""
    (step,) = (each for each in jobs["sign"]["steps"] if "sign_summaries" in each.get("run", ""))
    shutil.copy(SCRIPT, place.folder)
    variables = {name: filled(text, CONTEXTS) for name, text in step["env"].items()}
    command = f"{step['run']} --trust-config '{server.trust_config}'"
    python = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-ec", command],
        cwd=place.folder,
        env={
            **os.environ,
            "PATH": python,
            "CHANNEL": CHANNEL,
            **server.environ,
            **variables,
            **environ,
        },
        capture_output=True,
        text=True,
        check=False,
    )


PACKAGE = "hello-1.0-0.conda"


def summary(**changes: Any) -> dict[str, Any]:
    made = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": PACKAGE, "digest": {"sha256": "a" * 64}}],
        "predicateType": "https://slsa.dev/verification_summary/v1",
        "predicate": {
            "verifier": {"id": VERIFIER},
            "timeVerified": f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
            "resourceUri": f"{CHANNEL}/linux-64/{PACKAGE}",
            "policy": {
                "uri": "ni:///sha-256;x",
                "digest": {"sha256": hashlib.sha256(POLICY.encode()).hexdigest()},
            },
            "verificationResult": "PASSED",
            "verifiedLevels": ["SLSA_BUILD_LEVEL_UNEVALUATED"],
        },
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        target = made
        for each in parents:
            target = target[int(each) if each.isdigit() else each]
        target[last] = value
    return made


def write(place: Place, data: bytes | dict[str, Any], name: str = f"linux-64/{PACKAGE}") -> Path:
    path = place.folder / "worker" / "statements" / f"{name}.vsa.statement.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(data, dict):
        data = json.dumps(data, separators=(",", ":")).encode() + b"\n"
    path.write_bytes(data)
    return path


def test_what_verify_wrote_is_signed_and_holds(place, sigstore_server, jobs):
    from conda_provenance.bundles.sigstore import SigstoreVerifier

    sigstore_server.run = GitHubRun(REPOSITORY, workflow=".github/workflows/worker.yml")
    written = write(place, summary())
    done = _sign(place, sigstore_server, jobs)
    assert (done.returncode, done.stdout) == (0, "signed: 1\n"), done.stderr
    bundle = place.folder / "signed" / "linux-64" / f"{PACKAGE}.vsa.sigstore.json"
    root = sigstore_server.trusted_root.read_bytes()
    signed = SigstoreVerifier(root).verify(bundle.read_bytes())
    assert signed.statement.predicate_type == "https://slsa.dev/verification_summary/v1"
    assert json.loads(written.read_text())["subject"][0]["digest"]["sha256"] == "a" * 64
    # So a reader can ask that who signed is who verified.
    assert signed.certificate.identity == VERIFIER


def test_what_the_first_job_writes_is_what_the_second_takes(
    action, place, acceptance, sigstore_server, jobs
):
    place.index(acceptance.actions())
    verify(action, place, acceptance, jobs)
    done = _sign(place, sigstore_server, jobs)
    assert (done.returncode, done.stdout) == (0, "signed: 1\n"), done.stderr


OLD = f"{datetime.now(timezone.utc) - timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
REFUSED = {
    "provenance": (summary(predicateType="https://slsa.dev/provenance/v1"), "of another kind"),
    "a further key": (summary(more=1), "of another kind"),
    "a further predicate key": (summary(predicate__slsaVersion="1.2"), "of another kind"),
    "another verifier": (summary(predicate__verifier={"id": "https://x.example/"}), "verifier"),
    "another channel": (
        summary(predicate__resourceUri=f"https://x.example/linux-64/{PACKAGE}"), "channel",
    ),
    "another policy": (summary(predicate__policy__digest={"sha256": "b" * 64}), "policy"),
    "a level": (summary(predicate__verifiedLevels=["SLSA_BUILD_LEVEL_3"]), "verdict"),
    "no verdict": (summary(predicate__verificationResult="MAYBE"), "no statement"),
    "another name": (summary(subject__0__name="other-1.0-0.conda"), "another file"),
    "a short digest": (summary(subject__0__digest={"sha256": "abc"}), "another file"),
    "two subjects": (summary(subject=[{"name": "a", "digest": {"sha256": "a" * 64}}] * 2), "no st"),
    "an old verdict": (summary(predicate__timeVerified=OLD), "not of now"),
    "spaces": (json.dumps(summary()).encode(), "in another form"),
    "a key twice": (
        json.dumps(summary(), separators=(",", ":")).replace("{", '{"_type":"x",', 1).encode(),
        "in another form",
    ),
    "not a number": (b'{"a":NaN}', "no statement"),
    "deep": (b"[" * 200_000, "no statement"),
    "too large": (b" " * (1 << 20), "too large"),
    "bytes": (b"\xff\0", "no statement"),
    "a list": (b"[]", "no statement"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_nothing_else_is_signed(place, sigstore_server, jobs, case):
    data, why = REFUSED[case]
    write(place, summary(subject__0__name="good-1.0-0.conda",
                         predicate__resourceUri=f"{CHANNEL}/linux-64/good-1.0-0.conda"),
          "linux-64/good-1.0-0.conda")  # fmt: skip
    write(place, data)
    done = _sign(place, sigstore_server, jobs)
    assert done.returncode == 1
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (place.folder / "signed").exists()
    assert sigstore_server.asked == []


@pytest.mark.parametrize("name", ["::error::x-1-0.conda", "a b-1-0.conda", "x/y/z-1-0.conda", "-x"])
def test_a_name_that_is_no_package_is_refused(place, sigstore_server, jobs, name):
    write(place, summary(), name)
    done = _sign(place, sigstore_server, jobs)
    assert done.returncode == 1
    assert "::error" not in done.stderr
    assert sigstore_server.asked == []


def test_a_link_and_an_empty_folder_are_refused(place, sigstore_server, jobs):
    (place.folder / "worker" / "statements").mkdir(parents=True)
    assert "There is no statement" in _sign(place, sigstore_server, jobs).stderr
    real = write(place, summary(), "linux-64/real-1.0-0.conda")
    moved = real.rename(place.folder / "elsewhere.json")
    real.symlink_to(moved)
    assert _sign(place, sigstore_server, jobs).returncode == 1


def test_where_nothing_can_be_signed_it_fails(place, sigstore_server, jobs):
    write(place, summary())
    sigstore_server.instead["/api/v2/signingCert"] = (500, b"{}")
    done = _sign(place, sigstore_server, jobs)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


# --- who may what ---------------------------------------------------------------------------------


def test_who_reads_packages_can_only_read_and_who_signs_reads_none(jobs):
    assert jobs["verify"]["permissions"] == {"contents": "read"}
    assert jobs["sign"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert jobs["remember"]["permissions"] == {}
    text = (WORKER / "worker.yml").read_text("utf-8")
    assert "secrets." not in text
    assert not re.search(r"issues: write|pull-requests|contents: write|gh (issue|pr) ", text)

    signing = json.dumps(jobs["sign"])
    assert "conda-provenance@v" not in signing.replace("git+https", "").split('"uses"')[1]
    assert "verify --" not in signing
    assert '"name": "verification"' not in signing


def test_nothing_is_remembered_unless_it_is_signed(jobs):
    condition = jobs["remember"]["if"]
    assert "needs.sign.result == 'success'" in condition
    assert jobs["remember"]["needs"] == ["verify", "sign"]
    saves = [
        step
        for job in jobs.values()
        for step in job["steps"]
        if "cache/save" in step.get("uses", "")
    ]
    assert len(saves) == 1
    assert saves[0] in jobs["remember"]["steps"]
