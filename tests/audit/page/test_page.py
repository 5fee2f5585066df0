"""The page as a text: what it says, and that its numbers are those of the audit."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from audit_samples import HOSTILE, rows
from hypothesis import given
from hypothesis import strategies as st
from page_rows import WHEN, row

import conda_provenance
from conda_provenance.audit import summarize
from conda_provenance.audit.page import write_page
from conda_provenance.audit.page.document import make_page
from conda_provenance.audit.page.facets import (
    channel_of,
    host_of,
    organisation_of,
    problems_of,
    provider_of,
    year_of,
)
from conda_provenance.audit.page.overview import percent
from conda_provenance.audit.page.table import link

TABLE = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


def page_of(packages: list[dict[str, Any]], *, title: str = "demo") -> str:
    return make_page(packages, summarize(packages), title=title, generated=WHEN)


def table_of(page: str) -> dict[str, Any]:
    match = TABLE.search(page)
    assert match is not None
    return dict(json.loads(match[1]))


def filled(table: dict[str, Any], key: str, at: int) -> str | None:
    """A text of the table, as the script reads it."""
    column = table["columns"][key]
    text = column["texts"][column["rows"][at]] if isinstance(column, dict) else column[at]
    if text is None or key not in table["patterns"]:
        return text
    return re.sub("\x01(\\w+)\x01", lambda mark: filled(table, mark[1], at) or "", text)


@pytest.mark.parametrize(
    ("group", "value_of"),
    [
        ("by_host", host_of),
        ("by_organisation", organisation_of),
        ("by_provider", provider_of),
        ("by_channel", channel_of),
        ("by_year", year_of),
    ],
)
def test_a_filter_finds_as_many_packages_as_the_summary_counts(group: str, value_of: Any) -> None:
    packages = rows(2_000)
    counted = Counter(value_of(each) for each in packages)
    del counted["-"]

    assert counted == {name: each["total"] for name, each in summarize(packages)[group].items()}


def test_problems_are_counted_as_in_the_summary() -> None:
    packages = rows(2_000)
    counted = Counter(code for each in packages for code in problems_of(each))
    del counted["-"]

    assert counted == summarize(packages)["by_problem"]


def test_every_text_of_a_row_is_in_the_table() -> None:
    packages = rows(200)
    table = table_of(page_of(packages))
    by_location = {filled(table, "location", at): at for at in range(table["size"])}

    for each in packages:
        at = by_location[each["location"]]
        for key in table["columns"].keys() - {"timestamp"}:
            assert filled(table, key, at) == each[key], key


@given(
    st.lists(
        st.sampled_from(["", "name", "1.0", "sha", "x", "-", "https://h/x"]), min_size=7, max_size=7
    )
)
def test_texts_that_look_like_each_other_or_like_a_column_are_kept(texts: list[str]) -> None:
    keys = ("name", "version", "build", "package", "subdir", "channel", "location")
    made = row(**dict(zip(keys, texts, strict=True)))
    table = table_of(page_of([made]))

    assert [filled(table, key, 0) for key in keys] == texts


def test_repeated_texts_take_little_room() -> None:
    assert len(page_of(rows(2_000)).encode()) < 2_000 * 400 + 50_000


def test_the_header_says_what_was_audited_when_and_by_what() -> None:
    from conda_provenance import __version__

    east = timezone(timedelta(hours=5, minutes=30))
    made = make_page(
        [], summarize([]), title="my <channel>", generated=datetime(2026, 3, 1, 2, 0, tzinfo=east)
    )

    assert "<h1><bdi>my &lt;channel&gt;</bdi></h1>" in made
    assert '<time datetime="2026-02-28T20:30:00Z">28 February 2026, 20:30 UTC</time>' in made
    assert f"conda-provenance {__version__}" in made
    assert "Claimed by the packages; not verified." in made


def test_an_audit_of_nothing_has_a_page() -> None:
    assert "There is no package to judge" in page_of([])
    assert "not counted: 1 unreadable" in page_of([row(state="unreadable")])


def test_what_is_not_counted_is_said() -> None:
    packages = [row(state="unreadable"), row(state="too-old"), row(state="complete")]
    summary = summarize(packages, excluded=4, not_conda=2)
    made = make_page(packages, summary, title="x", generated=WHEN)

    assert "1 of 1; not counted: 1 too old, 1 unreadable, 4 excluded, 2 not conda packages" in made


@pytest.mark.parametrize(
    ("count", "whole", "shown"),
    [
        (0, 0, "–"), (0, 7, "0 %"), (1, 10_000, "< 0.1 %"), (1, 3, "33.3 %"), (1, 2, "50.0 %"),
        (9_999, 10_000, "99.9 %"), (10_000, 10_000, "100 %"),
    ],
)  # fmt: skip
def test_a_share_is_never_rounded_up(count: int, whole: int, shown: str) -> None:
    assert percent(count, whole) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_leaves_its_element(text: str) -> None:
    keys = set(row()) - {"timestamp", "problems", "state"}
    hostile = row(
        **dict.fromkeys(keys, text), problems=[{"code": text, "message": text}], state="malformed"
    )
    made = page_of([hostile], title=text)

    made.encode()  # no lone surrogate
    plain = page_of([row(state="malformed", problems=[{"code": "x", "message": "x"}])], title="x")
    assert elements(made) == elements(plain)
    assert not re.search(
        "[\u202a-\u202e\u2066-\u2069\u2028\u2029\x00]", made.partition("<script>")[0]
    )


def elements(page: str) -> Counter[str]:
    """How often each element begins. Those of the bars depend on the values' number only."""
    return Counter(
        re.findall(r"<(/?\w+)", page.partition("<style>")[0] + page.partition("</style>")[2])
    )


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)", "data:text/html,x", "ftp://h/x", "//h/x", "https:/h", "https://",
        "https://user:pw@h/x", "https://***@h/x", "https://h/x y", "https://h/\u202e", "x",
        "https://h/" + "x" * 3_000, "\nhttps://h/", "https://h/\n", None, 7,
    ],
)  # fmt: skip
def test_no_link(address: object) -> None:
    assert link(address) is None


@pytest.mark.parametrize(
    "address", ["https://h", "http://h:8080/x?y=1#z", "https://tangled.org/@user/repo"]
)
def test_a_link(address: str) -> None:
    assert link(address) == address


@given(st.text("abcdef0123456789", min_size=12, max_size=24), st.booleans())
def test_a_login_is_nowhere_in_the_page(secret: str, token: bool) -> None:
    login = f"https://h.example/t/{secret}/c" if token else f"https://u:{secret}@h.example/c"
    keys = ("channel", "location", "place", "error")
    made = page_of([row(**dict.fromkeys(keys, login))], title=f"{login} and more")

    assert secret not in made


def test_the_table_holds_the_worst_and_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("document", "table"):
        monkeypatch.setattr(f"conda_provenance.audit.page.{module}.MAX_ROWS", 2)
    packages = [row("a", state="complete"), row("b", state="malformed"), row("c")]
    made = page_of(packages)

    assert table_of(made)["columns"]["name"] == ["b", "c"]
    assert "The table has the 2 worst of 3 packages." in made


def test_it_is_written_to_a_path_and_to_a_stream(tmp_path: Path) -> None:
    path, stream = tmp_path / "page.html", io.StringIO()
    for file in (path, str(path), stream):
        write_page(file, [row()], summarize([row()]), title="é", generated=WHEN)

    assert path.read_bytes() == stream.getvalue().encode()
    assert b"\r" not in path.read_bytes()


STYLE = (Path(conda_provenance.__file__).parent / "audit/page/page.css").read_text("utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#\w{6})", block))
    for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)[:2]
)


@pytest.mark.parametrize("colours", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "soft", "link", "warn"])
@pytest.mark.parametrize("ground", ["paper", "panel", "hover"])
def test_text_stands_out(colours: dict[str, str], text: str, ground: str) -> None:
    assert contrast(colours[text], colours[ground]) >= 4.5


def contrast(one: str, other: str) -> float:
    """As WCAG 2 has it: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    ]
    return sum(share * each for share, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
