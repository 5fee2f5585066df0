"""What ``detect`` costs: ``python benchmarks/detect.py`` in an environment with this package, from anywhere.

The command is measured in pairs with ``python -c "import git"``, one after the other in fresh processes, so that a machine whose
speed drifts slows both; the ratio is the median of the pairs'. Prints a table in Markdown.
"""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import conda_provenance

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
    compileall.compile_dir(str(Path(conda_provenance.__file__).parent), quiet=1)
    plain = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    print("| what | median | ratio to `import git` |\n|---|---|---|")
    for title, more in (("in no CI", {}), ("on GitHub", GITHUB)):
        firsts, others = [], []
        for _ in range(RUNS):
            command = [sys.executable, "-c", DETECTION, str(RECIPE)]
            done = subprocess.run(
                command, env=plain | more, capture_output=True, text=True, check=True
            )
            first, other = map(float, done.stdout.split())
            firsts.append(first)
            others.append(other)
        for when, spent in (("the first time in a process", firsts), ("again", others)):
            print(f"| detection {title}, {when} | {statistics.median(spent) * 1e3:.2f} ms | |")
    baseline = [sys.executable, "-c", "import git"]
    for title, arguments, more in (
        ("`detect`", [], {}),
        ("`detect` on GitHub", [], GITHUB),
        ("`detect --json`", ["--json"], {}),
        ("`detect` on a terminal, which loads rich", [], {"FORCE_COLOR": "1"}),
    ):
        command = [sys.executable, "-m", "conda_provenance", "detect", str(RECIPE), *arguments]
        pairs = [(_timed(command, plain | more), _timed(baseline, plain)) for _ in range(RUNS)]
        ratio = statistics.median(ours / theirs for ours, theirs in pairs)
        print(
            f"| {title} | {statistics.median(ours for ours, _ in pairs) * 1e3:.0f} ms | {ratio:.2f} |"
        )


def _timed(command: list[str], environ: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
    )
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
