"""What ``detect`` and ``show`` cost: ``python benchmarks/detect.py``, from anywhere.

Needs an environment with this package and its ``test`` extra. The commands are measured as whole
processes, in turn with ``python -c "import git"`` and ``python -c pass``, so that a machine whose
speed drifts slows all of them. A ratio is the median of the rounds' ratios. Prints tables in
Markdown.
"""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import conda_provenance

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "packages"))
from packages_making import make_conda, make_tar_bz2

RUNS = int(os.environ.get("RUNS", "30"))
RECIPE = Path(__file__).parents[1] / "examples" / "hello"
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "13365423781",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "conda-forge/zlib-feedstock",
    "GITHUB_SHA": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_WORKSPACE": str(RECIPE.parents[1]),
}
ABOUT = {
    "extra": {
        "sha": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
        "remote_url": "https://github.com/conda-forge/zlib-feedstock",
        "flow_run_id": "github_13365423781",
    }
}
DETECTION = """
import os, statistics, sys, time
from pathlib import Path
from conda_provenance import systems
from conda_provenance.ci import detect
adapters = systems.adapters()
def once():
    start = time.perf_counter()
    detect(os.environ, adapters, place=Path(sys.argv[1]))
    return time.perf_counter() - start
print(once(), statistics.median(once() for _ in range(200)))
"""


def main() -> None:
    """Measure and print."""
    # An installed package has its byte code. A variable that forbids writing it would have us
    # measure the compiler.
    compileall.compile_dir(str(Path(conda_provenance.__file__).parent), quiet=1)
    environ = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }

    print("| what | median |\n|---|---|")
    for title, more in (("in no CI", {}), ("on GitHub", GITHUB)):
        for when, median in _detection_times(environ | more):
            print(f"| detection {title}, {when} | {median * 1e3:.2f} ms |")

    print("\n| what | median | ratio to `import git` | ratio to `pass` |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        conda = str(make_conda(Path(folder), ABOUT))
        tar_bz2 = str(make_tar_bz2(Path(folder), ABOUT))
        _compare("`detect`", ["detect", str(RECIPE)], environ)
        _compare("`detect` on GitHub", ["detect", str(RECIPE)], environ | GITHUB)
        _compare("`detect --json`", ["detect", str(RECIPE), "--json"], environ)
        _compare("`detect` in colour", ["detect", str(RECIPE), "--color", "always"], environ)
        _compare("`show` of a .conda", ["show", conda], environ)
        _compare("`show` of a .conda in colour", ["show", conda, "--color", "always"], environ)
        _compare("`show` of a .tar.bz2", ["show", tar_bz2], environ)
        _compare("`show --json` of a .conda", ["show", conda, "--json"], environ)


def _detection_times(environ: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    command = [sys.executable, "-c", DETECTION, str(RECIPE)]
    firsts, others = [], []
    for _ in range(RUNS):
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
        first, other = map(float, done.stdout.split())
        firsts.append(first)
        others.append(other)

    yield "the first time in a process", statistics.median(firsts)
    yield "again", statistics.median(others)


def _compare(title: str, arguments: list[str], environ: Mapping[str, str]) -> None:
    ours, with_git, with_nothing = [], [], []
    for _ in range(RUNS):
        spent = _timed(["-m", "conda_provenance", *arguments], environ)
        ours.append(spent)
        with_git.append(spent / _timed(["-c", "import git"], environ))
        with_nothing.append(spent / _timed(["-c", "pass"], environ))

    ratios = f"{statistics.median(with_git):.2f} | {statistics.median(with_nothing):.1f}"
    print(f"| {title} | {statistics.median(ours) * 1e3:.0f} ms | {ratios} |")


def _timed(arguments: list[str], environ: Mapping[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
