"""What ``audit --json`` prints, made up: realistic rows of any number, and hostile ones."""

from __future__ import annotations

import random
from typing import Any

from conda_provenance.audit import State, summarize
from conda_provenance.claim import Claim
from conda_provenance.values import KEYS

SHA = "0123456789abcdef0123456789abcdef01234567"
DAY = 86_400_000

_NAMES = ("numpy", "openssl", "libzlib", "ca-certificates", "python", "r-base", "zstd", "xz", "tk")
_PROVIDERS = ("azure", "github", "travis", "drone", "circle")
_CHANNELS = ("https://conda.anaconda.org/conda-forge", "https://repo.anaconda.com/pkgs/main")


def row(number: int = 1, *, extra: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """One row. Its claim is ``extra``, complete if there is none; ``changes`` are made to it."""
    if extra is None:
        extra = complete(number)

    claim = Claim.from_extra(extra)
    name = changes.pop("name", f"package{number}")
    file_name = f"{name}-1.{number}-h{number:07x}_0.conda"
    made: dict[str, Any] = {
        "package": file_name,
        "name": name,
        "version": f"1.{number}",
        "build": f"h{number:07x}_0",
        "subdir": "linux-64",
        "channel": _CHANNELS[0],
        "timestamp": 1_640_995_200_000 + number * DAY,
        "location": f"{_CHANNELS[0]}/linux-64/{file_name}",
        "place": None,
        "read_from": "remote",
        "sha256": f"{number:064x}",
        "sha256_from": "index",
        **{key: claim.shown(key) for key in KEYS},
        "commit_url": None,
        "run_url": None,
        "problems": [
            {"code": problem.code, "message": problem.message} for problem in claim.problems
        ],
        "error": None,
        "state": _state(claim),
    }
    if made["state"] == "complete":
        made["commit_url"] = f"{claim.remote_url}/commit/{claim.sha}"
    return {**made, **changes}


def unreadable(number: int = 1, **changes: Any) -> dict[str, Any]:
    """The row of a package that could not be read."""
    made = row(number, extra={}, read_from=None, state="unreadable")
    made["error"] = f"{made['location']} cannot be read: the server answered 404."
    return {**made, **changes}


def complete(number: int = 1, organisation: str = "conda-forge") -> dict[str, Any]:
    """A claim with nothing wrong or missing."""
    return {
        "sha": f"{number:040x}" if number else SHA,
        "remote_url": f"https://github.com/{organisation}/package{number}-feedstock",
        "flow_run_id": f"azure_2023{number:04d}.1.1",
    }


def rows(count: int, seed: int = 0) -> list[dict[str, Any]]:
    """So many rows, of all states, as a mixed channel has them. The same ones each time."""
    chance = random.Random(seed)
    return [_any_row(number, chance) for number in range(1, count + 1)]


def document(
    count: int = 200, *, failures: list[dict[str, Any]] | None = None, seed: int = 0
) -> dict[str, Any]:
    """The whole object of ``audit --json``."""
    packages = rows(count, seed)
    return {
        "version": 1,
        "command": "audit",
        "packages": packages,
        "excluded": [],
        "failures": failures or [],
        "gate": {
            "require": [], "repo": [], "provider": [], "complete": False, "fail_under": None,
            "baseline": None,
        },
        "audited": "conda-forge",
        "shard": None,
        "missing": None,
        "summary": summarize(packages),
    }  # fmt: skip


def _any_row(number: int, chance: random.Random) -> dict[str, Any]:
    organisation = chance.choice(("conda-forge", "conda-forge", "AnacondaRecipes", "bioconda"))
    extra = complete(number, organisation)
    provider = chance.choice(_PROVIDERS)
    extra["flow_run_id"] = f"{provider}_{chance.randrange(10**9)}"
    changes: dict[str, Any] = {
        "name": f"{chance.choice(_NAMES)}-{number}",
        "channel": chance.choice(_CHANNELS),
        "timestamp": 1_483_228_800_000 + chance.randrange(3600) * DAY,
        "subdir": chance.choice(("linux-64", "noarch", "osx-arm64", "win-64")),
    }
    kind = chance.random()
    if kind < 0.05:
        return unreadable(number, **changes)
    if kind < 0.12:
        return row(number, extra={}, state="too-old", **changes)
    if kind < 0.35:
        return row(number, extra={}, **changes)
    if kind < 0.45:
        del extra[chance.choice(tuple(extra))]
    elif kind < 0.55:
        extra["remote_url"] = f"git@github.com:{organisation}/package{number}"
        extra["flow_run_id"] = "5a0d6d5a-11a6-4e37-9c58-8d9a6a5c0b7e"
    return row(number, extra=extra, **changes)


def _state(claim: Claim) -> str:
    from conda_provenance.audit import state_of
    from conda_provenance.packages import PackageClaim

    state = state_of(PackageClaim("x", "x", "file", claim))
    assert isinstance(state, State)
    return state.value


HOSTILE = (
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "+1+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|pipe|", "`tick`", "``` fence",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</testsuite>", "]]>", "&lt;b&gt;",
    "[link](javascript:alert(1))", "![i](https://evil.example/x.png)", "javascript:alert(1)",
    "\x00\x01\x1b[31mred\x1b[0m", "\u202egnp.exe", "\ud800", "\ufffe\uffff", "a\r\nb", "'\"",
    '"",""',
    "# heading", "- list", "1. list", "> quote", "***", "~~~", "\\", "\\|", "@user", "#1",
    "x" * 5000,
    "::error::forged", "##vso[task.complete]", "</script><!--", "{{ x }}", "%0A%0D",
)  # fmt: skip
"""Texts that some reader of some format would obey."""
