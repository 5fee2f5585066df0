"""A Sigstore instance on loopback, for the real client: token, authority and log.

It speaks what sigstore-python asks for, and no more. It is a stand-in: the public authority, log
and time stamps, and the login in a browser, cannot be had in a test.

The fixture ``sigstore_server`` sets no variables. A test that signs takes ``server.environ``.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from ci_identities import GitHubRun, GitLabRun, Person, github_extensions, github_san

if TYPE_CHECKING:
    from sigstore_instance import Instance
    from sigstore_v2 import NewerInstance


@pytest.fixture
def sigstore_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SigstoreServer]:
    """An instance of its own for each test. Needs the extra "sigstore"."""
    pytest.importorskip("sigstore")
    server = SigstoreServer(tmp_path_factory.mktemp("sigstore"))
    yield server
    server.shutdown()
    server.server_close()


class SigstoreServer(ThreadingHTTPServer):
    """The three services at one address."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        from sigstore_instance import Instance

        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.instance: Instance = Instance(self.url)
        self.run = GitHubRun()
        """Whose token the token service gives out. A test may set another one."""
        self.token: str | None = None
        """Given out as it is, if set."""
        self.instead: dict[str, tuple[int, bytes]] = {}
        """Status and body of another answer, by the path: a service that fails."""
        self.asked: list[tuple[str, str | None]] = []
        """Path and Authorization of each request."""
        self.trusted_root = folder / "trusted_root.json"
        self.trusted_root.write_text(json.dumps(self.instance.trusted_root()))
        self.trust_config = folder / "trust_config.json"
        """The root and the services, as ``sigstore --trust-config`` takes them."""
        self.trust_config.write_text(json.dumps(self.instance.trust_config()))
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def environ(self) -> dict[str, str]:
        """The variables of a run of GitHub's that may sign."""
        return {
            **self.run.environ,
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "token-of-the-run",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{self.url}/token?api-version=2.0",
        }

    def new_token(
        self, identity: GitHubRun | GitLabRun | Person | None = None, **claims: Any
    ) -> str:
        """A token of the run, or of ``identity``. The client does not look at its signature."""
        import jwt

        now = int(time.time())
        times = {"aud": "sigstore", "iat": now, "nbf": now - 1, "exp": now + 600}
        said = (identity or self.run).claims
        return jwt.encode({**said, **times, **claims}, "k" * 32, "HS256")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SigstoreServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if not self._is_answered_otherwise("/token"):
            self.reply(200, {"value": self.server.token or self.server.new_token()})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answers = {
            "/api/v2/signingCert": self.signing_certificate,
            "/api/v1/log/entries": self.log_entry,
            "/api/v2/log/entries": self.newer_log_entry,
        }
        if self._is_answered_otherwise(*answers, "/api/v1/timestamp"):
            return
        if self._path in answers:
            self.reply(201, answers[self._path](json.loads(body)))
        else:
            self._send(201, self._newer_instance.tsa.reply(body))

    def signing_certificate(self, request: Any) -> Any:
        """Fulcio: a certificate for the key of the request, about what the token says."""
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        token = self.headers["Authorization"].removeprefix("Bearer ")
        claims = _claims(token)
        pem = base64.b64decode(request["certificateSigningRequest"])
        public_key: Any = x509.load_pem_x509_csr(pem).public_key()
        san, extensions = self._identity(claims)
        now = datetime.now(timezone.utc)
        certificate = self.server.instance.certificate(public_key, san, extensions, now)
        chain = (certificate, self.server.instance.ca)
        texts = [each.public_bytes(Encoding.PEM).decode() for each in chain]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": texts}}}

    def log_entry(self, request: Any) -> Any:
        """Rekor v1: the entry of an envelope."""
        from cryptography import x509
        from sigstore_instance import dsse_body

        proposed = request["spec"]["proposedContent"]
        envelope = json.loads(proposed["envelope"])
        pem = base64.b64decode(proposed["verifiers"][0])
        body = dsse_body(envelope, x509.load_pem_x509_certificate(pem))
        entry = self.server.instance.log_entry(body, datetime.now(timezone.utc))
        return {"0" * 64: _as_rekor_says(entry)}

    def newer_log_entry(self, request: Any) -> Any:
        """Rekor v2: the entry of a digest and its signature."""
        proposed = request["hashedRekordRequestV002"]
        return self._newer_instance.entry(proposed["digest"], proposed["signature"])

    @property
    def _newer_instance(self) -> NewerInstance:
        from sigstore_v2 import NewerInstance

        instance = self.server.instance
        assert isinstance(instance, NewerInstance), "this instance is of Rekor v1"
        return instance

    def _identity(self, claims: dict[str, Any]) -> tuple[str, dict[int, str | bytes]]:
        if "pipeline_id" in claims:
            run = GitLabRun(
                claims["project_path"],
                claims["sha"],
                claims["pipeline_id"],
                claims["job_id"],
                claims["ref_path"],
                claims["pipeline_source"],
                claims["iss"],
            )
            return run.san, run.extensions
        if "job_workflow_ref" not in claims:
            person = Person(claims["email"], claims["iss"])
            return person.san, person.extensions
        server = self.server.run.server
        return github_san(claims, server), github_extensions(claims, server)

    @property
    def _path(self) -> str:
        return self.path.partition("?")[0]

    def _is_answered_otherwise(self, *known: str) -> bool:
        self.server.asked.append((self._path, self.headers.get("Authorization")))
        if self._path in self.server.instead:
            status, body = self.server.instead[self._path]
            self._send(status, body)
            return True
        if self._path not in known:
            self.reply(404, {"message": "not found"})
            return True
        return False

    def reply(self, status: int, answer: Any) -> None:
        self._send(status, json.dumps(answer).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def _as_rekor_says(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry in the form of Rekor v1's API: numbers are numbers, and hashes are hex."""
    proof = entry["inclusionProof"]
    return {
        "body": entry["canonicalizedBody"],
        "integratedTime": int(entry["integratedTime"]),
        "logID": _hex(entry["logId"]["keyId"]),
        "logIndex": int(entry["logIndex"]),
        "verification": {
            "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "inclusionProof": {
                "checkpoint": proof["checkpoint"]["envelope"],
                "hashes": [_hex(each) for each in proof["hashes"]],
                "logIndex": int(proof["logIndex"]),
                "rootHash": _hex(proof["rootHash"]),
                "treeSize": int(proof["treeSize"]),
            },
        },
    }


def _hex(text: str) -> str:
    return binascii.a2b_base64(text).hex()
