"""A channel on loopback that counts what is asked of it. It sends whole files, without ranges.

Its packages and its index are made by hand, since there must be many.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

from packages_making import INDEX, info_files, make_conda, tar, zst
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
            name = f"p{number}"
            files = info_files({"extra": {**EXTRA, "flow_run_id": f"github_{number}"}})
            files["info/index.json"] = json.dumps({**INDEX, "name": name}).encode()
            path = make_conda(folder, name=name, info=zst(tar(files)))
            self.files[path.name] = path.read_bytes()
            path.unlink()

    def sha256(self, name: str) -> str:
        return hashlib.sha256(self.files[name]).hexdigest()

    def repodata(self) -> bytes:
        """The index of its one subdir, ``noarch``."""
        records = {
            name: {
                **INDEX,
                "name": name.partition("-")[0],
                "sha256": self.sha256(name),
                "size": len(data),
                "timestamp": 1_700_000_000_000,
            }
            for name, data in self.files.items()
        }
        info = {"subdir": "noarch"}
        return json.dumps({"info": info, "packages": {}, "packages.conda": records}).encode()

    def asked(self) -> int:
        """How many packages were asked for, each as often as it was."""
        return sum(count for name, count in self.requests.items() if name in self.files)


@contextmanager
def serve(channel: Channel) -> Iterator[str]:
    """Serve the channel; yields its address."""

    index = channel.repodata()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name = self.path.rpartition("/")[2]
            with channel.lock:
                channel.requests[name] += 1
            data = channel.files.get(name)
            if data is not None:
                time.sleep(channel.delay)
            elif self.path.endswith("/noarch/repodata.json"):
                data = index
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
