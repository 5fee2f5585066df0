"""The page as a whole in a real browser: nothing is fetched, and strangers' text stays text."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from page_browser import Browser
from page_rows import WHEN, Row, many_rows, problem, row, stamped

from conda_provenance.audit import summarize
from conda_provenance.audit.page import write_page

Show = Callable[..., str]

DETAIL = "document.getElementById('detail')"


class Server:
    """A server on loopback that serves one page, and notes what it is asked for."""

    def __init__(self) -> None:
        server = self
        self.page = b""
        self.asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(server.page)

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Server:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


def hostile_texts(address: str) -> list[str]:
    return [
        f"</script><img src={address}/image onerror=window.stolen=1>",
        f"<script src={address}/script></script>",
        f"<!--<script>fetch('{address}/comment')</script>",
        f'" onfocus="fetch(`{address}/attribute`)" autofocus x="',
        f"javascript:fetch('{address}/link')",
        f"data:text/html,<script>fetch('{address}/data')</script>",
        f"</title></style><link rel=stylesheet href={address}/style>",
        "&lt;b&gt;&amp;",
        "name\u202egnp.exe\u2066\u200f",
        "nul\x00 bell\x07 escape\x1b[31m line\u2028\u2029\r\n",
        "\ud800 lone \udfff surrogates",
        "\U0001f44d\u200d\U0001f525 שלום مرحبا 日本",
        "{remote_url}\x01sha\x01${1+1}{{7*7}}",
        "__proto__",
        "constructor",
        "x" * 100_000,
    ]


KEYS = (
    "package", "name", "version", "build", "subdir", "channel", "location", "read_from", "place",
    "sha256", "sha256_from", "sha", "remote_url", "flow_run_id", "flow_run_url", "commit_url",
    "run_url", "error",
)  # fmt: skip


def hostile_rows(address: str) -> list[Row]:
    return [
        row(**dict.fromkeys(KEYS, text), problems=[problem(text, text)], state=state)
        for text in hostile_texts(address)
        for state in ("malformed", "unreadable")
    ]


@pytest.mark.parametrize("dark", [False, True])
def test_a_strangers_text_is_seen_as_text_and_nothing_is_fetched(
    server: Server, show: Show, browser: Browser, dark: bool
) -> None:
    browser.prefer(color_scheme="dark" if dark else "light")
    rows = hostile_rows(server.address)
    address = show(rows, title=hostile_texts(server.address)[0])
    names = browser.texts("#rows .name")

    assert len(list(details(browser))) == len(rows)
    browser.run("for (const each of document.querySelectorAll('.filter')) each.click()")

    assert browser.run("[document.images.length, document.scripts.length]") == [0, 2]
    assert browser.run("document.querySelectorAll('link[rel=stylesheet], iframe').length") == 0
    assert browser.run("window.stolen") is None
    assert server.asked == []
    assert {each.partition("#")[0] for each in browser.requested()} == {address}
    assert browser.run("performance.getEntriesByType('resource').length") == 0
    assert browser.complaints() == []
    assert "</script><img src=" in browser.text("h1")
    assert any("</script><img src=" in name for name in names)


def test_only_web_addresses_are_links(server: Server, show: Show, browser: Browser) -> None:
    show(hostile_rows(server.address))

    links = "[...document.querySelectorAll('a:not(.skip)')].map(each => each.href)"
    found = [browser.run(links) for _ in details(browser)]
    assert len(found) == len(hostile_rows(""))
    assert not any(found)


def details(browser: Browser) -> Iterator[None]:
    """Opens the details of one package after the other."""
    browser.run("document.querySelector('#rows .name').click()")
    following = "document.querySelector('#detail nav button:nth-child(2)')"
    yield
    while not browser.run(f"{following}.disabled"):
        browser.run(f"{following}.click()")
        yield
    browser.run("document.querySelector('#detail .close').click()")
    browser.wait(f"!{DETAIL}.open")


def test_a_link_keeps_its_page_to_itself(show: Show, browser: Browser) -> None:
    show([stamped("demo")])

    links = browser.run("[...document.querySelectorAll('#rows a')].map(a => [a.rel, a.protocol])")
    assert links == [["noopener noreferrer", "https:"]] * 3
    assert browser.run("document.querySelector('meta[name=referrer]').content") == "no-referrer"


def test_characters_that_turn_text_around_are_seen(show: Show, browser: Browser) -> None:
    show([row("name\u202egnp.exe", version="1\u0000\ud800")])

    assert browser.texts("#rows .name") == [r"name\u202egnp.exe"]
    assert browser.texts("#rows .c-version")[1:] == [r"1\x00\ud800"]
    assert (
        browser.run("getComputedStyle(document.querySelector('#rows td')).unicodeBidi") == "isolate"
    )


def test_a_long_text_is_cut(show: Show, browser: Browser) -> None:
    show([row("x" * 100_000, location="y" * 90_000)])

    assert len(browser.texts("#rows .name")[0]) == 501
    width = browser.run("document.documentElement.scrollWidth")
    assert width <= 1280


def test_a_secret_in_a_place_or_in_the_title_is_hidden(show: Show, browser: Browser) -> None:
    token = "ab-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    places = {
        "channel": f"https://conda.example/t/{token}/forge",
        "location": f"https://user:{token}@conda.example/demo.conda",
        "place": f"https://conda.example/demo.conda?token={token}",
        "error": f"https://user:{token}@conda.example/demo.conda cannot be read.",
        "problems": [problem("x", f"see https://user:{token}@conda.example/")],
    }
    show([row(**places)], title=f"https://user:{token}@conda.example/t/{token}/forge")
    browser.click("#rows .name")

    assert token not in browser.run("document.documentElement.outerHTML")


def test_the_policy_lets_this_script_run_and_no_other(show: Show, browser: Browser) -> None:
    show([row()])

    browser.run(
        "document.body.append(Object.assign(document.createElement('script'),"
        "{ textContent: 'window.other = 1' }));"
        "const box = document.createElement('div');"
        "box.innerHTML = '<img src=x onerror=\"window.other = 2\">'; document.body.append(box)"
    )
    browser.run("new Promise(done => setTimeout(done, 100))")

    assert browser.run("window.other") is None
    assert len(browser.complaints()) >= 2
    assert (
        browser.run("fetch('data:text/plain,x').then(() => 'fetched', () => 'refused')")
        == "refused"
    )


def test_it_is_the_same_from_a_server(server: Server, browser: Browser, tmp_path: Path) -> None:
    rows = many_rows(50)
    path = tmp_path / "page.html"
    write_page(path, rows, summarize(rows), title="demo", generated=WHEN)
    server.page = path.read_bytes()
    browser.open(f"{server.address}/page.html")

    assert len(browser.texts("#rows .name")) > 10
    assert server.asked == ["/page.html"]


def test_without_script_the_summary_stands(show: Show, browser: Browser) -> None:
    address = show([stamped("a"), stamped("b"), row("c"), row("d", state="too-old")])
    browser.scripts(on=False)
    browser.open(address, ready=False)
    browser.scripts(on=True)  # to look at it; the page's own did not run

    text = browser.text("main")
    assert "66.6 %" in text
    assert "2 of 3; not counted: 1 too old" in text
    assert "github.com/conda-forge" in text
    assert "needs JavaScript" in text
    assert not browser.run("document.getElementById('table').checkVisibility()")
    assert browser.run("document.querySelector('.coverage .bar').checkVisibility()")


@pytest.mark.parametrize("width", [320, 390, 700, 900, 1280, 1800])
def test_nothing_is_wider_than_the_window(show: Show, browser: Browser, width: int) -> None:
    browser.size(width, 844)
    show([*many_rows(200), row("n" * 300, "1" * 300, remote_url="https://h.example/" + "p" * 300)])

    assert browser.run("document.documentElement.scrollWidth") <= width
    browser.click("#rows .name")
    assert browser.run(f"{DETAIL}.scrollWidth <= {DETAIL}.clientWidth")


def test_a_phone_shows_cards(show: Show, browser: Browser) -> None:
    browser.size(390, 844)
    show([stamped("numpy", "1.26.4")])

    assert not browser.run("document.querySelector('#rows .c-version').checkVisibility()")
    card = browser.run("document.querySelector('#rows tr[data-at]').getBoundingClientRect().height")
    assert 60 < card < 100
    assert browser.run("document.getElementById('sorting').checkVisibility()")
    # The script measures a card's height, which is not that of a row on a desk.
    browser.size(1280, 900)
    browser.wait("document.querySelector('#rows tr[data-at]').getBoundingClientRect().height < 50")


def test_dark_and_light_differ_and_nothing_is_green(show: Show, browser: Browser) -> None:
    papers = []
    for scheme in ("light", "dark"):
        browser.prefer(color_scheme=scheme)
        show(many_rows(50))
        papers.append(browser.run("getComputedStyle(document.body).backgroundColor"))
        colours = browser.run(
            "[...document.querySelectorAll('*')].map(each => getComputedStyle(each))"
            ".flatMap(style => [style.color, style.backgroundColor, style.fill, style.stroke])"
        )
        assert not [each for each in set(colours) if is_green(each)]

    assert papers[0] != papers[1]


def is_green(colour: str) -> bool:
    if not colour.startswith("rgb"):
        return False  # a pattern, whose own colours are looked at too

    numbers = [float(each) for each in colour.strip("rgba()").split(",")]
    return numbers[1] > numbers[0] + 24 and numbers[1] > numbers[2] + 24


def test_paper_has_the_summary_and_says_which_rows(
    show: Show, browser: Browser, tmp_path: Path
) -> None:
    show(many_rows(800))
    browser.run("addEventListener('afterprint', () => { window.printed = 1 })")
    browser.run(
        "addEventListener('beforeprint', () => {"
        "window.rows = document.querySelectorAll('#rows tr[data-at]').length;"
        "window.said = document.getElementById('printed').textContent })"
    )
    browser.paper(tmp_path / "page.pdf")

    browser.wait("window.printed === 1")
    assert browser.run("window.rows") == 500
    assert browser.run("window.said").startswith("The first 500 of 800 packages are printed.")
    assert (tmp_path / "page.pdf").read_bytes().startswith(b"%PDF")
    assert len(browser.texts("#rows tbody tr")) <= 50


def test_names_and_roles_for_a_screen_reader(show: Show, browser: Browser) -> None:
    show(many_rows(30))
    browser.call("Accessibility.enable")
    nodes = browser.call("Accessibility.getFullAXTree")["nodes"]
    browser.call("Accessibility.disable")
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node.get("ignored")
    ]

    assert ("searchbox", "Search") in named
    assert ("combobox", "State") in named
    assert ("table", "Packages and what they say about their origin") in named
    assert [name for role, name in named if role == "columnheader"][-8:-5] == [
        "Package", "Version", "Subdir",
    ]  # fmt: skip
    assert [role for role, _ in named].count("rowheader") >= 20
    assert any(role == "image" and name.startswith("30 packages: Complete") for role, name in named)
    assert any(role == "status" for role, _ in named)
    nameless = {role for role, name in named if role in ("button", "link", "combobox") and not name}
    assert not nameless


def test_the_focus_is_seen_and_movement_can_be_switched_off(show: Show, browser: Browser) -> None:
    show(many_rows(30))
    browser.press("Tab", times=2)
    focused = "getComputedStyle(document.activeElement)"
    assert browser.run(f"[{focused}.outlineStyle, {focused}.outlineWidth]") == ["solid", "2px"]

    animation = f"getComputedStyle({DETAIL}).animationName"
    browser.click("#rows .name")
    assert browser.run(animation) == "come"
    browser.prefer(reduced_motion="reduce")
    assert browser.run(animation) == "none"
