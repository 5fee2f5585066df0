"""The matrix of packages and checks as JSON, column by column, for the page's script.

Every text is escaped and bounded here, as in the table of an audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from conda_provenance.audit.page.facets import FACETS, Facet, label_of
from conda_provenance.audit.page.table import (
    MAX_ROWS,
    column,
    facet_json,
    json_in_html,
    packages_json,
    text,
)
from conda_provenance.text import show_value
from conda_provenance.verify.outcome import Outcome
from conda_provenance.verify.page.standings import STATES, WORST_FIRST, state_of
from conda_provenance.verify.rows import Row

MAX_CHECKS = 40
"""Columns of the matrix. There are nine checks of ours."""

_NOT_MADE = "-"
_OUTCOMES = [each.value for each in Outcome]
_ORDER = [
    each.value for each in (Outcome.FAIL, Outcome.UNAVAILABLE, Outcome.NOT_APPLICABLE, Outcome.PASS)
]
"""In which a column is sorted."""

_KEPT = ("provider", "host", "organisation", "channel")
"""Facets of an audit by which packages are filtered here too."""


def matrix_json(rows: Sequence[Row]) -> str:
    """The JSON of all rows, the worst first, fit for a ``<script type="application/json">``."""
    ordered = sorted(rows, key=_worst_first)[:MAX_ROWS]
    ids = list(dict.fromkeys(check["id"] for row in ordered for check in row["checks"]))
    ids = ids[:MAX_CHECKS]
    by_id = [{check["id"]: check for check in row["checks"]} for row in ordered]

    packages = packages_json(ordered)
    columns: Any = packages["columns"]
    columns["message"] = column(text(row["message"], show_value) for row in ordered)
    for number, name in enumerate(ids):
        messages = (_message(checks.get(name)) for checks in by_id)
        columns[_message_column(number)] = column(messages)

    labels = {each.name: each.label for each in STATES.values()}
    return json_in_html(
        {
            **packages,
            "checks": [_check(number, name, by_id) for number, name in enumerate(ids)],
            "facets": {each.key: facet_json(each, ordered, labels) for each in _facets(ids)},
            "states": WORST_FIRST,
            "meanings": {each.name: each.meaning for each in STATES.values()},
        }
    )


def _worst_first(row: Row) -> tuple[int, str, str]:
    name, version = (str(row.get(key) or "") for key in ("name", "version"))
    return WORST_FIRST.index(state_of(row)), name.lower(), version


def _check(
    number: int, name: str, by_id: Iterable[Mapping[str, Mapping[str, Any]]]
) -> dict[str, Any]:
    """A column of the matrix. A row that has not this check has the number -1."""
    return {
        "id": label_of(name),
        "words": _OUTCOMES,
        "order": _ORDER,
        "rows": [_number(checks.get(name)) for checks in by_id],
        "message": _message_column(number),
    }


def _message_column(number: int) -> str:
    return f"message_{number}"


def _number(check: Mapping[str, Any] | None) -> int:
    word = check and check["outcome"]
    return _OUTCOMES.index(word) if word in _OUTCOMES else -1


def _message(check: Mapping[str, Any] | None) -> str | None:
    return None if check is None else text(check["message"], show_value)


def _facets(ids: Iterable[str]) -> list[Facet]:
    return [
        Facet("state", "Outcome", lambda row: (state_of(row),)),
        *(
            Facet(f"check-{label_of(name)}", label_of(name), partial(_outcome, name))
            for name in ids
        ),
        *(each for each in FACETS if each.key in _KEPT),
    ]


def _outcome(name: str, row: Row) -> Sequence[str]:
    for check in row["checks"]:
        if check["id"] == name and check["outcome"] in _OUTCOMES:
            return (check["outcome"],)
    return (_NOT_MADE,)
