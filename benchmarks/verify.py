"""What verifying costs beyond the git commands that it cannot do without.

Run ``python benchmarks/verify.py``: it needs git 2.37 and nothing else. It prints a table in
Markdown. The repositories are made here, and served on loopback by git's own ``http-backend``; the
server counts requests and bytes. What is compared is measured in turns.
"""

from __future__ import annotations

import http.client
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "servers"))

from git_servers import GitServer  # noqa: E402
from histories import MAIN, History, many  # noqa: E402

from conda_provenance.net import Reach  # noqa: E402
from conda_provenance.remotes import RemoteUrl  # noqa: E402
from conda_provenance.verify.answers import Answers  # noqa: E402
from conda_provenance.verify.git import GitRepositories  # noqa: E402
from conda_provenance.verify.repository import Position  # noqa: E402

RUNS = int(os.environ.get("RUNS", "7"))
COMMITS = int(os.environ.get("COMMITS", "10000"))
REPOSITORIES, PACKAGES = 60, 400
PLAIN = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


class Head(NamedTuple):
    status: int
    headers: Mapping[str, str]


def probe(url: str) -> Head:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.request("GET", f"{parts.path}?{parts.query}")
    return Head(connection.getresponse().status, {})


def repositories() -> GitRepositories:
    return GitRepositories(Answers(), probe, reach=Reach(http=True, private=True))


def ours(wanted: Mapping[str, list[str]]) -> None:
    """What checks 3 to 5 ask of these commits of these repositories."""
    with repositories() as opened:
        remotes = {RemoteUrl.parse(url): shas for url, shas in wanted.items()}
        for remote, shas in remotes.items():
            opened.expect(remote, shas, with_files=True)
        with ThreadPoolExecutor(6) as threads:  # As many as the verifier has.
            list(threads.map(partial(look, opened), remotes, remotes.values()))


def look(opened: GitRepositories, remote: RemoteUrl, shas: list[str]) -> None:
    repository = opened.of(remote)
    for sha in shas:
        assert repository.refs().default == MAIN
        assert repository.commit(sha)
        assert repository.position(sha, MAIN) is Position.ON_LINE
        assert repository.files(sha)
        assert repository.blob_ids(sha, [b"a recipe", b"a script"])


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


def seconds(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def one_package(server: GitServer, history: History, folder: Path) -> None:
    url = server.url("o/many")
    for name in ("tip", "near", "middle"):
        run_ours = partial(ours, {url: [history[name]]})
        run_bare = partial(bare, url, history[name], folder / "bare")
        times: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(RUNS):
            times["bare"].append(seconds(run_bare))
            server.forget()
            times["ours"].append(seconds(run_ours))
        sent, requests = server.sent + server.received, len(server.asked)
        mine, theirs = (statistics.median(times[each]) for each in ("ours", "bare"))
        ratio = statistics.median(a / b for a, b in zip(times["ours"], times["bare"], strict=True))
        row(
            f"one package, {COMMITS:,} commits, at {name!r}",
            f"{mine * 1000:.0f} ms, {ratio:.2f} times bare git ({theirs * 1000:.0f} ms),"
            f" {requests} requests, {sent / 1000:.1f} kB",
            "1.5 times",
        )


def many_packages(server: GitServer, history: History) -> None:
    urls = [server.publish(history, f"o/r{number}") for number in range(REPOSITORIES)]
    last = COMMITS - 1
    shas = [history[str(last - 10 * number)] for number in range(PACKAGES // REPOSITORIES + 1)]
    pairs = [(url, sha) for sha in shas for url in urls][:PACKAGES]
    wanted: dict[str, list[str]] = {}
    for url, sha in pairs:
        wanted.setdefault(url, []).append(sha)

    server.forget()
    together = seconds(lambda: ours(wanted))
    counts = Counter(server.services())
    few = pairs[:: PACKAGES // 20]
    alone = seconds(lambda: [ours({url: [sha]}) for url, sha in few] and None) / len(few) * PACKAGES
    row(
        f"{PACKAGES} packages of {REPOSITORIES} repositories, git alone",
        f"{together:.1f} s, {together / alone:.2f} of one by one; {counts['ls-refs']} lists,"
        f" {counts['fetch']} fetches",
        f"0.1; {REPOSITORIES} lists, {2 * REPOSITORIES} fetches",
    )


def row(what: str, measured: str, bar: str) -> None:
    print(f"| {what} | {measured} | {bar} |", flush=True)


def main() -> None:
    print(f"Medians of {RUNS} runs, Python {sys.version.split()[0]}.\n")
    print("| what | measured | bar |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        history = many(folder / "many.git", COMMITS)
        server = GitServer(folder / "served")
        server.publish(history, "o/many")
        one_package(server, history, folder)
        many_packages(server, history)
        server.stop()


if __name__ == "__main__":
    main()
