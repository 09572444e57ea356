"""The site is built, whole, and asks no other host for anything."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CHROMIUM = Path("/usr/bin/chromium")
LOADING = {
    ("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src"),
    ("form", "action"), ("object", "data"), ("video", "src"), ("audio", "src"), ("embed", "src"),
}  # fmt: skip

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    where = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        ["make", "--old-file=develop", "site", f"VENV={sys.prefix}", f"SITE={where}"],
        cwd=ROOT, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return where


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.loaded, self.links, self.ids = [], [], set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if (tag, name) in LOADING:
                self.loaded.append(value)
            elif (tag, name) == ("a", "href"):
                self.links.append(value)
            elif name == "id":
                self.ids.add(value)


def pages(site):
    return {path: Page(path) for path in site.rglob("*.html")}


def test_no_page_loads_anything_from_another_host(site):
    found = pages(site)
    assert len(found) > 20
    assert any(page.loaded for page in found.values())
    foreign = {url for page in found.values() for url in page.loaded if urlsplit(url).netloc}
    assert foreign == set()
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text()), sheet


def test_every_link_leads_to_a_place_there_is(site):
    found = pages(site)
    for path, page in found.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or path.name == "404.html":
                assert parts.scheme in ("", "https", "http"), link
                continue
            target = (path.parent / parts.path).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            assert target.exists(), f"{path}: {link}"
            if parts.fragment and target.suffix == ".html":
                assert parts.fragment in found[target].ids, f"{path}: {link}"


def test_every_page_of_the_documentation_is_in_the_menu(site):
    start = Page(site / "index.html")
    listed = {(site / link).resolve() for link in start.links if not urlsplit(link).scheme}
    for page in (ROOT / "docs").rglob("*.md"):
        name = "index" if page.stem == "README" else page.stem
        where = site / page.parent.relative_to(ROOT / "docs") / f"{name}.html"
        assert where in listed, page


def test_no_fonts_of_another_host_are_asked_for():
    assert yaml.safe_load((ROOT / "mkdocs.yml").read_text())["theme"]["font"] is False


def test_the_references_tell_of_operations(site):
    assert "/accounts/workers/json/{coin}" in (site / "api/pool.html").read_text()
    assert "/api/v1/performance/power-target" in (site / "api/machine.html").read_text()


@pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no browser here")
def test_a_browser_asks_no_other_host(site):
    from playwright.sync_api import sync_playwright

    asked = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for name in ("index.html", "api/machine.html", "rewards.html", "models/index.html"):
            page.goto((site / name).as_uri(), wait_until="networkidle")
        browser.close()
    assert len(asked) > 8
    assert [url for url in asked if urlsplit(url).scheme not in ("file", "data", "blob")] == []
