"""The loop that a long-lived process runs on."""

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any

COLLECTOR = (100_000, 20, 20)
"""When the collector of cycles looks, in objects more than before and in looks at the younger ones.

Next to nothing here ends in a cycle, and hundreds of thousands of meters and sessions live on, all
of which a full look goes through.
"""


def run_to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Run it on the fastest loop there is."""
    gc.set_threshold(*COLLECTOR)
    if sys.platform == "win32":
        asyncio.run(work)
    else:
        import uvloop

        uvloop.run(work)
