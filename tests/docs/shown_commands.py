"""The commands that the pages show: where each stands, and whether the tests run it.

A fence marked ``sh`` holds commands, one marked ``console`` commands after ``$`` and what they
print. A comment on the line above a fence says what is odd about it:

- ``<!-- not run: needs docker -->``: the tests do not run it, and why.
- ``<!-- ends with 3 -->``: a command of ours in it ends with this status, and not with 0.
- ``<!-- in another terminal -->``: it runs on while the rest of the page is run.
- ``<!-- test command -->``, ``<!-- example command -->``: ``.ci/run`` runs it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_FENCE = re.compile(
    r"(?:^[ ]*<!--[ ](?P<note>[^\n]+?)[ ]-->\n\n?)?"
    r"^(?P<indent>[ ]*)```(?P<kind>sh|console)\n(?P<body>.*?)^[ ]*```$",
    re.MULTILINE | re.DOTALL,
)
_OURS = re.compile(r"""(?:^|[|;&('"]|\b\w+=\S* )\s*conda[- ]provenance(?: |$)""")


class Shown(NamedTuple):
    """A fence with commands."""

    page: Path
    line: int
    kind: str
    body: str
    note: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def why_not(self) -> str | None:
        """Why the tests do not run it."""
        if self.note in ("test command", "example command"):
            return ".ci/run does"
        return self.note.partition("not run: ")[2] or None

    @property
    def statuses(self) -> set[int]:
        """How commands of ours may end."""
        return {0, *map(int, re.findall(r"\d+", self.note.partition("ends with ")[2]))}

    @property
    def script(self) -> str:
        """What a shell runs."""
        return self.body if self.kind == "sh" else "\n".join(command for command, _ in self.parts)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Each command of a ``console`` fence, with what it prints."""
        found: list[tuple[str, str]] = []
        for each in re.split(r"^\$ ", self.body, flags=re.MULTILINE)[1:]:
            command = re.match(r"(?:.*\\\n)*.*\n?", each)
            assert command is not None
            found.append((command[0].rstrip("\n"), each[command.end() :]))
        return found

    @property
    def ours(self) -> Iterator[list[str]]:
        """The words of each command of ours."""
        for line in self.script.replace("\\\n", " ").splitlines():
            for match in _OURS.finditer(line):
                yield _words(line[match.end() :])


def _words(text: str) -> list[str]:
    """The words of one simple command. What follows it in the line does not count."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        for word in lexer:
            if set(word) <= set("|&;<>()"):
                break
            words.append(word)
    except ValueError:  # It stands within quotes: they end behind the command.
        return _words(text.rpartition("'")[0]) if "'" in text else _words(text.partition('"')[0])
    return words


def shown(page: Path) -> list[Shown]:
    """All fences of a page that hold commands."""
    text = page.read_text("utf-8")
    return [
        Shown(
            page,
            text.count("\n", 0, match.start("indent")) + 1,
            match["kind"],
            re.sub(rf"^{match['indent']}", "", match["body"], flags=re.MULTILINE),
            match["note"] or "",
        )
        for match in _FENCE.finditer(text)
    ]
