"""The line that a build and a stamp end with: its form, and what is taken for one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance.package_line import PackageLine
from conda_provenance.values import KEYS

SHA256 = "0123456789abcdef" * 4
SHA = "50a4e2d4203f05082fcbb93e14541180de3aa8ac"
LINE = (
    f"conda-provenance: linux-64/hello-1.0-h1_0.conda sha256={SHA256} sha={SHA} "
    "remote_url=https://github.com/o/n flow_run_id=github_77"
)
VALUES = {"sha": SHA, "remote_url": "https://github.com/o/n", "flow_run_id": "github_77"}


def test_the_form():
    line = PackageLine.of("linux-64", "hello-1.0-h1_0.conda", SHA256, VALUES)
    assert str(line) == LINE
    assert PackageLine.parse(LINE) == line
    assert PackageLine.parse(f"{LINE}\r\n") == line


def test_the_example_of_the_page_is_one():
    page = Path(__file__).parents[1] / "docs" / "reference" / "log-line.md"
    (example,) = re.findall(r"^conda-provenance: .*$", page.read_text("utf-8"), re.MULTILINE)
    assert PackageLine.parse(example)


def test_keys_of_later_versions_are_kept():
    assert PackageLine.parse(f"{LINE} attempt=2").values == {**VALUES, "attempt": "2"}


@pytest.mark.parametrize(
    "value", ["farm_a b", "farm_ä=1", "farm_100%", "farm_%20", "farm_##vso[x]", "farm_'\"\\"]
)
def test_odd_values_come_through_and_are_one_word_of_ascii(value):
    line = str(PackageLine.of("noarch", "é-1-0.tar.bz2", SHA256, {"flow_run_id": value}))
    assert line.isascii()
    assert len(line.split(" ")) == 4
    assert "##" not in line
    read = PackageLine.parse(line)
    assert (read.file_name, read.values) == ("é-1-0.tar.bz2", {"flow_run_id": value})


@pytest.mark.parametrize(
    ("subdir", "values"),
    [
        ("noarch", {}),
        ("noarch", {"sha": ""}),
        ("noarch", {"sha": "abc"}),
        ("noarch", {"flow_run_id": "x\ny"}),
        (None, VALUES),
        ("../x", VALUES),
        ("", VALUES),
        (7, VALUES),
    ],
)
def test_what_says_nothing_clean_has_no_line(subdir, values):
    assert PackageLine.of(subdir, "a-1-0.conda", SHA256, values) is None


def test_credentials_stay_out():
    values = {"remote_url": "https://user:s3cr3t@github.com/o/n"}
    line = PackageLine.of("noarch", "a-1-0.conda", SHA256, values)
    assert "s3cr3t" not in str(line)


@pytest.mark.parametrize(
    "line",
    [
        f" {LINE}",
        f"x {LINE}",
        LINE.replace("conda-provenance:", "conda-provenance/2:"),
        LINE.replace("linux-64/", ""),
        LINE.replace("linux-64/", "../"),
        LINE.replace("linux-64/", "a/b/"),
        LINE.replace("hello", "%2E%2E%2Fhello"),
        LINE.replace("hello", "a%5Chello"),
        LINE.replace("hello", "%68ello"),
        LINE.replace("hello", "a\x00hello").replace("\x00", "%C3"),
        LINE.replace(".conda", ".zip"),
        LINE.replace(SHA256, SHA256.upper()),
        LINE.replace(SHA256, "***"),
        LINE.replace(SHA256, SHA256 + "0"),
        LINE.replace(" sha=", "  sha="),
        f"{LINE} sha={SHA}",
        f"{LINE} and more",
        f"{LINE}\n{LINE}",
        f"{LINE} x={'y' * 70_000}",
    ],
)
def test_what_is_no_line_of_ours(line):
    assert PackageLine.parse(line) is None


@given(st.dictionaries(st.sampled_from(KEYS), st.text(max_size=60)), st.text(max_size=30))
def test_whatever_is_written_is_read_again(values, name):
    line = PackageLine.of("noarch", f"{name}-1-0.conda", SHA256, values)
    if line is not None and not re.search(r"[/\\]", name):
        assert PackageLine.parse(str(line)) == line


@given(st.text())
def test_any_text_is_read(text):
    assert PackageLine.parse(f"conda-provenance: {text}") is None or "sha256=" in text
