"""What a forge is: the pages that a server has for the repositories on it. It knows no forge.

One object describes one kind of forge, in ``systems/<vendor>/forge.py``. So far it makes the pages
of a commit and of what changed between two. Questions to a forge's API (does a repository, a change
or a review exist?) belong here too, with the types of the answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from conda_provenance.remotes import RemoteUrl

_COMMIT_PAGE = re.compile(r"\{remote\}/(?:[^{}]|\{sha\})+\Z")
_COMPARE_PAGE = re.compile(r"\{remote\}/(?:[^{}]|\{old\}|\{new\})+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forge:
    """One kind of forge.

    Raises :class:`ValueError` for a malformed template.
    """

    commit_page: str
    """The page of a commit, such as ``{remote}/commit/{sha}``. ``{remote}`` is the repository's
    address, ``{sha}`` the commit's full hash."""
    compare_page: str = ""
    """The page of what changed from ``{old}`` to ``{new}``, as
    ``{remote}/compare/{old}...{new}``, if the forge has one for commits."""
    self_hosted: bool = False
    """Do others run servers of this forge, with the same pages? An unknown host is then taken for
    one if its first label is the vendor's name, or if the vendor's CI ran the build."""

    def __post_init__(self) -> None:
        if not _COMMIT_PAGE.match(self.commit_page):
            raise ValueError(
                f'commit_page is a template such as "{{remote}}/commit/{{sha}}": '
                f"{self.commit_page!r}"
            )

        if self.compare_page and not _COMPARE_PAGE.match(self.compare_page):
            raise ValueError(
                f'compare_page is a template such as "{{remote}}/compare/{{old}}...{{new}}": '
                f"{self.compare_page!r}"
            )

    def commit_url(self, remote: RemoteUrl, sha: str) -> str:
        """The page of this commit."""
        return self.commit_page.replace("{remote}", str(remote)).replace("{sha}", sha)

    def compare_url(self, remote: RemoteUrl, old: str, new: str) -> str | None:
        """The page of what changed between two commits, if there is one."""
        page = self.compare_page.replace("{remote}", str(remote))
        return page.replace("{old}", old).replace("{new}", new) or None
