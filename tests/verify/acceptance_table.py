"""Rows of the acceptance test: a package, and what ``verify`` says of it.

``python tests/verify/acceptance_table.py`` writes them into ``docs/explanation/forgeries.md``.
A test holds that page against them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    here = Path(__file__).parent
    parts = ("", "checks", "../servers", "../servers/forges", "../servers/cis", "../packages")
    sys.path[:0] = [str(here / part) for part in parts]

from acceptance_world import HELLO, World

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "forgeries.md"

VERIFIED, CONSISTENT, REFUTED = "verified", "consistent", "refuted"
SILENT, OPEN = "silent", "unavailable"
PASS, FAIL, NOT_APPLICABLE = "pass", "fail", "not-applicable"

_STATUS = {VERIFIED: 0, CONSISTENT: 3, REFUTED: 1, SILENT: 3, OPEN: 3}

Options = Callable[[World], Sequence[str]]


def expected(world: World) -> Sequence[str]:
    """The user names the repository."""
    return ("--expect-repo", f"https://github.com/{HELLO}")


def nobody_named(world: World) -> Sequence[str]:
    """Nobody but the package names it."""
    return ()


def also(*more: str) -> Options:
    return lambda world: (*expected(world), *more)


def named(repository: str, *more: str) -> Options:
    return lambda world: ("--expect-repo", f"https://github.com/{repository}", *more)


def ready(name: str) -> Options:
    """A policy that comes with conda-provenance."""
    return lambda world: ("--policy", name)


def policy(text: str, **given: str) -> Options:
    """A policy of the user's own."""
    return lambda world: ("--policy", world.policy(text, **given))


@dataclass(frozen=True)
class Row:
    """One package."""

    title: str
    """For the page, too."""
    make: Callable[[Any], Path]
    """It is given the world, or what else there is to make packages with."""
    check: str
    """The check that decides."""
    ends: str
    says: str
    """The heart of its sentence."""
    outcome: str
    options: Callable[[Any], Sequence[str]] = expected
    status: int | None = None
    """The exit status. ``None``: the one that the outcome has without a policy."""
    others: Mapping[str, str] | None = None
    """How further checks end."""
    also_says: str = ""
    """What stands in the verdict's sentence."""

    def __str__(self) -> str:
        return self.title

    @property
    def exit(self) -> int:
        return _STATUS[self.outcome] if self.status is None else self.status


def table(rows: Sequence[Row], first: str) -> str:
    """The rows for people, in Markdown."""
    lines = [
        f"| {first} | check | ends | says | the package | exit |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        says = f"{row.says}…".replace(".…", ".").replace("|", "\\|")
        says = says if row.says[:1].isupper() else f"…{says}"
        cells = (row.title, f"`{row.check}`", row.ends, says, row.outcome, str(row.exit))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def filled(page: str, tables: Mapping[str, str]) -> str:
    """The page, with each table between its two marks."""
    for name, text in tables.items():
        start, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(start)}.*?{re.escape(end)}", re.DOTALL)
        assert len(pattern.findall(page)) == 1, name
        page = pattern.sub(lambda _, new=f"{start}\n\n{text}\n\n{end}": new, page)
    return page


def tables() -> dict[str, str]:
    from forgery_rows import FORGERIES
    from gitlab_rows import GITLAB
    from honest_rows import HONEST

    made = {name: table(rows, "what is forged") for name, rows in FORGERIES.items()}
    made["a GitLab"] = table(GITLAB, "what it is")
    return {**made, "honest packages": table(HONEST, "what is honest")}


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8"), tables()), "utf-8")
