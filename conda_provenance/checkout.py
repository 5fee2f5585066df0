"""Compares what git found with the commit and repository that the CI run says it is for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from conda_provenance.paths import lies_in

if TYPE_CHECKING:
    from conda_provenance.ci import CIRun
    from conda_provenance.git import GitFacts


class Checkout(NamedTuple):
    """The recipe's repository and the CI run, seen together."""

    git: GitFacts
    run: CIRun | None
    holds_recipe: bool = False
    """Does the recipe lie in the folder that the run checked out?"""
    parents: tuple[str, ...] = ()
    """The parents of git's commit, read only where they decide something."""
    names_commit: bool = False
    """Does the run name its commit, in whatever form? Asked only where git found no repository."""

    @classmethod
    def of(
        cls, recipe: Path, git: GitFacts, run: CIRun | None, names_commit: Callable[[], bool]
    ) -> Checkout:
        """Compare the recipe's repository with the run."""
        if run is None:
            return cls(git, None)

        # Many CIs merge a pull request in the checkout, or a step of the job does it.
        may_be_merged = (
            run.pull_request
            and git.sha
            and git.sha != run.head_sha
            and not (run.merge and git.sha == run.sha)
        )
        parents = git.parents() if may_be_merged else ()
        is_named = git.sha is None and (run.sha is not None or names_commit())
        return cls(git, run, lies_in(recipe, run.workspace), parents, is_named)

    def replaces_git(self) -> bool:
        """May the run's commit be used, because git found no repository in the checkout?"""
        if self.run is None or not self.holds_recipe or self.git.sha is not None:
            return False

        # The run's commit is no answer for a nested repository that cannot be read.
        unreadable = self.git.unreadable
        return not unreadable or lies_in(Path(self.run.workspace or ""), unreadable)

    def hides_commit(self) -> bool:
        """May the recipe be of a commit that neither git nor the run names?

        It may, if it lies in the run's checkout, or if the run names a commit or a repository and
        that checkout is not here: its variables may have been handed into a container.
        """
        run = self.run
        if self.git.unreadable:
            return True

        if run is None or self.git.sha is not None:
            return False

        if run.workspace and os.path.isabs(run.workspace) and os.path.isdir(run.workspace):
            return self.holds_recipe

        return bool(self.names_commit or run.remote_url)

    def is_of_same_commit(self) -> bool:
        """Is the recipe in the run's checkout, at the commit that the run is for?"""
        return bool(
            self.run and self.holds_recipe and self.git.sha and self.git.sha == self.run.sha
        )

    def disagreements(self) -> Iterator[str]:
        """Warnings where git and the run name different commits or repositories."""
        git, run = self.git, self.run
        if run is None or (run.workspace and not self.holds_recipe):
            return

        of_pull_request = git.sha == run.head_sha or self.is_merge(git.sha)
        if git.sha and run.sha and git.sha != run.sha and not of_pull_request:
            yield (
                f"{run.name} ran for another commit than the one the recipe's repository is at; "
                "the repository's commit is stamped."
            )

        expected = [run.remote_url, run.head_remote_url if of_pull_request else None]
        is_expected = git.remote_url and git.remote_url.lower() in [
            url.lower() for url in expected if url
        ]
        if git.remote_url and run.remote_url and not is_expected:
            yield (
                f"{run.name} ran for another repository than the recipe's; "
                "the recipe's repository is stamped."
            )

    def is_merge(self, sha: str | None) -> bool:
        """Is this a merge commit that the CI, or a step of its run, made for a pull request?"""
        run = self.run
        if run is None:
            return False

        if sha and sha == run.sha and run.merge:
            return sha != run.head_sha

        expected = {run.head_sha, None if run.merge else run.sha}
        return len(self.parents) > 1 and bool(expected & set(self.parents))

    def merge_warning(self) -> str:
        """The warning that a merge commit is stamped."""
        assert self.run is not None
        warning = (
            f"The commit is a merge commit of {self._pull_request()}: it may not be found later"
        )
        own = f"; the pull request's own is {self.run.head_sha}" if self.run.head_sha else ""
        return f"{warning}{own}."

    def describe(self, sha: str) -> str:
        """Which commit ``sha`` is, in words."""
        run = self.run
        if not sha:
            return ""

        if run is None:
            return "the commit that is checked out"

        if self.is_merge(sha):
            own = f"; its own commit is {run.head_sha}" if run.head_sha else ""
            return f"the merge commit of {self._pull_request()}{own}"

        if run.pull_request and sha == run.head_sha:
            return f"the head of {self._pull_request()}"

        if sha != run.sha:
            other = f", which is not the one that {run.name} ran for" if run.sha else ""
            return f"the commit that is checked out{other}"

        return self._describe_run_commit(run)

    def _describe_run_commit(self, run: CIRun) -> str:
        if run.tag:
            return f"tag {run.tag}"

        if run.pull_request:
            # Not every system says whether it builds the head or a merge commit.
            own = f", whose own is {run.head_sha}" if run.head_sha else ""
            return f"the commit that {run.name} ran for, of {self._pull_request()}{own}"

        branch = f" of branch {run.branch}" if run.branch else ""
        return f"the commit{branch} that {run.name} ran for"

    def _pull_request(self) -> str:
        assert self.run is not None
        run = self.run
        number = f"pull request {run.pull_request}" if run.pull_request else "a pull request"

        is_fork = (
            run.head_remote_url
            and run.remote_url
            and run.head_remote_url.lower() != run.remote_url.lower()
        )
        return f"{number} from {run.head_remote_url}" if is_fork else number
