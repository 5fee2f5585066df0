from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

from conda_provenance.condarc import SETTINGS
from conda_provenance.errors import SettingsError
from conda_provenance.plugins import provider_names
from conda_provenance.settings import Settings
from conda_provenance.settings import read_settings as read_settings_of
from conda_provenance.settings_doubts import settings_doubts
from conda_provenance.survey import cache_folder
from conda_provenance.values import CEP_KEYS, KEYS


def read_settings(values: dict[str, object]) -> Settings:
    return read_settings_of(values, provider_names)


def test_the_defaults():
    assert read_settings({}) == Settings(
        enabled=True, fields=CEP_KEYS, required=(), dirty="warn", ci="auto"
    )


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("provenance_enabled", "false", False),
        ("provenance_enabled", "No", False),
        ("provenance_enabled", "1", True),
        ("provenance_enabled", True, True),
        ("provenance_fields", "sha, flow_run_url", ("sha", "flow_run_url")),
        ("provenance_fields", ["sha", "sha"], ("sha",)),
        ("provenance_fields", "", ()),
        ("provenance_required", ("sha",), ("sha",)),
        ("provenance_dirty", "Error", "error"),
        ("provenance_ci", "none", "none"),
        ("provenance_ci", "github", "github"),
    ],
)
def test_values_from_condarc_and_from_variables(name, value, expected):
    assert getattr(read_settings({name: value}), name.removeprefix("provenance_")) == expected


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("provenance_enabled", "s3cr3t", "true or false"),
        ("provenance_fields", ["sha", "s3cr3t"], ", ".join(KEYS)),
        ("provenance_required", "s3cr3t", ", ".join(KEYS)),
        ("provenance_required", 5, ", ".join(KEYS)),
        ("provenance_dirty", "s3cr3t", "warn, error or ignore"),
        ("provenance_ci", "s3cr3t", "'conda-provenance detect --list'"),
    ],
)
def test_a_wrong_value_names_the_key_its_variable_and_what_it_may_be(name, value, allowed):
    with pytest.raises(SettingsError) as caught:
        read_settings({name: value})
    assert f"plugins.{name} (or CONDA_PLUGINS_{name.upper()})" in str(caught.value)
    assert allowed in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_every_setting_is_a_field_and_is_described():
    assert {setting.field for setting in SETTINGS} == set(Settings._fields)
    assert all(setting.description.endswith(".") for setting in SETTINGS)


def test_a_description_names_every_key_that_may_be_listed():
    for setting in SETTINGS:
        if isinstance(setting.default, tuple):
            assert ", ".join(KEYS) in setting.description


def test_what_conda_reads_at_every_command_imports_nothing_but_names():
    code = "import sys, conda_provenance.condarc\n"
    code += "print(*sorted(name for name in sys.modules if name.startswith('conda_provenance.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["conda_provenance.condarc", "conda_provenance.keys"]


@pytest.mark.parametrize("empty", ["", " "])
@pytest.mark.parametrize("name", ["provenance_enabled", "provenance_dirty", "provenance_ci"])
def test_a_word_that_is_empty_says_nothing(name, empty):
    assert read_settings({name: empty}) == Settings()


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("CONDA_PLUGINS_PROVENANCE_REQUIRE", "CONDA_PLUGINS_PROVENANCE_REQUIRED"),
        ("CONDA_PROVENANCE_REQUIRED", "CONDA_PLUGINS_PROVENANCE_REQUIRED"),
        ("CONDA_PROVENANCE_FLOWRUN_ID", "CONDA_PROVENANCE_FLOW_RUN_ID"),
        ("CONDA_PLUGIN_PROVENANCE_DIRTY", "CONDA_PLUGINS_PROVENANCE_DIRTY"),
        ("CONDA_PLUGINS_PROVENANCE_SIGNING", "the settings are flat keys, provenance_enabled"),
        ("CONDA_PROVENANCE_COMMIT", "it is none of CONDA_PROVENANCE_SHA, CONDA_PROVENANCE_REMOTE"),
    ],
)
def test_a_variable_that_nobody_reads_is_warned_of(variable, meant):
    (doubt,) = settings_doubts({variable: "s3cr3t", "CONDA_PREFIX": "/x", "PROVENANCE": "1"})
    assert doubt.startswith(f"The variable {variable} is ignored, because it is ")
    assert meant in doubt
    assert "s3cr3t" not in doubt


def test_known_variables_and_those_of_others_are_no_doubt():
    known = [setting.variable for setting in SETTINGS]
    known += [f"CONDA_PROVENANCE_{key.upper()}" for key in KEYS]
    known.append(cache_folder.VARIABLE)
    others = ["CONDA_PROVENANCE_TEST_GITS", "CONDA_PLUGINS_AUTO_ACCEPT_TOS", "SLSA_PROVENANCE"]
    assert settings_doubts(dict.fromkeys([*known, *others], "x")) == ()


@pytest.mark.skipif(find_spec("conda") is not None, reason="conda is here, and reads the file")
@pytest.mark.parametrize(
    "name",
    [
        *(".condarc", ".conda/condarc", ".conda/condarc.d/farm.yml"),
        *(".config/conda/condarc.d/farm.yaml", "xdg/conda/.condarc", "prefix/condarc", "mine.yml"),
    ],
)
def test_settings_in_a_condarc_are_ignored_without_conda(tmp_path, monkeypatch, name):
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("plugins:\n  provenance_required: [sha]\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    places = {"XDG_CONFIG_HOME": "xdg", "CONDA_PREFIX": "prefix", "CONDARC": "mine.yml"}
    (doubt,) = settings_doubts({key: str(tmp_path / place) for key, place in places.items()})
    assert str(file) in doubt
    assert "conda is not installed" in doubt
