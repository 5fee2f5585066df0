"""Runs the commands as people and programs do, and holds their JSON against the schema."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from pseudo_terminal import run_on_pseudo_terminal

import conda_provenance

SCHEMA = Path(conda_provenance.__file__).parent / "cli" / "schema.json"


def run_command(
    *arguments: str | Path, cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run ``conda-provenance`` with these arguments and further environment variables."""
    command = [sys.executable, "-m", "conda_provenance", *map(str, arguments)]
    environment = {**os.environ, **variables}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The object that a command printed with ``--json``; it must have the documented form."""
    printed: dict[str, Any] = json.loads(done.stdout)
    validator().validate(printed)
    return printed


@cache
def validator() -> Any:
    """The schema, without a word more than it lists: what is printed must be documented."""
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(_closed(schema))


def _closed(schema: Any) -> Any:
    closed = copy.copy(schema)
    if isinstance(schema, dict):
        closed = {name: _closed(each) for name, each in schema.items()}
        if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
            closed["additionalProperties"] = False
    elif isinstance(schema, list):
        closed = [_closed(each) for each in schema]
    return closed


def run_on_terminal(
    *arguments: str | Path, cwd: Path | None = None, columns: int = 80, **variables: str
) -> tuple[int, str]:
    """Run a command on a pseudo-terminal. Return its status and all that it wrote there."""
    environment = {**os.environ, "TERM": "xterm-256color", **variables}
    environment.pop("COLUMNS", None)
    command = [sys.executable, "-m", "conda_provenance", *map(str, arguments)]
    ran = run_on_pseudo_terminal(command, environment, cwd=cwd, columns=columns)
    return ran.status, ran.shown


def screen_lines(written: str) -> list[str]:
    """The lines that are left on a terminal that is wide enough, its colours and links removed."""
    import re

    plain = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;;.*?\x1b\\", "", written)
    lines = []
    for line in plain.replace("\r\n", "\n").split("\n"):
        # A carriage return goes to the beginning of the line; "erase" clears what is behind it.
        shown = ""
        for piece in line.split("\r"):
            text, erase, after = piece.partition("\x1b[K")
            shown = text + after if erase else text + shown[len(text) :]
        lines.append(shown)
    return lines
