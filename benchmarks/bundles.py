"""What verifying a signed bundle costs, against sigstore-python's own verification.

Run ``python benchmarks/bundles.py`` in an environment with the extra "sigstore". It prints a table
in Markdown. The bundles are made here, by the tests' own instance of Sigstore. Both sides verify
the same bundle in turns in one process, and the processor's time is counted. ``FILE ROOT`` measures
a bundle of yours under its root.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / each) for each in ("servers", "bundles")]

ROUNDS = 400
IMPORTS = "import conda_provenance.bundles as b; b.SigstoreVerifier"


def main() -> None:
    from forged_bundles import DIGEST, STATEMENT, Workshop

    workshop = Workshop()
    root = workshop.trusted.root_bytes()
    others = [{"name": str(n), "digest": {"sha256": f"{n:064x}"}} for n in range(1023)]
    many = {**STATEMENT, "subject": [*others, {"name": "x", "digest": {"sha256": DIGEST}}]}

    print("| what | measured | bar |\n|---|---|---|")
    if len(sys.argv) == 3:
        row("a bundle of yours", Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]).read_bytes())
        return
    row("one bundle", as_written(workshop.signed()), root)
    # Theirs does not read the statement.
    row("one bundle about 1024 files", as_written(workshop.signed(many)), root, bar="")
    row("one bundle, indented", json.dumps(workshop.signed(), indent=2).encode(), root)
    print(f"| importing what finds and verifies bundles, without sigstore | {imports():.0f} ms | |")


def as_written(bundle: object) -> bytes:
    """As sigstore-python's own model writes it."""
    return json.dumps(bundle, ensure_ascii=False, separators=(",", ":")).encode()


def row(name: str, data: bytes, root: bytes, bar: str = "1.2") -> None:
    ours, theirs = in_turns(ours_of(data, root), theirs_of(data, root))
    print(
        f"| {name} of {len(data) / 1000:.0f} kB: ours / sigstore-python's | "
        f"{ours / theirs:.2f} ({ours * 1e3:.2f} ms / {theirs * 1e3:.2f} ms) | {bar} |"
    )


def ours_of(data: bytes, root: bytes) -> Callable[[], object]:
    from conda_provenance.bundles import SigstoreVerifier

    verifier = SigstoreVerifier(root)
    return lambda: verifier.verify(data)


def theirs_of(data: bytes, root: bytes) -> Callable[[], object]:
    """As its documentation says it, with the policy that says nothing."""
    import logging

    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier, policy

    logging.getLogger("sigstore").setLevel(logging.ERROR)  # The policy warns each time.
    with tempfile.NamedTemporaryFile() as file:
        file.write(root)
        file.flush()
        verifier = Verifier(trusted_root=TrustedRoot.from_file(file.name))
    anybody = policy.UnsafeNoOp()
    return lambda: verifier.verify_dsse(Bundle.from_json(data), anybody)


def in_turns(*sides: Callable[[], object]) -> list[float]:
    """Medians. Both sides run in turns, so that a machine whose speed drifts slows both."""
    times: list[list[float]] = [[] for _ in sides]
    for number in range(ROUNDS + 10):
        for side, kept in zip(sides, times, strict=True):
            start = time.thread_time()
            side()
            if number >= 10:
                kept.append(time.thread_time() - start)
    return [statistics.median(each) for each in times]


def imports() -> float:
    """Milliseconds more than Python's own start."""

    def once(code: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    pairs = [once(IMPORTS) - once("pass") for _ in range(11)]
    return statistics.median(pairs) * 1e3


if __name__ == "__main__":
    main()
