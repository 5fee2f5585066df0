"""What ``verify --bundle`` costs, against sigstore-python's own verification of the same files.

Run ``python benchmarks/verify_bundle.py`` in an environment with the extra "sigstore". It prints a
table in Markdown. The package and its bundle are made here, by the tests' own instance of Sigstore.
Both sides run in turns in one process, with everything imported, and the processor's time of all
threads is counted. ``ROUNDS=300`` is the default.

Command against command: each is called as its own entry point calls it.

- Theirs: ``sigstore --trust-config C verify identity --bundle B --cert-identity I
  --cert-oidc-issuer O PACKAGE``. It reads the root, the bundle and the package, hashes the package,
  verifies, and says who signed. It holds nothing against a stamp.
- Ours: ``verify PACKAGE --bundle B --trust-root R --only attested --offline --expect-repo REPO
  --json``. It also reads the package's metadata and what else lies beside it, holds repository,
  commit and run against them, and prints the verdict.

Command against their library, which is not the same job and has no bar: theirs is what a user of
its library writes for the same files. It reads the root, makes the verifier, reads the bundle,
verifies it with a policy for identity, issuer, repository and commit, hashes the package and looks
for it among the statement's subjects. Ours is the command again.

Check against verification: theirs is ``Bundle.from_json`` and ``verify_dsse`` with that policy, and
the look at the subjects. Ours is the check ``attested`` of a package that was read. The verifiers
of both are made once.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(_TESTS / each) for each in ("servers", "packages", "verify/checks")]

ROUNDS = int(os.environ.get("ROUNDS", "300"))
WARM_UP = 10


def main() -> None:
    logging.getLogger("sigstore").setLevel(logging.ERROR)
    print(f"Medians of {ROUNDS} rounds, Python {sys.version.split()[0]}.\n")
    print("| what | processor time | wall time | bar |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        files = Files(Path(name))
        compare("command against command", our_command(files), their_command(files))
        compare("command against their library", our_command(files), their_library(files), "")
        compare("the check against their verification", our_check(files), their_warm(files))


class Files:
    """A package, a bundle about it, and the root of trust, as files."""

    def __init__(self, folder: Path) -> None:
        from attested_making import RUN, Signing

        (folder / "package").mkdir()
        self.signing = Signing(folder / "package")
        self.run = RUN
        self.package = folder / "package" / self.signing.name
        self.bundle = folder / "bundle.sigstore.json"
        self.bundle.write_bytes(self.signing.built())
        self.root = folder / "trusted_root.json"
        self.root.write_bytes(self.signing.instance.root_bytes())
        self.config = folder / "trust_config.json"
        self.config.write_text(json.dumps(self.signing.instance.trust_config()))


def our_command(files: Files) -> Callable[[], object]:
    from conda_provenance.cli.main import main as command

    arguments = ["verify", str(files.package), "--bundle", str(files.bundle)]
    arguments += ["--trust-root", str(files.root), "--only", "attested", "--offline"]
    arguments += ["--expect-repo", files.run.remote_url, "--json"]

    def run() -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            command(arguments)
        assert '"pass"' in out.getvalue(), out.getvalue()

    return run


def their_command(files: Files) -> Callable[[], object]:
    from sigstore import _cli

    arguments = ["sigstore", "--trust-config", str(files.config), "verify", "identity"]
    arguments += ["--bundle", str(files.bundle), "--cert-identity", files.run.san]
    arguments += ["--cert-oidc-issuer", files.run.issuer, str(files.package)]

    def run() -> None:
        # Each call would add a handler to the root's log, and pay for those before.
        logging.getLogger().handlers.clear()
        out = io.StringIO()
        before, sys.argv = sys.argv, arguments
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                _cli.main()
        finally:
            sys.argv = before
        assert "OK:" in out.getvalue(), out.getvalue()

    return run


def their_library(files: Files) -> Callable[[], object]:
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier

    wanted = _policy(files)

    def run() -> None:
        verifier = Verifier(trusted_root=TrustedRoot.from_file(str(files.root)))
        _, payload = verifier.verify_dsse(Bundle.from_json(files.bundle.read_bytes()), wanted)
        _require_subject(payload, hashlib.sha256(files.package.read_bytes()).hexdigest())

    return run


def their_warm(files: Files) -> Callable[[], object]:
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier

    verifier = Verifier(trusted_root=TrustedRoot.from_file(str(files.root)))
    data, sha256, wanted = files.bundle.read_bytes(), files.signing.sha256, _policy(files)

    def run() -> None:
        _, payload = verifier.verify_dsse(Bundle.from_json(data), wanted)
        _require_subject(payload, sha256)

    return run


def our_check(files: Files) -> Callable[[], object]:
    from conda_provenance.verify.attested.verifying import Bundles
    from conda_provenance.verify.checks.attested import CHECK
    from conda_provenance.verify.outcome import Outcome

    case, world = files.signing.case(), files.signing.world(files.bundle.read_bytes())
    given = tuple(world.bundles.given.values())

    def run() -> None:
        # What was verified before is forgotten. The verifier is kept.
        fresh = Bundles(given=given, make=lambda _: world.bundles._verifier)
        result = CHECK.check(case, world._replace(bundles=fresh))
        assert result.outcome is Outcome.PASS, result

    return run


def _policy(files: Files) -> Any:
    from sigstore.verify import policy

    return policy.AllOf(
        [
            policy.Identity(identity=files.run.san, issuer=files.run.issuer),
            policy.OIDCSourceRepositoryURI(files.run.remote_url),
            policy.OIDCSourceRepositoryDigest(files.run.sha),
        ]
    )


def _require_subject(payload: bytes, sha256: str) -> None:
    subjects = json.loads(payload)["subject"]
    assert any(each["digest"].get("sha256") == sha256 for each in subjects)


def compare(
    what: str, ours: Callable[[], object], theirs: Callable[[], object], bar: str = "1.2"
) -> None:
    """Both sides run in turns, so that a machine whose speed drifts slows both."""
    processor: list[list[float]] = [[], []]
    wall: list[list[float]] = [[], []]
    for number in range(ROUNDS + WARM_UP):
        for side, run in enumerate((ours, theirs)):
            start, start_wall = time.process_time(), time.perf_counter()
            run()
            end, end_wall = time.process_time(), time.perf_counter()
            if number >= WARM_UP:
                processor[side].append(end - start)
                wall[side].append(end_wall - start_wall)
    print(f"| {what}: ours / theirs | {_ratio(*processor)} | {_ratio(*wall)} | {bar} |")


def _ratio(ours: list[float], theirs: list[float]) -> str:
    one, other = statistics.median(ours), statistics.median(theirs)
    return f"{one / other:.2f} ({one * 1e3:.2f} ms / {other * 1e3:.2f} ms)"


if __name__ == "__main__":
    main()
