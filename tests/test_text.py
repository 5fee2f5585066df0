"""A stranger's text as people see it."""

from __future__ import annotations

import json
import re
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conda_provenance import text as text_module
from conda_provenance.text import (
    MAX_READ,
    as_clause,
    escape,
    escape_commands,
    json_text,
    redact,
    redact_addresses,
    redact_location,
    redact_value,
    show,
    show_sentence,
    show_value,
)

_SIGNER = "https://github.com/o/r/.github/workflows/build.yml@refs/heads/main"
_SHARED = f"https://github.com/o/r/.github/workflows/x.yaml@{'0a' * 20}"
_OF_GITLAB = "https://gitlab.com/o/r//.gitlab-ci.yml@refs/tags/v1.0"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\x1b[31mb\n", "a\\x1b[31mb\\n"),
        ("\u202e\u200b", "\\u202e\\u200b"),
        ("\udcff", "\\udcff"),
        ("https://user:s3cr3t@h/o/r", "https://***@h/o/r"),
        ("see https://h/o/r?t=s3cr3t now", "see https://h/o/r now"),
        ("git@github.com:o/r", "git@github.com:o/r"),
        ("cannot read 'https://u:s3cr3t@h/o': no", "cannot read 'https://***@h/o': no"),
        ("(see https://h/t/s3cr3t/main/noarch)", "(see https://h/t/***/main/noarch)"),
        ("https://github.com/t/repository", "https://github.com/t/repository"),
        ("https://tangled.org/@a.example.org/r", "https://tangled.org/@a.example.org/r"),
        ("https://s3cr3t/@github.com/o/r", "https://***@github.com/o/r"),
        ("https://s3cr3t.x/@github.com/o/r", "https://***@github.com/o/r"),
        (f"signed by {_SIGNER}: 1.", f"signed by {_SIGNER}: 1."),
        (f"signed ({_SIGNER})", f"signed ({_SIGNER})"),
        (f"by {_SHARED}, not {_SIGNER}.", f"by {_SHARED}, not {_SIGNER}."),
        (_OF_GITLAB, _OF_GITLAB),
        ("https://u:s3cr3t.yml@refs/heads/main", "https://***@refs/heads/main"),
        ("https://s3cr3t/x.yml@refs/heads/main", "https://***@refs/heads/main"),
        ("https://a.b/s3cr3t@c.d/x.yml@refs/heads/main", "https://***@refs/heads/main"),
        ("https://a.b/s3cr3t.yml@refs.example.org/x", "https://***@refs.example.org/x"),
        ("https://a.b/s3cr3t.yml@h/refs/heads/main", "https://***@h/refs/heads/main"),
        ("glpat-" + "s3cr3t" * 3 + "xy", "***"),
        ("https://h/o/glpat-" + "s3cr3t" * 3 + "xy/r", "https://h/o/***/r"),
        ("AKIAIOSFODNN7EXAMPLE", "***"),
        ("npm_" + "s3cr3t" * 6, "***"),
        ("ghp_" + "s3cr3t" * 6, "***"),
        ("ghp_x", "ghp_x"),
    ],
)
def test_it_is_redacted_and_escaped(text: str, shown: str) -> None:
    assert show(text) == shown


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("https://h/o?x=s3cr3t could not be read", "https://h/o could not be read"),
        ("https://u:s3cr3t@h/o is gone: try again", "https://***@h/o is gone: try again"),
        ("https://h.org/o is gone: mail a@b", "https://h.org/o is gone: mail ***@b"),
        ("git@h:o/r.git is odd: why?", "git@h:o/r.git is odd: why?"),
        ("https://h/o; then the rest", "https://h/o; then the rest"),
        ("https://u:s3cr3t ss@h/o is gone", "https://***@h/o is gone"),
        ("see https://u:s3cr3t ss@h/o and", "see https://***@h/o and"),
    ],
)
def test_a_sentence_that_begins_with_an_address_keeps_its_end(sentence: str, shown: str) -> None:
    assert show_sentence(sentence, 300) == shown


def test_what_begins_with_an_address_is_a_sentence_unless_it_may_be_a_value() -> None:
    assert redact("https://h/o is gone: is it private? Why") == (
        "https://h/o is gone: is it private? Why"
    )
    assert redact("https://h/o?token=s3cr3t s3cr3t") == "https://h/o"
    assert "s3cr3t" not in redact("https://h/o r?token=s3cr3t")


@pytest.mark.parametrize(
    "address",
    [
        "https://h/o.git;token=s3cr3t",
        "https://h/o.git&token=s3cr3t",
        "https://h/o.git,token=s3cr3t",
        "https://h/token=s3cr3t/o.git",
        "https://h/o.git%3Btoken=s3cr3t",
        "https://h/o.git%253Ftoken%253Ds3cr3t",
        "https://h/o.git;s3cr3t",
        "https://h/o.git\uff1ftoken=s3cr3t",
        "https://h/o.git\uff1btoken\uff1ds3cr3t",
        "https://s3cr3t\uff20h/o",
        "https://u:s3cr3t\ufe6bh/o",
        "https://u:s3cr3t\uff05\uff14\uff10h/o",
        "https\uff1a\uff0f\uff0fs3cr3t@h/o",
        "https://h.org/ghp_s3cr3tS3cr3t/o",
        "https://conda.anaconda.org/t/dk-5ec2e75e-0000-4000-8000-0123456789ab",
        "oci://u:s3cr3t@h/t/s3cr3t/chan/x-1-0.conda?token=s3cr3t",
        "unknown://u:s3cr3t@h/t/s3cr3t/chan/x-1-0.conda?token=s3cr3t",
        "s3://s3cr3t@h/t/s3cr3t/chan;token=s3cr3t",
    ],
)
def test_no_spelling_of_a_login_or_a_parameter_gets_through(address: str) -> None:
    for text in (address, f"see {address} now", f"'{address}' is odd", f"{address} is odd"):
        sentence = show_sentence(text, 300)
        for shown in (show(text), show_value(text), redact_addresses(text), sentence):
            assert "s3cr3t" not in shown.lower()
            assert "5ec2e75e" not in shown


@pytest.mark.parametrize("address", ["s3cr3t\uff20h:o/r", "h:o/r.git;token=s3cr3t"])
def test_an_address_without_a_scheme_hides_as_much(address: str) -> None:
    for shown in (show(address), show_value(address), show(f"see {address} now")):
        assert "s3cr3t" not in shown


def test_a_value_is_one_address_whatever_spaces_are_in_it() -> None:
    assert redact_value("https://h/o?token=s3cr3t s3cr3t") == "https://h/o"
    assert redact_value("https://u:s3c r3t@h/o") == "https://***@h/o"


def test_a_value_that_is_cut_says_so() -> None:
    assert show_value("x" * 30, 30) == "x" * 30
    assert show_value("x" * 31, 30) == "x" * 30 + "… (cut: 31 characters)"


@pytest.mark.parametrize(
    "sentence",
    [
        "The recipe's git repository at /jenkins/job@2/x cannot be read: HEAD is not a commit.",
        "There is no recipe at '/srv/a@b/recipe': give a recipe's file or folder.",
        r"C:\work\job@2\x.conda cannot be read: it is damaged.",
        "The package C:/Users/alice/x-1.0-0.conda cannot be read.",
        "Build started at 12:30/13:00 and ended at 14:05:22.",
        "Could not reach https://conda.anaconda.org/conda-forge/noarch/repodata.json (404).",
        "conda-forge::numpy[version='>=1.2', build=*] is requested by /a/b.",
        "sha256:abcdef/123 does not match; what now? See docs#fragment.",
        "src/a.c:12: error: x undeclared (see a/b.h:3)",
        "'linux-64/x.conda' and 'osx-64/x.conda' have the same name.",
        "git@github.com:o/r.git is left out: it is not a URL.",
        "Python 3.10/3.11: who/what?",
        "Only https://h/o; https://h/p, and https://h/q (all) are known.",
        "conda-forge/noarch::numpy[build=0] needs -DX=1 and /srv/a=b/c.",
        "stamping sha=1 remote_url=https://h/o flow_run_id=github_1",
    ],
)
def test_an_ordinary_sentence_stays_as_it_is(sentence: str) -> None:
    assert show(sentence) == sentence


@pytest.mark.parametrize(
    "word", ["/user:s3cr3t@h", "//s3cr3t@h/o", "s3cr3t@h/o", "/s3cr3t%40h", "C:/s3cr3t@h"]
)
def test_in_a_sentence_a_word_that_may_be_a_login_is_hidden(word: str) -> None:
    assert "s3cr3t" not in show(f"the remote {word} is odd")


@pytest.mark.parametrize(
    "text", ["/a" + "'" * 90_000 + ":x y", "a " + "https://h.h/@" * 7_000, "a " + "/t/" * 30_000]
)
def test_a_long_sentence_takes_no_time(text: str) -> None:
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 2


def test_it_is_cut_after_it_was_redacted() -> None:
    """A login that begins before the cut and ends behind it must not be seen."""
    text = "https://" + "s3cr3t" * 60 + "@h/o/r"
    assert show(text, 50) == "https://***@h/o/r"
    assert show("x" * 400, 300) == "x" * 300 + "…"


def test_a_flood_is_only_counted() -> None:
    assert show("s" * (MAX_READ + 1)) == f"({MAX_READ + 1} characters)"


def test_each_step_for_itself() -> None:
    assert escape("a\nb") == "a\\nb"
    assert escape("abc", 2) == "ab…"
    assert escape("abc", 3) == "abc"
    assert redact("ssh://git@h/o/r") == "ssh://git@h/o/r"


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("/data/me@work/x-1-0.conda", "/data/me@work/x-1-0.conda"),
        ("C:/me@work/x-1-0.conda", "C:/me@work/x-1-0.conda"),
        ("https://u:s3cr3t@h/x-1-0.conda", "https://***@h/x-1-0.conda"),
        ("https:/u:s3cr3t@h/x-1-0.conda", "https:/***@h/x-1-0.conda"),
        ("https://h/t/s3cr3t/ch/x-1-0.conda", "https://h/t/***/ch/x-1-0.conda"),
        ("https://h/x-1-0.conda?sig=s3cr3t", "https://h/x-1-0.conda"),
        ("u:s3cr3t@h/x-1-0.conda", "***@h/x-1-0.conda"),
        ("u:s3c/r3t@h/x-1-0.conda?t=s3cr3t", "***@h/x-1-0.conda"),
        ("u%3As3cr3t%40h/x-1-0.conda", "***@h/x-1-0.conda"),
        ("u\uff1as3cr3t\uff20h/x-1-0.conda", "***@h/x-1-0.conda"),
        (":s3cr3t@h/x-1-0.conda", "***@h/x-1-0.conda"),
        ("ghp_s3cr3ts3cr3t@h/x-1-0.conda", "***@h/x-1-0.conda"),
        ("git@h.example:o/x-1-0.conda", "git@h.example:o/x-1-0.conda"),
        ("job@2/x:1-0.conda", "job@2/x:1-0.conda"),
        ("out/a:b@2/x-1-0.conda", "out/a:b@2/x-1-0.conda"),
        ("1:1.0-x.conda", "1:1.0-x.conda"),
    ],
)
def test_a_path_stays_and_an_address_loses_its_secrets(location: str, shown: str) -> None:
    assert redact_location(location) == shown
    assert redact_addresses(f"There is no {location} here.") == f"There is no {shown} here."


@pytest.mark.parametrize("part", ["%3A", ":", "%40%3A", "a:", "%2540", "glpat-"])
def test_a_long_word_takes_no_time(part: str) -> None:
    started = time.process_time()
    redact_location(part * 20_000)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("##vso[task.setvariable variable=x]y", "#\\x23vso[task.setvariable variable=x]y"),
        ("  a ##VSO[x] ##[error]b", "  a #\\x23VSO[x] #\\x23[error]b"),
        ("###[x]", "##\\x23[x]"),
        ("::error::x", "\\x3a:error::x"),
        ("  ::add-mask::x", "  \\x3a:add-mask::x"),
        ("conda-forge::numpy", "conda-forge::numpy"),
        ("## heading #1 [x]", "## heading #1 [x]"),
    ],
)
def test_a_line_is_no_command_to_a_ci_system(line, shown):
    assert escape_commands(line) == shown


def test_json_holds_no_command_to_a_ci_system() -> None:
    item = {"remote_url": "##vso[task.setvariable variable=X]y", "run": "####[error]"}
    text = json_text(item, 2)
    assert "##" not in text
    assert json.loads(text) == item


@given(st.from_regex(text_module._PLAIN_WORD, fullmatch=True))
def test_a_plain_word_needs_no_search_for_secrets(word: str) -> None:
    assert text_module._redact_any_word(word) == word


@given(st.text(st.characters(max_codepoint=127)).filter(lambda word: ":" not in word))
def test_a_word_without_a_colon_begins_no_address(word: str) -> None:
    assert not re.match(text_module._SCHEME, text_module._without_opening(word))


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=8), max_size=4))
def test_every_reader_of_json_reads_ours(texts: list[str]) -> None:
    """The name of a file that is no text has halves of surrogate pairs."""
    read = msgspec.json.decode(json_text(texts))
    assert read == json.loads(json_text(texts))
    for text, found in zip(texts, read, strict=True):
        joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        assert found == re.sub("[\ud800-\udfff]", lambda half: repr(half[0])[1:-1], joined)


def test_half_a_pair_is_written_out() -> None:
    assert json.loads(json_text(["a\udcff", "\\udcff", "\U0001f600", "\ud83d"])) == [
        "a\\udcff", "\\udcff", "\U0001f600", "\\ud83d",
    ]  # fmt: skip


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(_JSON)
def test_json_looks_the_same_where_there_is_much_of_it(item: object) -> None:
    assert json_text(item, 2, is_one_of_many=True) == json_text(item, 2)


def test_half_a_surrogate_pair_is_printed_where_there_is_much_json_too() -> None:
    assert json_text(["\ud800"], 2, is_one_of_many=True) == json_text(["\ud800"], 2)


@pytest.mark.parametrize(
    ("sentence", "clause"),
    [
        ("Its signature does not hold.", "its signature does not hold"),
        ("A bundle is broken.", "a bundle is broken"),
        ("No, it is not.", "no, it is not"),
        ("GitHub lists none.", "GitHub lists none"),
        ("GitLab's API is slow.", "GitLab's API is slow"),
        ("SLSA is a word.", "SLSA is a word"),
        ("example.org answers 500; try later.", "example.org answers 500; try later"),
        ("", ""),
    ],
)
def test_a_sentence_as_the_rest_of_another(sentence: str, clause: str) -> None:
    assert as_clause(sentence) == clause
