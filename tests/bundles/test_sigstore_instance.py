"""The stand-in for Sigstore: the real client signs with it, and refuses it under another root."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ci_identities import GitHubRun, Person
from sigstore_server import SigstoreServer

from conda_provenance.attest.statement import statement_bytes
from conda_provenance.bundles.statement_types import PUBLISH_TYPE

sigstore_models = pytest.importorskip("sigstore.models")
sigstore_verify = pytest.importorskip("sigstore.verify")

STATEMENT = statement_bytes("hello-1.0-h0_0.conda", "ab" * 32, PUBLISH_TYPE, None)
SLSA = "https://slsa.dev/provenance/v1"
PREDICATE = {
    "buildDefinition": {"buildType": "https://example.org/build/", "externalParameters": {}},
    "runDetails": {"builder": {"id": "https://example.org/builder/"}},
}


def _verified(bundle: str, root: Path, run: GitHubRun) -> bytes:
    policy = sigstore_verify.policy
    verifier = sigstore_verify.Verifier(
        trusted_root=sigstore_models.TrustedRoot.from_file(str(root))
    )
    rules = [
        policy.Identity(identity=run.san, issuer=run.issuer),
        policy.OIDCIssuerV2(run.issuer),
        policy.OIDCSourceRepositoryURI(run.remote_url),
        policy.OIDCSourceRepositoryDigest(run.sha),
    ]
    _, payload = verifier.verify_dsse(sigstore_models.Bundle.from_json(bundle), policy.AllOf(rules))
    return bytes(payload)


def test_a_bundle_holds_under_its_own_root_alone(tmp_path: Path) -> None:
    from sigstore.errors import VerificationError
    from sigstore_instance import Instance

    own, other = Instance(), Instance()
    run = GitHubRun(repository="example/other", sha="1" * 40)
    bundle = json.dumps(own.bundle(STATEMENT, run.san, run.extensions))
    roots = {name: tmp_path / name for name in ("own", "other")}
    roots["own"].write_bytes(own.root_bytes())
    roots["other"].write_bytes(other.root_bytes())

    assert _verified(bundle, roots["own"], run) == STATEMENT
    with pytest.raises(VerificationError):
        _verified(bundle, roots["other"], run)


def test_the_real_client_signs_with_the_token_of_a_run(
    sigstore_server: SigstoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sigstore.dsse import Statement
    from sigstore.oidc import IdentityToken, detect_credential
    from sigstore.sign import SigningContext

    for name, value in sigstore_server.environ.items():
        monkeypatch.setenv(name, value)
    config = sigstore_models.ClientTrustConfig.from_json(sigstore_server.trust_config.read_text())
    token = detect_credential()
    assert token
    with SigningContext.from_trust_config(config).signer(IdentityToken(token)) as signer:
        bundle = signer.sign_dsse(Statement(STATEMENT)).to_json()

    assert _verified(bundle, sigstore_server.trusted_root, sigstore_server.run) == STATEMENT
    assert [path for path, _ in sigstore_server.asked] == [
        "/token",
        "/api/v2/signingCert",
        "/api/v1/log/entries",
    ]
    assert sigstore_server.asked[0][1] == "bearer token-of-the-run"


def test_a_person_signs_with_an_address(sigstore_server: SigstoreServer) -> None:
    from sigstore.dsse import Statement
    from sigstore.oidc import IdentityToken
    from sigstore.sign import SigningContext
    from sigstore.verify import Verifier, policy

    person = Person()
    token = IdentityToken(sigstore_server.new_token(person))
    config = sigstore_models.ClientTrustConfig.from_json(sigstore_server.trust_config.read_text())
    with SigningContext.from_trust_config(config).signer(token) as signer:
        bundle = signer.sign_dsse(Statement(STATEMENT))

    who = policy.Identity(identity=person.email, issuer=person.issuer)
    _, payload = Verifier(trusted_root=config.trusted_root).verify_dsse(bundle, who)
    assert payload == STATEMENT


def test_the_clients_own_command_signs(sigstore_server: SigstoreServer, tmp_path: Path) -> None:
    package = tmp_path / "hello-1.0-h0_0.conda"
    package.write_bytes(b"package")
    (tmp_path / "predicate.json").write_text(json.dumps(PREDICATE))
    command = [
        sys.executable,
        *("-m", "sigstore", "--trust-config", str(sigstore_server.trust_config), "attest"),
        *("--predicate", str(tmp_path / "predicate.json"), "--predicate-type", SLSA),
        str(package),
    ]
    environ = {**os.environ, **sigstore_server.environ}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    bundle = (tmp_path / f"{package.name}.sigstore.json").read_text()
    statement = json.loads(
        _verified(bundle, sigstore_server.trusted_root, sigstore_server.run).decode()
    )
    assert statement["subject"][0]["name"] == package.name
