"""``Provenance``: where a package that we stamp comes from. It is always valid.

What somebody else's package says is a :class:`~conda_provenance.claim.Claim`, which may hold
anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from conda_provenance.errors import ProvenanceError
from conda_provenance.values import KEYS, InvalidValue, check, clean


class _Values(NamedTuple):
    sha: str | None
    remote_url: str | None
    flow_run_id: str | None
    flow_run_url: str | None


class Provenance(_Values):
    """Where a package comes from (CEP 31). ``None`` means not known: nothing is written.

    :param sha: full commit hash of the recipe's repository. ``""`` says: not under version control.
    :param remote_url: http(s) URL of that repository, without credentials, query or fragment.
    :param flow_run_id: the run that made the package, usually written ``{ci-provider}_{run-id}``.
    :param flow_run_url: page of that run. Not a key of CEP 31; it was suggested in its discussion.

    Raises :class:`ProvenanceError`, which names the first key whose value may not be written.
    :meth:`cleaned` takes values in any form that people and CI systems give them.
    """

    __slots__ = ()

    def __new__(
        cls,
        sha: str | None = None,
        remote_url: str | None = None,
        flow_run_id: str | None = None,
        flow_run_url: str | None = None,
    ) -> Provenance:
        provenance = super().__new__(cls, sha, remote_url, flow_run_id, flow_run_url)
        for key, value in provenance._asdict().items():
            try:
                check(key, value)
            except InvalidValue as error:
                raise ProvenanceError(f"{key} cannot be used: {error}.") from None

        return provenance

    def _replace(self, **changes: Any) -> Provenance:
        return Provenance(**{**self._asdict(), **changes})  # checked like any other

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
        return {key: value for key, value in self._asdict().items() if value is not None}

    def __bool__(self) -> bool:
        """Is anything known? Empty strings say nothing."""
        return any(self._asdict().values())
