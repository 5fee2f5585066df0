"""``Plan``: the command line to run in place of the user's, and the values that it adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from conda_provenance.errors import RequirementError
from conda_provenance.origin import Origin
from conda_provenance.settings import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """A command line to run in place of the given one."""

    command: tuple[str, ...]
    added: Mapping[str, str] = field(default_factory=dict)
    """The values that the builder gets on its command line."""
    provided: frozenset[str] = frozenset()
    """Keys that every recipe sets itself."""
    origins: tuple[Origin, ...] = ()
    """Where each recipe comes from."""
    warnings: tuple[str, ...] = ()
    uncertain: str = ""
    """Why a required key may be missing from a package. Empty if the builder checks that itself."""
    remedy: str = ""
    """What to do instead, where the builder takes no ``--extra-meta``."""

    def require(self, settings: Settings) -> None:
        """Raise :class:`RequirementError` for a required key that may be missing from a package."""
        if not self.uncertain:
            return

        for key in settings.required:
            if self.added.get(key) or key in self.provided:
                continue

            remedy = self.remedy or f"give it with the builder's --extra-meta {key}=VALUE"
            raise RequirementError(
                f"{key} is required (plugins.provenance_required) but missing: "
                f"{self._why_missing(key, settings)}; {remedy}."
            )

    def _why_missing(self, key: str, settings: Settings) -> str:
        for origin in self.origins:
            if key in origin.missing:
                return origin.missing[key]
        if self.origins and key not in settings.fields:
            return "plugins.provenance_fields leaves it out"
        return self.uncertain
