"""What the documentation says is so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conda_provenance.ci import Adapter, Environ
from conda_provenance.forges import Forge
from conda_provenance.remotes import RemoteUrl

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").is_dir(), reason="the documentation is not here"
)


def test_the_reference_page_of_ci_systems_is_as_the_adapters_are():
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "providers.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _section(title: str) -> str:
    return (
        (ROOT / "CONTRIBUTING.md")
        .read_text("utf-8")
        .partition(f"## {title}\n")[2]
        .partition("\n## ")[0]
    )


def _executed(section: str) -> dict[str, object]:
    (source,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    module: dict[str, object] = {}
    exec(source, module)
    return module


def test_the_example_of_an_adapter_and_its_case_work():
    section = _section("A CI system")
    (case,) = map(json.loads, re.findall(r"```json\n(.*?)```", section, re.DOTALL))
    adapter = _executed(section)["ADAPTER"]
    assert isinstance(adapter, Adapter)

    more = {"MYCI_REF": "refs/pull/7/head", "MYCI_EVENT": "pull_request", "MYCI_COMMIT": "a" * 40}
    environ = Environ(case["environ"] | more)
    run = adapter.run(environ)
    assert adapter.is_active(environ)
    assert {key: getattr(run, key) for key in case["expect"]} == case["expect"]
    assert (run.pull_request, run.head_sha) == ("7", "a" * 40)


def test_the_example_of_a_forge_works():
    forge = _executed(_section("A forge's pages"))["FORGE"]
    assert isinstance(forge, Forge)
    remote = RemoteUrl.parse("git@myci.example.org:o/r.git")
    assert forge.commit_url(remote, "a" * 40) == "https://myci.example.org/o/r/commit/" + "a" * 40


@pytest.mark.skipif(sys.platform == "win32", reason="cron is not Windows'")
def test_the_line_for_cron_names_a_run_that_can_be_stamped(feedstock):
    text = (ROOT / "README.md").read_text("utf-8")
    (line,) = re.findall(
        r"^15 2 \* \* \* (CONDA_PROVENANCE_FLOW_RUN_ID=.*) conda build ", text, re.MULTILINE
    )
    command = (
        line.replace("\\%", "%")
        + f" {sys.executable} -m conda_provenance detect --json {feedstock}"
    )
    found = json.loads(
        subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    )
    assert re.fullmatch(r"cron_\S+/\d{8}T\d{6}Z-\d+", found["flow_run_id"])
    assert found["sources"]["flow_run_id"] == "environment"
