"""Draws what a farm shows that has run for a while, into docs/images: its table, and its pages.

python website/record.py [SECONDS]
"""

import asyncio
import io
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from playwright.async_api import async_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from pithead.cli.config import load
from pithead.cli.farmfile import read_farm_file
from pithead.cli.table import draw
from pithead.cli.up import Farm, picture, start_farm

IMAGES = Path(__file__).parents[1] / "docs/images"
SYSTEM_FONTS = re.sub(r"@font-face \{\{.*?\}\}|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""The library's own format without anything of another host."""
CHROMIUM = "/usr/bin/chromium"
SETTLED_SECONDS = 5
"""A page has its live figures by then."""


def record_table(farm: Farm) -> None:
    console = Console(record=True, width=132, file=io.StringIO())
    console.print(draw(picture(farm)))
    text = console.export_svg(title="pithead up", code_format=SYSTEM_FONTS)
    (IMAGES / "up.svg").write_text(text)


async def record_pages(pages: dict[str, str]) -> None:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1200, "height": 800})
        for name, url in pages.items():
            await page.goto(url)
            await asyncio.sleep(SETTLED_SECONDS)
            await page.screenshot(path=IMAGES / f"{name}.png")
        await browser.close()


async def record(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        farm = await start_farm(load({"farm.speed": 20.0}, {}), Path("pithead-data"), time.time)
        try:
            await asyncio.sleep(seconds)
            record_table(farm)
            described = read_farm_file(farm.file)
            assert described is not None
            await record_pages({"pool": described.pool.api, "fleet": described.fleet})
        finally:
            await farm.stop()
            os.chdir(IMAGES)


if __name__ == "__main__":
    asyncio.run(record(float(sys.argv[1]) if len(sys.argv) > 1 else 90))
