"""What an adapter may declare, and which mistakes in one are refused at once."""

from __future__ import annotations

from typing import Any

import pytest

from conda_provenance.ci import Adapter, Environ, Fact, unless, when


def _adapter(provider: str, **facts: Any) -> Adapter:
    return Adapter(
        provider=provider,
        name=provider.title(),
        docs="https://example.org",
        **{"active": ("ALWAYS",), **facts},
    )


@pytest.mark.parametrize("template", ["{A", "A}", "{A:}", "{}", "{A:x{2}}", "{A-B}", ""])
def test_a_malformed_template_is_refused_at_once(template: str) -> None:
    with pytest.raises(ValueError, match="farm: sha is not a template"):
        _adapter("farm", sha=template)
    with pytest.raises(ValueError, match="farm: sha is not a template"):
        _adapter("farm", sha=("{A}", template))


def test_one_mark_instead_of_a_tuple_is_refused() -> None:
    """Its letters would be taken for marks."""
    with pytest.raises(ValueError, match="farm: active is a tuple of marks"):
        _adapter("farm", active="FARM")


@pytest.mark.parametrize(
    "mark", ["{FARM", "$FARM", "FARM}", "{FARM:}", "FARM=", "FARM_*", "", "A B", "{A}x"]
)
@pytest.mark.parametrize("name", ["active", "unless"])
def test_a_malformed_mark_is_refused(name: str, mark: str) -> None:
    """As a text without variables, ``{FARM`` would always be there."""
    with pytest.raises(ValueError, match=f"farm: {name} has an item that is no mark"):
        _adapter("farm", **{name: (mark,)})


def test_a_system_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="tuple of marks"):
        _adapter("farm", active=())


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        (when("A", "{B}"), "b"),
        (when("NO", "{B}"), None),
        (when(("NO", "A"), "{B}"), "b"),
        (when("A", ("{MISSING}", "{B}")), "b"),
        (when("A", "{MISSING}", otherwise="{B}"), None),
        (when("NO", "{MISSING}", otherwise="{B}"), "b"),
        (when("A", when("A=1", "{B}")), "b"),
        (unless("A", "{B}"), None),
        (unless("NO", "{B}"), "b"),
        (unless(("NO", "A"), "{B}"), None),
        (unless("A=2", "{B}"), "b"),
        (("{MISSING}", when("NO", "{A}"), unless("NO", "{B}")), "b"),
        (when("A", lambda environ: environ["B"]), "b"),
    ],
)
def test_a_fact_may_depend_on_marks(fact: Fact, value: str | None) -> None:
    adapter = _adapter("farm", active=("A",), branch=fact)
    assert adapter.run(Environ({"A": "1", "NO": "false", "B": "b"})).branch == value


def test_a_malformed_condition_is_refused_at_once() -> None:
    for fact in (when("{A", "x"), unless("A B", "x"), ("{A}", when("A", unless("", "x")))):
        with pytest.raises(ValueError, match="farm: sha has an item that is no mark"):
            _adapter("farm", sha=fact)
    with pytest.raises(ValueError, match="farm: sha is not a template"):
        _adapter("farm", sha=when("A", "{A", otherwise="x"))
    with pytest.raises(ValueError, match="farm: sha is not a template"):
        _adapter("farm", sha=(unless("A", "{}"),))


@pytest.mark.parametrize("name", ["forge", "runs"])
@pytest.mark.parametrize(
    "reference", ["my_farm.forge", "my_farm.forge:", ":FORGE", "a b:C", "a:b.c"]
)
def test_a_malformed_reference_is_refused_at_once(name: str, reference: str) -> None:
    with pytest.raises(ValueError, match=f'farm: {name} is not "package.module:NAME"'):
        _adapter("farm", **{name: reference})


@pytest.mark.parametrize("name", ["", "my_farm", "GitHub", "1st", "farm\n"])
def test_a_provider_that_would_make_ids_ambiguous_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="provider"):
        _adapter(name)
