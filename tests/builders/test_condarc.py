"""Files and variables that real conda reads, or passes over, and what is said of them."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("conda") is None, reason="conda is not installed here"
)


@pytest.fixture
def detect(
    feedstock: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Any]
) -> Callable[..., dict[str, Any]]:
    """Runs ``detect`` with a home of its own and returns its object."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("CONDARC", raising=False)

    def detect_(**variables: str) -> dict[str, Any]:
        command = (sys.executable, "-m", "conda_provenance", "detect", "--json", feedstock)
        printed: dict[str, Any] = json.loads(run(*command, **variables).stdout)
        return printed

    return detect_


@pytest.mark.parametrize("empty", ["", " ~", ' ""', " # nothing"])
@pytest.mark.parametrize("name", ["enabled", "dirty", "ci", "fields", "required"])
def test_a_key_without_a_value_says_nothing(tmp_path, detect, name, empty):
    (tmp_path / "home" / ".condarc").write_text(f"plugins:\n  provenance_{name}:{empty}\n")
    assert detect()["settings"] == {
        "provenance_enabled": True,
        "provenance_fields": ["sha", "remote_url", "flow_run_id"],
        "provenance_required": [],
        "provenance_dirty": "warn",
        "provenance_ci": "auto",
    }


def test_an_empty_variable_says_nothing(tmp_path, detect):
    (tmp_path / "home" / ".condarc").write_text("plugins:\n  provenance_ci: none\n")
    prefix = "CONDA_PLUGINS_PROVENANCE_"
    empty = {f"{prefix}{name}": "" for name in ("ENABLED", "CI", "DIRTY", "REQUIRED")}
    settings = detect(**empty)["settings"]
    assert settings["provenance_enabled"] is True
    assert settings["provenance_ci"] == "none", "the file still counts"
    assert settings["provenance_required"] == []


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        (
            "plugins:\n  provenance_require: [s3cr3t]",
            "plugins.provenance_require in {} is ignored, because it is unknown: did you mean prov",
        ),
        ("plugins:\n  provenance-dirty: error", "did you mean provenance_dirty?"),
        ("plugins:\n  Provenance_Dirty: error", "did you mean provenance_dirty?"),
        ("plugins:\n  provenence_dirty: error", "did you mean provenance_dirty?"),
        ("plugins:\n  provenance_signing: s3cr3t", "the settings are flat keys, provenance_e"),
        ("plugins:\n  provenance:\n    dirty: error", "the settings are flat keys"),
        (
            "provenance_dirty: error",
            "The key provenance_dirty in {} is ignored, because it does not stand below plugins",
        ),
        ("plugins.provenance_dirty: error", "The key plugins.provenance_dirty in {} is ignored"),
        ("plugins:\n  - provenance_dirty: error", "The keys below plugins in {} are ignored"),
        ("plugin:\n  provenance_dirty: s3cr3t", "The key plugin in {} is ignored: write 'plugins'"),
        ("Plugins:\n  provenance_dirty: error", "The key Plugins in {} is ignored"),
    ],
)
def test_a_key_that_nobody_reads_is_warned_of(tmp_path, detect, text, warning):
    condarc = tmp_path / "home" / ".condarc"
    condarc.write_text(text + "\n")
    (said,) = detect()["warnings"]
    assert warning.format(condarc) in said
    assert "s3cr3t" not in said


def test_keys_of_others_are_no_concern(tmp_path, detect):
    text = "channels: [a]\nplugins:\n  auto_accept_tos: true\n  provenance_dirty: error\n"
    (tmp_path / "home" / ".condarc").write_text(text)
    assert detect()["warnings"] == []


OURS = "plugins:\n  provenance_required: [sha]\n"


@pytest.mark.parametrize("name", ["my.conf", "condarc.txt", "conda", ".condarc.bak", "a.yaml.txt"])
def test_a_file_that_condarc_names_and_conda_passes_over(tmp_path, detect, name):
    (tmp_path / name).write_text(OURS)
    printed = detect(CONDARC=str(tmp_path / name))
    assert printed["settings"]["provenance_required"] == []
    remedy = "its name must be .condarc or condarc, or end in .yml or .yaml"
    ignored = f"conda does not read {tmp_path / name}, so its settings are ignored: {remedy}."
    assert printed["warnings"] == [ignored]


@pytest.mark.parametrize("name", ["my.yml", "my.yaml", ".condarc", "condarc"])
def test_a_file_that_conda_reads_is_not_warned_of(tmp_path, detect, name):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / name).write_text(OURS)
    printed = detect(CONDARC=str(tmp_path / "other" / name))
    assert printed["settings"]["provenance_required"] == ["sha"]
    assert printed["warnings"] == []


@pytest.mark.parametrize("name", [".condarc.yml", ".condarc.yaml", "condarc", "condarc.yml"])
def test_a_file_with_almost_the_right_name(tmp_path, detect, name):
    (tmp_path / "home" / name).write_text(OURS)
    (said,) = detect()["warnings"]
    assert said.startswith(f"conda does not read {tmp_path / 'home' / name}, ")
    assert said.endswith("its name must be .condarc.")


def test_a_file_of_a_folder_of_condas(tmp_path, detect):
    folder = tmp_path / "home" / ".config" / "conda" / "condarc.d"
    folder.mkdir(parents=True)
    (folder / "50-provenance.conf").write_text(OURS)
    (folder / "60-other.conf").write_text("channels: [a]\n")
    (folder / "70-old").write_text("# provenance_required: [sha]\n")
    (said,) = detect()["warnings"]
    assert "50-provenance.conf" in said
    assert said.endswith("its name must end in .yml or .yaml.")
