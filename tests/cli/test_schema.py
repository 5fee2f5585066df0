"""The form of ``--json``: described twice, and both descriptions say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_running import SCHEMA, validator

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "json.md").read_text()


def _objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of the schema that describes an object."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield schema
        for part in schema.values():
            yield from _objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _objects(part)


OBJECTS = list(_objects(json.loads(SCHEMA.read_text())))


def test_every_key_is_described_in_words():
    in_words = PAGE.replace('"', "`")
    for described in OBJECTS:
        for key in described["properties"]:
            assert f"`{key}`" in in_words, key


def test_every_key_is_required_but_those_that_are_said_to_be_there_at_times():
    at_times = {"error", "values"}
    for described in OBJECTS:
        assert set(described["properties"]) - set(described["required"]) <= at_times


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 1, "command": "show"},
        {"version": 2, "command": "show", "packages": []},
        {"version": 1, "command": "show", "packages": [{"package": "x"}]},
        {"version": 1, "command": "show", "packages": [], "more": 1},
        {"version": 1, "command": "run", "error": "x"},
        [],
    ],
)
def test_the_schema_refuses_what_is_not_described(wrong):
    assert not validator().is_valid(wrong)
