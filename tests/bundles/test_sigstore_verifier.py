"""``SigstoreVerifier``: what holds, under which root, and how it is loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ci_identities import GitHubRun, Person

from conda_provenance.attest.statement import statement_bytes
from conda_provenance.bundles import BUILD_TYPES, BundleError, SigstoreVerifier
from conda_provenance.bundles.signed import StatementSubject
from conda_provenance.errors import UnavailableError, UsageError

pytest.importorskip("sigstore")
from sigstore_instance import Instance

DIGEST = "ab" * 32
STATEMENT = statement_bytes("hello-1.0-h0_0.conda", DIGEST, BUILD_TYPES[0], {"a": 1})
RUN = GitHubRun()


@pytest.fixture(scope="module")
def instance() -> Instance:
    return Instance()


@pytest.fixture(scope="module")
def verifier(instance: Instance) -> SigstoreVerifier:
    return SigstoreVerifier(instance.root_bytes())


def _bundle(instance: Instance, who: Any = RUN, **options: Any) -> bytes:
    return json.dumps(instance.bundle(STATEMENT, who.san, who.extensions, **options)).encode()


def test_a_bundle_says_what_was_signed_by_whom_and_when(
    instance: Instance, verifier: SigstoreVerifier
) -> None:
    at = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=2)
    data = _bundle(instance, at=at)

    signed = verifier.verify(data)

    assert signed.statement.subjects == (
        StatementSubject("hello-1.0-h0_0.conda", {"sha256": DIGEST}),
    )
    assert signed.statement.is_about(DIGEST)
    assert not signed.statement.is_about("cd" * 32)
    assert signed.statement.predicate_type == BUILD_TYPES[0]
    assert signed.statement.predicate == {"a": 1}
    assert signed.signed_at == at.timestamp()
    assert signed.certificate._asdict() == {
        "identity": RUN.san,
        "issuer": RUN.issuer,
        "runner": "github-hosted",
        "repository": RUN.remote_url,
        "commit": RUN.sha,
        "ref": "refs/heads/main",
        "repository_id": "1001",
        "owner_id": "2002",
        "workflow": RUN.san,
        "trigger": "push",
        "run": RUN.run_url,
    }


def test_a_person_has_no_repository(instance: Instance, verifier: SigstoreVerifier) -> None:
    certificate = verifier.verify(_bundle(instance, Person())).certificate

    assert certificate.identity == "somebody@example.org"
    assert certificate.issuer == Person().issuer
    assert certificate.repository is certificate.commit is certificate.run is None


def test_a_clients_trust_configuration_is_a_root_too(instance: Instance) -> None:
    config = json.dumps(instance.trust_config()).encode()

    assert SigstoreVerifier(config).verify(_bundle(instance)).statement.is_about(DIGEST)


def test_nothing_holds_under_another_root(instance: Instance) -> None:
    for root in (Instance().root_bytes(), None):
        with pytest.raises(BundleError, match="No trusted authority made its certificate"):
            SigstoreVerifier(root).verify(_bundle(instance))


@pytest.mark.parametrize(
    ("root", "says"),
    [
        (b"", "it is not JSON"),
        (b"{}", "it is something else; --trust-root takes"),
        (b"[1]", "it is something else; --trust-root takes"),
        (b" " * (5 << 20), "more than 4 MiB"),
        (b'{"mediaType": 1, "mediaType": 2}', "a key twice"),
        ({"tlogs": []}, "tlogs"),
        ({"ctlogs": []}, "ctlogs"),
        ({"certificateAuthorities": []}, "certificateAuthorities"),
        ({"certificateAuthorities": "x"}, "certificateAuthorities"),
        (
            {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=9"},
            "something else",
        ),
    ],
    ids=str,
)
def test_a_root_that_cannot_be_used_is_refused_when_it_is_given(
    instance: Instance, root: Any, says: str
) -> None:
    if isinstance(root, dict):
        root = json.dumps({**instance.trusted_root(), **root}).encode()

    with pytest.raises(UsageError, match=says) as caught:
        SigstoreVerifier(root)

    assert str(caught.value).startswith("The root of trust cannot be used: ")


@pytest.mark.parametrize("key", ["tlogs", "ctlogs", "certificateAuthorities"])
def test_a_root_of_another_form_is_not_the_bundles_fault(instance: Instance, key: str) -> None:
    root = json.dumps({**instance.trusted_root(), key: [{"x": 1}]}).encode()

    with pytest.raises(UsageError, match="The root of trust cannot be used: it is malformed"):
        SigstoreVerifier(root).verify(_bundle(instance))


def test_a_root_with_a_broken_certificate_is_not_the_bundles_fault(instance: Instance) -> None:
    root = instance.trusted_root()
    root["certificateAuthorities"][0]["certChain"]["certificates"] = [{"rawBytes": "AAAA"}]

    with pytest.raises(UsageError, match="The root of trust cannot be used: it is malformed"):
        SigstoreVerifier(json.dumps(root).encode()).verify(_bundle(instance))


def test_threads_share_a_verifier(instance: Instance) -> None:
    verifier = SigstoreVerifier(instance.root_bytes())
    whole, broken = _bundle(instance), _bundle(Instance())

    def holds(data: bytes) -> bool:
        try:
            return verifier.verify(data).statement.is_about(DIGEST)
        except BundleError:
            return False

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(holds, [whole, broken] * 40))

    assert answers == [True, False] * 40


def test_verifying_opens_no_connection_and_writes_nothing(
    instance: Instance, tmp_path: Path
) -> None:
    """Under the public root too, and in a home that is not there."""
    (tmp_path / "root.json").write_bytes(instance.root_bytes())
    (tmp_path / "bundle.json").write_bytes(_bundle(instance))
    script = f"""
        import os, sys
        from conda_provenance.bundles import BundleError, SigstoreVerifier

        def watch(event, arguments):
            if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
                print("connects", event, arguments)
            if event == "open" and isinstance(arguments[2], int) and arguments[2] & (
                os.O_WRONLY | os.O_RDWR | os.O_CREAT
            ):
                print("writes", arguments)
            if event in ("os.mkdir", "os.rename", "os.remove", "subprocess.Popen"):
                print("changes", event, arguments)

        bundle = open({str(tmp_path / "bundle.json")!r}, "rb").read()
        root = open({str(tmp_path / "root.json")!r}, "rb").read()
        sys.addaudithook(watch)
        print(SigstoreVerifier(root).verify(bundle).certificate.identity)
        try:
            SigstoreVerifier().verify(bundle)
        except BundleError as error:
            print(error)
    """
    home = {"HOME": str(tmp_path / "none"), "XDG_CACHE_HOME": str(tmp_path / "none" / "cache")}
    done = subprocess.run(
        [sys.executable, "-B", "-c", textwrap.dedent(script)],
        env={**os.environ, **home},
        capture_output=True,
        text=True,
        check=True,
    )

    signer, why_not = done.stdout.splitlines()
    assert signer == RUN.san
    assert why_not.startswith("No trusted authority made its certificate; --trust-root")
    assert done.stderr == ""


def test_a_bundle_of_the_older_form_prints_no_warning(
    instance: Instance,
) -> None:
    """The library warns of an authority's certificate among them, in its log."""
    from cryptography.hazmat.primitives.serialization import Encoding
    from sigstore_instance import text64

    bundle = instance.bundle(STATEMENT, RUN.san, RUN.extensions)
    material = bundle["verificationMaterial"]
    chain = [
        material.pop("certificate"),
        {"rawBytes": text64(instance.ca.public_bytes(Encoding.DER))},
    ]
    material["x509CertificateChain"] = {"certificates": chain}
    bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.2"
    verify = """
        import sys
        from conda_provenance.bundles import SigstoreVerifier
        root, bundle = sys.stdin.buffer.read().splitlines()
        print(SigstoreVerifier(root).verify(bundle).certificate.identity)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(verify)],
        input=instance.root_bytes() + b"\n" + json.dumps(bundle).encode(),
        capture_output=True,
        check=True,
    )

    assert (done.stdout.decode().strip(), done.stderr) == (RUN.san, b"")


def test_without_the_library_nothing_can_be_checked(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "sigstore"]:
        monkeypatch.setitem(sys.modules, name, None)

    with pytest.raises(UnavailableError, match=r"pip install 'conda-provenance\[sigstore\]'"):
        SigstoreVerifier().verify(_bundle(instance))


def test_a_library_without_a_root_asks_for_one(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conda_provenance.bundles.trust._EMBEDDED", ("gone", "root.json"))

    with pytest.raises(UnavailableError, match="--trust-root"):
        SigstoreVerifier().verify(_bundle(instance))


def test_the_library_is_loaded_when_a_bundle_is_verified() -> None:
    script = """
        import sys
        from conda_provenance import bundles
        for name in bundles.__all__:
            getattr(bundles, name)
        bundles.SigstoreVerifier()
        print([name for name in ("sigstore", "cryptography", "pydantic") if name in sys.modules])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
