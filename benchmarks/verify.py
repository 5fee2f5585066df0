"""What verifying costs: the time beside bare git, the questions, the second run, and the memory.

Run ``python benchmarks/verify.py``: it needs Linux, git 2.37 and py-rattler-build. It prints a
table in Markdown. The repositories are made here, and served on loopback by git's own
``http-backend``; the server counts requests and bytes. The packages' recipes are those of the
commits, so that checks 1 to 5 pass: it is an error if one does not. What is compared is measured in
turns.

"In process" is what the command does once it runs; "the command" has the start of Python too.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, redirect_stdout
from functools import partial
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FOLDERS = ("verify", "verify/checks", "servers", "servers/forges", "packages", "cli")
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in FOLDERS]

from forgery_workshop import workshop  # noqa: E402
from git_servers import GitServer  # noqa: E402
from histories import MAIN, History, many  # noqa: E402
from packages_making import INDEX, info_files, tar, zip_members, zst  # noqa: E402

from conda_provenance.cli.main import main as main_of_cli  # noqa: E402

RUNS = int(os.environ.get("RUNS", "7"))
COMMITS = int(os.environ.get("COMMITS", "10000"))
RECIPES, FEW = 100, 5
"""Recipes in a repository: of a collection, and of one with as few folders as a feedstock."""
REPOSITORIES = int(os.environ.get("REPOSITORIES", "60"))
PACKAGES = int(os.environ.get("PACKAGES", "400"))
ALONE = 20
"""Packages that are verified one by one. The time of all is worked out from theirs."""

LOG = 100_000_000
"""Bytes of a log."""

CHECKS = ("well-formed", "expected", "commit-exists", "commit-on-branch", "recipe-matches")
ONLY = ("--only", ",".join(CHECKS))
PROGRAM = (sys.executable, "-m", "conda_provenance")
MEASURED = """
import sys
from conda_provenance.cli.main import main
main(sys.argv[1:])
sys.stderr.write(open("/proc/self/status").read())
"""
PLAIN = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
PAYLOAD = zst(tar({f"lib/data{n}": os.urandom(20_000) for n in range(5)}))
"""100 kB that cannot be compressed."""


# --- packages ------------------------------------------------------------------------------------


def package(folder: Path, history: History, number: int, url: str, folders: int) -> Path:
    """The package of a commit of :func:`histories.many`, as conda-build makes it."""
    sha = history[str(number)]
    which = number % folders
    recipe = history.git("show", f"{sha}:recipes/p{which}/meta.yaml").encode() + b"\n"
    name, version = f"p{which}", str(number)
    index = {**INDEX, "name": name, "version": version}
    files = {
        **info_files({"extra": {"sha": sha, "remote_url": url}, "conda_build_version": "26.7.1"}),
        "info/index.json": json.dumps(index).encode(),
        "info/recipe/conda_build_config.yaml": b"{}\n",
        "info/recipe/meta.yaml": b"# rendered\n" + recipe,
        "info/recipe/meta.yaml.template": recipe,
    }
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{name}-{version}-0"
    members = [
        ("metadata.json", b'{"conda_pkg_format_version": 2}'),
        (f"pkg-{stem}.tar.zst", PAYLOAD),
        (f"info-{stem}.tar.zst", zst(tar(files))),
    ]
    zip_members(folder / f"{stem}.conda", members)
    return folder / f"{stem}.conda"


class Sample(NamedTuple):
    """A package, and where its commit is."""

    path: Path
    url: str
    sha: str


# --- what is run ----------------------------------------------------------------------------------


def in_process(paths: Iterable[Path], repository: str, *options: str) -> None:
    """Run ``verify`` in this process, as if Python had just been started."""
    with redirect_stdout(io.StringIO()) as printed:
        main_of_cli(words(paths, repository, *ONLY, *options))
    require(printed.getvalue(), "consistent")


def command(paths: Iterable[Path], repository: str, *options: str) -> None:
    """Run ``verify`` in a process of its own."""
    done = subprocess.run(
        [*PROGRAM, *words(paths, repository, *ONLY, *options)], stdout=subprocess.PIPE, check=False
    )
    require(done.stdout, "consistent")


def words(paths: Iterable[Path], repository: str, *options: str) -> list[str]:
    allow = ("--allow", "http,private", "--expect-repo", repository, "--json")
    return ["verify", *map(str, paths), *allow, *options]


def require(printed: str | bytes, outcome: str) -> None:
    """Raise an error unless every package ended in this way."""
    answer = json.loads(printed)
    assert answer["summary"][outcome] == answer["summary"]["total"], answer["packages"][0]


def most_memory(path: Path, repository: str) -> float:
    """The most memory, in MiB, of a run with all checks that verifies the package.

    Its own, without git's. What the system says of a process that has ended counts ours too, from
    which it was started.
    """
    arguments = words([path], repository)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *arguments], capture_output=True, check=True
    )
    require(done.stdout, "verified")
    (line,) = (each for each in done.stderr.splitlines() if each.startswith(b"VmHWM:"))
    return int(line.split()[1]) / 1024


def bare(url: str, sha: str, folder: Path) -> None:
    """The git commands that the same answers need, without a guard."""
    shutil.rmtree(folder, ignore_errors=True)

    def git(*arguments: str, given: bytes = b"") -> None:
        subprocess.run(
            ["git", *arguments], cwd=folder.parent, env={**PLAIN, "GIT_DIR": str(folder)},
            input=given, stdout=subprocess.DEVNULL, check=True,
        )  # fmt: skip

    fetch = ("fetch", "-q", "--no-tags", "--no-write-fetch-head")
    git("init", "-q", "--bare", "--template=", str(folder))
    git("ls-remote", "--symref", url, "HEAD", "refs/heads/*", "refs/tags/*")
    git(*fetch, "--depth=1", "--filter=blob:none", url, f"+{sha}:refs/verify/commit")
    git(*fetch, "--filter=tree:0", url, f"+{MAIN}:refs/verify/branch")
    git("rev-list", "--first-parent", "refs/verify/branch")
    git("cat-file", "--batch", given=f"{sha}\n".encode())
    git("ls-tree", "-r", "-z", "--full-tree", sha)
    git("hash-object", "--no-filters", "--stdin", given=b"a recipe")
    git("hash-object", "--no-filters", "--stdin", given=b"a script")


# --- measurements --------------------------------------------------------------------------------


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def one_package(server: GitServer, history: History, folder: Path) -> None:
    """One package of a repository with many commits."""
    url, every = server.url("o/many"), server.url("o/*")
    for name, number in (("tip", COMMITS - 1), ("near", COMMITS - 4), ("middle", COMMITS // 2)):
        path = package(folder / "one", history, number, url, RECIPES)
        runs = {
            "bare": partial(bare, url, history[str(number)], folder / "bare"),
            "ours": partial(in_process, [path], every),
            "command": partial(command, [path], every),
        }
        times: dict[str, list[float]] = {each: [] for each in runs}
        for _ in range(RUNS):
            for each, once in runs.items():
                server.forget()
                times[each].append(seconds(once))
        sent, requests = server.sent + server.received, len(server.asked)
        row(
            f"one package, {COMMITS:,} commits, at {name!r}",
            f"in process {compared(times['ours'], times['bare'])} bare git"
            f" ({statistics.median(times['bare']) * 1000:.0f} ms); the command"
            f" {compared(times['command'], times['bare'])};"
            f" {requests} requests, {sent / 1000:.1f} kB",
            "1.5 times",
        )


def compared(ours: Sequence[float], theirs: Sequence[float]) -> str:
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return f"{statistics.median(ours) * 1000:.0f} ms, {ratio:.2f} times"


def samples(server: GitServer, history: History, folder: Path, folders: int) -> list[Sample]:
    """Packages of several commits of many repositories."""
    found = []
    for number in range(PACKAGES):
        which, commit = number % REPOSITORIES, COMMITS - 1 - 10 * (number // REPOSITORIES)
        url = server.url(f"{folder.name}/r{which}")
        path = package(folder / "packages" / f"r{which}", history, commit, url, folders)
        found.append(Sample(path, url, history[str(commit)]))
    return found


def many_packages(server: GitServer, history: History, folder: Path, folders: int) -> None:
    """Many packages together, some of them alone, and all of them once more.

    ``folders``: recipes in each repository.
    """
    for which in range(REPOSITORIES):
        server.publish(history, f"{folder.name}/r{which}")
    packages = samples(server, history, folder, folders)
    all_of_them, every = [folder / "packages"], server.url(f"{folder.name}/*")

    server.forget()
    together = seconds(partial(in_process, all_of_them, every))
    counts = Counter(server.services())
    few = packages[:: max(PACKAGES // ALONE, 1)]
    scale = PACKAGES / len(few)
    alone = scale * sum(seconds(partial(in_process, [each.path], every)) for each in few)
    by_git = scale * sum(seconds(partial(bare, each.url, each.sha, folder / "b")) for each in few)
    row(
        f"{PACKAGES} packages of {REPOSITORIES} repositories with {folders} recipes",
        f"{together:.1f} s, {together / alone:.3f} of one by one ({alone:.0f} s, worked out from"
        f" {len(few)}), {together / by_git:.3f} of bare git one by one; {counts['ls-refs']} lists,"
        f" {counts['fetch']} fetches",
        f"0.1; {REPOSITORIES} lists, {2 * REPOSITORIES} fetches",
    )

    os.environ["CONDA_PROVENANCE_CACHE_DIR"] = str(folder / "cache")
    young = ("--max-age", "1d")
    in_process(all_of_them, every, *young)
    server.forget()
    again = [seconds(partial(in_process, all_of_them, every, *young)) for _ in range(RUNS)]
    whole = [seconds(partial(command, all_of_them, every, *young)) for _ in range(RUNS)]
    row(
        "the same once more, with `--max-age 1d`",
        f"in process {statistics.median(again):.2f} s; the command"
        f" {statistics.median(whole):.2f} s;"
        f" {len(server.asked)} requests",
        "1 s",
    )


def memory(folder: Path) -> None:
    """A package that is verified by the log of its run."""
    folder.mkdir()
    with workshop(folder) as shop:
        line = "[ 42%] Building CXX object src/CMakeFiles/hello.dir/a_file.cpp.o\n"
        path = shop.run(shop.copy(), line * (LOG // len(line)))
        most = most_memory(path, shop.repo)
    row(f"the most memory, a log of {LOG // 1_000_000} MB", f"{most:.0f} MiB", "200 MiB")


def row(what: str, measured: str, bar: str) -> None:
    print(f"| {what} | {measured} | {bar} |", flush=True)


def main() -> None:
    print(f"Medians of {RUNS} runs, Python {sys.version.split()[0]}.\n")
    print("| what | measured | bar |\n|---|---|---|")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        history = many(folder / "many.git", COMMITS)
        server = GitServer(folder / "served")
        stack.callback(server.stop)
        server.publish(history, "o/many")
        one_package(server, history, folder)
        feedstock = many(folder / "feedstock.git", COMMITS, folders=FEW)
        many_packages(server, feedstock, folder / "feedstocks", FEW)
        many_packages(server, history, folder / "collections", RECIPES)
        memory(folder / "workshop")


if __name__ == "__main__":
    main()
