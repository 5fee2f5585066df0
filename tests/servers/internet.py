"""An internet of its own: a proxy on loopback that answers for hosts by their real names, with TLS.

A program that is told to use the proxy, and to trust its certificate, talks to ``github.com`` and
finds what the test put there. Nothing is looked up, and nothing leaves the machine. It stands in
for the network; git behind it is real.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from git_servers import GitServer

BAD_GATEWAY = 502


class Internet(ThreadingHTTPServer):
    """``sites``: host, and the server that answers for it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, sites: Mapping[str, GitServer]) -> None:
        super().__init__(("127.0.0.1", 0), _Proxy)
        self.sites = sites
        self.missed: list[str] = []
        """Hosts that were asked for and are not there."""
        self.certificate = _certificate(folder, sites)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.certificate, folder / "key.pem")
        self.plain: list[str] = []
        """What was asked without TLS."""

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which programs use it."""
        proxy = f"http://127.0.0.1:{self.server_address[1]}"
        return {
            **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), proxy),
            **dict.fromkeys(("no_proxy", "NO_PROXY"), ""),
            **dict.fromkeys(
                ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "GIT_SSL_CAINFO"), str(self.certificate)
            ),
        }

    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no error of a test."""


class _Proxy(BaseHTTPRequestHandler):
    server: Internet

    def log_message(self, *_: Any) -> None:
        pass

    def do_CONNECT(self) -> None:
        self.close_connection = True
        host, _, port = self.path.rpartition(":")
        site = self.server.sites.get(host)
        if site is None or port != "443":
            self.server.missed.append(self.path)
            self.send_error(BAD_GATEWAY)
            return

        self.send_response(200)
        self.end_headers()
        with self.server.tls.wrap_socket(self.connection, server_side=True) as connection:
            site.RequestHandlerClass(connection, self.client_address, site)

    def do_GET(self) -> None:
        self.server.plain.append(self.path)
        self.send_error(BAD_GATEWAY)


def _certificate(folder: Path, hosts: Mapping[str, Any]) -> Path:
    """One certificate for all of them. It signs itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed here")

    certificate = folder / "certificate.pem"
    names = ",".join(f"DNS:{host}" for host in hosts)
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=the internet of the tests"),
            *("-keyout", str(folder / "key.pem"), "-out", str(certificate)),
            *("-addext", f"subjectAltName={names}"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate


@contextmanager
def connected(folder: Path, sites: Mapping[str, GitServer]) -> Iterator[Internet]:
    """The internet, for the length of a ``with`` block."""
    internet = Internet(folder, sites)
    thread = threading.Thread(target=internet.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield internet
    finally:
        internet.shutdown()
        internet.server_close()
        thread.join()
