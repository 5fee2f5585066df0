"""A channel on loopback that counts what is asked of it. It sends whole files, without ranges."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

from packages_making import make_conda
from survey_artifacts import EXTRA


class Channel:
    """Packages ``p0`` to ``pN``, and how often each was asked for."""

    def __init__(self, folder: Path, count: int) -> None:
        self.files: dict[str, bytes] = {}
        self.requests: Counter[str] = Counter()
        self.delay = 0.0
        self.lock = Lock()
        self.address = ""
        for number in range(count):
            path = make_conda(
                folder, {"extra": {**EXTRA, "flow_run_id": f"github_{number}"}}, name=f"p{number}"
            )
            self.files[path.name] = path.read_bytes()

    def sha256(self, name: str) -> str:
        return hashlib.sha256(self.files[name]).hexdigest()


@contextmanager
def serve(channel: Channel) -> Iterator[str]:
    """Serve the channel; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            with channel.lock:
                channel.requests[name] += 1
            time.sleep(channel.delay)
            data = channel.files.get(name)
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

        def handle_error(self, *_: object) -> None:
            """A worker that was killed hung up."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    channel.address = f"http://127.0.0.1:{server.server_address[1]}/chan/noarch"
    try:
        yield channel.address
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
