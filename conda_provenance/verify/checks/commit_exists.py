"""``commit-exists``: the repository serves the commit. That proves storage, and nothing more.

Any git server hands out commits that no branch has: of forks, of changes that nobody merged, of
branches that are gone.
"""

from __future__ import annotations

from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.outcome import Result
from conda_provenance.verify.stamped import NAMES_NO_COMMIT, stamped


class CommitExists(Check):
    id = "commit-exists"
    summary = "Does the repository have the commit?"
    proves = (
        "storage only: a git server hands out commits that no branch has, such as those of forks "
        "and of pull requests that nobody merged"
    )

    def check(self, case: Case, world: World) -> Result:
        asked = stamped(case, world)
        if asked is None:
            return self.not_applicable(NAMES_NO_COMMIT)

        commit = asked.repository.commit(asked.sha)
        addresses = [str(each) for each in asked.repository.addresses()]
        if commit is None:
            return self.failed(
                f"{asked.place} says that it has no commit {asked.sha}.",
                contradicts=True,
                sha=asked.sha,
                addresses=addresses,
            )
        return self.passed(
            f"{asked.place} has the commit {asked.sha}, which shows only that it is stored there: "
            "a server hands out commits of no branch, too.",
            sha=commit.sha,
            tree=commit.tree,
            parents=list(commit.parents),
            author=commit.author,
            committer=commit.committer,
            committed=commit.committed,
            subject=commit.subject,
            addresses=addresses,
        )


CHECK = CommitExists()
