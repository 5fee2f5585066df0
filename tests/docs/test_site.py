"""The site: it builds without a warning, loads nothing from elsewhere, and has every page."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urljoin

import pytest

from conda_provenance.attest.uris import ready_policy_uri
from conda_provenance.policy.loading import ready_path, ready_policies

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BASE = "https://conda-provenance.github.io/conda-provenance/"
NEEDED = ("sphinx", "myst_parser", "conda_sphinx_theme", "sphinx_design", "sphinx_copybutton")

pytestmark = [
    pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not here"),
    pytest.mark.skipif(
        any(find_spec(name) is None for name in NEEDED),
        reason="the extra docs is not installed; it needs Python 3.11",
    ),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built as .ci/run builds it."""
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-b", "dirhtml", "-W", "--keep-going", "-n"]
    done = subprocess.run(
        [*command, "-d", place / "doctrees", DOCS, place / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return place / "html"


class _Page(HTMLParser):
    """What a page links to, what it loads, and the places in it."""

    def __init__(self, text):
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if "id" in found:
            self.places.add(found["id"])
        if tag == "a" and found.get("href"):
            self.links.add(found["href"])
        elif tag == "link" and found.get("rel") not in {"canonical", "author", "search"}:
            self.loaded.add(found.get("href"))
        elif "src" in found:
            self.loaded.add(found["src"])


@pytest.fixture(scope="module")
def pages(site):
    return {
        path.relative_to(site).as_posix(): _Page(path.read_text("utf-8"))
        for path in site.rglob("*.html")
    }


def test_every_markdown_page_is_there_and_is_led_to_from_the_first_page(site, pages):
    """Sphinx itself refuses a page that no table of contents has."""
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).with_suffix("").as_posix()
        address = "index.html" if name == "index" else f"{name.removesuffix('/index')}/index.html"
        if name.endswith("/index"):
            address = f"{name}.html"
        assert (site / address).is_file(), address


@pytest.mark.parametrize("section", ["tutorial", "how-to", "reference", "explanation"])
def test_the_list_of_a_section_has_every_page_of_it(section):
    """In words too: GitHub shows no table of contents."""
    text = (DOCS / section / "index.md").read_text("utf-8")
    for page in (DOCS / section).glob("*.md"):
        assert page.name == "index.md" or f"]({page.name})" in text, page.name


def test_every_link_within_the_site_leads_to_a_page_and_a_place_in_it(site, pages):
    for name, page in pages.items():
        for link in page.links:
            if re.match(r"[a-z]+:", link) or link == "#":
                continue

            target, _, place = urljoin(f"/{name}", link).partition("#")
            path = unquote(target).lstrip("/")
            file = f"{path}index.html" if path.endswith("/") or not path else path
            assert (site / file).is_file(), f"{name}: {link}"
            assert not place or unquote(place) in pages[file].places, f"{name}: {link}"


def test_nothing_is_loaded_from_elsewhere(site, pages):
    for name, page in pages.items():
        for address in page.loaded:
            assert not re.match(r"([a-z]+:)?//", address or ""), f"{name}: {address}"

    for style in site.rglob("*.css"):
        text = style.read_text("utf-8", "replace")
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", text), style


def test_a_ready_policy_is_at_the_address_that_statements_name(site):
    for name in ready_policies():
        address = ready_policy_uri(name)
        assert address.startswith(BASE)
        file = site / address.removeprefix(BASE)
        assert file.read_bytes() == Path(ready_path(name)).read_bytes()
