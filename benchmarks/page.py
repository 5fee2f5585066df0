"""What an audit's page costs in a browser: ``python benchmarks/page.py``.

Needs Chromium. ``ROWS=10000`` and ``RUNS=7`` are the defaults. Every figure is a median, of a page
that is opened anew each time, from a file. Prints a table in Markdown.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "audit" / "page"))
from page_browser import CHROMIUM, Browser, start_browser
from page_rows import many_rows

from conda_provenance.audit import summarize
from conda_provenance.audit.page import write_page

ROWS = int(os.environ.get("ROWS", "10000"))
RUNS = int(os.environ.get("RUNS", "7"))

READY = "performance.getEntriesByName('table-ready')[0].startTime"
"""Milliseconds from the start of the navigation until the table stands."""

# Until the browser has laid out the page again.
TIMED = (
    "(() => {{ const start = performance.now(); {action}; document.body.offsetHeight;"
    "return performance.now() - start; }})()"
)
CLICK = "document.querySelector('th.c-{column} button').click()"
CHOOSE = (
    "const select = document.querySelector('[name=state]'); select.value = 'absent';"
    "select.dispatchEvent(new Event('change'))"
)

SEARCH = """(async () => {
    const field = document.getElementById("search"), count = document.getElementById("count");
    const before = count.textContent, start = performance.now();
    field.value = "array github";
    field.dispatchEvent(new Event("input"));
    while (count.textContent === before) await new Promise(done => setTimeout(done));
    return performance.now() - start;
})()"""
WAIT = 0.12
"""Seconds that the page waits for a further key. They are not counted."""


def main() -> None:
    if CHROMIUM is None:
        sys.exit("There is no Chromium.")

    print(f"{ROWS} rows, medians of {RUNS} runs.\n\n| what | measured | bar |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "page.html"
        print(f"| writing the page | {write(path):.1f} s | |")
        print(f"| the page | {path.stat().st_size / 1e6:.1f} MB | |")
        with start_browser(Path(name)) as browser:
            measure(browser, path.as_uri())


def write(path: Path) -> float:
    rows = many_rows(ROWS)
    summary = summarize(rows)
    start = time.perf_counter()
    write_page(path, rows, summary, title="benchmark", generated=datetime.now(timezone.utc))
    return time.perf_counter() - start


def measure(browser: Browser, page: str) -> None:
    browser.size(1280, 900)
    browser.open(page)  # the first page of a new browser pays for the browser
    rows = browser.run("document.querySelectorAll('#rows tbody tr').length")
    print(f"| rows in the page | {rows} | |")

    line("ready, from the start of the navigation", 0.2, median(browser, page, READY))
    for column in ("name", "version", "repository", "date"):
        action = CLICK.format(column=column)
        taken = median(browser, page, TIMED.format(action=action))
        line(f"sort by {column}, the first time", 0.1, taken)

    line("filter by state", None, median(browser, page, TIMED.format(action=CHOOSE)))
    line("search, the first time", None, median(browser, page, SEARCH) - WAIT)


def median(browser: Browser, page: str, script: str) -> float:
    taken = []
    for _ in range(RUNS):
        browser.open("about:blank", ready=False)
        browser.open(page)
        taken.append(browser.run(script) / 1000)
    return statistics.median(taken)


def line(what: str, bar: float | None, seconds: float) -> None:
    print(f"| {what} | {seconds * 1000:.0f} ms | {'' if bar is None else f'{bar * 1000:.0f} ms'} |")


if __name__ == "__main__":
    main()
