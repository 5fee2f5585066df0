"""Bundles of Rekor version 2, whose time is that of a time stamp."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from ci_identities import GitHubRun
from sigstore_server import SigstoreServer

from conda_provenance.bundles import BundleError, SigstoreVerifier

pytest.importorskip("sigstore")
if shutil.which("openssl") is None:
    pytest.skip("there is no openssl to make time stamps", allow_module_level=True)
from forged_bundles import DIGEST, ENTRY, ENVELOPE, GONE, MATERIAL, STATEMENT, flipped, put
from sigstore_v2 import NewerInstance, TimeStampAuthority

RUN = GitHubRun()
STAMPS = f"{MATERIAL}.timestampVerificationData.rfc3161Timestamps"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> NewerInstance:
    return NewerInstance(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def bundle(instance: NewerInstance) -> dict[str, Any]:
    return instance.bundle(json.dumps(STATEMENT).encode(), RUN.san, RUN.extensions)


@pytest.fixture(scope="module")
def verifier(instance: NewerInstance) -> SigstoreVerifier:
    return SigstoreVerifier(instance.root_bytes())


def _verify(verifier: SigstoreVerifier, bundle: Any) -> Any:
    return verifier.verify(json.dumps(bundle).encode())


def test_the_time_is_that_of_the_time_stamp(
    bundle: dict[str, Any], verifier: SigstoreVerifier
) -> None:
    signed = _verify(verifier, bundle)

    assert signed.statement.is_about(DIGEST)
    assert signed.certificate.identity == RUN.san
    assert abs(signed.signed_at - time.time()) < 300


def test_of_several_time_stamps_it_is_not_known_which_one_holds(
    bundle: dict[str, Any], verifier: SigstoreVerifier, tmp_path: Path
) -> None:
    """One of a stranger stands before the true one, and the library takes the other."""
    (tmp_path / "tsa").mkdir()
    foreign = TimeStampAuthority(tmp_path / "tsa").stamp(b"something else")
    two = put(bundle, STAMPS, lambda stamps: [{"signedTimestamp": foreign}, *stamps])

    signed = _verify(verifier, two)

    assert signed.statement.is_about(DIGEST)
    assert signed.signed_at is None


def test_a_time_that_nothing_promises_is_not_believed(
    bundle: dict[str, Any], verifier: SigstoreVerifier
) -> None:
    moved = put(bundle, f"{ENTRY}.integratedTime", "1")

    signed = _verify(verifier, moved)

    assert signed.signed_at is not None
    assert abs(signed.signed_at - time.time()) < 300


def test_what_does_not_hold(
    bundle: dict[str, Any], verifier: SigstoreVerifier, instance: NewerInstance, tmp_path: Path
) -> None:
    (tmp_path / "tsa").mkdir()
    foreign = TimeStampAuthority(tmp_path / "tsa").stamp(b"something else")
    other = instance.bundle(b'{"other": true}', RUN.san, RUN.extensions)
    forged = {
        "no time stamp": put(bundle, STAMPS, []),
        "no list of them": put(bundle, f"{MATERIAL}.timestampVerificationData", GONE),
        "a stranger's": put(bundle, f"{STAMPS}.0.signedTimestamp", foreign),
        "one of something else": put(
            bundle, f"{STAMPS}.0.signedTimestamp", instance.tsa.stamp(b"something else")
        ),
        "one of another bundle": put(
            bundle, STAMPS, other[MATERIAL]["timestampVerificationData"]["rfc3161Timestamps"]
        ),
        "the same twice": put(bundle, STAMPS, lambda stamps: stamps * 2),
        "too many": put(bundle, STAMPS, lambda stamps: stamps * 40),
        "a broken one": put(bundle, f"{STAMPS}.0.signedTimestamp", lambda text: flipped(text, 0.6)),
        "another entry": put(bundle, ENTRY, other[MATERIAL]["tlogEntries"][0]),
        "another payload": put(bundle, f"{ENVELOPE}.payload", other[ENVELOPE]["payload"]),
        "another certificate": put(
            bundle, f"{MATERIAL}.certificate", other[MATERIAL]["certificate"]
        ),
    }
    for name, each in forged.items():
        with pytest.raises(BundleError) as caught:
            _verify(verifier, each)
        assert str(caught.value).endswith("."), name

    (tmp_path / "other").mkdir()
    with pytest.raises(BundleError):
        _verify(SigstoreVerifier(NewerInstance(tmp_path / "other").root_bytes()), bundle)


def test_a_root_without_an_authority_for_time(
    bundle: dict[str, Any], instance: NewerInstance
) -> None:
    root = json.dumps({**instance.trusted_root(), "timestampAuthorities": []}).encode()

    with pytest.raises(BundleError, match="Its time stamp is not of a trusted authority"):
        _verify(SigstoreVerifier(root), bundle)


def test_the_real_client_signs_with_the_newer_log(
    sigstore_server: SigstoreServer, instance: NewerInstance, tmp_path: Path
) -> None:
    from sigstore.dsse import Statement
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken
    from sigstore.sign import SigningContext

    sigstore_server.instance = NewerInstance(tmp_path, sigstore_server.url)
    config = ClientTrustConfig.from_json(json.dumps(sigstore_server.instance.trust_config()))
    token = IdentityToken(sigstore_server.new_token())
    with SigningContext.from_trust_config(config).signer(token) as signer:
        text = signer.sign_dsse(Statement(json.dumps(STATEMENT).encode())).to_json()

    signed = SigstoreVerifier(sigstore_server.instance.root_bytes()).verify(text.encode())

    assert signed.certificate.run == RUN.run_url
    assert signed.signed_at is not None
    assert [path for path, _ in sigstore_server.asked] == [
        "/api/v2/signingCert",
        "/api/v1/timestamp",
        "/api/v2/log/entries",
    ]
