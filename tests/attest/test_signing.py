"""Signing by the real client, against an instance on loopback: what is made, and every failure.

The public authority, log, time stamps and keys (TUF) are not exercised here.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import sigstore_faults as faults
from ci_identities import GitHubRun, GitLabRun, Person
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sigstore_server import SigstoreServer

from conda_provenance.attest import signing
from conda_provenance.attest.signing import SigstoreSigner, open_signer
from conda_provenance.attest.sigstore_client import connections, tokens
from conda_provenance.attest.statement import statement_bytes
from conda_provenance.bundles.sigstore import SigstoreVerifier
from conda_provenance.bundles.statement_types import PUBLISH_TYPE
from conda_provenance.errors import ProvenanceError, UnavailableError, UsageError

pytest.importorskip("sigstore")

STATEMENT = statement_bytes("hello-1.0-h0_0.conda", "ab" * 32, PUBLISH_TYPE, {"ü": "\u2028 x"})
CERTIFICATE, LOG, TOKEN = "/api/v2/signingCert", "/api/v1/log/entries", "/token"


@dataclass
class Place:
    """A run of GitHub's, and the instance that it may sign with."""

    server: SigstoreServer
    monkeypatch: pytest.MonkeyPatch

    def sign(self, statement: bytes = STATEMENT) -> str:
        with open_signer(str(self.server.trust_config), os.environ) as signer:
            return signer.sign(statement)

    def error(self) -> str:
        """Why nothing is signed: one sentence without a secret."""
        with pytest.raises(ProvenanceError) as raised:
            self.sign()

        sentence = str(raised.value)
        assert isinstance(raised.value, UnavailableError | UsageError)
        assert sentence.isprintable()
        assert sentence.endswith((".", "?"))
        assert "token-of-the-run" not in sentence
        assert "eyJ" not in sentence
        return sentence

    def set(self, environ: dict[str, str]) -> None:
        """These variables instead of the run's."""
        for name in self.server.environ:
            self.monkeypatch.delenv(name, raising=False)
        for name, value in environ.items():
            self.monkeypatch.setenv(name, value)

    def lead_to(self, address: str, *services: str) -> None:
        """Let the trust configuration name another server for ``caUrls`` or ``rekorTlogUrls``."""
        config = json.loads(self.server.trust_config.read_text())
        for name in services:
            config["signingConfig"][name][0]["url"] = address
        self.server.trust_config.write_text(json.dumps(config))


@pytest.fixture
def place(sigstore_server: SigstoreServer, monkeypatch: pytest.MonkeyPatch) -> Place:
    made = Place(sigstore_server, monkeypatch)
    made.set(sigstore_server.environ)
    return made


def test_the_bytes_are_signed_as_they_are_and_the_client_verifies_them(place: Place) -> None:
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier, policy

    run = place.server.run
    with open_signer(str(place.server.trust_config), os.environ) as signer:
        bundle = signer.sign(STATEMENT)
        assert signer.certificate.identity == run.san
        certificate = signer.certificate

    verifier = Verifier(trusted_root=TrustedRoot.from_file(str(place.server.trusted_root)))
    rules = [
        policy.Identity(identity=run.san, issuer=run.issuer),
        policy.OIDCSourceRepositoryURI(run.remote_url),
        policy.OIDCSourceRepositoryDigest(run.sha),
    ]
    _, payload = verifier.verify_dsse(Bundle.from_json(bundle), policy.AllOf(rules))
    assert payload == STATEMENT
    assert certificate.repository == run.remote_url
    assert certificate.commit == run.sha
    assert certificate.run == run.run_url


def test_our_own_verifier_takes_what_was_signed(place: Place) -> None:
    bundle = place.sign().encode()
    signed = SigstoreVerifier(place.server.trusted_root.read_bytes()).verify(bundle)
    assert signed.certificate.identity == place.server.run.san
    assert signed.statement.predicate_type == PUBLISH_TYPE


def test_one_certificate_signs_several(place: Place) -> None:
    with open_signer(str(place.server.trust_config), os.environ) as signer:
        for _ in range(3):
            signer.sign(STATEMENT)

    assert [path for path, _ in place.server.asked] == [TOKEN, CERTIFICATE, LOG, LOG, LOG]


def test_the_run_is_what_its_token_says(place: Place) -> None:
    run = place.server.run
    with open_signer(str(place.server.trust_config), os.environ) as signer:
        assert signer.run is not None
        assert signer.run.flow_run_id == f"github_{run.run_id}"
        assert (signer.run.repository, signer.run.commit) == (run.repository, run.sha)


def _expire(signer: SigstoreSigner, server: SigstoreServer) -> None:
    """Give it a certificate of an hour ago."""
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    run = server.run
    at = datetime.now(timezone.utc) - timedelta(hours=1)
    old = server.instance.certificate(key, run.san, run.extensions, at)
    signer._signer._Signer__cached_signing_certificate = old


def test_a_run_gets_another_certificate_when_its_first_has_expired(place: Place) -> None:
    with open_signer(str(place.server.trust_config), os.environ) as signer:
        signer.sign(STATEMENT)
        _expire(signer, place.server)
        signer.sign(STATEMENT)

    asked = [path for path, _ in place.server.asked]
    assert asked == [TOKEN, CERTIFICATE, LOG, TOKEN, CERTIFICATE, LOG]


def test_a_person_is_asked_to_start_again(place: Place) -> None:
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken

    person = Person()
    token = tokens.Token(IdentityToken(place.server.new_token(person)), False, None)
    config = ClientTrustConfig.from_json(place.server.trust_config.read_text())
    signer = SigstoreSigner(config, lambda: token)
    assert signer.certificate.identity == person.email
    signer.sign(STATEMENT)
    _expire(signer, place.server)
    with pytest.raises(UnavailableError, match=r"login has expired; run the command again"):
        signer.sign(STATEMENT)


SERVICES = {
    TOKEN: ("GitHub's token service", "token"),
    CERTIFICATE: ("the authority that makes certificates", "certificate"),
    LOG: ("the log", "log"),
}


@pytest.mark.parametrize("path", SERVICES)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 502, 503])
def test_a_service_that_refuses_is_one_sentence(place: Place, path: str, status: int) -> None:
    place.server.instead = {path: (status, b'{"message": "eyJ token-of-the-run \x1b[2J"}')}
    sentence = place.error()
    assert SERVICES[path][0] in sentence
    if path != TOKEN:
        assert str(status) in sentence
        assert ("try later" in sentence) == (status in (429, 500, 502, 503))


@pytest.mark.parametrize("path", SERVICES)
@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"[]", b"null", b"1", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"value": 5}',
        b'{"value": "eyJ"}', b'{"value": "eyJ.eyJ.eyJ"}', b'{"signedCertificateEmbeddedSct": []}',
        b'{"signedCertificateEmbeddedSct": {"chain": {"certificates": ["x", "y"]}}}',
        b'{"signedCertificateEmbeddedSct": {"chain": {"certificates": [1, {}]}}}',
        b'{"a": {"body": "eyJ"}}', b'{"a": []}', b'{"a": {}, "b": {}}',
        b'{"a": {"body": "e30=", "integratedTime": 1, "logID": "00", "logIndex": 0}}',
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_one_sentence(
    place: Place, path: str, body: bytes
) -> None:
    place.server.instead = {path: (200, body)}
    assert SERVICES[path][1] in place.error()


def test_a_certificate_of_another_authority_is_not_used(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sigstore_instance import Instance

    place.server.instance = Instance(place.server.url)
    assert "certificate" in place.error()
    assert LOG not in [path for path, _ in place.server.asked]


def test_a_bundle_that_does_not_hold_is_not_given_out(place: Place) -> None:
    """The log's key is another one than the trust configuration says."""
    from sigstore_instance import Instance

    config = json.loads(place.server.trust_config.read_text())
    config["trustedRoot"]["tlogs"] = Instance(place.server.url).trusted_root()["tlogs"]
    place.server.trust_config.write_text(json.dumps(config))
    assert "does not hold" in place.error()


@pytest.mark.parametrize("service", ["caUrls", "rekorTlogUrls"])
def test_a_server_that_is_down_is_named(place: Place, service: str) -> None:
    address = faults.closed_address()
    place.lead_to(address, service)
    assert place.error() == (
        f"{address.removeprefix('http://')} cannot be reached: it refuses the connection."
    )


def test_a_token_service_that_is_down_is_named(place: Place) -> None:
    place.monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{faults.closed_address()}/?x=s3cret")
    assert place.error() == "GitHub's token service gives no identity token; try later."


@pytest.mark.parametrize("service", ["caUrls", "rekorTlogUrls"])
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (faults.silent, "takes too long to answer; try later"),
        (faults.one_byte_at_a_time, "takes too long to answer; try later"),
        (faults.endless, "sends more than"),
        (faults.broken_off, "the connection fails"),
        (faults.no_http, "the connection fails"),
    ],
)
def test_a_server_is_not_waited_for_for_ever(
    place: Place, service: str, answer: Callable[[socket.socket], None], why: str
) -> None:
    place.monkeypatch.setattr(connections, "SECONDS", 0.6)
    place.monkeypatch.setattr(connections, "_READ", 0.4)
    began = time.monotonic()
    with faults.raw_server(answer) as address:
        place.lead_to(address, service)
        assert why in place.error()
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("answer", [faults.silent, faults.one_byte_at_a_time])
def test_nor_is_the_token_service(place: Place, answer: Callable[[socket.socket], None]) -> None:
    place.monkeypatch.setattr(tokens, "AMBIENT_SECONDS", 0.3)
    with faults.raw_server(answer) as address:
        place.monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", address)
        assert "does not answer within" in place.error()


@pytest.mark.parametrize("answer", [None, faults.silent, faults.endless, faults.no_http])
def test_time_stamps_can_be_missed_where_the_log_says_when_it_was(
    place: Place, answer: Callable[[socket.socket], None] | None
) -> None:
    place.monkeypatch.setattr(connections, "SECONDS", 0.6)
    config = json.loads(place.server.trust_config.read_text())
    service = dict(config["signingConfig"]["caUrls"][0])
    with faults.raw_server(answer or faults.silent) as address:
        service["url"] = address if answer else faults.closed_address()
        config["signingConfig"]["tsaUrls"] = [service]
        place.server.trust_config.write_text(json.dumps(config))
        assert json.loads(place.sign())["dsseEnvelope"]


def test_the_token_goes_nowhere_but_to_the_authority(place: Place) -> None:
    """Not where that redirects to."""
    got: list[bytes] = []

    def elsewhere(connection: socket.socket) -> None:
        got.append(b"asked")

    with faults.raw_server(elsewhere) as other:

        def redirect(connection: socket.socket) -> None:
            head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {other}/x\r\n"
            connection.sendall(head.encode() + b"Content-Length: 0\r\n\r\n")

        with faults.raw_server(redirect) as address:
            place.lead_to(address, "caUrls")
            assert "redirects to another address" in place.error()
    assert not got


@pytest.mark.parametrize("host", ["ca.example", "10.0.0.1", "localhost.example", "[2001:db8::1]"])
def test_the_token_is_not_sent_where_others_can_read_it(place: Place, host: str) -> None:
    place.lead_to(f"http://{host}", "caUrls")
    assert "http lets others read it" in place.error()


def test_a_login_in_netrc_does_not_take_the_tokens_place(place: Place, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password s3cret\n")
    place.monkeypatch.setenv("NETRC", str(netrc))
    place.sign()
    sent = dict(place.server.asked)
    assert str(sent[CERTIFICATE]).startswith("Bearer eyJ")
    assert sent[LOG] is None


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": 1}, "it has expired; start the job again"),
        ({"exp": int(time.time()) - 60}, "it has expired"),
        ({"exp": "soon"}, "it is malformed"),
        ({"nbf": int(time.time()) + 3600}, "not valid yet"),
        ({"iat": int(time.time()) + 3600}, "not valid yet"),
        ({"aud": "others"}, 'its audience (aud) must be "sigstore"'),
        ({"aud": ["sigstore"]}, 'its audience (aud) must be "sigstore"'),
        ({"sub": None}, "lacks a claim"),
        ({"jti": "\x1b[2J", "sub": None}, "lacks a claim"),
    ],
)
def test_a_token_that_is_of_no_use_is_one_sentence(
    place: Place, claims: dict[str, Any], why: str
) -> None:
    place.server.token = place.server.new_token(**claims)
    assert why in place.error()
    assert [path for path, _ in place.server.asked] == [TOKEN]


NOT_HERE = "gives its jobs no identity that Sigstore accepts"


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        (GitHubRun().environ, 'write "permissions: {id-token: write}" in the workflow'),
        ({"GITLAB_CI": "true"}, 'write "id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}" in the'),
        ({"GITLAB_CI": "1", "SIGSTORE_ID_TOKEN": ""}, "SIGSTORE_ID_TOKEN"),
        ({"GITLAB_CI": "1", "SIGSTORE_ID_TOKEN": "eyJ"}, "it is malformed"),
        ({"CIRCLECI": "true", "PATH": ""}, 'its program "circleci"'),
        ({"BUILDKITE": "true", "PATH": ""}, 'its program "buildkite-agent"'),
        ({"TF_BUILD": "True"}, f"Azure Pipelines {NOT_HERE}"),
        ({"TRAVIS": "true"}, f"Travis CI {NOT_HERE}"),
        ({**GitHubRun().environ, "FORGEJO_ACTIONS": "1"}, f"Forgejo Actions {NOT_HERE}"),
        ({**GitHubRun().environ, "GITEA_ACTIONS": "1"}, f"Gitea Actions {NOT_HERE}"),
        ({}, "There is no identity to sign with"),
        ({"CI": "true"}, "There is no identity to sign with"),
    ],
)
def test_each_ci_without_a_token_has_its_remedy(
    place: Place, environ: dict[str, str], why: str
) -> None:
    place.set(environ)
    assert why in place.error()
    assert not place.server.asked


def test_in_a_ci_no_browser_opens_even_on_a_terminal(place: Place) -> None:
    place.monkeypatch.setattr(tokens, "_is_terminal", lambda: True)
    for environ in ({"TF_BUILD": "True"}, {"CI": "true"}):
        place.set(environ)
        assert "no identity" in place.error()


@pytest.mark.parametrize(
    ("mark", "program"), [("CIRCLECI", "circleci"), ("BUILDKITE", "buildkite-agent")]
)
def test_an_agent_gives_the_token(place: Place, tmp_path: Path, mark: str, program: str) -> None:
    """The agent is a stand-in, which prints a token that the test made."""
    agent = tmp_path / program
    agent.write_text(f"#!/bin/sh\necho {place.server.new_token(Person())}\n")
    agent.chmod(0o755)
    place.set({mark: "true", "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert json.loads(place.sign())["dsseEnvelope"]


def test_gitlabs_token_comes_before_that_of_the_cloud_below(place: Place, tmp_path: Path) -> None:
    """GitLab's own machines are Google's. Which machine it is, a file says: here a stand-in."""
    product = tmp_path / "product_name"
    product.write_text("Google Compute Engine\n")
    name = "id._internal.oidc.ambient._GCP_PRODUCT_NAME_FILE"
    place.monkeypatch.setattr(name, str(product))
    run = GitLabRun()
    place.set({**run.environ, "SIGSTORE_ID_TOKEN": place.server.new_token(run)})
    with open_signer(str(place.server.trust_config), os.environ) as signer:
        assert signer.certificate.identity == run.san


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "others"}, 'its audience (aud) must be "sigstore"'),
        ({"aud": ["others"]}, 'its audience (aud) must be "sigstore"'),
        ({"aud": None}, 'its audience (aud) must be "sigstore"'),
        ({"exp": 1}, "it has expired"),
    ],
)
def test_gitlabs_token_is_looked_at_too(place: Place, claims: dict[str, Any], why: str) -> None:
    run = GitLabRun()
    place.set({**run.environ, "SIGSTORE_ID_TOKEN": place.server.new_token(run, **claims)})
    assert why in place.error()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_NAMES = (
    "aud", "exp", "iat", "nbf", "iss", "sub", "email", "pipeline_id", "project_path", "sha",
    "job_workflow_ref", "run_id", "repository", "federated_claims",
)  # fmt: skip
_CLAIMS = st.dictionaries(
    st.sampled_from(_NAMES), _JSON | st.sampled_from(["sigstore", 9_999_999_999, 1])
)


@given(claims=_CLAIMS | _JSON)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_token_says_the_answer_is_a_token_or_a_sentence(claims: Any) -> None:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    raw = f"eyJ.{payload}.s3cret"
    environ = {"GITLAB_CI": "true", "SIGSTORE_ID_TOKEN": raw}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", None)
        try:
            token = tokens.get_token(environ, lambda: "", lambda _: None)
        except UnavailableError as error:
            assert "s3cret" not in str(error)
            assert payload not in str(error)
        else:
            assert "s3cret" not in repr(token)


def test_an_agent_that_fails_repeats_nothing(place: Place, tmp_path: Path) -> None:
    agent = tmp_path / "buildkite-agent"
    agent.write_text("#!/bin/sh\necho eyJ token-of-the-run\nexit 1\n")
    agent.chmod(0o755)
    place.set({"BUILDKITE": "true", "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert "Buildkite gives this job no identity token" in place.error()


def test_no_log_of_any_library_holds_the_token(
    place: Place, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Though a program around us logs everything."""
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "sigstore", "id", "requests", "urllib3.connectionpool"):
        caplog.set_level(logging.DEBUG, logger=name)
    place.sign()
    place.server.instead = {LOG: (500, b"")}
    place.error()

    printed = capfd.readouterr()
    for text in (caplog.text, printed.out, printed.err):
        assert "eyJ" not in text
        assert "token" not in text
    logging.getLogger("conda_provenance").warning("logged as before")
    assert "logged as before" in caplog.text


def test_a_signer_shows_no_token(place: Place) -> None:
    with open_signer(str(place.server.trust_config), os.environ) as signer:
        token = str(signer._token.identity)
        assert token.startswith("eyJ")
        assert token not in f"{signer!r} {signer} {signer._token!r} {signer._token}"


def _root(server: SigstoreServer) -> str:
    return server.trusted_root.read_text()


def _services(server: SigstoreServer) -> str:
    return json.dumps(json.loads(server.trust_config.read_text())["signingConfig"])


def _without(*keys: str) -> Callable[[SigstoreServer], str]:
    def make(server: SigstoreServer) -> str:
        config = json.loads(server.trust_config.read_text())
        inner = config
        for key in keys[:-1]:
            inner = inner[key]
        del inner[keys[-1]]
        return json.dumps(config)

    return make


def _over(server: SigstoreServer) -> str:
    config = json.loads(server.trust_config.read_text())
    times = {"start": "2020-01-01T00:00:00Z", "end": "2020-01-02T00:00:00Z"}
    config["signingConfig"]["caUrls"][0]["validFor"] = times
    return json.dumps(config)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_root, "a root of trust, which is enough to verify, but names no server to sign with"),
        (_services, "a signing configuration, which names servers, but no keys to trust"),
        (_without("signingConfig"), "a field is missing or is of another form"),
        (_without("mediaType"), "a field is missing or is of another form"),
        (_without("trustedRoot", "mediaType"), "a field is missing or is of another form"),
        (_without("signingConfig", "caUrls"), "authority and log"),
        (_without("signingConfig", "rekorTlogUrls"), "authority and log"),
        (_over, "are their versions known, and their times not over?"),
        (lambda _: "", "is not JSON"),
        (lambda _: "{", "is not JSON"),
        (lambda _: "[" * 100_000, "is not JSON"),
        (lambda _: "[]", "is not a client trust configuration"),
        (lambda _: "{}", "is not a client trust configuration"),
        (lambda _: '{"trustedRoot": 5, "signingConfig": []}', "is of another form"),
        (lambda _: " " * (5 << 20), "is larger than 4 MiB"),
    ],
)
def test_a_file_that_is_no_trust_configuration(
    place: Place, make: Callable[[SigstoreServer], str], why: str
) -> None:
    place.server.trust_config.write_text(make(place.server))
    with pytest.raises(UsageError) as raised:
        place.sign()
    assert why in str(raised.value)
    assert str(place.server.trust_config) in str(raised.value)
    assert not place.server.asked


@pytest.mark.parametrize("name", ["missing.json", "", ".", "a\0b", "x\x1b[2J"])
def test_a_trust_configuration_that_cannot_be_read(place: Place, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be read") as raised, open_signer(name, os.environ):
        pass
    assert str(raised.value).isprintable()


def test_without_sigstore_the_extra_is_named(place: Place) -> None:
    place.monkeypatch.setitem(sys.modules, "sigstore", None)
    place.monkeypatch.setitem(sys.modules, "sigstore.sign", None)
    assert "pip install 'conda-provenance[sigstore]'" in place.error()


def test_without_a_network_the_public_instance_cannot_be_used(place: Place, tmp_path: Path) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "HOME"):
        place.monkeypatch.setenv(name, str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY"):
        place.monkeypatch.setenv(name, faults.closed_address())
    why = r"is there a network\? A private instance"
    with pytest.raises(UnavailableError, match=why), open_signer(None, os.environ):
        pass


def test_nothing_of_sigstore_is_loaded_before_something_is_signed() -> None:
    import subprocess

    code = f"import sys, {signing.__name__}; print([m for m in sys.modules if 'sigstore' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
