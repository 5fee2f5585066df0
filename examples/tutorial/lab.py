"""A lab for the tutorial: github.com, its CI and a Sigstore instance, on this machine alone.

``python examples/tutorial/lab.py FOLDER`` runs until you stop it. It writes into the folder:

- ``online``: source it, and programs in this shell find github.com in the lab;
- ``begin``: source it in a clone, and this shell is a run of GitHub Actions for the commit that is
  checked out; ``end`` ends that;
- ``trusted_root.json`` and ``trust_config.json``: what to trust, and where to sign.

git is real, and so are the certificates and signatures. The servers are those of the project's own
tests: they stand in for GitHub and for Sigstore's public instance. Nothing leaves the machine.
"""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / name) for name in ("servers", "packages")]

from ci_identities import GitHubRun  # noqa: E402
from git_servers import GitServer  # noqa: E402
from histories import empty, run_git  # noqa: E402
from internet import connected  # noqa: E402
from sigstore_server import SigstoreServer  # noqa: E402

REPOSITORY = "you/hello-feedstock"
RUN = "4711"

_AUTHOR = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "You"), ("EMAIL", "you@example.org"))
}
"""git makes no commit for somebody whose name it does not know."""

_COMMIT = """\
export GITHUB_SHA=$(git rev-parse HEAD)
git rev-parse HEAD > '{file}'
"""


class Sigstore(SigstoreServer):
    """Gives tokens to the run that has begun."""

    commit: Path
    """The file that says which commit the run is of."""

    @property
    def run(self) -> GitHubRun:
        sha = self.commit.read_text().strip() if self.commit.is_file() else "0" * 40
        return GitHubRun(REPOSITORY, sha, RUN)

    @run.setter
    def run(self, run: GitHubRun) -> None:
        """It follows from the commit."""


def main() -> None:
    """Run the lab until it is stopped."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with ExitStack() as stack:
        _open(folder, stack)
        print(f"The lab is open. In another shell: . {folder}/online", flush=True)
        signal.pause()


def _open(folder: Path, stack: ExitStack) -> None:
    """Start the servers, and write the files."""
    forge = GitServer(folder / "github.com", settings={"http.receivepack": "true"})
    stack.callback(forge.stop)
    history = empty(folder / "hello-feedstock.git")
    run_git(history.folder, "config", "http.receivepack", "true")
    forge.publish(history, REPOSITORY)

    api = GitServer(folder / "api.github.com", dumb=True)
    stack.callback(api.stop)
    Sigstore.commit = folder / "commit"
    sigstore = Sigstore(folder)
    stack.callback(sigstore.shutdown)
    internet = stack.enter_context(connected(folder, {"github.com": forge, "api.github.com": api}))

    # A token of the lab's own: yours stays with you.
    own = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1", "GH_TOKEN": "token-of-the-lab"}
    (folder / "online").write_text(_exports({**internet.environment, **own, **_AUTHOR}))
    run = {name: value for name, value in sigstore.environ.items() if name != "GITHUB_SHA"}
    (folder / "begin").write_text(_exports(run) + _COMMIT.format(file=Sigstore.commit))
    (folder / "end").write_text(f"unset GITHUB_SHA {' '.join(run)}\n")


def _exports(values: dict[str, str]) -> str:
    return "".join(f"export {name}='{value}'\n" for name, value in values.items())


if __name__ == "__main__":
    main()
