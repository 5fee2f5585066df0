"""A container registry on loopback: a stand-in for ghcr.io, which cannot be had in a test.

It gives out tokens as ghcr.io does, one for each repository, and redirects blobs to another server.
Its layers are those of conda-oci-mirror: the info layer is packed from within the folder.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

INFO = "application/vnd.conda.info.v1.tar+gzip"
PACKAGE = "application/vnd.conda.package.v2"


class Registry(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.manifests: dict[str, bytes] = {}
        """By ``repository:tag``."""
        self.blobs: dict[str, bytes] = {}
        self.asked: list[tuple[str, str | None]] = []
        """Path and Authorization of each request."""
        self.realm: str | None = None
        self.login: str | None = None
        """The header that the token server wants."""
        self.blobs_at = ""
        """Another server that has the blobs."""
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def add(
        self, repository: str, tag: str, package: bytes | None, info: bytes | None, **options: Any
    ) -> None:
        """Keep a package. ``info`` is the tar of its metadata."""
        layers = []
        packed = info and (gzip.compress(info) if options.get("gzipped", True) else info)
        for kind, data in ((PACKAGE, package), (INFO, packed)):
            if data is not None:
                digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
                self.blobs[digest] = options.get("instead", data)
                layers.append({"mediaType": kind, "digest": digest, "size": len(data)})
        manifest = {"schemaVersion": 2, "layers": layers}
        self.manifests[f"{repository}:{tag}"] = json.dumps(manifest).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Registry

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        authorization = self.headers.get("Authorization")
        self.server.asked.append((self.path, authorization))
        parts = urlsplit(self.path)
        if parts.path == "/token":
            self.token(parse_qs(parts.query), authorization)
            return

        repository, _, rest = parts.path.removeprefix("/v2/").rpartition("/")
        repository, _, kind = repository.rpartition("/")
        if authorization != f"Bearer for-{repository.replace('/', '.')}":
            realm = self.server.realm or f"http://{self.server.host}/token"
            challenge = f'Bearer realm="{realm}",service="ghcr.io",scope="repository:x:pull"'
            self.reply(401, b"{}", **{"WWW-Authenticate": challenge})
        elif kind == "manifests":
            found = self.server.manifests.get(f"{repository}:{rest}")
            self.reply(200 if found else 404, found or b"{}")
        elif rest in self.server.blobs and self.server.blobs_at:
            self.reply(307, b"", Location=f"{self.server.blobs_at}/{rest}?sig=s3cret")
        else:
            found = self.server.blobs.get(rest)
            self.reply(200 if found else 404, found or b"{}")

    def token(self, query: dict[str, list[str]], authorization: str | None) -> None:
        repository = query["scope"][0].split(":")[1]
        known = any(each.startswith(f"{repository}:") for each in self.server.manifests)
        if not known or authorization != self.server.login:
            self.reply(403, b'{"errors": []}')
        else:
            token = f"for-{repository.replace('/', '.')}"
            self.reply(200, json.dumps({"token": token}).encode())

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def registry() -> Iterator[Registry]:
    server = Registry()
    yield server
    server.shutdown()
    server.server_close()
