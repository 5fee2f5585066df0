"""What the plugin costs conda and its builds.

Run ``python benchmarks/cost.py`` in an environment with conda, conda-build and this package. It
prints a table in Markdown. Every figure is a median of runs in fresh processes. Comparisons are
made in pairs, one run after the other, so that a machine whose speed drifts slows both.
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

# What conda does with our hooks at each command, in a process that has imported all that conda
# itself needs for them. The last line is the sum.
HOOKS = """
import time
import conda.cli.conda_argparse as conda_argparse
import conda.common.configuration, conda.plugins.manager, conda.plugins.types
times = [time.perf_counter()]
import conda_provenance.conda_plugin as plugin
times.append(time.perf_counter())
(subcommand,) = plugin.conda_subcommands()
parser = conda_argparse.ArgumentParser(prog="conda provenance", add_help=False)
times.append(time.perf_counter())
if subcommand.configure_parser:
    subcommand.configure_parser(parser)
times.append(time.perf_counter())
list(plugin.conda_settings())
times.append(time.perf_counter())
for start, end in zip(times, times[1:]):
    print(end - start)
print(times[-1] - times[0])
"""

# Both arms run the same filter, so that only the plugin differs. The processor's time of the whole
# process is counted: the time by the clock depends on who else uses the machine.
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

CONDA_BUILD = """
import sys, time
from pathlib import Path
import conda_build.build
from conda_provenance.builders.stamper import Stamper
from conda_provenance.hookspecs import BuildDescription
description = BuildDescription(recipe=Path(sys.argv[1]), name="hello", version="1.0")
stamper = Stamper("conda-build", RuntimeError)
snapshot = None
def once():
    global snapshot
    start = time.perf_counter()
    snapshot = snapshot or stamper.take_snapshot(description.recipe)
    assert stamper.entries(stamper.begin(lambda: description, snapshot))["sha"]
    return time.perf_counter() - start
for _ in range(6):
    print(once())
"""

ENGINE = """
import sys, time, shutil
from pathlib import Path
from rattler_build import Stage0Recipe, VariantConfig
import conda_provenance
from conda_provenance.builders.stamper import Stamper
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
for name in ("take_snapshot", "begin", "entries", "stamp_finished"):
    setattr(Stamper, name, timed(getattr(Stamper, name)))
spent.append(0.0)
variant = Stage0Recipe.from_file(Path(sys.argv[1])).render(VariantConfig())[0]
for number in range(6):
    shutil.rmtree(sys.argv[2], ignore_errors=True)
    if number:
        spent.append(0.0)
    variant.run_build(output_dir=sys.argv[2], channels=[])
print("\\n".join(map(str, spent)))
"""


def main() -> None:
    print(f"Medians of {RUNS} runs, Python {sys.version.split()[0]}.\n")
    print("| what | measured | bar |\n|---|---|---|")
    if importlib.util.find_spec("conda") is not None:
        report_hooks()
        report_conda_info()

    with tempfile.TemporaryDirectory() as folder:
        recipe = make_recipe(Path(folder))
        if importlib.util.find_spec("conda_build") is not None:
            builds = [measure(CONDA_BUILD, str(recipe)) for _ in range(RUNS)]
            report_builds("conda-build, meta.yaml", builds)

        if importlib.util.find_spec("rattler_build") is not None:
            builds = [measure(ENGINE, str(recipe), f"{folder}/out") for _ in range(RUNS)]
            report_builds("rattler-build's engine, stamping the file", builds)


def report_hooks() -> None:
    measure(IMPORT)
    imports = [measure(IMPORT)[0] for _ in range(RUNS)]
    row("importing the plugin module into a running conda", milliseconds(imports), "1 ms")

    measure(HOOKS)
    runs = [measure(HOOKS) for _ in range(RUNS)]
    names = ("import", "subcommand", "its parser", "settings")
    *parts, total = [milliseconds(part) for part in zip(*runs, strict=True)]
    each = ", ".join(f"{name} {part}" for name, part in zip(names, parts, strict=True))
    row("all our hooks at each conda command", f"{total} ({each})", "5 ms")


def report_conda_info() -> None:
    arms = [CONDA_INFO.format(hidden=name) for name in ("conda-provenance", "no such distribution")]
    for arm in arms:
        measure(arm)

    ratios = []
    for pair in range(RUNS * 4):
        # The second of a pair may find warmer caches: each arm is the second in half of them.
        order = arms if pair % 2 else arms[::-1]
        spent = {arm: measure(arm)[0] for arm in order}
        ratios.append(spent[arms[1]] / spent[arms[0]])

    lower, median, upper = statistics.quantiles(ratios, n=4)
    row(
        f"`conda info` with the plugin / without it, processor time, {len(ratios)} pairs",
        f"{median:.3f} (quartiles {lower:.3f}, {upper:.3f})",
        "1.01",
    )


def report_builds(builder: str, builds: list[list[float]]) -> None:
    first = [build[0] for build in builds]
    later = [seconds for build in builds for seconds in build[1:]]
    row(f"{builder}: the first output", milliseconds(first, digits=0), "250 ms")
    row(f"{builder}: each further output", milliseconds(later, digits=1), "10 ms")


def measure(code: str, *arguments: str) -> list[float]:
    """The numbers that the code prints in a process of its own."""
    # An installed package has its byte code. A variable that forbids writing it would make us
    # measure the compiler.
    environment = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [float(line) for line in done.stdout.split()]


def milliseconds(seconds: list[float] | tuple[float, ...], digits: int = 2) -> str:
    return f"{statistics.median(seconds) * 1e3:.{digits}f} ms"


def row(what: str, figure: str, bar: str) -> None:
    print(f"| {what} | {figure} | {bar} |", flush=True)


def make_recipe(folder: Path) -> Path:
    recipe = folder / "recipe.yaml"
    recipe.write_text(
        "package: {name: hello, version: '1.0'}\n"
        "build: {noarch: generic, script: echo hi > $PREFIX/hi}\n"
    )
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], [*identity, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return recipe


if __name__ == "__main__":
    main()
