"""Pages in Chromium, and whatever is wrong with them."""

import os
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
SHOTS = os.environ.get("PITHEAD_SCREENSHOTS")
"""A directory that pictures of the pages go to, for the documentation."""
VIEWS = [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")]
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync",
    "--disable-component-update", "--no-first-run",
]  # fmt: skip
IN_A_BROWSER = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium here"),
]


NAMELESS = """() => [...document.forms]
    .filter((form) => form.querySelector("[type=password]"))
    .filter((form) => !form.querySelector("[autocomplete=username]")?.checkVisibility())
    .map((form) => form.checkVisibility() ? form.outerHTML : "")
    .filter(Boolean)"""
"""Forms in which a program that keeps passwords finds no name to keep one under."""


class Visit:
    """One page in one view, and whatever went wrong on it."""

    def __init__(self, page, origin):
        self.page, self.origin, self.wrong = page, origin, []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", self._asked)

    def _heard(self, message):
        if message.type in ("error", "warning"):
            self.wrong.append(message.text)

    def _asked(self, request):
        if not request.url.startswith((self.origin, "data:")):
            self.wrong.append(f"asked {request.url}")

    async def check(self, name, width, scheme):
        """Nothing wrong, nothing beside the screen, nothing that axe complains of, no password
        without the name of a user."""
        from axe_playwright_python.async_playwright import Axe

        found = (await Axe().run(self.page)).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []
        assert await self.page.evaluate("document.documentElement.scrollWidth") <= width
        assert await self.page.evaluate(NAMELESS) == []
        assert self.wrong == []
        if SHOTS:
            path = Path(SHOTS) / f"{name}-{width}-{scheme}.png"
            await self.page.screenshot(path=path, full_page=True)


@asynccontextmanager
async def browsing():
    playwright = pytest.importorskip("playwright.async_api")
    async with playwright.async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(browser, origin, path, width, scheme):
    context = await browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    page = await context.new_page()
    visit = Visit(page, origin)
    await page.goto(origin + path)
    try:
        yield visit
    finally:
        await context.close()
