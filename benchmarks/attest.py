"""What a statement costs: ``python benchmarks/attest.py [PACKAGE.conda …]``.

``attest`` of one package below 1 MB is held against ``show`` of the same, in turns, as whole
commands. Without arguments the packages are made here, with the files that the builders leave.
``RUNS=21`` is the default. Prints a table in Markdown.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "packages"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "attest"))
from attest_samples import HASH_INPUT, META, RENDERED, make_package

RUNS = int(os.environ.get("RUNS", "21"))
BAR = 2.0
MAX_BYTES = 1_000_000
CHANNEL = "https://conda.anaconda.org/conda-forge/linux-64"


def main() -> None:
    print(f"Medians of {RUNS} runs, Python {sys.version.split()[0]}, {parsers()}.\n")
    print("| what | measured | bar |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        given = {path: Path(path) for path in sys.argv[1:]}
        for what, package in (given or made(Path(name))).items():
            measure(what, package)


def measure(what: str, package: Path) -> None:
    size = package.stat().st_size
    assert size < MAX_BYTES, "the bar is for packages below 1 MB"
    require_light(package)
    attest, show = [], []
    for _ in range(RUNS):
        attest.append(timed("attest", package))
        show.append(timed("show", package))
    ratio = statistics.median(one / other for one, other in zip(attest, show, strict=True))
    figures = f"{1000 * statistics.median(attest):.0f} ms / {1000 * statistics.median(show):.0f} ms"
    print(f"| attest / show, {what}, {size // 1000} kB | {ratio:.2f} ({figures}) | {BAR} |")


def made(folder: Path) -> dict[str, Path]:
    """Packages as both builders make them."""
    packages = {}
    for number in (10, 100):
        packages[f"rattler-build, {number} dependencies"] = make_package(
            subfolder(folder, f"rattler{number}"), {RENDERED: rendered_recipe(number)}
        )
    lines = [f"name{each} 1.{each}.0 h{each:07}_0" for each in range(100)]
    document = {"requirements": {"host": lines}, "extra": {"final": True}}
    files = {META: json.dumps(document, indent=2).encode(), HASH_INPUT: b'{"c_compiler": "gcc"}'}
    packages["conda-build, 100 dependencies"] = make_package(subfolder(folder, "conda"), files)
    return packages


def subfolder(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def rendered_recipe(number: int) -> bytes:
    """As rattler-build lays it out, in YAML."""
    lines = ["finalized_dependencies:", "  host:", "    resolved:"]
    for each in range(number):
        file = f"name{each}-1.{each}.0-h{each:07}_0.conda"
        lines += [
            f"    - build: h{each:07}_0",
            "      build_number: 0",
            "      depends:",
            "      - __glibc >=2.17,<3.0.a0",
            f"      - name{each + 1} >=1.0,<2.0a0",
            f"      md5: {each:032x}",
            f"      name: name{each}",
            f"      sha256: {each:064x}",
            "      size: 123456",
            "      subdir: linux-64",
            "      timestamp: 1795672557601",
            f"      version: 1.{each}.0",
            f"      fn: {file}",
            f"      url: {CHANNEL}/{file}",
            "      channel: https://conda.anaconda.org/conda-forge/",
        ]
    return "\n".join(lines).encode()


def require_light(package: Path) -> None:
    """Raise an error if a statement loads what signing needs."""
    code = (
        "import sys; from conda_provenance.cli.main import main; main(['attest', sys.argv[1]])\n"
        "assert 'sigstore' not in sys.modules and 'cryptography' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(package)], check=True, capture_output=True)


def timed(command: str, package: Path) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "conda_provenance", command, str(package)],
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - start


def parsers() -> str:
    """Which YAML parser is used: it decides the time of a large rendered recipe."""
    try:
        from yaml import CBaseLoader
    except ImportError:
        return "ruamel.yaml"
    return f"PyYAML ({CBaseLoader.__name__})"


if __name__ == "__main__":
    main()
