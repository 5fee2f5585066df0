"""Which adapter is believed, and what happens when one fails."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Mapping

import pytest

from conda_provenance.ci import BUILTIN, Adapter, CIRun, Environ, detect, make_run, providers

SHA = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
SMITHY = {"GITHUB_ACTIONS": "true", "flow_run_id": "github_1"}


def _adapter(provider: str, said: Mapping[str, str | None], *, active: bool = True) -> Adapter:
    return Adapter(provider, provider.title(), "https://example.org", lambda environ: active, lambda environ: said)


def _failing(provider: str, *, active: bool | None = True) -> Adapter:
    def fail(environ: Environ) -> Mapping[str, str | None]:
        raise KeyError("hunter2")

    def is_active(environ: Environ) -> bool:
        if active is None:
            raise RuntimeError("hunter2")
        return active

    return Adapter(provider, provider.title(), "https://example.org", is_active, fail)


def test_an_empty_environment_is_no_run() -> None:
    assert detect({}) is None


@pytest.mark.parametrize("value", ["true", "1", "woodpeckers", "azure"])
def test_ci_alone_names_nobody(value: str) -> None:
    assert detect({"CI": value, "CONTINUOUS_INTEGRATION": "true", "BUILD_NUMBER": "3"}) is None


def test_the_first_active_adapter_with_an_id_wins() -> None:
    adapters = [
        _adapter("idle", {"run_id": "0"}, active=False),
        _adapter("first", {"run_id": "1"}),
        _adapter("second", {"run_id": "2"}),
    ]
    assert detect({}, adapters) == CIRun("first", "First", "first_1")


def test_an_id_is_preferred_over_an_earlier_adapter_without() -> None:
    adapters = [_adapter("nameless", {"sha": SHA}), _adapter("named", {"run_id": "2"})]
    assert detect({}, adapters) == CIRun("named", "Named", "named_2")


def test_without_any_id_the_first_active_adapter_is_believed() -> None:
    adapters = [_adapter("one", {"sha": SHA}), _adapter("two", {"remote_url": "https://example.org/a/b"})]
    assert detect({}, adapters) == CIRun("one", "One", sha=SHA)


@pytest.mark.parametrize("active", [True, None], ids=["while reading", "while being recognised"])
def test_an_adapter_that_raises_is_left_out(active: bool | None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        run = detect({}, [_failing("broken", active=active), _adapter("sound", {"run_id": "1"})])
    assert run == CIRun("sound", "Sound", "sound_1")
    (message,) = caplog.messages
    assert "broken" in message
    assert ("KeyError" if active else "RuntimeError") in message
    assert "hunter2" not in caplog.text


def test_an_adapter_that_says_something_unknown_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    assert detect({}, [_adapter("odd", {"branch": "main"}), _adapter("sound", {"run_id": "1"})]) is not None
    assert "TypeError" in caplog.text


def test_none_asks_nobody(caplog: pytest.LogCaptureFixture) -> None:
    assert detect(SMITHY, [_failing("broken")], provider="none") is None
    assert not caplog.messages


def test_a_named_provider_takes_no_other_answer() -> None:
    adapters = [_adapter("one", {"run_id": "1"}), _adapter("two", {"run_id": "2"})]
    assert detect({}, adapters, "two") == CIRun("two", "Two", "two_2")
    assert detect({}, adapters, "three") is None


@pytest.mark.parametrize("provider", ["auto", "github", "smithy"])
def test_conda_smithys_answer_counts_as_the_ci_it_names(provider: str) -> None:
    run = detect(SMITHY, provider=provider)
    assert run is not None
    assert (run.provider, run.flow_run_id) == ("github", "github_1")


def test_conda_smithys_answer_for_another_ci_is_not_taken() -> None:
    assert detect(SMITHY, provider="azure") is None


@pytest.mark.parametrize(
    ("imitator", "imitated"),
    [("forgejo", "gitea"), ("gitea", "github"), ("woodpecker", "drone"), ("teamcity", "jenkins")]
    + [(other, "codebuild") for other in ("github", "gitlab", "buildkite")]
    + [(adapter.provider, "smithy") for adapter in BUILTIN if adapter.provider != "smithy"],
)
def test_imitators_are_asked_before_those_they_imitate(imitator: str, imitated: str) -> None:
    assert providers().index(imitator) < providers().index(imitated)


def test_providers_are_named_once_in_their_order() -> None:
    assert providers([_adapter("b", {}), _adapter("a", {}), _adapter("b", {})]) == ("b", "a")


@pytest.mark.parametrize("adapter", BUILTIN, ids=lambda adapter: adapter.provider)
def test_the_documentation_page_is_the_modules_first_line(adapter: Adapter) -> None:
    first_line = (sys.modules[adapter.read.__module__].__doc__ or "").splitlines()[0]
    assert first_line == f"{adapter.name}: {adapter.docs}"


@pytest.mark.parametrize("name", ["", "my_farm", "GitHub", "1st", "farm\n"])
def test_a_provider_that_would_make_ids_ambiguous_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="provider"):
        _adapter(name, {})


@pytest.mark.parametrize("run_id", [None, "", "1\n2", "\x1b[31m1", "1\u202e2", "9" * 3000])
def test_an_id_that_cannot_be_written_is_none(run_id: str | None) -> None:
    assert make_run("farm", "Farm", run_id=run_id).flow_run_id is None


def test_an_id_that_is_an_address_has_no_login() -> None:
    run = make_run("farm", "Farm", run_id="https://bot:hunter2@farm.example.org/run/1")
    assert run.flow_run_id == "farm_https://farm.example.org/run/1"


def test_a_url_that_grows_too_long_by_encoding_is_dropped() -> None:
    run = make_run("farm", "Farm", remote_url="https://example.org/o/" + "ü" * 1000, run_url="https://example.org/" + "ü" * 1000)
    assert run == CIRun("farm", "Farm")


@pytest.mark.parametrize("text", ["../etc", "a\nb", "\x9b31m"])
def test_folder_and_pull_request_hold_no_control_characters(text: str) -> None:
    run = make_run("farm", "Farm", workspace=text, merge_of=text)
    assert run.workspace == run.merge_of == (text if text.isprintable() else None)


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = "{'git', 'rich', 'conda', 'pluggy', 'ruamel', 'subprocess'}"
    code = f"import sys; import conda_provenance.ci; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
