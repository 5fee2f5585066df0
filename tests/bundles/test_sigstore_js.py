"""npm's verifier agrees: it shares no code with the one that is used here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attest_samples import make_package
from ci_identities import GitHubRun
from cli_running import run_command
from sigstore_js import SigstoreJs
from sigstore_server import SigstoreServer

from conda_provenance.bundles import SigstoreVerifier

pytest.importorskip("sigstore")
from forged_bundles import (
    CERTIFICATE,
    CHECKPOINT,
    ENVELOPE,
    PROMISE,
    SIGNATURE,
    STATEMENT,
    Workshop,
    flipped,
    put,
)

RUN = GitHubRun()


@pytest.fixture(scope="module")
def workshop() -> Workshop:
    return Workshop()


def test_it_accepts_what_the_instance_makes(workshop: Workshop, sigstore_js: SigstoreJs) -> None:
    root = workshop.trusted.trusted_root()

    answer = sigstore_js.verify(workshop.signed(), root, RUN.san, RUN.issuer)

    assert answer == {"identity": RUN.san}


def test_it_accepts_what_the_real_client_signed(
    sigstore_server: SigstoreServer, sigstore_js: SigstoreJs
) -> None:
    from sigstore.dsse import Statement
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken
    from sigstore.sign import SigningContext

    config = ClientTrustConfig.from_json(sigstore_server.trust_config.read_text())
    token = IdentityToken(sigstore_server.new_token())
    with SigningContext.from_trust_config(config).signer(token) as signer:
        text = signer.sign_dsse(Statement(json.dumps(STATEMENT).encode())).to_json()

    root = sigstore_server.instance.trusted_root()
    answer = sigstore_js.verify(json.loads(text), root, RUN.san, RUN.issuer)

    assert answer == {"identity": RUN.san}
    verifier = SigstoreVerifier(sigstore_server.trusted_root.read_bytes())
    assert verifier.verify(text.encode()).certificate.identity == RUN.san


def test_it_accepts_what_our_command_signed(
    sigstore_server: SigstoreServer, sigstore_js: SigstoreJs, tmp_path: Path
) -> None:
    stamp = {"sha": RUN.sha, "remote_url": RUN.remote_url, "flow_run_id": f"github_{RUN.run_id}"}
    package = make_package(tmp_path, **stamp)
    options = ("--sign", "--trust-config", sigstore_server.trust_config)
    done = run_command("attest", *options, package, **sigstore_server.environ)
    assert done.returncode == 0, done.stderr
    bundle = json.loads(package.with_name(f"{package.name}.sigstore.json").read_text())
    own, other = sigstore_server.instance.trusted_root(), Workshop().trusted.trusted_root()

    assert sigstore_js.verify(bundle, own, RUN.san, RUN.issuer) == {"identity": RUN.san}
    assert "error" in sigstore_js.verify(bundle, other, RUN.san, RUN.issuer)


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (f"{ENVELOPE}.payload", flipped),
        (SIGNATURE, flipped),
        (CERTIFICATE, flipped),
        (PROMISE, flipped),
        (CHECKPOINT, lambda text, _: text.replace("\n1\n", "\n2\n")),
    ],
    ids=["payload", "signature", "certificate", "promise", "checkpoint"],
)
def test_it_refuses_what_was_changed(
    workshop: Workshop, sigstore_js: SigstoreJs, place: str, change: Any
) -> None:
    bundle = put(workshop.signed(), place, lambda text: change(text, 0.5))

    answer = sigstore_js.verify(bundle, workshop.trusted.trusted_root(), RUN.san, RUN.issuer)

    assert "error" in answer


def test_it_refuses_another_root_and_another_signer(
    workshop: Workshop, sigstore_js: SigstoreJs
) -> None:
    bundle, root = workshop.signed(), workshop.trusted.trusted_root()

    other = sigstore_js.verify(bundle, workshop.other.trusted_root(), RUN.san, RUN.issuer)
    signer = sigstore_js.verify(bundle, root, f"{RUN.san}x", RUN.issuer)
    issuer = sigstore_js.verify(bundle, root, RUN.san, f"{RUN.issuer}x")

    assert all("error" in answer for answer in (other, signer, issuer))
