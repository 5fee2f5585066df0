"""Without conda: logins, proxies and certificates as requests has them."""

from __future__ import annotations

import base64
import shutil
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest
from misbehaving import LOGIN, Server
from web_fixtures import QUICK

from conda_provenance.web import Web, WebError

DATA = b"data" * 1000


@pytest.fixture(autouse=True)
def file(misbehaving: Server, other_server: Server) -> None:
    misbehaving.files["a.bin"] = other_server.files["a.bin"] = DATA


@pytest.fixture
def netrc(plain_environment: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    user, _, password = LOGIN.partition(":")
    path = tmp_path / "netrc"
    path.write_text(f"machine 127.0.0.1 login {user} password {password}\n")
    path.chmod(0o600)
    monkeypatch.setenv("NETRC", str(path))
    return path


def test_a_login_of_netrc_goes_to_its_host_alone(
    netrc: Path,
    web: Web,
    misbehaving: Server,
    other_server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NETRC", str(netrc))
    assert web.fetch(misbehaving.url("login", "a.bin")) == DATA
    misbehaving.elsewhere = f"{other_server.root}/well"
    assert web.fetch(misbehaving.url("redirect", "a.bin")) == DATA
    assert "authorization" not in other_server.asked[0].headers
    assert web.fetch(other_server.url("well", "a.bin")) == DATA
    assert "authorization" not in other_server.asked[1].headers
    web.close()


def test_a_login_with_odd_characters(web: Web, misbehaving: Server) -> None:
    user, _, password = LOGIN.partition(":")
    escaped = f"{user}:{''.join(f'%{ord(each):02x}' for each in password)}"
    url = misbehaving.url("login", "a.bin").replace("//", f"//{escaped}@")
    assert web.fetch(url) == DATA


def test_a_login_that_latin_1_lacks_is_sent_as_utf_8(web: Web, misbehaving: Server) -> None:
    url = misbehaving.url("well", "a.bin").replace("//", "//user:p%E2%82%AC@")
    assert web.fetch(url) == DATA
    sent = misbehaving.asked[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == "user:p€"


def test_a_proxy_of_the_environment_is_used(
    plain_environment: None, misbehaving: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", misbehaving.root)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Web(use_conda=False, patience=QUICK) as web:
        assert web.fetch("http://channel.example/well/a.bin") == DATA
        assert web.fetch(misbehaving.url("well", "a.bin")) == DATA
        with pytest.raises(WebError, match="asks for a login"):
            web.fetch("http://channel.example/asks-proxy/a.bin")
    asked = [each.path for each in misbehaving.asked]
    assert asked[:2] == ["http://channel.example/well/a.bin", "/well/a.bin"]


def test_behind_a_proxy_a_redirect_to_a_private_name_is_refused(
    plain_environment: None, misbehaving: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", misbehaving.root)
    with Web(use_conda=False, patience=QUICK) as web:
        for place in ("http://169.254.169.254/latest", "http://localhost", "http://2852039166"):
            misbehaving.elsewhere = place
            with pytest.raises(WebError) as caught:
                web.fetch("http://channel.example/redirect/a.bin")
            assert caught.value.kind == "not-allowed"
        misbehaving.elsewhere = "http://other.example/well"
        assert web.fetch("http://channel.example/redirect/a.bin") == DATA


@pytest.fixture
def secure(misbehaving: Server, tmp_path: Path) -> Path:
    """Has the server speak TLS, by a certificate that it signed itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed here")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", str(key), "-out", str(certificate), "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    misbehaving.socket = context.wrap_socket(misbehaving.socket, server_side=True)
    return certificate


def test_a_certificate_of_ones_own(
    plain_environment: None, misbehaving: Server, secure: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = misbehaving.url("well", "a.bin").replace("http:", "https:")
    with Web(use_conda=False, patience=QUICK) as web:
        with pytest.raises(WebError, match="its certificate does not hold") as caught:
            web.fetch(url)
        assert "REQUESTS_CA_BUNDLE" in str(caught.value)

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(secure))
    with Web(use_conda=False, patience=QUICK) as web:
        assert web.fetch(url) == DATA
        assert web.fetch(url) == DATA


def test_certificates_that_are_not_there_are_named(
    plain_environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    with (
        Web(use_conda=False, patience=QUICK) as web,
        pytest.raises(WebError, match="REQUESTS_CA_BUNDLE or conda's ssl_verify names are not"),
    ):
        web.fetch("https://127.0.0.1:9/a.bin")


def test_closing_ends_what_is_being_read(plain_environment: None, misbehaving: Server) -> None:
    web = Web(use_conda=False)
    errors: list[Exception] = []

    def read() -> None:
        try:
            web.fetch(misbehaving.url("drip-body", "a.bin"))
        except WebError as error:
            errors.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    while not misbehaving.sent:
        time.sleep(0.01)
    start = time.monotonic()
    web.close()
    thread.join(10)
    assert not thread.is_alive()
    assert time.monotonic() - start < 5
    assert errors


def test_what_an_answer_names_gets_no_login_and_must_be_public(
    netrc: Path, misbehaving: Server
) -> None:
    with Web(use_conda=False, patience=QUICK) as web, pytest.raises(WebError) as caught:
        web.fetch(misbehaving.url("well", "a.bin"), named=True)
    assert caught.value.kind == "not-allowed"
    assert not misbehaving.asked


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/well/a b.bin", "/well/a%20b.bin"),
        ("/well/\u00e4.bin", "/well/%C3%A4.bin"),
        ("/well/1%212.bin", "/well/1%212.bin"),
        ("/well/a.bin?q=1#fragment", "/well/a.bin?q=1"),
        ("", "/"),
        ("?q=1", "/?q=1"),
        ("/well/x\r\nHost: evil", "/well/x%0D%0AHost:%20evil"),
    ],
)
def test_odd_addresses_are_sent_as_addresses(
    web: Web, misbehaving: Server, path: str, sent: str
) -> None:
    with web.open(misbehaving.root + path):
        pass
    [asked] = misbehaving.asked
    assert asked.path == sent
    assert asked.headers["host"] == misbehaving.root.removeprefix("http://")
