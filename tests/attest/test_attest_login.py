"""Signing by a login in a browser. Browser and login are stand-ins; the client is the real one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from attest_samples import make_package
from ci_identities import GitHubRun, Person
from packages_making import make_conda
from pseudo_terminal import run_on_pseudo_terminal
from sigstore_server import SigstoreServer

from conda_provenance.bundles.sigstore import SigstoreVerifier

pytest.importorskip("sigstore")
pytest.importorskip("pty", reason="a terminal of POSIX")

CODE = "the-code-of-the-login"
BROWSER = """\
import sys, urllib.request
print("a browser's chatter")
urllib.request.urlopen(sys.argv[1]).read()
"""


class Login(ThreadingHTTPServer):
    """An OpenID provider that asks nobody anything."""

    daemon_threads = True

    def __init__(self, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.token = token
        self.answer: dict[str, Any] | None = None
        """Instead of a token."""
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Login

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            url = self.server.url
            self._send({"authorization_endpoint": f"{url}/auth", "token_endpoint": f"{url}/token"})
            return

        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        back = urlencode({"code": CODE, "state": asked["state"]})
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{back}")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        assert parse_qs(body)["code"] == [CODE]
        token = {"access_token": self.server.token}
        self._send(token if self.server.answer is None else self.server.answer)

    def _send(self, answer: Any) -> None:
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def login(sigstore_server: SigstoreServer) -> Iterator[Login]:
    server = Login(sigstore_server.new_token(Person()))
    config = json.loads(sigstore_server.trust_config.read_text())
    config["signingConfig"]["oidcUrls"][0]["url"] = server.url
    sigstore_server.trust_config.write_text(json.dumps(config))
    yield server
    server.shutdown()
    server.server_close()


def sign(
    server: SigstoreServer, browser: str, *arguments: str | Path, typed: str = "", **variables: str
) -> tuple[int, str, str]:
    """Sign on a terminal, results to a pipe. Gives status, results and the terminal's text."""
    environ = {**os.environ, "BROWSER": browser, **variables}
    environ.pop("DISPLAY", None)
    command = [sys.executable, "-m", "conda_provenance", "attest", "--sign", "--trust-config"]
    status, shown, results = run_on_pseudo_terminal(
        [*command, str(server.trust_config), *map(str, arguments)],
        environ,
        typed=typed,
        is_piped=True,
    )
    text = shown.replace("\r\n", "\n")
    for each in (results, text):
        assert "eyJ" not in each
        assert "Traceback" not in each
    return status, results, text


@pytest.fixture
def browser(tmp_path: Path) -> str:
    script = tmp_path / "browser.py"
    script.write_text(BROWSER)
    return f"{sys.executable} {script} %s"


def _identity(server: SigstoreServer, package: Path) -> str:
    data = package.with_name(f"{package.name}.sigstore.json").read_bytes()
    return SigstoreVerifier(server.trusted_root.read_bytes()).verify(data).certificate.identity


def test_a_login_in_a_browser_signs_a_publication(
    sigstore_server: SigstoreServer, login: Login, browser: str, tmp_path: Path
) -> None:
    package = make_conda(tmp_path)
    status, results, text = sign(
        sigstore_server, browser, "--publish-to", "https://prefix.dev/c", package
    )
    assert status == 0, text
    assert results.splitlines()[-1] == f"{package}.sigstore.json"
    assert "your e-mail address becomes part of the signature" in text
    assert "signing as somebody at example.org" in text
    assert CODE not in text
    assert _identity(sigstore_server, package) == Person().email


def test_a_code_can_be_typed_where_no_browser_opens(
    sigstore_server: SigstoreServer, login: Login, tmp_path: Path
) -> None:
    package = make_conda(tmp_path)
    status, results, text = sign(
        sigstore_server,
        "/bin/false %s",
        "--publish-to",
        "https://prefix.dev/c",
        package,
        typed=f"{CODE}\n",
        PATH="",  # Python would try the browsers that it finds there.
    )
    assert status == 0, text
    assert results == f"{package}.sigstore.json\n"
    assert "Enter verification code" in text
    assert _identity(sigstore_server, package) == Person().email


def test_a_login_does_not_sign_a_build(
    sigstore_server: SigstoreServer, login: Login, browser: str, tmp_path: Path
) -> None:
    run = GitHubRun()
    stamp = {"sha": run.sha, "remote_url": run.remote_url, "flow_run_id": f"github_{run.run_id}"}
    package = make_package(tmp_path, **stamp)
    status, _, text = sign(sigstore_server, browser, package)
    assert status == 1
    assert "this is no run of a CI" in text
    assert "browser" not in text

    # conda-forge's container has these variables, and anybody can set them.
    status, _, text = sign(sigstore_server, browser, package, **stamp)
    assert status == 3
    assert "gives its jobs no identity that Sigstore accepts" in text
    assert not package.with_name(f"{package.name}.sigstore.json").exists()


@pytest.mark.parametrize(
    "answer", [{"error": "eyJ denied"}, {"access_token": "eyJ"}, {"access_token": 5}, {}]
)
def test_a_login_that_fails_is_one_sentence(
    sigstore_server: SigstoreServer,
    login: Login,
    browser: str,
    tmp_path: Path,
    answer: dict[str, Any],
) -> None:
    login.answer = answer
    package = make_conda(tmp_path)
    status, _, text = sign(
        sigstore_server, browser, "--publish-to", "https://prefix.dev/c", package
    )
    assert status == 3
    assert "The login in a browser did not succeed" in text.splitlines()[-1]
    assert not package.with_name(f"{package.name}.sigstore.json").exists()
