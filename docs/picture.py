"""Draws docs/terminal.svg: what the commands print in colour, for a feedstock that is made here.

Run it as ``python docs/picture.py``; it needs git, rich and py-rattler-build. A path writes it
elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
EXAMPLE = HERE.parent / "examples" / "hello"
WIDTH = 112
REMOTE = "https://x-access-token:not-shown@github.com/example/hello-feedstock.git"

COMMANDS = ("detect", "build recipe", "show output/noarch/hello-1.0-h4616a5c_0.conda")

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_RUN_ID": "13381204511",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "example/hello-feedstock",
}
DATES = {"GIT_AUTHOR_DATE": "2026-03-02T00:00:00Z", "GIT_COMMITTER_DATE": "2026-03-02T00:00:00Z"}
"""With fixed dates the commit is the same in every picture."""

LONGEST, FIRST, LAST = 30, 4, 9
"""A longer output is cut in the middle: so many lines of it are kept."""


def main() -> None:
    """Draw the picture, into the given file or docs/terminal.svg."""
    target = sys.argv[1] if len(sys.argv) > 1 else str(HERE / "terminal.svg")
    with open(os.devnull, "w") as nowhere, tempfile.TemporaryDirectory() as folder:
        console = Console(record=True, width=WIDTH, file=nowhere)
        feedstock = Path(os.path.realpath(folder)) / "hello-feedstock"
        _make_feedstock(feedstock)
        for command in COMMANDS:
            console.print(Text(f"$ conda-provenance {command}", "bold"))
            output = _run(command, feedstock).replace(str(feedstock.parent), "~")
            for line in _cut(output.rstrip().splitlines()):
                console.print(Text.from_ansi(line), no_wrap=True, overflow="ellipsis")
            console.print()
        console.save_svg(target, title="conda-provenance")


def _make_feedstock(folder: Path) -> None:
    shutil.copytree(EXAMPLE, folder / "recipe")
    (folder / ".gitignore").write_text("output/\n")
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        [*identity, "commit", "-qm", "first"],
        ["remote", "add", "origin", REMOTE],
    ):
        subprocess.run(["git", *command], cwd=folder, env=os.environ | DATES, check=True)


def _run(command: str, folder: Path) -> str:
    """What the command prints on a terminal that shows colours."""
    terminal = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "PYTHONUNBUFFERED": "1"}
    return subprocess.run(
        [sys.executable, "-m", "conda_provenance", *command.split()],
        cwd=folder,
        env={**os.environ, **GITHUB, **DATES, **terminal},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=True,
    ).stdout


def _cut(lines: list[str]) -> list[str]:
    """The lines, without the middle of the engine's long log."""
    if len(lines) <= LONGEST:
        return lines
    hidden = len(lines) - FIRST - LAST
    return [*lines[:FIRST], f"\x1b[2m  … {hidden} more lines of the log …\x1b[0m", *lines[-LAST:]]


if __name__ == "__main__":
    main()
