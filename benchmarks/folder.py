"""What stamping all packages of an indexed folder costs: ``python benchmarks/folder.py [FOLDER]``.

Needs conda-index, which makes the indexes: repodata.json, current_repodata.json and
repodata_from_packages.json, each with its ``.bz2`` and ``.zst``, and then shards as well.
``PACKAGES=500`` and ``RUNS=5`` are the defaults. Every figure is a median of whole commands, which
are run in turn. Prints a table in Markdown.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "packages"))
from packages_making import INDEX, info_files, tar, zip_members, zst

PACKAGES = int(os.environ.get("PACKAGES", "500"))
RUNS = int(os.environ.get("RUNS", "5"))
PAYLOAD = 20_000
"""Bytes of each package's payload, which do not compress."""

INDEXER = ("conda_index", "--no-channeldata", "--bz2", "--zst")
SHARDS = "--write-shards"


def main() -> None:
    print(f"Medians of {RUNS} runs, Python {sys.version.split()[0]}.\n")
    print("| what | measured | bar |\n|---|---|---|")
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        make_packages(Path(name) / "made")
        measure_unindexed(Path(name))
        measure_indexed(Path(name), "an indexed folder", "1", *INDEXER)
        measure_indexed(Path(name), "a folder with shards too", "", *INDEXER, SHARDS)


def measure_indexed(folder: Path, kind: str, bar: str, *indexer: str) -> None:
    channel = folder / "channel"
    indexing, stamping, again, ratios = [], [], [], []
    for _ in range(RUNS):
        shutil.copytree(folder / "made", channel / "noarch")
        indexing.append(timed(*indexer, str(channel)))
        stamping.append(stamp(channel / "noarch"))
        again.append(stamp(channel / "noarch"))
        ratios.append(stamping[-1] / indexing[-1])
        shutil.rmtree(channel)

    seconds = f"{statistics.median(stamping):.1f} s / {statistics.median(indexing):.1f} s"
    figure = f"{statistics.median(ratios):.2f} ({seconds})"
    row(f"stamp {PACKAGES} packages of {kind} / conda-index of it", figure, bar)
    row("the same again, where nothing changes", f"{statistics.median(again):.1f} s")


def measure_unindexed(folder: Path) -> None:
    channel = folder / "channel"
    stamping = []
    for _ in range(RUNS):
        shutil.copytree(folder / "made", channel)
        stamping.append(stamp(channel))
        shutil.rmtree(channel)
    row(f"stamp {PACKAGES} packages without an index", f"{statistics.median(stamping):.1f} s")


def make_packages(folder: Path) -> None:
    folder.mkdir()
    for number in range(PACKAGES):
        name = f"demo{number}"
        files = info_files({"extra": {}, "summary": "a package of the benchmark"})
        files["info/index.json"] = json.dumps({**INDEX, "name": name}).encode()
        payload = tar({f"share/{name}": os.urandom(PAYLOAD)})
        members = [
            ("metadata.json", b'{"conda_pkg_format_version": 2}'),
            (f"pkg-{name}-1.0-0.tar.zst", zst(payload)),
            (f"info-{name}-1.0-0.tar.zst", zst(tar(files))),
        ]
        zip_members(folder / f"{name}-1.0-0.conda", members)


def stamp(folder: Path) -> float:
    packages = sorted(map(str, folder.glob("*.conda")))
    return timed("conda_provenance", "stamp", "--quiet", "--sha", "a" * 40, *packages)


def timed(module: str, *arguments: str) -> float:
    """The seconds of a whole command, once what was written before it is on the disk."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    os.sync()
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", module, *arguments], env=environment, check=True, capture_output=True
    )
    return time.perf_counter() - start


def row(what: str, figure: str, bar: str = "") -> None:
    print(f"| {what} | {figure} | {bar} |", flush=True)


if __name__ == "__main__":
    main()
