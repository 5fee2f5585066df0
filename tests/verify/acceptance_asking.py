"""Asks ``conda-provenance verify`` about packages of the world, as a user would."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from acceptance_sites import SIGNATURE, TOKEN
from acceptance_table import Row
from acceptance_world import World
from cli_running import validator

from conda_provenance.cli.main import main


class Said(NamedTuple):
    """What the command said."""

    status: int
    packages: list[dict[str, Any]]


@contextmanager
def online(world: World, *, token: str = TOKEN) -> Iterator[None]:
    """This process uses the internet of the world, and has the user's token."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in world.internet.environment.items():
            patch.setenv(name, value)
        patch.setenv("GH_TOKEN", token)
        yield


def verify(
    world: World,
    capsys: pytest.CaptureFixture[str],
    packages: Sequence[Path],
    options: Sequence[str] = (),
    *,
    token: str = TOKEN,
) -> Said:
    """Run the command in this process."""
    with online(world, token=token):
        capsys.readouterr()
        root = ("--trust-root", str(world.trust_root))
        status = main(["verify", *map(str, packages), "--json", *root, *options])
        out, err = capsys.readouterr()
    answer = json.loads(out)
    validator().validate(answer)
    assert TOKEN not in out + err
    assert SIGNATURE not in out + err
    assert not world.leaks()
    assert not world.internet.missed, "the world lacks a host"
    return Said(status, answer["packages"])


def hold(row: Row, package: dict[str, Any], status: int | None = None) -> None:
    """Does the command say of the package what the row says?"""
    checks = {each["id"]: each for each in package["checks"]}
    shown = "\n".join(
        f"{name}: {each['outcome']}: {each['message']}" for name, each in checks.items()
    )
    shown += f"\n{package['outcome']}: {package['message']}"

    decided = checks[row.check]
    assert (decided["outcome"], package["outcome"]) == (row.ends, row.outcome), shown
    assert row.says in decided["message"], shown
    assert row.also_says in package["message"], shown
    for name, ends in (row.others or {}).items():
        assert checks[name]["outcome"] == ends, shown
    if status is not None:
        assert status == row.exit, shown
