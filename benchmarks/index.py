"""What selecting the newest of each name costs: ``python benchmarks/index.py [FOLDER]``.

Makes an index in the shape of conda-forge's: 420,000 records of 30,000 names, 193 MB of JSON, and
the same as ``.zst``. Each figure is of a new process, measured with all of its imports; the best
of ``RUNS`` (3) counts. conda and py-rattler are measured where they are installed.
Prints a table in Markdown.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

RECORDS = int(os.environ.get("RECORDS", "420000"))
NAMES = RECORDS // 14
RUNS = int(os.environ.get("RUNS", "3"))
SUBDIR = "linux-64"

OURS = """
from conda_provenance.sources.channels import Channels
from conda_provenance.sources.request import Request
contents = lambda *_, **__: None
began = time.perf_counter()
channels = Channels(Request(subdirs=(SUBDIR,), newest=True), None, contents)
print(sum(1 for _ in channels.whole(FOLDER)))
"""
ONE_NAME = """
from conda_provenance.sources.channels import Channels
from conda_provenance.sources.request import Request
contents = lambda *_, **__: None
began = time.perf_counter()
channels = Channels(Request(subdirs=(SUBDIR,)), None, contents)
print(sum(1 for _ in channels.spec(FOLDER + "::" + NAME)))
"""
CONDA = """
import os
from conda.base.context import reset_context
from conda.core.subdir_data import SubdirData
from conda.models.channel import Channel
from conda.models.version import VersionOrder
began = time.perf_counter()
reset_context()
best = {}
for record in SubdirData(Channel("file://" + FOLDER + "/" + SUBDIR)).iter_records():
    key = VersionOrder(record.version), record.build_number, record.timestamp
    if record.name not in best or key > best[record.name][0]:
        best[record.name] = key, record.url, record.sha256
print(len(best))
"""
RATTLER = """
from pathlib import Path
from rattler import Channel, SparseRepoData
began = time.perf_counter()
data = SparseRepoData(Channel(FOLDER), SUBDIR, Path(FOLDER) / SUBDIR / "repodata.json")
best = {}
for record in data.load_all_records():
    key = record.version, record.build_number, record.timestamp
    name = record.name.normalized
    if name not in best or key > best[name][0]:
        best[name] = key, record.url, record.sha256
print(len(best))
"""


def main() -> None:
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        channel = Path(name)
        # In a process of its own: Linux counts the memory of who starts a process as that one's.
        subprocess.run([sys.executable, __file__, "--make", str(channel / SUBDIR)], check=True)
        text, packed = (
            (channel / SUBDIR / file).stat().st_size
            for file in ("repodata.json", "repodata.json.zst")
        )
        print(
            f"{RECORDS:,} records of {NAMES:,} names: {text >> 20} MiB of JSON, {packed >> 20} MiB"
        )
        print(f"as .zst. The best of {RUNS} runs, Python {sys.version.split()[0]}.\n")
        print("| newest of each name | seconds | peak MiB | bar |\n|---|---|---|---|")
        row("ours, from .zst", OURS, channel, "1.5 s, 600 MiB")
        row("one name of it, from .zst", ONE_NAME, channel)
        (channel / SUBDIR / "repodata.json.zst").rename(channel / "repodata.json.zst")
        row("ours, from .json", OURS, channel)
        if find_spec("rattler"):
            row("py-rattler's SparseRepoData, from .json", RATTLER, channel)
        if find_spec("conda"):
            row("conda's SubdirData, from .json", CONDA, channel)


def row(what: str, code: str, channel: Path, bar: str = "") -> None:
    lines = (
        f"import time\nFOLDER, SUBDIR, NAME = {str(channel)!r}, {SUBDIR!r}, 'package-77'\n{code}"
        "print(time.perf_counter() - began)\n"
    )
    results = [run(lines) for _ in range(RUNS)]
    seconds, peak = min(results), min(each[1] for each in results)
    print(f"| {what} | {seconds[0]:.2f} | {peak >> 10} | {bar} |", flush=True)


def run(code: str) -> tuple[float, int]:
    """Seconds, without Python's start and the imports; and the most memory in use, in KiB."""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env={
            name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
        },
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    assert status == 0, output
    return float(output.split()[-1]), usage.ru_maxrss


def make_index(folder: Path) -> None:
    """Write the index, and packed as well."""
    from conda_provenance.packages.archive.compression import compress_zstd

    folder.mkdir(parents=True)
    pieces = ['{"info":{"subdir":"linux-64"},"packages":{},"packages.conda":{']
    pieces.append(",".join(entries()))
    data = ("".join(pieces) + '},"removed":[],"repodata_version":1}').encode()
    (folder / "repodata.json").write_bytes(data)
    (folder / "repodata.json.zst").write_bytes(b"".join(compress_zstd([data], len(data))))


def entries() -> Iterator[str]:
    """Records as conda-forge has them, in the order of their files' names."""
    dice = random.Random(1)
    depends = [f"package-{dice.randrange(NAMES)} >={dice.randrange(9)}" for _ in range(500)]
    for number in range(NAMES):
        name = f"package-{number}"
        for place in range(RECORDS // NAMES):
            version = f"{place // 4 % 3}.{place // 4}.{dice.randrange(12)}"
            build = f"py3{10 + place % 4}h{dice.getrandbits(28):07x}_{place % 3}"
            record = {
                "build": build,
                "build_number": place % 3,
                "depends": dice.sample(depends, 6),
                "license": "BSD-3-Clause",
                "md5": f"{dice.getrandbits(128):032x}",
                "name": name,
                "sha256": f"{dice.getrandbits(256):064x}",
                "size": dice.randrange(10_000, 9_000_000),
                "subdir": SUBDIR,
                "timestamp": 1_600_000_000_000 + dice.randrange(10**11),
                "version": version,
            }
            yield f'"{name}-{version}-{build}.conda":{json.dumps(record, separators=(",", ":"))}'


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        make_index(Path(sys.argv[2]))
    else:
        main()
