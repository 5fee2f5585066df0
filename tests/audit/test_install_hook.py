"""Is the gate asked for? conda's context is a stand-in here; real conda is in the other files."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conda_provenance.audit.install_hook import is_on, warning_command


class Raw:
    """A value as conda keeps it unread."""

    def __init__(self, value: object) -> None:
        self._value = value

    def value(self, _: object) -> object:
        return self._value


def context(word: object = "ignore", **parameters: object) -> Any:
    raw = {name: Raw(value) for name, value in parameters.items()}
    return SimpleNamespace(
        plugins=SimpleNamespace(provenance_install=word), raw_data={"a file": raw}
    )


def test_it_is_off_where_nothing_is_like_it() -> None:
    assert not is_on(context())
    assert not is_on(context(" Ignore"))
    assert not is_on(context(channels=["provenance"], plugins={"other": 1, "provenance_ci": 1}))


@pytest.mark.parametrize("word", ["refuse", "warn", "refus", "", "None", False, 5])
def test_it_is_on_for_every_other_word(word: object) -> None:
    assert is_on(context(word))


@pytest.mark.parametrize(
    "parameters",
    [
        {"provenance_install": "refuse"},
        {"plugins": {"provenance_instal": "refuse"}},
        {"plugins": {"Provenence-Install": "refuse"}},
        {"plugins": ["provenance_install"]},
        {"plugin": {"provenance_install": "refuse"}},
        {"plugins": {"provenance": {"install": "refuse"}}},
    ],
)
def test_a_slip_in_a_file_is_looked_at(parameters: dict[str, object]) -> None:
    assert is_on(context(**parameters))


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("CONDA_PLUGINS_PROVENANCE_INSTAL", True),
        ("CONDA_PROVENANCE_INSTALL", True),
        ("CONDA_PLUGIN_PROVENANCE_INSTALL", True),
        ("PROVENANCE_INSTALL", True),
        ("CONDA_PLUGINS_PROVENANCE_INSTALL", False),
        ("CONDA_PROVENANCE_SHA", False),
        ("MY_PROVIDER", False),
    ],
)
def test_a_slip_in_a_variable_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, variable: str, expected: bool
) -> None:
    monkeypatch.setenv(variable, "ignore")
    assert is_on(context()) is expected


@pytest.mark.parametrize("value", ["refuse", None])
def test_a_conda_that_knows_no_settings_of_plugins(
    value: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for conda 23.7 to 24.1."""
    pytest.importorskip("conda", reason="conda is not installed here")
    plugins = {"other": 1, **({"provenance_install": value} if value else {})}
    old = SimpleNamespace(raw_data={"a file": {"channels": Raw(["a"]), "plugins": Raw(plugins)}})
    warning_command(old).action("create")
    assert ("has no effect" in capsys.readouterr().err) is bool(value)

    monkeypatch.setenv("CONDA_PLUGINS_PROVENANCE_INSTALL", "warn")
    warning_command(old).action("create")
    assert "has no effect" in capsys.readouterr().err


def test_what_cannot_be_known_is_on() -> None:
    class Broken:
        @property
        def plugins(self) -> Any:
            raise ValueError

    assert is_on(Broken())
