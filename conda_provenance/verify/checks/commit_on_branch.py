"""``commit-on-branch``: the commit is, or was, the tip of the branch that counts.

Who put it there is not known here.

It passes on the first-parent line of the branch: a commit that came in through the other parent of
a merge never was the branch, and may have been undone before it was merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from conda_provenance.errors import UsageError
from conda_provenance.policy.refs import BRANCHES, TAGS, matching_refs
from conda_provenance.text import listed, show
from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.outcome import Result
from conda_provenance.verify.repository import Position, Refs
from conda_provenance.verify.stamped import (
    NAMES_NO_COMMIT,
    NO_SUCH_COMMIT,
    Stamped,
    stamped,
)

_MAX_NAMED = 3
_MAX_SHOWN = 200
_MAX_REFS = 100
"""Branches and tags that a fact lists."""


class CommitOnBranch(Check):
    id = "commit-on-branch"
    summary = "Is the commit on the default branch, or on the branch or tag that is expected?"
    proves = "that somebody who may write there put it there"

    def check(self, case: Case, world: World) -> Result:
        asked = stamped(case, world)
        if asked is None:
            return self.not_applicable(NAMES_NO_COMMIT)
        if asked.repository.commit(asked.sha) is None:
            return self.not_applicable(NO_SUCH_COMMIT)

        refs = asked.repository.refs()
        expected = case.expected.refs
        if not expected and refs.default is None:
            return self._nowhere(asked, (), "whose default branch is not known")

        try:
            wanted = _wanted(expected, refs)
        except UsageError as error:
            return self.unavailable(str(error), expected=list(expected))
        return self._searched(case, asked, wanted)

    def _searched(self, case: Case, asked: Stamped, wanted: Sequence[str]) -> Result:
        """Look at one wanted branch after the other."""
        merged = []
        for ref in wanted:
            position = asked.repository.position(asked.sha, ref)
            if position is Position.ON_LINE:
                return self.passed(
                    f"The commit is on {_name(ref)} of {asked.place}.", ref=ref, position="on-line"
                )
            if position is Position.MERGED:
                merged.append(ref)

        if merged:
            return self._merged(case, asked, merged[0])
        return self._elsewhere(case, asked, wanted)

    def _merged(self, case: Case, asked: Stamped, ref: str) -> Result:
        facts: dict[str, Any] = {"ref": ref, "position": "merged"}
        if case.expected.side_commits:
            return self.passed(
                f"The commit was merged into {_name(ref)} of {asked.place}, which the policy "
                "accepts; it never was the branch itself.",
                **facts,
            )
        return self.unavailable(
            f"The commit was merged into {_name(ref)} of {asked.place}, and never was the branch "
            "itself: what it did may have been undone before the merge.",
            **facts,
        )

    def _elsewhere(self, case: Case, asked: Stamped, wanted: Sequence[str]) -> Result:
        """The commit is on none of the branches that count."""
        if case.expected.refs:
            return self._unexpected(case, asked, wanted)
        return self._nowhere(asked, wanted, f"and not on {_listed(wanted)}")

    def _nowhere(self, asked: Stamped, wanted: Sequence[str], not_there: str) -> Result:
        """Nobody said which branch counts. On another one the commit may be as good."""
        found = asked.repository.refs_with(asked.sha)
        facts = _facts(found, wanted)
        branches = _of(found, BRANCHES)
        if branches:
            return self.unavailable(
                f"The commit is on {_listed(branches)} of {asked.place}, {not_there}: expect that "
                "branch by --expect-ref or a policy, if it counts.",
                **facts,
            )
        if tags := _of(found, TAGS):
            return self.unavailable(
                f"The commit is reached by {_listed(tags)} of {asked.place} alone, and by no "
                "branch: expect that tag by --expect-ref or a policy, if it counts.",
                **facts,
            )
        return self.failed(_stored_only(asked), contradicts=True, **facts)

    def _unexpected(self, case: Case, asked: Stamped, wanted: Sequence[str]) -> Result:
        """The user or the policy said which branches count."""
        found = asked.repository.refs_with(asked.sha)
        facts = {**_facts(found, wanted), "expected": list(case.expected.refs)}
        if not found:
            return self.failed(_stored_only(asked), contradicts=True, **facts)

        where = _listed([*_of(found, BRANCHES), *_of(found, TAGS)])
        if wanted:
            return self.failed(
                f"The commit is on {where} of {asked.place}, and not on {_listed(wanted)}, where "
                "it is expected.",
                contradicts=True,
                **facts,
            )
        names = _joined(show(each, _MAX_SHOWN) for each in case.expected.refs)
        return self.unavailable(
            f"{asked.place} has no branch or tag {names}, where the commit is expected; it is on "
            f"{where}.",
            **facts,
        )


def _wanted(expected: Sequence[str], refs: Refs) -> tuple[str, ...]:
    """The full names of the branches and tags that count."""
    if not expected:
        return () if refs.default is None else (refs.default,)

    names = [name for each in expected for name in matching_refs(each, refs.commits)]
    first = [name for name in names if name == refs.default]
    return tuple(dict.fromkeys((*first, *names)))


def _stored_only(asked: Stamped) -> str:
    return (
        f"{asked.place} stores the commit, but none of its branches and tags has it: it is of a "
        "fork, of a change that nobody merged, or of a branch that is gone."
    )


def _of(found: Mapping[str, Position], start: str) -> list[str]:
    """Those of one kind, first the ones that it has been the tip of."""
    names = [name for name in found if name.startswith(start)]
    return sorted(names, key=lambda name: (found[name] is not Position.ON_LINE, name))


def _facts(found: Mapping[str, Position], wanted: Iterable[str]) -> dict[str, Any]:
    listed: Iterator[str] = iter([*_of(found, BRANCHES), *_of(found, TAGS)])
    return {
        "looked_at": list(wanted)[:_MAX_REFS],
        "refs": {
            name: found[name].value for name, _ in zip(listed, range(_MAX_REFS), strict=False)
        },
    }


def _name(ref: str) -> str:
    """A branch or a tag as people call it."""
    if ref.startswith(TAGS):
        return f"the tag {show(ref.removeprefix(TAGS), _MAX_SHOWN)}"
    return f"the branch {show(ref.removeprefix(BRANCHES), _MAX_SHOWN)}"


def _listed(refs: Sequence[str]) -> str:
    return _joined(map(_name, refs)) or "any branch"


def _joined(names: Iterable[str]) -> str:
    return listed(names, "or", _MAX_NAMED)


CHECK = CommitOnBranch()
