"""Statements by the Action, of packages that were really built, and signed by the real client."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from composite_runner import ROOT, Composite, Ran, commands_in

if TYPE_CHECKING:
    from sigstore_server import SigstoreServer

PROGRAM = str(Path(sys.executable).with_name("conda-provenance"))

pytestmark = pytest.mark.skipif(
    not Path(PROGRAM).is_file(), reason="conda-provenance is not installed as a program"
)


@pytest.fixture
def built(sigstore_server: SigstoreServer, feedstock: Path, git) -> Path:
    """A folder with a package that the run of the token service has built."""
    pytest.importorskip("rattler_build")
    run = sigstore_server.run
    shutil.copy(ROOT / "examples" / "hello" / "recipe.yaml", feedstock / "recipe")
    git(feedstock, "commit", "-qam", "hello")
    git(feedstock, "remote", "set-url", "origin", run.remote_url)
    sigstore_server.run = run._replace(sha=git(feedstock, "rev-parse", "HEAD"))
    done = subprocess.run(
        [PROGRAM, "build", "recipe", "--output-dir", "output"],
        cwd=feedstock,
        env={**os.environ, **sigstore_server.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return feedstock / "output" / "noarch"


def attest(action: Composite, built: Path, server: SigstoreServer, **inputs: str) -> Ran:
    given = {"program": PROGRAM, "targets": "output/noarch", "require": "sha,flow_run_id", **inputs}
    given = {name.replace("_", "-"): each for name, each in given.items()}
    return action.run(given, cwd=built.parents[1], **server.environ)


@pytest.mark.parametrize("mode", ["predicate", "github"])
def test_the_predicate_is_one_that_other_tools_read(action, built, sigstore_server, mode):
    pytest.importorskip("in_toto_attestation")
    from google.protobuf.json_format import ParseDict
    from in_toto_attestation.predicates.provenance.v1 import provenance_pb2

    ran = attest(action, built, sigstore_server, attest=mode)
    assert ran.status == 0, ran.log
    predicate = json.loads(Path(ran.outputs["predicate-path"]).read_bytes())
    ParseDict(predicate, provenance_pb2.Provenance())
    first, *_ = predicate["buildDefinition"]["resolvedDependencies"]
    assert first["digest"] == {"gitCommit": sigstore_server.run.sha}
    if mode == "github":
        (given,) = (each for name, each in ran.used.items() if name == "actions/attest")
        assert (built.parents[1] / given["subject-path"]).is_file()


def test_statements_are_in_the_artifact(action, built, sigstore_server):
    ran = attest(action, built, sigstore_server, attest="statement")
    assert ran.status == 0, ran.log
    (written,) = Path(ran.outputs["attestations"]).iterdir()
    (package,) = built.glob("*.conda")
    assert written.name == f"{package.name}.statement.json"
    assert Path(ran.used["actions/upload-artifact"]["path"]) in written.parents


def test_it_signs_what_its_run_has_built(action, built, sigstore_server):
    from conda_provenance.bundles.sigstore import SigstoreVerifier

    config = str(sigstore_server.trust_config)
    ran = attest(action, built, sigstore_server, attest="sign", trust_config=config)
    assert ran.status == 0, ran.log
    (bundle,) = Path(ran.outputs["attestations"]).iterdir()
    verifier = SigstoreVerifier(sigstore_server.trusted_root.read_bytes())
    signed = verifier.verify(bundle.read_bytes())
    assert signed.certificate.identity == sigstore_server.run.san
    assert "token-of-the-run" not in ran.log + ran.summary + bundle.read_text()


def test_what_another_run_has_built_is_not_signed(action, built, sigstore_server):
    sigstore_server.run = sigstore_server.run._replace(run_id="4711")
    config = str(sigstore_server.trust_config)
    ran = attest(action, built, sigstore_server, attest="sign", trust_config=config)
    assert (ran.failed, ran.status) == ("Write statements", 1)
    assert not list(Path(ran.outputs["report"]).glob("attestations/*"))
    # The page is kept all the same, and the run says nothing to GitHub that a package made it say.
    assert "actions/upload-artifact" in ran.used
    assert commands_in(ran.log) == []


def test_a_private_instance_is_for_signing_alone(action, built, sigstore_server):
    ran = attest(action, built, sigstore_server, attest="statement", trust_config="x.json")
    assert (ran.failed, ran.status) == ("Write statements", 2)
    assert "belongs to 'attest: sign'" in ran.log
