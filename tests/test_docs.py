"""What the documentation says is so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conda_provenance.ci import Adapter, Environ

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


def test_the_example_of_an_adapter_and_its_case_work():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## A CI system")[2]
    (source,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (case,) = map(json.loads, re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    module: dict[str, object] = {}
    exec(source, module)
    adapter = module["ADAPTER"]
    assert isinstance(adapter, Adapter)
    environ = Environ(case["environ"] | {"MYCI_REF": "refs/pull/7/head"})
    run = adapter.run(environ)
    assert adapter.is_active(environ)
    assert {key: getattr(run, key) for key in case["expect"]} == case["expect"]
    assert run.pull_request == "7"


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
