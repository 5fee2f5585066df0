"""What stamping and reading finished packages costs: ``python benchmarks/stamp.py [FOLDER]``.

FOLDER needs some 6 GB. ``SIZES=1,100`` (MB), ``READS=1000`` and ``RUNS=5`` make a smaller run.
Needs the ``test`` extra. Every figure is a median, and what is compared is done in turn, in one
run. Prints a table in Markdown.
"""

from __future__ import annotations

import asyncio
import bz2
import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "packages"))
from packages_making import info_files, make_conda, make_tar_bz2, member, tar, zip_members, zst

RUNS = int(os.environ.get("RUNS", "5"))
SIZES = [int(size) for size in os.environ.get("SIZES", "1,100,1000").split(",")]
READS = int(os.environ.get("READS", "1000"))
ABOUT = {
    "extra": {"final": True},
    "home": "https://example.org",
    "summary": "a package of the benchmark",
}

STAMP = """
import sys, time, resource
from conda_provenance.packages import stamp_package
from conda_provenance.packages.archive.decompression import zstd_library
zstd_library()
start = time.perf_counter()
remote = "https://github.com/o/r"
stamp = {"sha": sys.argv[2] * 40, "remote_url": remote, "flow_run_id": "github_1"}
stamp_package(sys.argv[1], stamp)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
CPH = """
import sys, time
import conda_package_handling.api as api
start = time.perf_counter()
api.extract(sys.argv[1], sys.argv[2])
api.create(sys.argv[2], None, sys.argv[3])
print(time.perf_counter() - start)
"""


def make_package(folder: Path, size: int) -> Path:
    """A ``.conda`` of ``size`` MB whose payload does not compress.

    It is made piece by piece: the peak memory of a process begins at its parent's.
    """
    from conda_provenance.packages.archive.compression import compress_zstd

    path = folder / f"big{size}-1.0-0.conda"
    chance, count = random.Random(size), max(1, size)

    def payload() -> Iterator[bytes]:
        for number in range(count):
            yield member(f"lib/part{number}", size=1 << 20).tobuf() + chance.randbytes(1 << 20)
        yield b"\0" * 1024

    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("metadata.json", b'{"conda_pkg_format_version": 2}')
        with archive.open(f"pkg-big{size}-1.0-0.tar.zst", "w", force_zip64=True) as file:
            for chunk in compress_zstd(payload(), count * (512 + (1 << 20)) + 1024):
                file.write(chunk)
        archive.writestr(f"info-big{size}-1.0-0.tar.zst", zst(tar(info_files(ABOUT))))
    return path


def run(code: str, *arguments: str | Path) -> list[float]:
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [float(word) for word in done.stdout.split()]


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def timed_command(*command: str | Path) -> float:
    """A command's seconds. Its output is read to the end, as a terminal and a CI system do."""
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    return timed(
        lambda: subprocess.run(
            [*map(str, command)], env=environment, check=True, capture_output=True
        )
    )


def row(what: str, figure: str, bar: str = "") -> None:
    print(f"| {what} | {figure} | {bar} |", flush=True)


def measure_stamp(folder: Path, size: int) -> None:
    package, copy, work = make_package(folder, size), folder / "copy", folder / "work.conda"
    copying, replacing, stamping, commands, memory = [], [], [], [], []
    shutil.copy(package, work)
    os.sync()
    for number in range(RUNS):
        copying.append(timed(lambda: subprocess.run(["cp", str(package), str(copy)], check=True)))
        shutil.copy(package, copy)
        os.sync()
        replacing.append(timed(lambda: subprocess.run(["cp", str(package), str(copy)], check=True)))
        copy.unlink()
        os.sync()
        seconds, kilobytes = run(STAMP, work, "0123456789abcdef"[number % 16])
        stamping.append(seconds)
        memory.append(kilobytes / 1024)
        command = [
            sys.executable,
            "-m",
            "conda_provenance",
            "stamp",
            "--force",
            "--flow-run-id",
            f"x_{number}",
            str(work),
        ]
        commands.append(
            timed(lambda command=command: subprocess.run(command, check=True, capture_output=True))
        )
        os.sync()
    cp, stamp = statistics.median(copying), statistics.median(stamping)
    ratio = statistics.median(one / other for one, other in zip(stamping, copying, strict=True))
    over = statistics.median(one / other for one, other in zip(stamping, replacing, strict=True))
    bar = "1.5" if size >= 100 else ""
    figure = f"{over:.2f} ({stamp * 1e3:.0f} ms / {statistics.median(replacing) * 1e3:.0f} ms)"
    row(f"stamp a .conda of {size} MB in place / `cp` of it over such a file", figure, bar)
    row(
        "the same / `cp` to a new name",
        f"{ratio:.2f} ({stamp * 1e3:.0f} ms / {cp * 1e3:.0f} ms)",
        bar,
    )
    row(
        "the same as a command, with Python's start / `cp`",
        f"{statistics.median(commands) / cp:.2f}",
    )
    row(
        f"peak memory of that process, {size} MB",
        f"{max(memory):.0f} MB",
        "64 MB" if size >= 1000 else "",
    )
    if size == 100:
        index = {"packages.conda": {work.name: {"sha256": "0" * 64, "md5": "0" * 32, "size": 0}}}
        (folder / "repodata.json").write_text(json.dumps(index))
        indexed = statistics.median(run(STAMP, work, digit)[0] for digit in "abcde")
        (folder / "repodata.json").unlink()
        row(
            "the same with an index that lists it, whose checksums are made anew / `cp`",
            f"{indexed / cp:.2f}",
        )
        seconds = run(CPH, package, folder / "extracted", folder / "made.conda")[0]
        shutil.rmtree(folder / "extracted")
        (folder / "made.conda").unlink()
        row(
            f"cph extract and create of {size} MB / stamp",
            f"{seconds / stamp:.0f} ({seconds:.1f} s)",
            "300",
        )
    for path in (package, work):
        path.unlink()


def measure_commands(folder: Path) -> None:
    """Whole commands, from the start of Python to its end."""
    package, copy, work = make_package(folder, 200), folder / "copy", folder / "work.conda"
    shutil.copy(package, work)
    ours = (sys.executable, "-m", "conda_provenance")
    copying, stamping = [], []
    for number in range(2 * RUNS):
        os.sync()
        copying.append(timed_command("cp", package, copy))
        copy.unlink()
        os.sync()
        stamping.append(
            timed_command(*ours, "stamp", "--force", "--flow-run-id", f"x_{number}", work)
        )
    cp, stamp = statistics.median(copying), statistics.median(stamping)
    data = package.read_bytes()
    hashing = statistics.median(timed(lambda: hashlib.sha256(data)) for _ in range(RUNS))
    for path in (package, work):
        path.unlink()
    row(
        "`stamp` of a .conda of 200 MB, the whole command",
        f"{stamp * 1e3:.0f} ms (`cp` to a new name: {cp * 1e3:.0f} ms)",
        f"1.5 `cp` + 60 ms = {(1.5 * cp + 0.06) * 1e3:.0f} ms",
    )
    row("sha256 of these 200 MB alone, in memory", f"{hashing * 1e3:.0f} ms")

    for make in (make_conda, make_tar_bz2):
        package = make(folder, {"extra": {"sha": "a" * 40, "flow_run_id": "github_1"}})
        ratios, showing = [], []
        for _ in range(5 * RUNS):
            start = timed_command(sys.executable, "-c", "pass")
            showing.append(timed_command(*ours, "show", package))
            ratios.append(showing[-1] / start)
        figure = f"{statistics.median(ratios):.1f} ({statistics.median(showing) * 1e3:.0f} ms)"
        row(f"`show` of one {package.suffix} / `python -c pass`", figure, "6")
        package.unlink()


def measure_bz2(folder: Path) -> None:
    words = [random.Random(number).randbytes(8).hex().encode() for number in range(5000)]
    text = b" ".join(random.Random(1).choices(words, k=3_000_000))
    package = make_tar_bz2(folder, data=tar({**info_files(ABOUT), "share/text": text}))
    data, ratios = package.read_bytes(), []
    for number in range(RUNS):
        both = timed(lambda: bz2.compress(bz2.decompress(data)))
        package.write_bytes(data)
        ratios.append(run(STAMP, package, str(number % 10))[0] / both)
    figure = f"{statistics.median(ratios):.2f}"
    row(f"stamp a .tar.bz2 of {len(data) >> 20} MB / one decompress and one compress", figure, "1")


def measure_read(folder: Path) -> None:
    from rattler.package_streaming import PackageArchive

    from conda_provenance.packages import read_claim

    for form in ("conda", "tar.bz2"):
        packages = []
        for number in range(READS):
            path = folder / f"small{number}-1.0-0.{form}"
            if form == "conda":
                payload, info = tar({"share/x": b"x" * 20_000}), tar(info_files(ABOUT))
                zip_members(
                    path,
                    [
                        ("metadata.json", b"{}"),
                        ("pkg-x-1-0.tar.zst", zst(payload)),
                        ("info-x-1-0.tar.zst", zst(info)),
                    ],
                )
            else:
                path.write_bytes(bz2.compress(tar({**info_files(ABOUT), "share/x": b"x" * 20_000})))
            packages.append(path)

        async def read_all(packages: list[Path] = packages) -> None:
            for path in packages:
                await (await PackageArchive.from_path(path)).about_json()

        ours, theirs = [], []
        for _ in range(RUNS):
            ours.append(timed(lambda packages=packages: [read_claim(path) for path in packages]))
            theirs.append(timed(lambda: asyncio.run(read_all())))
        mine, other = statistics.median(ours), statistics.median(theirs)
        figure = f"{mine / other:.2f} ({mine * 1e3:.0f} ms / {other * 1e3:.0f} ms)"
        row(f"read {READS} .{form} / py-rattler's PackageArchive and AboutJson", figure, "1")
        for path in packages:
            path.unlink()


def main() -> None:
    print(f"Medians of {RUNS} runs, Python {sys.version.split()[0]}.\n")
    print("| what | measured | bar |\n|---|---|---|")
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        for size in SIZES:
            measure_stamp(Path(name), size)
        measure_commands(Path(name))
        measure_bz2(Path(name))
        measure_read(Path(name))


if __name__ == "__main__":
    main()
