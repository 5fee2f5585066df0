"""What the gate before installing and conda doctor's check cost.

Run ``python benchmarks/gate.py`` in an environment with conda and this package. It prints a table
in Markdown. The extracted packages are made here, in the shape and usual sizes of real ones.
Each figure is a median over fresh processes, and counts the processor's time: the files have been
read before, and time by the clock depends on who else uses the machine.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = int(os.environ.get("RUNS", "11"))
ABOUT_BYTES = 6_500
"""The mean of real about.json files. Most of it lists what was installed where it was built."""

RECORD_BYTES = 54_000
"""The mean of real records in an environment. Most of it lists files."""

GATE = """
import sys, time
from conda.base.context import context, reset_context
reset_context()
context.plugin_manager, context.plugins
import conda.core.link
from conda.models.records import PackageRecord
import json, pathlib
cache, number = pathlib.Path(sys.argv[1]), int(sys.argv[2])
folders = sorted(cache.iterdir())[:number]
records = [
    PackageRecord(**json.loads((folder / "info" / "repodata_record.json").read_text()))
    for folder in folders
]
get = context.plugin_manager.get_pre_transaction_actions
for _ in range(6):
    start = time.process_time()
    actions = get({}, "/nowhere", (), records, (), (), ())
    made = time.process_time()
    for action in actions:
        refused = action.verify()
        assert refused is None, refused
    print(made - start, time.process_time() - start)
"""

DOCTOR = """
import contextlib, io, sys, time
import conda.plugins.types
from conda.base.context import context, reset_context
reset_context()
start = time.process_time()
from conda_provenance.audit.doctor import check
with contextlib.redirect_stdout(io.StringIO()) as out:
    check(sys.argv[1], False)
print(time.process_time() - start, 0)
start = time.process_time()
with contextlib.redirect_stdout(io.StringIO()):
    check(sys.argv[1], False)
print(time.process_time() - start, 0)
assert "packages say where they come from" in out.getvalue(), out.getvalue()
"""


def main() -> None:
    print(f"Medians of {RUNS} runs, Python {sys.version.split()[0]}.\n")
    print("| what | measured | bar |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        cache, prefix = Path(folder) / "pkgs", Path(folder) / "env"
        make_environment(cache, prefix, 400)
        environ = {"CONDA_PKGS_DIRS": str(cache), "HOME": folder}
        environ |= {"PYTHONPYCACHEPREFIX": f"{folder}/pyc", "PYTHONDONTWRITEBYTECODE": ""}
        off = measure(GATE, environ, str(cache), "100")
        environ["CONDA_PLUGINS_PROVENANCE_INSTALL"] = "refuse"
        on = measure(GATE, environ, str(cache), "100")
        row("the gate, off: a transaction of 100 packages, first in a process", off[0][1], "")
        row("the gate, off: again", off[-1][1], "")
        row("the gate: 100 packages, first in a process (with our modules)", on[0][1], "")
        row("the gate: 100 packages, again", on[-1][1], "10 ms")

        doctor = measure(DOCTOR, environ, str(prefix))
        row("conda doctor's check of 400 packages, with our modules", doctor[0][0], "200 ms")
        row("conda doctor's check of 400 packages, again", doctor[1][0], "")


def measure(code: str, environ: dict[str, str], *arguments: str) -> list[list[float]]:
    """The medians of every figure that ``code`` prints, by line and column."""
    tables = [run(code, environ, *arguments) for _ in range(RUNS + 1)][1:]
    return [
        [statistics.median(figures) for figures in zip(*rows, strict=True)]
        for rows in zip(*tables, strict=True)
    ]


def run(code: str, environ: dict[str, str], *arguments: str) -> list[list[float]]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=True,
    )
    return [[float(figure) for figure in line.split()] for line in done.stdout.splitlines()]


def row(what: str, seconds: float, bar: str) -> None:
    print(f"| {what} | {seconds * 1000:.2f} ms | {bar} |")


def make_environment(cache: Path, prefix: Path, number: int) -> None:
    """An environment of stamped packages: their folders in a package cache, and their records."""
    meta = prefix / "conda-meta"
    meta.mkdir(parents=True)
    (meta / "history").touch()
    for index in range(number):
        name = f"package-{index}"
        full = f"{name}-1.0-h0_0"
        record = {
            "name": name,
            "version": "1.0",
            "build": "h0_0",
            "build_number": 0,
            "channel": "https://conda.anaconda.org/conda-forge/linux-64",
            "subdir": "linux-64",
            "fn": f"{full}.conda",
            "url": f"https://conda.anaconda.org/conda-forge/linux-64/{full}.conda",
            "sha256": f"{index:064x}",
            "md5": f"{index:032x}",
            "size": 100_000,
            "depends": ["python >=3.11,<3.12.0a0", "numpy >=1.26", "libgcc-ng >=12"],
            "timestamp": 1_700_000_000_000,
        }
        make_package(cache / full / "info", record)
        installed = {**record, "extracted_package_dir": str(cache / full)}
        files = [f"lib/python3.11/site-packages/{name}/{each}.py" for each in range(500)]
        installed["files"] = files
        rest = RECORD_BYTES - len(json.dumps(installed))
        installed["paths_data"] = {"paths": [{"_path": "x" * max(rest, 0)}]}
        (meta / f"{full}.json").write_text(json.dumps(installed))


def make_package(info: Path, record: dict[str, object]) -> None:
    info.mkdir(parents=True)
    extra = {
        "sha": f"{record['md5']}{'0' * 8}"[:40].replace("0" * 40, "1" * 40),
        "remote_url": f"https://github.com/conda-forge/{record['name']}-feedstock",
        "flow_run_id": "azure_20260101.1.1",
        "recipe-maintainers": ["somebody"],
    }
    packages = [f"some-package {number}.0 h0123456_0" for number in range(150)]
    about = {"extra": extra, "home": "https://example.org", "root_pkgs": packages}
    about["description"] = "x" * max(ABOUT_BYTES - len(json.dumps(about)), 0)
    (info / "about.json").write_text(json.dumps(about))
    (info / "index.json").write_text(json.dumps(record))
    (info / "repodata_record.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main()
