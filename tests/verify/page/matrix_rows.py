"""Rows of ``verify --json`` for the tests of its page."""

from __future__ import annotations

from typing import Any

from conda_provenance.policy.check_ids import IDS
from conda_provenance.verify.rows import Row, Tally

WORDS = {"+": "pass", "-": "fail", "?": "unavailable", "0": "not-applicable"}


def row(name: str = "a", outcome: str = "consistent", signs: str = "", **given: Any) -> Row:
    """A package. ``signs`` has one for each check, in their order; none: it was not read."""
    made = [check(each, WORDS[sign]) for each, sign in zip(IDS, signs, strict=False)]
    return {
        "package": f"{name}-1.0-0.conda",
        "location": f"/here/{name}-1.0-0.conda",
        "name": name,
        "version": "1.0",
        "build": "0",
        "subdir": "noarch",
        "channel": None,
        "timestamp": None,
        "read_from": "file",
        "place": None,
        "sha256": None,
        "sha256_from": None,
        "sha": "a" * 40,
        "remote_url": "https://github.com/o/n",
        "flow_run_id": "github_1",
        "flow_run_url": None,
        "commit_url": f"https://github.com/o/n/commit/{'a' * 40}",
        "run_url": None,
        "problems": [],
        "error": None if made else f"{name} cannot be read.",
        "checks": made,
        "verdict": {},
        "sentences": {},
        "outcome": outcome,
        "message": f"A sentence on {name}.",
        "accepted": False,
        "notes": [],
        **given,
    }


def check(name: str, outcome: str, message: str = "") -> dict[str, Any]:
    return {
        "id": name,
        "outcome": outcome,
        "message": message or f"{name} ended as {outcome}.",
        "facts": {},
        "retry_at": None,
        "detail": None,
    }


def summary_of(rows: list[Row]) -> dict[str, Any]:
    tally = Tally()
    for each in rows:
        tally.add(each)
    return tally.to_json()


def some_rows() -> list[Row]:
    return [
        row("good", "verified", "++++++++"),
        row("half", "consistent", "+0+++???"),
        row("bad", "refuted", "+++-00??"),
        row("mute", "silent", "00000000"),
        row("lost", "unavailable", "++?????0"),
        row("torn", "unavailable"),
    ]
