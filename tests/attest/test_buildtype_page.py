"""The pages that the URIs of a statement lead to: ``python tests/attest/test_buildtype_page.py``
writes the example into its page."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from conda_provenance.attest.package_statement import statement_of
from conda_provenance.bundles.statement_types import DERIVED_BUILD_TYPE, DERIVED_BUILDER

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "buildtypes" / "metadata" / "v1.md"
BUILDER_PAGE = ROOT / "docs" / "builders" / "derived-from-metadata.md"
SCHEMA = PAGE.with_name("v1.schema.json")

_JSON = re.compile(r"```json\n(.*?)```", re.DOTALL)

CHANNEL = "https://conda.anaconda.org/conda-forge"
DIGEST = "0d8349107850fbfb4890312548582cfac825189f0258a183dc17d7a00e5a3bc7"
STAMP = {
    "sha": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
    "remote_url": "https://github.com/example/demo-feedstock",
    "flow_run_id": "github_17264029110",
    "flow_run_url": "https://github.com/example/demo-feedstock/actions/runs/17264029110/attempts/1",
}


def _package(name: str, subdir: str, sha256: str) -> dict[str, str]:
    return {"url": f"{CHANNEL}/{subdir}/{name}.conda", "sha256": sha256}


RECIPE = {
    "build_configuration": {
        "variant": {"c_compiler": "gcc", "python": "3.13.* *_cp313", "target_platform": "linux-64"},
        "timestamp": "2026-11-26T05:55:57.635964163Z",
    },
    "finalized_sources": [
        {
            "url": "https://example.org/releases/demo-1.0.tar.gz",
            "sha256": "35a3a433735db4f66ea189ea9fd087141c2a1eca28a620e857476d90a104616b",
        },
    ],
    "finalized_dependencies": {
        "build": {
            "resolved": [
                _package(
                    "gcc_linux-64-14.3.0-h298d278_12",
                    "linux-64",
                    "e6e4ec2d8b0a4b7e9e8d7b9e6d3fba9d5f1dcbf2cbd1a6a4b5f2a6a61d8aa4c1",
                ),
            ],
        },
        "host": {
            "resolved": [
                _package(
                    "zlib-1.3.1-hb9d3cd8_2",
                    "linux-64",
                    "5d7c0e5f0005f74112a34a7425179f4eb6e73c92f5d109e6af4ddeca407c92ab",
                ),
            ],
        },
    },
    "system_tools": {"rattler-build": "0.73.0"},
}


def example() -> str:
    """The statement of a package with this recipe, laid out for people.

    Its digest is one of the page's own: compressors differ.
    """
    from attest_samples import RENDERED, make_package

    with tempfile.TemporaryDirectory() as folder:
        package = make_package(Path(folder), {RENDERED: json.dumps(RECIPE).encode()}, **STAMP)
        statement: dict[str, Any] = json.loads(statement_of(str(package)).statement)
    (subject,) = statement["subject"]
    subject["digest"]["sha256"] = DIGEST
    return json.dumps(statement, indent=2)


def test_the_example_is_what_the_command_writes():
    (shown,) = _JSON.findall(PAGE.read_text("utf-8"))
    assert shown.strip() == example()


def test_the_example_has_every_field_that_the_schema_knows_but_the_ref():
    predicate = json.loads(example())["predicate"]
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator(schema).validate(predicate)
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    known = schema["properties"]
    assert definition.keys() == known["buildDefinition"]["properties"].keys()
    assert details.keys() == known["runDetails"]["properties"].keys()
    parameters = schema["$defs"]["externalParameters"]["properties"]
    assert definition["externalParameters"].keys() == parameters.keys() - {"ref"}


def test_the_page_describes_every_parameter():
    table = PAGE.read_text("utf-8").partition("## Parameters")[2].partition("\n## ")[0]
    described = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    schema = json.loads(SCHEMA.read_text())
    assert described == list(schema["$defs"]["externalParameters"]["properties"])


def test_the_pages_are_where_the_uris_lead():
    site = re.findall(r'^html_baseurl = "(.+)"$', (ROOT / "docs" / "conf.py").read_text(), re.M)[0]
    for uri, page in ((DERIVED_BUILD_TYPE, PAGE), (DERIVED_BUILDER, BUILDER_PAGE)):
        assert uri == f"{site}{page.relative_to(ROOT / 'docs').with_suffix('')}/"
        assert f"`{uri}`" in page.read_text("utf-8")


def test_both_pages_say_plainly_what_the_statement_is_not():
    for page in (PAGE, BUILDER_PAGE):
        text = " ".join(page.read_text("utf-8").split())
        for sentence in (
            "derived afterwards",
            "not produced by the build platform",
            "is not authenticated",
            "is not complete",
            "rendered files in the package, which nothing covers",
            "the signature proves who wrote it",
            "No level of SLSA is claimed",
        ):
            assert sentence in text, page.name


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests" / "packages"))
    page = PAGE.read_text("utf-8")
    PAGE.write_text(_JSON.sub(lambda _: f"```json\n{example()}\n```", page), "utf-8")
