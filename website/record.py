"""Draws the table of a farm that has run for a while, as docs/images/up.svg shows it.

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

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from pithead.cli.config import load
from pithead.cli.table import draw
from pithead.cli.up import picture, start_farm

IMAGE = Path(__file__).parents[1] / "docs/images/up.svg"
SYSTEM_FONTS = re.sub(r"@font-face \{\{.*?\}\}|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""The library's own format without anything of another host."""


async def record(seconds: float) -> None:
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        farm = await start_farm(load({"farm.speed": 20.0}, {}), Path("pithead-data"), time.time)
        try:
            await asyncio.sleep(seconds)
            console = Console(record=True, width=130, file=io.StringIO())
            console.print(draw(picture(farm)))
        finally:
            await farm.stop()
            os.chdir(IMAGE.parent)
    IMAGE.write_text(console.export_svg(title="pithead up", code_format=SYSTEM_FONTS))


if __name__ == "__main__":
    asyncio.run(record(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
