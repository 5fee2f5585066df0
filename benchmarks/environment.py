"""What reading an environment costs: ``python benchmarks/environment.py [FOLDER]``.

Makes an environment of 400 packages whose records have the sizes of real ones (median 7 KB, mean 58
KB, the largest 3.3 MB), and the package cache that belongs to it. Where conda is installed, its own
reader of records is measured on the same files, in turn. ``PACKAGES=400`` and ``RUNS=15`` are the
defaults. Every figure is a median within one warm process. Prints a table in Markdown.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from conda_provenance.sources import Artifact
from conda_provenance.sources.environments import (
    Record,
    claim_of_record,
    installed,
    read_records,
    record_files,
)

PACKAGES = int(os.environ.get("PACKAGES", "400"))
RUNS = int(os.environ.get("RUNS", "15"))

MEDIAN, MEAN, LARGEST = 7_000, 58_000, 3_300_000
ABOUT = 6_500
"""Bytes of a real about.json, on average."""

BYTES_A_PATH = 411
"""Of a record, in both of its lists."""

PIP = 30
"""Packages that pip has installed beside conda's."""


def main() -> None:
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        prefix = Path(name) / "env"
        sizes = make_environment(prefix, Path(name) / "pkgs")
        print(
            f"Medians of {RUNS} runs, Python {sys.version.split()[0]}; {PACKAGES} records: median "
            f"{statistics.median(sizes) / 1e3:.0f} KB, mean {statistics.mean(sizes) / 1e3:.0f} KB, "
            f"largest {max(sizes) / 1e6:.1f} MB.\n"
        )
        print("| what | measured | bar |\n|---|---|---|")
        measure(str(prefix))


def measure(prefix: str) -> None:
    rivals: dict[str, Callable[[], object]] = {"ours": lambda: read_all(prefix)}
    if find_spec("conda") is not None:
        rivals["conda"] = lambda: read_by_conda(prefix)
    times = in_turn(rivals)

    row(f"all claims of {PACKAGES} packages", milliseconds(times["ours"]), "150 ms")
    if "conda" in times:
        ratios = [ours / its for ours, its in zip(times["ours"], times["conda"], strict=True)]
        what = "the same / conda's `PrefixData.iter_records()`"
        row(what, f"{statistics.median(ratios):.2f} ({milliseconds(times['conda'])})", "0.25")

    records = list(filter(is_record, read_records(prefix, record_files(prefix))))
    folders = [str(record.extracted) for record in records]
    parts = in_turn(
        {
            "of this, listing the records": lambda: list(
                read_records(prefix, record_files(prefix))
            ),
            "listing everything, pip's packages too": lambda: list(installed(prefix)),
            "the claims, once the records are read": lambda: list(map(claim_of_record, records)),
            "`json` of every about.json alone": lambda: list(map(read_about_alone, folders)),
        }
    )
    for what, seconds in parts.items():
        each = statistics.median(seconds) / len(records) * 1e6
        row(what, f"{milliseconds(seconds)} ({each:.0f} µs a package)")


def read_all(prefix: str) -> list[Any]:
    return [each.contents.claim() for each in installed(prefix) if isinstance(each, Artifact)]


def read_by_conda(prefix: str) -> list[Any]:
    from conda.core.prefix_data import PrefixData

    PrefixData._cache_.clear()  # It keeps what it has read.
    return list(PrefixData(prefix).iter_records())


def read_about_alone(folder: str) -> Any:
    with open(f"{folder}/info/about.json", "rb") as file:
        return json.loads(file.read())


def is_record(found: object) -> bool:
    return isinstance(found, Record)


def in_turn(functions: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """The seconds of each call. One after the other, so that a drifting machine slows all."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(RUNS):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return times


def make_environment(prefix: Path, cache: Path) -> list[int]:
    """The environment and its cache. Returns the sizes of the records."""
    wanted = record_sizes(PACKAGES)
    (prefix / "conda-meta").mkdir(parents=True)
    (prefix / "conda-meta" / "history").write_text("")
    for number, size in enumerate(wanted):
        make_package(prefix, cache, number, size)
    for number in range(PIP):
        make_pip_package(prefix, number)
    return [path.stat().st_size for path in prefix.glob("conda-meta/*.json")]


def record_sizes(number: int) -> list[float]:
    """Log-normal, the large ones stretched until the mean is right, and one of the largest."""
    normal = statistics.NormalDist(math.log(MEDIAN), math.sqrt(2 * math.log(MEAN / MEDIAN)))
    sizes = [math.exp(normal.inv_cdf(rank / number)) for rank in range(1, number)]
    small = [max(1500.0, size) for size in sizes if size <= 3 * MEDIAN]
    large = [size for size in sizes if size > 3 * MEDIAN]

    stretch = (MEAN * number - LARGEST - sum(small)) / sum(large)
    return [LARGEST, *small, *(min(size * stretch, LARGEST) for size in large)]


def make_package(prefix: Path, cache: Path, number: int, size: float) -> None:
    name = f"package{number}"
    full_name = f"{name}-1.{number}.0-py312h{number:07x}_0"
    index = {
        "build": full_name.rpartition("-")[2],
        "build_number": 0,
        "channel": "https://conda.anaconda.org/conda-forge/linux-64",
        "constrains": [],
        "depends": ["python >=3.12,<3.13.0a0", "libgcc >=13", "numpy >=1.19,<3"],
        "fn": f"{full_name}.conda",
        "license": "BSD-3-Clause",
        "md5": hashlib.md5(name.encode()).hexdigest(),
        "name": name,
        "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "size": 1234567,
        "subdir": "linux-64",
        "timestamp": 1700000000000 + number,
        "url": f"https://conda.anaconda.org/conda-forge/linux-64/{full_name}.conda",
        "version": f"1.{number}.0",
    }
    folder = cache / full_name
    record = {
        **index,
        "requested_spec": "None",
        "package_tarball_full_path": f"{folder}.conda",
        "extracted_package_dir": str(folder),
        "files": [],
        "paths_data": {"paths_version": 1, "paths": []},
        "link": {"source": str(folder), "type": 1},
    }
    paths: list[Any] = record["paths_data"]["paths"]  # type: ignore[index]
    left = size - len(json.dumps(record, indent=2))
    while left > 0:
        path = f"lib/python3.12/site-packages/{name}/module_{len(paths)}/__init__.py"
        digest = hashlib.sha256(path.encode()).hexdigest()
        paths.append(
            {
                "_path": path,
                "path_type": "hardlink",
                "sha256": digest,
                "sha256_in_prefix": digest,
                "size_in_bytes": len(path),
            }
        )
        record["files"].append(path)  # type: ignore[attr-defined]
        left -= BYTES_A_PATH
    (prefix / "conda-meta" / f"{full_name}.json").write_text(json.dumps(record, indent=2))

    (folder / "info").mkdir(parents=True)
    for file, value in (
        ("index.json", index),
        ("repodata_record.json", index),
        ("about.json", about(number)),
    ):
        (folder / "info" / file).write_text(json.dumps(value, indent=2))


def about(number: int) -> dict[str, Any]:
    """Of which every third says where it comes from."""
    value: dict[str, Any] = {
        "channels": ["https://conda.anaconda.org/conda-forge"],
        "conda_build_version": "24.5.0",
        "conda_version": "24.5.0",
        "description": "what the package is for " * 10,
        "dev_url": f"https://github.com/example/package{number}",
        "env_vars": {"CIO_TEST": "<not set>"},
        "extra": {"recipe-maintainers": ["somebody", "another"]},
        "home": f"https://package{number}.example",
        "root_pkgs": [],
        "summary": "a package of the benchmark",
    }
    if number % 3 == 0:
        value["extra"] |= {
            "sha": hashlib.sha1(str(number).encode()).hexdigest(),
            "remote_url": f"https://github.com/conda-forge/package{number}-feedstock",
            "flow_run_id": f"azure_2024010{number % 10}.{number}.1",
        }
    while len(json.dumps(value, indent=2)) < ABOUT:
        value["root_pkgs"].append(f"dependency{len(value['root_pkgs'])} 2024.1.0 py312h0123456_0")
    return value


def make_pip_package(prefix: Path, number: int) -> None:
    site = prefix / "lib" / "python3.12" / "site-packages"
    folder = site / f"from_pip{number}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "INSTALLER").write_text("pip\n")
    (folder / "METADATA").write_text(f"Name: from-pip{number}\nVersion: 1.0\n\n{'text ' * 2000}")


def milliseconds(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1e3:.0f} ms"


def row(what: str, figure: str, bar: str = "") -> None:
    print(f"| {what} | {figure} | {bar} |", flush=True)


if __name__ == "__main__":
    main()
