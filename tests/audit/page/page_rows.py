"""Rows in the form of ``audit --json``, made up in the shape of a channel's."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from typing import Any

Row = dict[str, Any]

WHEN = datetime(2026, 11, 26, 10, 4, tzinfo=timezone.utc)

SHORT = ("sha-short", "sha is shorter than a full commit hash, which has 40 or 64 digits.")
LOGIN = ("remote-credentials", "remote_url holds a user name, a password or a token.")
BARE = ("run-bare", "flow_run_id does not name a CI system and a run of it, as in github_123.")


def row(name: str = "demo", version: str = "1.0", **given: Any) -> Row:
    """One package of which nothing is known, but for ``given``."""
    build = given.get("build", "h0123456_0")
    file_name = f"{name}-{version}-{build}.conda"
    return {
        "package": file_name,
        "location": f"https://conda.example/forge/linux-64/{file_name}",
        "read_from": "remote",
        "place": None,
        "sha256": None,
        "sha256_from": None,
        "name": name,
        "version": version,
        "build": build,
        "subdir": "linux-64",
        "channel": "https://conda.example/forge",
        "timestamp": 1_700_000_000_000,
        "sha": None,
        "remote_url": None,
        "flow_run_id": None,
        "flow_run_url": None,
        "commit_url": None,
        "run_url": None,
        "problems": [],
        "error": None,
        "state": "absent",
        **given,
    }


def stamped(name: str, version: str = "1.0", **given: Any) -> Row:
    """A complete one, from a repository of its own on GitHub."""
    sha = given.pop("sha", f"{abs(hash_of(name + version)):040x}"[-40:])
    remote = given.pop("remote_url", f"https://github.com/conda-forge/{name}-feedstock")
    run = str(hash_of(name) % 10**10)
    return row(
        name,
        version,
        **{
            "sha": sha,
            "remote_url": remote,
            "flow_run_id": f"github_{run}",
            "run_url": f"{remote}/actions/runs/{run}",
            "commit_url": f"{remote}/commit/{sha}",
            "state": "complete",
            **given,
        },
    )


def hash_of(text: str) -> int:
    """A large number that is always the same for a text."""
    return random.Random(text).getrandbits(160)


def problem(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message}


def many_rows(count: int, *, seed: int = 1) -> list[Row]:
    """A channel of ``count`` packages: several hosts, CI systems, years, and something of all."""
    chance = random.Random(seed)
    starts = ("py", "lib", "r-", "ros-", "go-", "rust-", "perl-", "")
    words = ("array", "solver", "tree", "http", "image", "plot", "graph", "json", "audio", "geo")
    made = []
    for number in range(count):
        name = f"{chance.choice(starts)}{chance.choice(words)}{chance.choice(words)}{number // 4}"
        version = f"{chance.randint(0, 12)}.{chance.randint(0, 30)}.{chance.randint(0, 9)}"
        if chance.random() < 0.04:
            version += chance.choice(("rc1", ".post1", "a2", ".dev0"))
        subdir = chance.choice(("linux-64", "linux-64", "osx-arm64", "win-64", "noarch"))
        year = chance.choices(range(7), (1, 2, 3, 4, 6, 9, 12))[0]
        made.append(
            _one(
                chance,
                name,
                version,
                subdir=subdir,
                timestamp=1_577_880_000_000 + year * 31_556_952_000 + chance.randint(0, 3 * 10**10),
                build=f"py3{chance.randint(9, 13)}h{chance.getrandbits(28):07x}_0",
                sha256=f"{chance.getrandbits(256):064x}",
                sha256_from="index",
            )
        )
    return made


def _one(chance: random.Random, name: str, version: str, **given: Any) -> Row:
    file_name = f"{name}-{version}-{given['build']}.conda"
    given["package"] = file_name
    given["location"] = f"https://conda.example/forge/{given['subdir']}/{file_name}"
    throw = chance.random()
    sha = f"{chance.getrandbits(160):040x}"
    host, provider = chance.choices(
        (
            ("github.com/conda-forge", "github"),
            ("github.com/conda-forge", "azure"),
            ("github.com/bioconda", "circle"),
            ("gitlab.com/esri", "gitlab"),
            ("codeberg.org/small", "woodpecker"),
            ("git.example.org/team", "jenkins"),
        ),
        (50, 25, 10, 6, 3, 2),
    )[0]
    remote = f"https://{host}/{name}-feedstock"
    run = str(chance.randint(10**9, 10**10))
    told = {
        "sha": sha,
        "remote_url": remote,
        "flow_run_id": f"{provider}_{run}",
        "flow_run_url": f"https://{host}/{name}/runs/{run}" if provider != "github" else None,
        "run_url": f"{remote}/actions/runs/{run}" if provider == "github" else f"https://{host}/{name}/runs/{run}",
        "commit_url": f"{remote}/commit/{sha}",
    }  # fmt: skip
    if throw < 0.62:
        return row(name, version, **given, **told, state="complete")
    if throw < 0.73:
        told |= {"flow_run_id": None, "flow_run_url": None, "run_url": None}
        return row(name, version, **given, **told, state="partial")
    if throw < 0.9:
        return row(name, version, **given)
    if throw < 0.945:
        code, message = chance.choice((SHORT, LOGIN, BARE))
        if code == "sha-short":
            told |= {"sha": sha[:7], "commit_url": None}
        if code == "run-bare":
            told |= {"flow_run_id": run, "run_url": None}
        if code == "remote-credentials":
            told["remote_url"] = remote.replace("https://", "https://***@")
        wrong = [problem(code, message)]
        return row(name, version, **given, **told, problems=wrong, state="malformed")
    if throw < 0.985:
        return row(name, version, **given, state="too-old")
    error = f"{given['location']} cannot be read: the server answers 404."
    return row(name, version, **given, error=error, state="unreadable")
