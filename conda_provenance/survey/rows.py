"""``Row``: what was read of one package, as JSON without credentials.

The cache, the workers of a cluster and the results that are merged share this one form. Its keys
are those of a package in what ``--json`` prints, so that such an object is a row too. Which package
it is (name, version, channel) is not in a row: the :class:`~conda_provenance.sources.Artifact` says
that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from conda_provenance.claim import PROBLEMS, Claim, Problem
from conda_provenance.packages import PackageClaim
from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.sources import Artifact
from conda_provenance.survey.reading import Reading
from conda_provenance.text import escape, redact_location, redact_value, show_sentence
from conda_provenance.values import KEYS, clean_or_none

Row: TypeAlias = dict[str, Any]

_LEADS_TO = "leads_to"
"""The addresses whose pages are linked, where they are not what is shown."""

_HIDDEN = "***"
_MAX_SENTENCE = 4000
_MAX_PROBLEMS = 100
_READ_FROM = ("file", "folder", "cache", "archive", "remote")

T = TypeVar("T", str, bool)


class RowError(ValueError):
    """A row that has not the form of one. The message is the second half of a sentence."""


@dataclass(frozen=True, slots=True)
class ShownClaim(Claim):
    """A claim that was kept as it is shown: its credentials are gone, and its problems stay.

    ``remote_url`` and ``flow_run_url`` lead to the same pages as those of the original claim.
    """

    texts: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    """What is shown of each key."""

    def shown(self, key: str) -> str | None:
        """The value of ``key``, from which credentials were taken before."""
        return self.texts.get(key)


def row_of(reading: Reading) -> Row:
    """What was read, as JSON. What says nothing is left out."""
    package = reading.package
    if package is None:
        return {"error": reading.error}

    claim = package.claim
    shown = {key: claim.shown(key) for key in KEYS}
    row: Row = {
        **shown,
        _LEADS_TO: _leads_to(claim, shown),
        "problems": [{"code": each.code, "message": each.message} for each in claim.problems],
        "read_from": package.read_from,
        "place": package.place and redact_location(package.place),
        "sha256": package.sha256,
        "sha256_from": package.sha256_from,
        "conda_build_version": _version(package.conda_build_version),
    }
    said = {key: value for key, value in row.items() if value not in (None, [], {})}
    return said if package.has_about else {**said, "has_about": False}


def reading_of_row(row: object, artifact: Artifact, *, is_ours: bool = False) -> Reading:
    """The reading of ``artifact`` that a row was made of. Raises :class:`RowError`.

    Nothing in a row is believed. Unless it ``is_ours``, kept where nobody else can write, it is
    also searched for credentials.
    """
    if not isinstance(row, Mapping):
        raise RowError("it is not an object")

    error = _text(row, "error")
    if error is not None:
        return Reading(artifact, error=show_sentence(error, _MAX_SENTENCE))

    read_from = _text(row, "read_from")
    if read_from not in _READ_FROM:
        raise RowError("its read_from is not one that is known")

    return Reading(
        artifact,
        PackageClaim(
            artifact.file_name,
            artifact.location,
            read_from,
            _claim(row, is_ours),
            _text(row, "sha256"),
            has_about=_one(row, "has_about", bool) is not False,
            place=_text(row, "place"),
            conda_build_version=_text(row, "conda_build_version"),
            sha256_from=_text(row, "sha256_from"),
        ),
    )


def _claim(row: Mapping[Any, Any], is_ours: bool) -> ShownClaim:
    shown = {key: _text(row, key) for key in KEYS}
    if not is_ours:
        claim = Claim.from_extra(shown)
        shown = {key: claim.shown(key) for key in KEYS}

    leads_to = row.get(_LEADS_TO, {})
    if not isinstance(leads_to, Mapping):
        raise RowError(f"its {_LEADS_TO} is not an object")

    leading = {key: _text(leads_to, key) for key in ("remote_url", "flow_run_url")}
    values = {**shown, **{key: value for key, value in leading.items() if value is not None}}
    return ShownClaim(
        values["sha"],
        values["remote_url"],
        values["flow_run_id"],
        values["flow_run_url"],
        problems=_problems(row.get("problems", [])),
        given=shown,
        texts=shown,
    )


def _problems(given: object) -> tuple[Problem, ...]:
    if not isinstance(given, list) or len(given) > _MAX_PROBLEMS:
        raise RowError("its problems are not a short list")

    return tuple(map(_problem, given))


def _problem(given: object) -> Problem:
    if not isinstance(given, Mapping):
        raise RowError("one of its problems is not an object")

    code, message = _text(given, "code"), _text(given, "message")
    if code is None or message is None:
        raise RowError("one of its problems has no code or no message")

    # A newer version may know more codes.
    shown = message if code in PROBLEMS else show_sentence(message, _MAX_SENTENCE)
    return Problem(escape(code, 60), shown)


def _leads_to(claim: Claim, shown: Mapping[str, str | None]) -> dict[str, str]:
    """The addresses that lead to the claim's pages, where what is shown leads elsewhere.

    ``***`` leads nowhere.
    """
    found = {
        "remote_url": (_remote(claim.remote_url), _remote(shown["remote_url"])),
        "flow_run_url": (
            clean_or_none("flow_run_url", claim.flow_run_url),
            clean_or_none("flow_run_url", shown["flow_run_url"]),
        ),
    }
    return {
        key: _HIDDEN if address is None or redact_value(address) != address else address
        for key, (address, by_shown) in found.items()
        if address != by_shown
    }


def _remote(text: str | None) -> str | None:
    try:
        return str(RemoteUrl.parse(text or ""))
    except RemoteUrlError:
        return None


def _version(text: str | None) -> str | None:
    return text and escape(redact_value(text), 60)


def _text(row: Mapping[Any, Any], key: str) -> str | None:
    return _one(row, key, str)


def _one(row: Mapping[Any, Any], key: str, kind: type[T]) -> T | None:
    value = row.get(key)
    if value is not None and not isinstance(value, kind):
        raise RowError(f"its {key} has the wrong type")

    return value
