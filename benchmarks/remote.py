"""What reading packages on a server costs: ``python benchmarks/remote.py``.

2,000 packages, whose metadata has the sizes of real ones, on a loopback server in a process of its
own, which adds 20 ms to each answer and counts. ``PACKAGES=2000`` and ``RUNS=3`` are the defaults.
Needs py-rattler and conda-package-streaming; conda's session is measured where conda is installed.
Prints a table in Markdown.
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "packages"))

PACKAGES = int(os.environ.get("PACKAGES", "2000"))
RUNS = int(os.environ.get("RUNS", "3"))
THREADS = int(os.environ.get("THREADS", "0"))
"""Of ours. 0: as many as a command has."""

TASKS = 128
"""Of py-rattler, at once."""

DELAY = 0.02
PAYLOAD = 100_000
SAMPLE = 100
"""Packages that conda-package-streaming reads, one by one."""

SIZES = (
    (0.0, 2_500),
    (0.5, 9_800),
    (0.8, 31_000),
    (0.88, 64_500),
    (0.9, 80_000),
    (0.95, 112_000),
    (0.99, 250_000),
    (1.0, 2_600_000),
)
"""Of the metadata of 204 real packages: how many have no more than so many bytes."""


class Package(NamedTuple):
    name: str
    size: int
    info: int


class Figures(NamedTuple):
    """One run."""

    seconds: float
    requests: int
    kib: float
    once: int
    """Packages that were read in one request."""
    most: int
    """Requests for one package."""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        packages = make_packages(folder)
        with server(folder) as root:
            measure(root, packages)


def measure(root: str, packages: list[Package]) -> None:
    infos = sorted(package.info for package in packages)
    fit = bisect.bisect(infos, 1 << 16) / len(infos)
    print(
        f"{len(packages)} packages; metadata: median {infos[len(infos) // 2] / 1024:.1f} KiB, "
        f"{fit:.0%} within 64 KiB. Medians of {RUNS} runs, Python {sys.version.split()[0]}.\n"
    )
    ways: dict[str, Callable[[str, list[Package]], None]] = {
        "ours, by urllib3": lambda root, packages: ours(root, packages, use_conda=False),
        "py-rattler, gather": lambda root, packages: asyncio.run(by_rattler(root, packages)),
    }
    if find_spec("conda") is not None:
        ways["ours, by conda's session"] = lambda root, packages: ours(
            root, packages, use_conda=True
        )

    figures: dict[str, list[Figures]] = {way: [] for way in ways}
    for _ in range(RUNS):
        for way, read in ways.items():
            figures[way].append(run(root, packages, read))
    one_by_one = "conda-package-streaming, one by one"
    figures[one_by_one] = [run(root, packages[:SAMPLE], by_streaming)]

    print("| way | packages/s | requests a package | KiB a package | in one | most |")
    print("|---|---|---|---|---|---|")
    for way, runs in figures.items():
        count = SAMPLE if way == one_by_one else len(packages)
        print(
            f"| {way} | {speed(runs, count):.0f} | {runs[0].requests / count:.2f} "
            f"| {runs[0].kib / count:.1f} | {runs[0].once / count:.1%} | {runs[0].most} |"
        )

    gather = speed(figures["py-rattler, gather"], len(packages))
    streaming = speed(figures[one_by_one], SAMPLE)
    print("\n| what | measured | bar |\n|---|---|---|")
    for way, bar in (("ours, by urllib3", 0.4), ("ours, by conda's session", 0.25)):
        if way in figures:
            ours_speed = speed(figures[way], len(packages))
            print(f"| {way} / py-rattler's gather | {ours_speed / gather:.2f} | {bar} |")
            print(f"| {way} / conda-package-streaming | {ours_speed / streaming:.0f} | 20 |")
    ours_run, theirs = figures["ours, by urllib3"][0], figures["py-rattler, gather"][0]
    print(f"| bytes of ours / of py-rattler | {ours_run.kib / theirs.kib:.2f} | 1 |")
    print(f"| read in one request | {ours_run.once / len(packages):.1%} | 88 % |")


def speed(runs: list[Figures], count: int) -> float:
    return count / statistics.median(each.seconds for each in runs)


def run(root: str, packages: list[Package], read: Callable[[str, list[Package]], None]) -> Figures:
    control(root, "reset")
    start = time.perf_counter()
    read(root, packages)
    seconds = time.perf_counter() - start
    said = control(root, "stats")
    counts = list(said["requests"].values())
    assert len(counts) == len(packages), f"{len(counts)} of {len(packages)} packages were asked for"
    return Figures(seconds, sum(counts), said["sent"] / 1024, counts.count(1), max(counts))


def control(root: str, what: str) -> Any:
    with urllib.request.urlopen(f"{root}/{what}") as answer:
        return json.load(answer)


def ours(root: str, packages: list[Package], *, use_conda: bool) -> None:
    from conda_provenance.sources import Request
    from conda_provenance.sources.remote import Listed, Remote
    from conda_provenance.survey import survey
    from conda_provenance.survey.surveying import THREADS as USUAL
    from conda_provenance.web import Web

    with Web(use_conda=use_conda) as web:
        remote = Remote(web, Request(full_download=False))
        found = (
            remote.package(
                f"{root}/noarch/{package.name}",
                Listed(size=package.size, timestamp=1700000000000),
            )
            for package in packages
        )
        for reading in survey(found, threads=THREADS or USUAL):
            assert reading.package is not None, reading.error
            assert reading.package.claim.sha, reading.package


async def by_rattler(root: str, packages: list[Package]) -> None:
    from rattler.networking import Client
    from rattler.package import AboutJson

    client = Client()
    turns = asyncio.Semaphore(TASKS)

    async def read(package: Package) -> None:
        async with turns:
            about = await AboutJson.from_remote_url(client, f"{root}/noarch/{package.name}")
            assert about is not None

    await asyncio.gather(*map(read, packages))


def by_streaming(root: str, packages: list[Package]) -> None:
    from conda_package_streaming.url import stream_conda_info

    for package in packages:
        members = stream_conda_info(f"{root}/noarch/{package.name}")
        for tar, member in members:
            if member.name == "info/about.json":
                file = tar.extractfile(member)
                assert file is not None
                assert json.load(file)["extra"]["sha"]
                break
        else:
            raise AssertionError(package)
        members.close()


def make_packages(folder: Path) -> list[Package]:
    from packages_making import info_files, tar, zip_members, zst

    noise = random.Random(11)
    payload = zst(tar({"share/x": noise.randbytes(PAYLOAD)}))
    about = {
        "extra": {
            "sha": "3f9c2a77d1e84b5c9a6f0e1d2c3b4a5968778695",
            "remote_url": "https://github.com/o/r",
            "flow_run_id": "github_1",
        }
    }
    packages = []
    for number in range(PACKAGES):
        files = info_files(about)
        wanted = _size((number + 0.5) / PACKAGES)
        before = int(wanted * noise.random() * 0.9)
        padding = max(0, wanted - before - 700)
        files = {"info/a.bin": noise.randbytes(before), **files}
        files["info/z.bin"] = noise.randbytes(padding)
        info = zst(tar(files))

        name = f"p{number}-1.0-0.conda"
        path = folder / name
        members = [
            ("metadata.json", b'{"conda_pkg_format_version": 2}'),
            (f"pkg-p{number}-1.0-0.tar.zst", payload),
            (f"info-p{number}-1.0-0.tar.zst", info),
        ]
        zip_members(path, members)
        packages.append(Package(name, path.stat().st_size, len(info) + 500))
    noise.shuffle(packages)
    return packages


def _size(share: float) -> int:
    """The size of metadata that this share of real packages does not exceed."""
    index = bisect.bisect([each for each, _ in SIZES], share) - 1
    (low, small), (high, large) = SIZES[index], SIZES[min(index + 1, len(SIZES) - 1)]
    part = (share - low) / (high - low)
    return int(math.exp(math.log(small) + part * (math.log(large) - math.log(small))))


@contextlib.contextmanager
def server(folder: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve", str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


class Serving(asyncio.Protocol):
    """Answers as late as a server some way off would. Knows ranges, and nothing else."""

    folder: Path
    requests: ClassVar[dict[str, int]] = {}
    sent = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.waiting = b""

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        while b"\r\n\r\n" in self.waiting:
            head, _, self.waiting = self.waiting.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            part = re.search(rb"(?i)\r\nrange: *bytes=(\d*)-(\d*)", head)
            if path in ("/reset", "/stats"):
                self.control(path)
            else:
                loop = asyncio.get_running_loop()
                loop.call_later(DELAY, self.answer, path.rpartition("/")[2], part)

    def control(self, path: str) -> None:
        said = json.dumps({"requests": Serving.requests, "sent": Serving.sent}).encode()
        if path == "/reset":
            Serving.requests, Serving.sent = {}, 0
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + said)

    def answer(self, name: str, part: re.Match[bytes] | None) -> None:
        Serving.requests[name] = Serving.requests.get(name, 0) + 1
        with open(self.folder / name, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            first, stop = _range(part, size)
            body = os.pread(file.fileno(), stop - first, first)
        head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %d-%d/%d\r\n" % (
            first,
            stop - 1,
            size,
        )
        Serving.sent += len(body)
        self.transport.write(head + b"Content-Length: %d\r\n\r\n" % len(body))
        self.transport.write(body)


def _range(part: re.Match[bytes] | None, size: int) -> tuple[int, int]:
    if part is None:
        return 0, size
    first, last = part.groups()
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1 if last else size)


async def serve(folder: Path) -> None:
    Serving.folder = folder
    listening = await asyncio.get_running_loop().create_server(Serving, "127.0.0.1", 0, backlog=512)
    print(listening.sockets[0].getsockname()[1], flush=True)
    await listening.serve_forever()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(serve(Path(sys.argv[2])))
    else:
        main()
