"""How a process of this program ends: it is told to, or a part of it fails."""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager

STOPPING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def told_to_stop() -> Iterator[asyncio.Event]:
    """From here on the first SIGINT or SIGTERM sets the event, and does nothing else.

    To be entered before anything is announced: who knows of the process may stop it. The second
    signal has its usual effect, for whom an end in order takes too long.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def leave() -> None:
        for number in STOPPING:
            loop.remove_signal_handler(number)

    def take() -> None:
        told.set()
        leave()

    for number in STOPPING:
        loop.add_signal_handler(number, take)
    try:
        yield told
    finally:
        leave()


async def until_told_or_failed(
    told: asyncio.Event, *parts: Coroutine[object, object, object]
) -> None:
    """Until told to stop; or until one of the parts ends, and raise what ended it."""
    tasks = [asyncio.ensure_future(work) for work in (told.wait(), *parts)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
