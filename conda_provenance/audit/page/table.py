"""The rows of the table as JSON, column by column, for the page's script.

A column whose texts repeat lists each text once. A text that follows from other columns is kept as
a pattern of them, so that 10,000 rows stay small. Every text is escaped and bounded here, and the
JSON has no character that could end the element that it stands in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from conda_provenance.audit.page.facets import FACETS, Facet, milliseconds
from conda_provenance.audit.page.states import STATES, WORST_FIRST, state_of
from conda_provenance.audit.row import Row
from conda_provenance.text import escape, show_value

MAX_ROWS = 200_000
"""Rows of the table. Further ones, the best, are only counted: browsers limit a page's height."""

MAX_TEXT = 500
"""Characters of a value that are shown."""

MAX_LINK = 2_000
"""Characters of an address that is a link. A longer one would have to be cut."""

_TEXTS = ("name", "version", "build", "subdir", "read_from", "sha256", "sha256_from")
"""Columns that are shown as they are."""

_CLAIMED = ("sha", "remote_url", "flow_run_id", "flow_run_url")
"""What the packages say. It has been redacted, key by key; what is no link is redacted again."""

_PLACES = ("channel", "location", "place", "error")
"""Addresses, paths and sentences. All are redacted again."""

_PATTERNS: Mapping[str, Sequence[str]] = {
    "package": ("name", "version", "build"),
    "location": ("channel", "subdir", "package"),
    "commit_url": ("remote_url", "sha"),
    "run_url": ("flow_run_url", "remote_url"),
}
"""Which columns the text of a column may be made of."""

MARK = "\x01"
"""Stands on both sides of a column's name in a pattern. No escaped text has it."""

_LINK = re.compile(r"https?://[!-.0-?A-~]+(?:/[!-~]*)?")
"""The host has no login before it: whoever follows a link must not send one."""


def table_json(rows: Sequence[Row]) -> str:
    """The JSON of all rows, the worst first, fit for a ``<script type="application/json">``."""
    ordered = sorted(rows, key=_worst_first)[:MAX_ROWS]
    labels = {each.name: each.label for each in STATES.values()}
    table = {
        **packages_json(ordered),
        "facets": {each.key: facet_json(each, ordered, labels) for each in FACETS},
        "states": WORST_FIRST,
        "meanings": {each.name: each.meaning for each in STATES.values()},
    }
    return json_in_html(table)


def packages_json(rows: Sequence[Row]) -> dict[str, object]:
    """What the packages say, in the form that the script reads."""
    cells = [cells_of(row) for row in rows]
    columns: dict[str, object] = {key: column(row[key] for row in cells) for key in _keys(cells)}
    columns["timestamp"] = [milliseconds(row.get("timestamp")) for row in rows]
    return {
        "size": len(rows),
        "columns": columns,
        "problems": lists([problems_of_row(row) for row in rows]),
        "patterns": list(_PATTERNS),
    }


def json_in_html(value: object) -> str:
    """JSON that can stand in any element: it has no "<", and ASCII only."""
    text = json.dumps(value, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def link(address: object) -> str | None:
    """``address`` if it can be a link: http(s), printable, of a length that needs no cut."""
    if not isinstance(address, str) or len(address) > MAX_LINK:
        return None

    return address if _LINK.fullmatch(address) else None


def _worst_first(row: Row) -> tuple[int, str, str]:
    name, version = (str(row.get(key) or "") for key in ("name", "version"))
    return WORST_FIRST.index(state_of(row)), name.lower(), version


def _keys(cells: Sequence[Mapping[str, str | None]]) -> Iterable[str]:
    return cells[0] if cells else ()


def cells_of(row: Row) -> dict[str, str | None]:
    """The texts of a row, by their columns. Each is escaped and bounded."""
    cells: dict[str, str | None] = {}
    for key in _TEXTS:
        cells[key] = text(row.get(key), escape)
    for key in _CLAIMED:
        cells[key] = link(row.get(key)) or text(row.get(key), show_value)
    for key in _PLACES:
        cells[key] = text(row.get(key), show_value)
    cells["package"] = text(row.get("package"), escape)
    cells["commit_url"] = link(row.get("commit_url"))
    cells["run_url"] = link(row.get("run_url"))
    return {**cells, **_patterns(cells)}


def text(value: object, shown: Callable[[str, int], str]) -> str | None:
    """A value as it may be shown."""
    if value is None:
        return None

    return shown(value if isinstance(value, str) else str(value), MAX_TEXT)


def _patterns(cells: Mapping[str, str | None]) -> dict[str, str | None]:
    """The texts of some columns, with what is another column's replaced by its name."""
    patterns: dict[str, str | None] = {}
    for key, parts in _PATTERNS.items():
        text = pattern = cells[key]
        for part in parts:
            value = cells[part]
            if pattern and value:
                pattern = pattern.replace(value, f"{MARK}{part}{MARK}", 1)

        # A short value may be found inside a mark. Then the text stays as it is.
        patterns[key] = pattern if pattern and _filled(pattern, cells) == text else text
    return patterns


def _filled(pattern: str, cells: Mapping[str, str | None]) -> str:
    """The text that a pattern stands for. The script does the same."""
    return re.sub(f"{MARK}(\\w+){MARK}", lambda mark: cells[mark[1]] or "", pattern)


def column(values: Iterable[str | None]) -> object:
    """A column as the script reads it."""
    texts = list(values)
    distinct = {text: index for index, text in enumerate(dict.fromkeys(texts))}
    if len(distinct) > len(texts) / 2:
        return texts

    return {"texts": list(distinct), "rows": [distinct[text] for text in texts]}


def problems_of_row(row: Row) -> list[tuple[str, str]]:
    return [
        (text(problem.get("code"), escape) or "", text(problem.get("message"), show_value) or "")
        for problem in row.get("problems") or ()
    ]


def facet_json(
    facet: Facet, rows: Sequence[Row], labels: Mapping[str, str]
) -> Mapping[str, object]:
    """The values of a facet, by which rows are filtered. ``labels`` are those of the states."""
    values = lists([facet.values(row) for row in rows])
    named = [labels[each] for each in values["texts"]] if facet.key == "state" else None
    return {"label": facet.label, "labels": named, **values}


def lists(given: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """Lists of texts, as a list of the distinct texts and lists of their numbers."""
    numbers: dict[Any, int] = {}
    rows = [[numbers.setdefault(each, len(numbers)) for each in texts] for texts in given]
    single = all(len(each) == 1 for each in rows)
    return {"texts": list(numbers), "rows": [each[0] for each in rows] if single else rows}
