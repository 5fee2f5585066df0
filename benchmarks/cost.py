"""What the plugin costs: ``python benchmarks/cost.py`` in an environment with conda, conda-build and this package.

Every figure is a median of runs in fresh processes; comparisons are made in pairs, one after the other, so that a machine
whose speed drifts slows both. Prints a table in Markdown.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RUNS = int(os.environ.get("RUNS", "15"))

IMPORT = """
import time
import conda.plugins.manager
start = time.perf_counter()
import conda_provenance.conda_plugin
print(time.perf_counter() - start)
"""

# Both arms run the same filter, so that only the plugin differs. Counted is the processor's time of the whole process:
# the wall's depends on who else uses the machine.
CONDA_INFO = """
import sys, time
import conda.plugins.manager as manager
all_distributions, hidden = manager.distributions, {hidden!r}
manager.distributions = lambda: (found for found in all_distributions() if found.name != hidden)
from conda.cli import main
sys.stdout = open("/dev/null" if sys.platform != "win32" else "nul", "w")
main("info")
print(time.process_time(), file=sys.__stdout__)
"""

BUILD = """
import sys, time
from pathlib import Path
{before}
from conda_provenance.builders import stamper
def once():
    start = time.perf_counter()
    told = {{"recipe": Path(sys.argv[1]), "name": "hello", "version": "1.0", "extra_meta": {{}}, "recipe_extra": {{}}}}
    build = stamper.begin("conda-build", lambda: told, error_type=RuntimeError)
    assert stamper.entries(build, error_type=RuntimeError)["sha"]
    return time.perf_counter() - start
print(once())
for _ in range(5):
    print(once())
"""

ENGINE = """
import sys, time, shutil
from pathlib import Path
from rattler_build import Stage0Recipe, VariantConfig
import conda_provenance, conda_provenance.builders.stamper as stamping
conda_provenance.activate()
spent = []
def timed(function):
    def call(*args, **kwargs):
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[-1] += time.perf_counter() - start
    return call
for name in ("begin", "entries", "stamp_finished"):
    setattr(stamping, name, timed(getattr(stamping, name)))
variant = Stage0Recipe.from_file(Path(sys.argv[1])).render(VariantConfig())[0]
for _ in range(6):
    shutil.rmtree(sys.argv[2], ignore_errors=True)
    spent.append(0.0)
    variant.run_build(output_dir=sys.argv[2], channels=[])
print("\\n".join(map(str, spent)))
"""


def measure(code: str, *arguments: str) -> list[float]:
    # An installed package has its byte code; a variable that forbids writing it would measure the compiler.
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


def row(what: str, figure: str, bar: str) -> None:
    print(f"| {what} | {figure} | {bar} |", flush=True)


def make_recipe(folder: Path) -> Path:
    recipe = folder / "recipe.yaml"
    recipe.write_text(
        "package: {name: hello, version: '1.0'}\nbuild: {noarch: generic, script: echo hi > $PREFIX/hi}\n"
    )
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return recipe


def main() -> None:
    print(f"Medians of {RUNS} runs, Python {sys.version.split()[0]}.\n")
    print("| what | measured | bar |\n|---|---|---|")
    conda = importlib.util.find_spec("conda") is not None
    if conda:
        measure(IMPORT)
        cost = [measure(IMPORT)[0] for _ in range(RUNS)]
        row(
            "importing the plugin module into a running conda",
            f"{statistics.median(cost) * 1e3:.2f} ms",
            "1 ms",
        )
        arms = [
            CONDA_INFO.format(hidden=name) for name in ("conda-provenance", "no such distribution")
        ]
        for arm in arms:
            measure(arm)
        ratios = []
        for pair in range(RUNS * 4):
            # The second of a pair may find warmer caches: each arm is the second in half of them.
            order = arms if pair % 2 else arms[::-1]
            spent = {arm: measure(arm)[0] for arm in order}
            ratios.append(spent[arms[1]] / spent[arms[0]])
        lower, median, upper = statistics.quantiles(ratios, n=4)
        figure = f"{median:.3f} (quartiles {lower:.3f}, {upper:.3f})"
        row(
            f"`conda info` with the plugin / without it, processor time, {len(ratios)} pairs",
            figure,
            "1.01",
        )
    with tempfile.TemporaryDirectory() as folder:
        recipe = make_recipe(Path(folder))
        if importlib.util.find_spec("conda_build") is not None:
            builds = [
                measure(BUILD.format(before="import conda_build.build"), str(recipe))
                for _ in range(RUNS)
            ]
            report("conda-build, meta.yaml", builds)
        if importlib.util.find_spec("rattler_build") is not None:
            builds = [measure(ENGINE, str(recipe), f"{folder}/out") for _ in range(RUNS)]
            report("rattler-build's engine, stamping the file", builds)


def report(builder: str, builds: list[list[float]]) -> None:
    row(
        f"{builder}: the first output",
        f"{statistics.median(build[0] for build in builds) * 1e3:.0f} ms",
        "250 ms",
    )
    later = statistics.median(value for build in builds for value in build[1:])
    row(f"{builder}: each further output", f"{later * 1e3:.1f} ms", "10 ms")


if __name__ == "__main__":
    main()
