"""The lists of the reference: written from the code, or held against it."""

from __future__ import annotations

import importlib
import re
import sys

import pytest
from shown_commands import ROOT

from conda_provenance.keys import KEYS
from conda_provenance.policy.reading import PolicyError, parse_policy

DOCS = ROOT / "docs"

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not here")


@pytest.fixture
def lists(monkeypatch, tmp_path):
    """The program that writes the lists, for pages of its own."""
    monkeypatch.syspath_prepend(str(DOCS))
    module = importlib.import_module("lists")
    monkeypatch.setattr(module, "HERE", tmp_path)
    yield module
    for name in ("lists", "api"):
        sys.modules.pop(name, None)


PAGE = """\
# Odd

<!-- list: statuses -->

| status | meaning |
|---|---|
| `7` | Long gone. |

<!-- end of list -->

By hand.
"""


def test_a_list_that_is_not_up_to_date_is_found_and_written(lists, tmp_path, monkeypatch):
    page = tmp_path / "odd.md"
    page.write_text(PAGE, "utf-8")
    monkeypatch.setattr(sys, "argv", ["lists.py", "--check"])
    with pytest.raises(SystemExit, match="not up to date"):
        lists.main()

    monkeypatch.setattr(sys, "argv", ["lists.py"])
    lists.main()
    written = page.read_text("utf-8")
    assert "Long gone" not in written
    assert "| `130` |" in written
    assert written.endswith("<!-- end of list -->\n\nBy hand.\n")

    monkeypatch.setattr(sys, "argv", ["lists.py", "--check"])
    lists.main()


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("with --sign: x", "with `--sign`: x"),
        (
            "such as https://github.com/conda-forge/*;",
            "such as `https://github.com/conda-forge/*`;",
        ),
        ("CHANNEL::SPEC or a|b", "`CHANNEL::SPEC` or a\\|b"),
        ("see docs/reference/json.md", "see [json](json.md)"),
        ("``true`` or not", "`true` or not"),
    ],
)
def test_a_sentence_of_the_code_is_marked_up(lists, said, written):
    assert lists._text(said) == written


def _keys_of_table(page: str, after: str) -> set[str]:
    text = (DOCS / "reference" / page).read_text("utf-8").partition(after)[2]
    rows = re.findall(r"^\| (`.*?`) \|", text.partition("\n\n#")[0].lstrip("\n"), re.MULTILINE)
    return {key.strip("[]") for row in rows for key in re.findall(r"`([^`]+)`", row)}


def _known(policy: str) -> set[str]:
    """The keys that the reader of policies names when there is one that it does not know."""
    with pytest.raises(PolicyError) as raised:
        parse_policy(policy.encode(), "p", "p.toml")
    (fault,) = [each for each in raised.value.faults if "the keys are" in each.message]
    return set(fault.message.partition("the keys are ")[2].split(", "))


def test_the_page_of_policies_has_every_key_of_a_file_and_of_an_exception():
    rule = "[[rules]]\nrepositories = ['https://github.com/o/n']\n"
    file = _known(f"version = 1\nqqqqqqqqqq = 1\n{rule}")
    assert _keys_of_table("policy.md", "Besides rules, a file has:\n") == file - {"rules"}

    exception = _known(f"version = 1\n{rule}[[exceptions]]\nqqqqqqqqqq = 1\n")
    assert _keys_of_table("policy.md", "has not ended counts.\n") == exception


def test_the_page_of_the_line_has_its_keys_in_their_order():
    text = (DOCS / "reference" / "log-line.md").read_text("utf-8")
    (sentence,) = re.findall(r"^- The keys are (.*?), in this order", text, re.M | re.S)
    assert re.findall(r"`(\w+)`", sentence) == list(KEYS)


def test_the_page_of_what_is_stamped_has_every_key():
    assert _keys_of_table("keys.md", "as\n[CEP 31]") >= set(KEYS)
