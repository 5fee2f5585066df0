"""Draws docs/terminal.svg: what the commands really print for a feedstock made here. ``python docs/picture.py``"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 112
EXAMPLE = Path(__file__).parents[1] / "examples" / "hello"
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "13381204511",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "example/hello-feedstock",
}
DATES = {"GIT_AUTHOR_DATE": "2026-03-02T00:00:00Z", "GIT_COMMITTER_DATE": "2026-03-02T00:00:00Z"}
"""So that the commit is the same in every picture."""

COMMANDS = ("detect", "build -q -o output recipe", "show output/noarch/hello-1.0-h4616a5c_0.conda")


def main() -> None:
    console = Console(record=True, width=WIDTH, file=open(os.devnull, "w"))  # noqa: SIM115
    with tempfile.TemporaryDirectory() as folder:
        feedstock = Path(folder)
        shutil.copytree(EXAMPLE, feedstock / "recipe")
        (feedstock / ".gitignore").write_text("output/\n")
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        remote = "https://x-access-token:not-shown@github.com/example/hello-feedstock.git"
        for command in (
            ["init", "-q"],
            ["add", "."],
            [*identity, "commit", "-qm", "first"],
            ["remote", "add", "origin", remote],
        ):
            subprocess.run(["git", *command], cwd=feedstock, env=os.environ | DATES, check=True)
        for command in COMMANDS:
            console.print(Text(f"$ conda-provenance {command}", "bold"))
            environment = os.environ | GITHUB | DATES | {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH)}
            done = subprocess.run(
                [sys.executable, "-m", "conda_provenance", *command.split()],
                cwd=feedstock,
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            console.print(Text.from_ansi(done.stdout.rstrip()))
            console.print()
    console.save_svg(str(Path(__file__).with_name("terminal.svg")), title="conda-provenance")


if __name__ == "__main__":
    main()
