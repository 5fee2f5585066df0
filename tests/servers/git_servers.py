"""Real git servers on loopback: ``git http-backend`` (alone, and behind nginx), ``git daemon``, and
a web server that only has the files ("dumb http").

They serve whatever history is published, and count requests and bytes. Fixtures:

- ``history``: one of everything (:func:`histories.everyday`), shared: copy it before you change it.
- ``git_servers``: starts servers. ``git_servers().publish(history, "o/n")`` gives the address.
- ``git_server``: a server that has ``history`` as ``o/n``.
- ``git_behind_nginx``: puts nginx in front of a server. ``git_daemon``: starts git's own server.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

import nginx
import pytest
from histories import ENVIRONMENT, PROGRAM, History, everyday

_CHUNK = 1 << 16


class Asked(NamedTuple):
    """One request."""

    method: str
    path: str
    """With its query."""
    service: str
    """What it does: ``refs``, ``ls-refs``, ``fetch``, ``old-fetch`` (before protocol v2) or
    ``file``."""
    headers: dict[str, str]
    """By their names in lower case."""


class GitServer(ThreadingHTTPServer):
    """Serves bare repositories below ``root`` by ``git http-backend``, or their files alone."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        root: Path,
        *,
        filters: bool = True,
        protocol: int = 2,
        any_sha: bool = True,
        dumb: bool = False,
        login: str = "",
        settings: dict[str, str] | None = None,
        program: str = PROGRAM,
    ) -> None:
        """``filters``: allow partial clones. ``protocol``: the newest version that is spoken.

        ``any_sha``: protocol 0 and 1 hand out commits that no ref has, too. ``login``: the value of
        the ``Authorization`` header without which nothing is answered. ``settings``: further
        configuration of the server's git.
        """
        super().__init__(("127.0.0.1", 0), _Handler)
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.protocol = protocol
        self.dumb = dumb
        self.login = login
        self.program = program
        self.settings = {
            "uploadpack.allowFilter": str(filters).lower(),
            "uploadpack.allowAnySHA1InWant": str(any_sha).lower(),
            "safe.directory": "*",
            **(settings or {}),
        }
        self.moved: dict[str, str] = {}
        """Paths that have moved, such as ``o/old``, and the address or path that they lead to."""
        self.hidden: dict[str, str] = {}
        """Paths of repositories that are not there without this ``Authorization``."""
        self.before: Callable[[_Handler], bool] | None = None
        """Asked first. If it says yes, it has answered the request itself."""
        self.asked: list[Asked] = []
        self.received = self.sent = 0
        """Bytes of bodies, as they went over the network."""
        self.lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, name: str = "o/n") -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    def publish(self, history: History, name: str = "o/n") -> str:
        """Serve a repository, as it is now and as it changes. Gives its address."""
        place = self.root / f"{name}.git"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(history.folder)
        if self.dumb:
            history.git("update-server-info")
        return self.url(name)

    def forget(self) -> None:
        """Count from nothing."""
        with self.lock:
            self.asked.clear()
            self.received = self.sent = 0

    def services(self) -> list[str]:
        return [each.service for each in self.asked]

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_: Any) -> None:
        """A client that closes the connection is what some tests do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: GitServer

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        server = self.server
        self.body = self._read_body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        path, _, query = self.path.partition("?")
        with server.lock:
            server.asked.append(
                Asked(self.command, self.path, _service(path, query, self.body), headers)
            )
            server.received += len(self.body)

        if server.before is not None and server.before(self):
            return
        if server.login and headers.get("authorization") != server.login:
            self.reply(401, WWW_Authenticate='Basic realm="git"')
            return
        if server.hidden.get("/".join(path.split("/")[1:3]), None) not in (
            None,
            headers.get("authorization"),
        ):
            self.reply(404)
            return
        for old, new in server.moved.items():
            if path.startswith(f"/{old}/"):
                target = new if "://" in new else f"/{new}"
                self.reply(301, Location=f"{target}{self.path.removeprefix(f'/{old}')}")
                return

        if server.dumb:
            self._serve_file(path)
        else:
            self._serve_git(path, query)

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer. ``_`` in a header's name stands for a dash."""
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.write(body)

    def write(self, data: bytes) -> None:
        self.wfile.write(data)
        with self.server.lock:
            self.server.sent += len(data)

    def _serve_file(self, path: str) -> None:
        owner, name, *rest = unquote(path).strip("/").split("/")
        file = self.server.root / owner / f"{name.removesuffix('.git')}.git" / "/".join(rest)
        if not file.is_file() or ".." in rest:
            self.reply(404, b"no such file")
        else:
            self.reply(200, file.read_bytes(), Content_Type="text/plain")

    def _serve_git(self, path: str, query: str) -> None:
        settings = self.server.settings
        environment = {
            **ENVIRONMENT,
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_COUNT": str(len(settings)),
            **{f"GIT_CONFIG_KEY_{n}": key for n, key in enumerate(settings)},
            **{f"GIT_CONFIG_VALUE_{n}": value for n, value in enumerate(settings.values())},
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote(path),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(self.body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        wanted = self.headers.get("Git-Protocol", "")
        if wanted and self.server.protocol:
            environment["GIT_PROTOCOL"] = wanted if self.server.protocol == 2 else "version=1"

        with subprocess.Popen(
            [self.server.program, "http-backend"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            feeder = threading.Thread(target=_feed, args=(process.stdin, self.body), daemon=True)
            feeder.start()
            try:
                self._pass_on(process.stdout)
            except OSError:  # The client has gone.
                self.close_connection = True
                process.kill()
            feeder.join()

    def _pass_on(self, answer: Any) -> None:
        """The head that a CGI program prints, and then its body in chunks."""
        status, head = 200, []
        while line := answer.readline().strip():
            name, _, value = line.decode("latin-1").partition(": ")
            if name.lower() == "status":
                status = int(value.split()[0])
            else:
                head.append((name, value))

        self.send_response(status)
        for name, value in head:
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while chunk := answer.read1(_CHUNK):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            with self.server.lock:
                self.server.sent += len(chunk)
        self.wfile.write(b"0\r\n\r\n")


def _service(path: str, query: str, body: bytes) -> str:
    if path.endswith("/info/refs"):
        return "refs"
    if not path.endswith("/git-upload-pack"):
        return "file"
    if body[:2] == b"\x1f\x8b":
        import gzip

        body = gzip.decompress(body)
    if b"command=ls-refs" in body:
        return "ls-refs"
    return "fetch" if b"command=fetch" in body else "old-fetch"


def _feed(pipe: Any, body: bytes) -> None:
    try:
        pipe.write(body)
        pipe.close()
    except OSError:  # git did not want all of it.
        pass


StartServer = Callable[..., GitServer]


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """One of everything. Tests share it: copy it before you change it."""
    return everyday(tmp_path_factory.mktemp("history") / "everyday.git")


@pytest.fixture
def git_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    """Starts servers. The arguments are those of :class:`GitServer`."""
    with ExitStack() as servers:

        def start(**options: Any) -> GitServer:
            server = GitServer(tmp_path_factory.mktemp("git-server"), **options)
            servers.callback(server.stop)
            return server

        yield start


@pytest.fixture
def git_server(git_servers: StartServer, history: History) -> GitServer:
    """A server that has the ``history`` as ``o/n``."""
    server = git_servers()
    server.publish(history)
    return server


_NGINX = """
{user}daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 128; }}
http {{
    log_format counted '$request_method $status $body_bytes_sent $request_length';
    access_log {folder}/access.log counted;
    client_body_temp_path {folder}/tmp1;
    proxy_temp_path {folder}/tmp2;
    fastcgi_temp_path {folder}/tmp3;
    uwsgi_temp_path {folder}/tmp4;
    scgi_temp_path {folder}/tmp5;
    server {{
        listen 127.0.0.1:{port};
        gzip on;
        gzip_types *;
        location / {{
            proxy_pass http://127.0.0.1:{behind};
            proxy_http_version 1.1;
            proxy_buffering on;
        }}
    }}
}}
"""


@pytest.fixture
def git_behind_nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Puts nginx in front of a :class:`GitServer`, and gives nginx's address."""
    if nginx.PROGRAM is None:
        pytest.skip("nginx is not installed here: apt-get install nginx-light")

    with ExitStack() as running:

        def put(server: GitServer) -> str:
            folder = tmp_path_factory.mktemp("git-nginx")
            port = nginx._free_port()
            configuration = folder / "nginx.conf"
            configuration.write_text(
                _NGINX.format(folder=folder, port=port, behind=server.port, user=nginx._user())
            )
            process = subprocess.Popen(
                [cast("str", nginx.PROGRAM), "-p", str(folder), "-c", str(configuration)],
                stderr=subprocess.DEVNULL,
            )
            running.callback(_end, process)
            _wait_for(port, process)
            return f"http://127.0.0.1:{port}"

        yield put


@pytest.fixture
def git_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts git's own server for a history, and gives its address, ``git://…/o/n``."""
    if not shutil.which("git-daemon", path=_exec_path()):
        pytest.skip("git daemon is not installed here")

    with ExitStack() as running:

        def serve(history: History, *settings: str) -> str:
            root = tmp_path_factory.mktemp("git-daemon")
            (root / "o").mkdir()
            (root / "o" / "n.git").symlink_to(history.folder)
            port = nginx._free_port()
            options = [each for setting in settings for each in ("-c", setting)]
            process = subprocess.Popen(
                [
                    PROGRAM, "-c", "safe.directory=*", "-c", "uploadpack.allowFilter=true",
                    *options, "daemon", "--export-all", "--listen=127.0.0.1", f"--port={port}",
                    "--reuseaddr", f"--base-path={root}",
                ],
                env=ENVIRONMENT,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
            running.callback(_end, process)
            _wait_for(port, process)
            return f"git://127.0.0.1:{port}/o/n"

        yield serve


def _exec_path() -> str:
    return subprocess.run(
        [PROGRAM, "--exec-path"], capture_output=True, text=True, check=True
    ).stdout.strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    if os.getpgid(process.pid) == process.pid:
        os.killpg(process.pid, 15)  # git daemon has a child that serves.
    else:
        process.terminate()
    process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    import socket

    for _ in range(100):
        with socket.socket() as client:
            if not client.connect_ex(("127.0.0.1", port)):
                return
        assert process.poll() is None, "the server does not start"
        time.sleep(0.05)
    pytest.fail("the server does not answer")
