"""The table in a real browser: sorted, searched, filtered, linked, and by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from page_browser import Browser
from page_rows import LOGIN, SHORT, Row, many_rows, problem, row, stamped

Show = Callable[..., str]

NAMES = "#rows tbody .name"
VERSIONS = "#rows tbody .c-version"


def small_channel() -> list[Row]:
    return [
        stamped("numpy", "1.26.4", timestamp=1_710_000_000_000),
        stamped("zlib", "1.3", timestamp=1_690_000_000_000),
        row("cmake", "3.30", timestamp=1_720_000_000_000),
        stamped("boost", "1.9", state="partial", flow_run_id=None, run_url=None, timestamp=None),
        stamped("attrs", "24.1", state="malformed", problems=[problem(*SHORT), problem(*LOGIN)]),
        stamped("tar", remote_url="https://gitlab.com/gnu/tar", flow_run_id="gitlab_7"),
        row("old", "0.1", state="too-old"),
        row("broken", "0.1", state="unreadable", error="broken-0.1.conda is not a zip file."),
    ]


def test_the_worst_come_first(show: Show, browser: Browser) -> None:
    show(small_channel())

    assert browser.texts(NAMES) == [
        "attrs", "cmake", "boost", "broken", "old", "numpy", "tar", "zlib",
    ]  # fmt: skip
    assert browser.text("#count") == "8 packages"


def test_a_click_on_a_heading_sorts_up_then_down_then_as_before(
    show: Show, browser: Browser
) -> None:
    show(small_channel())
    before = browser.texts(NAMES)

    browser.click("th.c-name button")
    assert browser.texts(NAMES) == sorted(before)
    assert browser.run("document.querySelector('th.c-name').ariaSort") == "ascending"

    browser.click("th.c-name button")
    assert browser.texts(NAMES) == sorted(before, reverse=True)
    assert browser.run("document.querySelector('th.c-name').ariaSort") == "descending"

    browser.click("th.c-name button")
    assert browser.texts(NAMES) == before
    assert not browser.run("document.querySelector('th.c-name').ariaSort")


VERSION_ORDER = [
    "0.4",
    "0.4.1.rc",
    "0.4.1",
    "0.5a1",
    "0.5b3",
    "0.5C1",
    "0.5",
    "0.9.6",
    "0.960923",
    "1.0",
    "1.0.1dev",
    "1.0.1_",
    "1.0.1a",
    "1.0.1",
    "1.1dev1",
    "1.1_",
    "1.1a1",
    "1.1.0dev1",
    "1.1.a1",
    "1.1.0rc1",
    "1.1.0",
    "1.1.0post1",
    "1.1post1",
    "1.2+local",
    "1.2+local.1",
    "1.9",
    "1.10",
    "1996.07.12",
    "1!0.4.1",
    "1!3.1.1.6",
    "2!0.4.1",
]
"""From the documentation of conda's ``VersionOrder``, with those of openssl, and two of ours."""


@pytest.mark.parametrize("sort", ["version", "-version"])
def test_versions_are_in_condas_order(show: Show, browser: Browser, sort: str) -> None:
    mixed = sorted(VERSION_ORDER, key=lambda version: version[::-1])
    assert mixed != VERSION_ORDER

    show([row(version=version) for version in mixed], f"#sort={sort}")

    shown = browser.texts(VERSIONS)
    assert shown == (VERSION_ORDER if sort == "version" else VERSION_ORDER[::-1])


def test_versions_that_say_the_same_are_equal(show: Show, browser: Browser) -> None:
    rows = [row("a", "1.0.0"), row("b", "1.0"), row("c", "0.9"), row("d", "1"), row("e", "")]
    show(rows, "#sort=version")

    assert browser.texts(NAMES) == ["c", "a", "b", "d", "e"]


@pytest.mark.parametrize("sort", ["date", "-date"])
def test_dates_are_in_order_of_time_and_unknown_ones_last(
    show: Show, browser: Browser, sort: str
) -> None:
    stamps = {"first": 946_684_800_000, "next": 1_000_000_000_000, "last": 1_700_000_000_000}
    rows = [row(name, timestamp=stamp) for name, stamp in stamps.items()]
    wrong = [row(f"wrong{i}", timestamp=each) for i, each in enumerate((-5, True, "x", 10**40))]
    show([*reversed(rows), *wrong, row("unknown", timestamp=None)], f"#sort={sort}")

    names = browser.texts(NAMES)
    assert names[:3] == list(stamps) if sort == "date" else list(stamps)[::-1]
    assert browser.texts("#rows tbody .c-date")[3:] == ["–"] * 5


def test_all_words_of_a_search_must_be_there(show: Show, browser: Browser) -> None:
    show(small_channel())
    browser.click("#search")

    browser.type("Feedstock 1.")
    browser.wait("document.querySelectorAll('#rows tbody .name').length < 8")
    assert browser.texts(NAMES) == ["boost", "numpy", "zlib"]
    assert browser.text("#count") == "3 of 8 packages"

    browser.type(" nothing has this")
    browser.wait("document.getElementById('rows').hidden")
    browser.click("#clear")
    assert len(browser.texts(NAMES)) == 8


@pytest.mark.parametrize(
    ("key", "value", "names"),
    [
        ("state", "malformed", ["attrs"]),
        ("state", "unreadable", ["broken"]),
        ("host", "gitlab.com", ["tar"]),
        ("host", "-", ["cmake", "broken", "old"]),
        ("organisation", "gitlab.com/gnu", ["tar"]),
        ("provider", "github", ["attrs", "numpy", "zlib"]),
        ("problem", "remote-credentials", ["attrs"]),
        ("year", "2024", ["cmake", "numpy"]),
    ],
)
def test_rows_are_filtered(
    show: Show, browser: Browser, key: str, value: str, names: list[str]
) -> None:
    show(small_channel())
    choose(browser, key, value)

    assert browser.texts(NAMES) == names
    assert browser.run("location.hash") == f"#{key}={value.replace('/', '%2F')}"


def test_each_choice_says_how_many_it_leaves(show: Show, browser: Browser) -> None:
    show(small_channel())
    choose(browser, "state", "complete")

    hosts = [without_marks(each) for each in browser.texts("[name=host] option")]
    assert hosts == ["all", "github.com (2)", "gitlab.com (1)"]
    # A filter counts its own choices as if none of them was taken.
    states = [without_marks(each) for each in browser.texts("[name=state] option")]
    assert {"Complete (3)", "Malformed (1)", "Too old (1)"} <= set(states)


def test_a_view_can_be_linked(show: Show, browser: Browser) -> None:
    address = show(small_channel())
    choose(browser, "host", "github.com")
    browser.click("th.c-name button")
    browser.click("th.c-name button")
    view = browser.run("location.href")
    assert view == f"{address}#host=github.com&sort=-name"

    browser.open("about:blank", ready=False)
    browser.open(view)

    assert browser.texts(NAMES) == ["zlib", "numpy", "boost", "attrs"]
    assert browser.run("document.querySelector('[name=host]').value") == "github.com"


def test_a_link_to_a_package_opens_it(show: Show, browser: Browser) -> None:
    show(small_channel(), "#package=numpy-1.26.4-h0123456_0.conda")

    assert browser.text("#detail-name") == "numpy 1.26.4"
    assert browser.run("document.getElementById('detail').open")


def test_another_address_while_a_package_is_open_opens_that_one(
    show: Show, browser: Browser
) -> None:
    show(small_channel(), "#package=numpy-1.26.4-h0123456_0.conda")

    browser.run("location.hash = '#package=zlib-1.3-h0123456_0.conda'")
    browser.wait("document.getElementById('detail-name').textContent === 'zlib 1.3'")
    assert browser.run("document.getElementById('detail').open")
    assert browser.run("location.hash") == "#package=zlib-1.3-h0123456_0.conda"

    browser.run("location.hash = '#state=absent'")
    browser.wait("!document.getElementById('detail').open")
    browser.wait("location.hash === '#state=absent'")
    assert browser.texts(NAMES) == ["cmake"]


def test_a_view_that_names_what_is_not_there_is_empty(show: Show, browser: Browser) -> None:
    show(small_channel(), "#host=%3Cb%3Enowhere&sort=nothing&package=x")

    assert browser.texts(NAMES) == []
    assert "<b>nowhere" in browser.texts("[name=host] option:checked")[0]
    assert not browser.complaints()


def test_a_bar_shows_its_packages(show: Show, browser: Browser) -> None:
    show(small_channel())
    browser.click(".groups [data-filter='host=gitlab.com'] button")

    assert browser.texts(NAMES) == ["tar"]


def test_the_detail_says_everything(show: Show, browser: Browser) -> None:
    rows = [
        stamped(
            "numpy",
            sha256="ab" * 32,
            sha256_from="index",
            state="malformed",
            problems=[problem(*SHORT)],
        )
    ]
    show(rows)
    browser.click(NAMES)

    text = browser.text("#detail")
    package = rows[0]
    for key in ("package", "location", "sha", "remote_url", "flow_run_id", "run_url", "sha256"):
        assert package[key] in text, key
    assert SHORT[1] in text
    assert "by the index, not checked" in text
    assert "Claimed by the package; not verified." in text
    links = browser.run("[...document.querySelectorAll('#detail a')].map(a => [a.href, a.rel])")
    assert [package["commit_url"], "noopener noreferrer"] in links


def test_an_unreadable_package_says_why(show: Show, browser: Browser) -> None:
    show([row("broken", state="unreadable", error="broken.conda is not a zip file.")])
    browser.click(NAMES)

    assert "broken.conda is not a zip file." in browser.text("#detail")


def test_the_table_goes_by_keyboard(show: Show, browser: Browser) -> None:
    show(many_rows(500))
    browser.run("document.querySelector('[name=year]').focus()")

    for _ in range(8):  # the headings that sort
        browser.press("Tab")
        assert focus(browser, "closest('th[scope=col]') !== null")
    browser.press("Tab")
    assert focus(browser, "closest('tr').dataset.at") == "0"
    browser.press("ArrowDown", times=3)
    assert focus(browser, "closest('tr').dataset.at") == "3"
    browser.press("End")
    assert focus(browser, "closest('tr').dataset.at") == "499"
    browser.press("PageUp")
    browser.press("Home")
    assert focus(browser, "closest('tr').dataset.at") == "0"

    browser.press("ArrowDown")
    browser.press("Enter")
    assert browser.run("document.getElementById('detail').open")
    name = browser.text("#detail-name")
    browser.press("Escape")
    browser.wait("!document.getElementById('detail').open")
    assert focus(browser, "closest('tr').dataset.at") == "1"
    assert name.startswith(focus(browser, "textContent"))


def test_only_one_row_is_a_stop_of_the_tab_key(show: Show, browser: Browser) -> None:
    show(many_rows(100))

    stops = "#rows tbody :is(a, button)[tabindex='0']"
    rows = browser.run(
        f"[...document.querySelectorAll(\"{stops}\")].map(each => each.closest('tr').dataset.at)"
    )
    assert set(rows) == {"0"}


def test_a_row_that_is_scrolled_away_leaves_the_focus_to_the_table(
    show: Show, browser: Browser
) -> None:
    show(many_rows(500))
    browser.run("document.querySelector('#rows .name').focus()")
    browser.run("scrollTo(0, document.body.scrollHeight)")
    browser.wait("document.activeElement.tagName === 'TBODY'")

    browser.press("ArrowDown")
    assert int(focus(browser, "closest('tr').dataset.at")) > 400


def test_a_package_opened_at_once_after_another_stays_open(show: Show, browser: Browser) -> None:
    show(small_channel(), "#package=numpy-1.26.4-h0123456_0.conda")
    browser.run(
        "document.querySelector('#detail .close').click();"
        "document.querySelector('#rows .name').click()"
    )
    browser.run("new Promise(done => setTimeout(done, 50))")

    assert browser.run("location.hash") == "#package=attrs-24.1-h0123456_0.conda"
    assert focus(browser, "className") == "close"


def test_previous_and_next_go_through_the_rows(show: Show, browser: Browser) -> None:
    show(small_channel())
    browser.click(NAMES)
    assert browser.text("#detail-name") == "attrs 24.1"
    assert browser.run("document.querySelector('#detail nav button').disabled")

    browser.click("#detail nav button:nth-child(2)")
    assert browser.text("#detail-name") == "cmake 3.30"
    browser.click("#detail nav button:nth-child(1)")
    assert browser.text("#detail-name") == "attrs 24.1"


def test_of_10000_rows_only_those_in_sight_are_in_the_page(show: Show, browser: Browser) -> None:
    show(many_rows(10_000))
    assert len(browser.texts("#rows tbody tr")) <= 50

    for place in ("document.body.scrollHeight / 2", "document.body.scrollHeight"):
        browser.run(f"scrollTo(0, {place})")
        browser.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
        assert len(browser.texts("#rows tbody tr")) <= 50
        in_sight = browser.run(
            "document.elementFromPoint(200, innerHeight / 2).closest('tr').ariaRowIndex"
        )
        assert int(in_sight) > 4_000

    assert browser.run("document.getElementById('rows').ariaRowCount") == "10001"
    last = browser.run("[...document.querySelectorAll('#rows tr[data-at]')].pop().ariaRowIndex")
    assert last == "10001"


def test_every_row_can_be_reached_by_scrolling(show: Show, browser: Browser) -> None:
    show(many_rows(300))
    seen: set[str] = set()
    browser.run("document.getElementById('rows').scrollIntoView()")
    for _ in range(40):
        seen |= set(
            browser.run("[...document.querySelectorAll('tr[data-at]')].map(r => r.dataset.at)")
        )
        browser.run("scrollBy(0, 400)")
        browser.run("new Promise(done => requestAnimationFrame(() => setTimeout(done, 20)))")

    assert seen == {str(at) for at in range(300)}


def choose(browser: Browser, key: str, value: str) -> None:
    browser.run(
        f"(() => {{ const select = document.querySelector('[name={key}]');"
        f"select.value = '{value}'; select.dispatchEvent(new Event('change')); }})()"
    )


def focus(browser: Browser, what: str) -> str:
    return str(browser.run(f"document.activeElement.{what}"))


def without_marks(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")
