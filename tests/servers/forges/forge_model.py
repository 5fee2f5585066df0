"""What a forge knows of a repository, taken from a real git history. No vendor is known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from histories import History, MadeChange

MERGER = "carol"
GONE = "gone"
"""A login whose account has been deleted."""


@dataclass(frozen=True)
class Person:
    login: str
    is_bot: bool = False

    @property
    def id(self) -> int:
        return sum(map(ord, self.login)) * 7

    @property
    def name(self) -> str:
        return self.login.capitalize()

    @property
    def email(self) -> str:
        return f"{self.login}@example.org"


@dataclass(frozen=True)
class Opinion:
    """A review. ``state``: ``approved``, ``changes``, ``comment`` or ``dismissed``."""

    login: str
    state: str = "approved"
    commit: str = ""
    """Empty: the head. ``-``: not known any more."""
    has_right: bool = True
    is_bot: bool = False


@dataclass(frozen=True)
class ForgeChange:
    number: int
    is_merged: bool
    is_open: bool
    author: str
    branch: str
    base: str
    commits: tuple[str, ...]
    """The last is the head."""
    landed: tuple[str, ...] = ()
    """The commits that are on the base branch since. The last is the one that merging made."""
    shown_merge: str | None = None
    """What an open change shows as its merge: a test merge."""
    merged_by: str = MERGER
    merged_by_bot: bool = False
    said: tuple[Opinion, ...] = ()
    how: str = "merge"
    base_repository: str = ""
    """Empty: the repository itself."""
    authors: tuple[str, ...] = ()
    """Of the commits. Empty: the change's author."""

    @property
    def head(self) -> str:
        return self.commits[-1]

    @property
    def merge(self) -> str | None:
        return self.landed[-1] if self.landed else self.shown_merge

    def has(self, sha: str) -> bool:
        return sha in (*self.commits, *self.landed)

    def last_said(self) -> list[Opinion]:
        """What everybody said last, for forges that keep no more."""
        return list({each.login: each for each in self.said}.values())

    def reviewed(self, said: Opinion) -> str | None:
        return {"": self.head, "-": None}.get(said.commit, said.commit)


@dataclass
class ForgeModel:
    """One repository of a forge."""

    history: History
    owner: str = "acme"
    name: str = "hello-feedstock"
    id: int = 4711
    owner_id: int = 99
    default_branch: str = "main"
    is_private: bool = False
    changes: list[ForgeChange] = field(default_factory=list)
    parent: str | None = None
    statuses: Mapping[str, Sequence[Mapping[str, str]]] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def change(self, number: int) -> ForgeChange | None:
        return next((each for each in self.changes if each.number == number), None)

    def edit(self, number: int, **fields: object) -> ForgeChange:
        """Change a change."""
        for index, each in enumerate(self.changes):
            if each.number == number:
                self.changes[index] = replace(each, **fields)  # type: ignore[arg-type]
                return self.changes[index]
        raise KeyError(number)

    def parents(self, sha: str) -> list[str]:
        return self.history.git("rev-list", "--parents", "-n1", sha).split()[1:]

    def line(self, ref: str, count: int = 50) -> list[str]:
        """The log of a branch, newest first."""
        return self.history.git("rev-list", "--date-order", f"-n{count}", ref).split()

    def has_commit(self, sha: str) -> bool:
        try:
            self.history.git("cat-file", "-e", f"{sha}^{{commit}}")
        except AssertionError:
            return False
        return True


def model_of(history: History) -> ForgeModel:
    """The forge's view of a history."""
    model = ForgeModel(history)
    model.changes = [_change(history, made) for made in history.changes]
    return model


def _change(history: History, made: MadeChange) -> ForgeChange:
    commits = tuple(history[name] for name in made.commits)
    landed: tuple[str, ...] = ()
    if made.landed:
        count = len(commits) if made.how == "rebase" else 1
        line = history.git("rev-list", "--first-parent", f"-n{count}", history[made.landed])
        landed = tuple(reversed(line.split()))
    return ForgeChange(
        number=made.number,
        is_merged=made.landed is not None,
        is_open=made.how in ("open", "fork"),
        author=made.author,
        branch=made.branch,
        base=made.base.removeprefix("refs/heads/"),
        commits=commits,
        landed=landed,
        shown_merge=history[made.test_merge] if made.test_merge else None,
        how=made.how,
    )
