"""``Provenance``: where a package that we stamp comes from. It is always valid.

What somebody else's package says is a :class:`~conda_provenance.claim.Claim`, which may hold
anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from conda_provenance.errors import ProvenanceError
from conda_provenance.values import KEYS, InvalidValue, check, clean


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a package comes from (CEP 31). ``None`` means not known: nothing is written.

    Raises :class:`ProvenanceError`, which names the first key whose value may not be written.
    :meth:`cleaned` takes values in any form that people and CI systems give them.
    """

    sha: str | None = None
    """Full commit hash of the recipe's repository. ``""`` says: not under version control."""
    remote_url: str | None = None
    """http(s) URL of that repository, without credentials, query or fragment."""
    flow_run_id: str | None = None
    """The pipeline run that made the package, usually written ``{ci-provider}_{run-id}``."""
    flow_run_url: str | None = None
    """Page of that run. Not a key of CEP 31 itself; it was suggested in its discussion."""

    def __post_init__(self) -> None:
        for key in KEYS:
            try:
                check(key, getattr(self, key))
            except InvalidValue as error:
                raise ProvenanceError(f"{key} cannot be used: {error}.") from None

    @classmethod
    def cleaned(cls, values: Mapping[str, object]) -> Provenance:
        """The provenance in ``values``, by key, each cleaned first. Other keys are ignored.

        Raises :class:`ProvenanceError`.
        """
        cleaned = {}
        for key in KEYS:
            value = values.get(key)
            if value is None:
                continue

            try:
                cleaned[key] = clean(key, value)
            except InvalidValue as error:
                raise ProvenanceError(f"{key} cannot be used: {error}.") from None

        return cls(**cleaned)

    def to_extra(self) -> dict[str, str]:
        """The entries for about.json's ``extra``, in CEP 31's order.

        Those that are ``None`` are left out.
        """
        values = ((key, getattr(self, key)) for key in KEYS)
        return {key: value for key, value in values if value is not None}

    def __bool__(self) -> bool:
        """Is anything known? Empty strings say nothing."""
        return any(getattr(self, key) for key in KEYS)
