"""What is known of a CI's runs once they are over. It knows no CI.

One object describes one CI, in ``systems/<vendor>/runs.py``. So far it leads from a run's id to its
page. Questions to a CI's API about a run and its jobs belong here too, with the types of the
answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from conda_provenance.remotes import RemoteUrl

_PAGE = re.compile(r"(?:\{remote\}|https://[^{}/]+)/(?:[^{}]|\{id\})+\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The runs of one CI.

    Raises :class:`ValueError` for a malformed template.
    """

    run_id: str
    """The form of an id, as a regular expression, without the provider's name before it."""
    page: str
    """The page of a run: ``{remote}/actions/runs/{id}`` for one below the repository's address, or
    a whole address with ``{id}``."""

    def __post_init__(self) -> None:
        if not _PAGE.match(self.page):
            raise ValueError(
                f'page is a template such as "{{remote}}/actions/runs/{{id}}": {self.page!r}'
            )

    @property
    def below_repository(self) -> bool:
        """Is the page below the repository's address? Then only the vendor's own forge has it."""
        return self.page.startswith("{remote}")

    def url(self, remote: RemoteUrl | None, run_id: str) -> str | None:
        """The page of this run, or ``None`` for an id of another form or a missing repository."""
        if not re.fullmatch(self.run_id, run_id, re.ASCII):
            return None

        if self.below_repository and remote is None:
            return None

        return self.page.replace("{remote}", str(remote)).replace("{id}", run_id)
