"""nginx on loopback, started by the tests in a folder of their own, as the current user."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

LOGIN = "us3r:p4ssw0rd"
TOKEN = "tk-11112222-3333-4444-5555-666677778888"

_CONFIGURATION = """
{user}daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    log_format counted '$request_method $status $body_bytes_sent $http_range';
    access_log {folder}/access.log counted;
    client_body_temp_path {folder}/tmp1;
    proxy_temp_path {folder}/tmp2;
    fastcgi_temp_path {folder}/tmp3;
    uwsgi_temp_path {folder}/tmp4;
    scgi_temp_path {folder}/tmp5;
    default_type application/octet-stream;
    keepalive_requests 100000;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/served;
        location /login/ {{
            alias {folder}/served/;
            auth_basic "test";
            auth_basic_user_file {folder}/users;
        }}
        location /t/{token}/ {{ alias {folder}/served/; }}
        location /t/ {{ return 403; }}
        location /gzip/ {{
            alias {folder}/served/;
            gzip on;
            gzip_types *;
            gzip_min_length 1;
        }}
        location /no-ranges/ {{ alias {folder}/served/; max_ranges 0; }}
        location /slow/ {{ alias {folder}/served/; limit_rate 200k; }}
        location /busy/ {{ return 429; }}
    }}
}}
"""


class Nginx:
    """A server whose files are those of the folder ``served``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.served = folder / "served"
        self.served.mkdir(parents=True)
        self.port = _free_port()
        user, _, password = LOGIN.partition(":")
        (folder / "users").write_text(f"{user}:{{PLAIN}}{password}\n")
        configuration = folder / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(folder=folder, port=self.port, token=TOKEN, user=_user())
        )
        assert PROGRAM is not None
        self._process = subprocess.Popen(
            [PROGRAM, "-p", str(folder), "-c", str(configuration)], stderr=subprocess.DEVNULL
        )
        self._wait()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, *parts: str) -> str:
        return "/".join((self.root, *parts))

    def asked(self) -> list[str]:
        """A line for each request: method, status, bytes sent, range."""
        log = self.folder / "access.log"
        lines: list[str] = []
        # A line is written after its answer was sent.
        for _ in range(20):
            time.sleep(0.05)
            before, lines = lines, log.read_text().splitlines() if log.exists() else []
            if before == lines:
                break
        return lines

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _wait(self) -> None:
        for _ in range(100):
            with socket.socket() as client:
                if not client.connect_ex(("127.0.0.1", self.port)):
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        log = self.folder / "error.log"
        pytest.fail(f"nginx does not start: {log.read_text() if log.exists() else ''}")


def _user() -> str:
    """Started by root, its workers would be another user, who may not read the tests' folders."""
    return "user root;\n" if os.geteuid() == 0 else ""


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """One server for all tests of a module. It serves what they put into ``served``."""
    if PROGRAM is None:
        pytest.skip("nginx is not installed here: apt-get install nginx-light")
    folder = tmp_path_factory.mktemp("nginx")
    server = Nginx(folder)
    yield server
    server.stop()
