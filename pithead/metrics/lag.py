"""How late the event loop is: what else runs on it, a miner waits for."""

import asyncio
from collections import deque

EVERY_SECONDS = 0.5
REMEMBERED = 120
"""Looks, of a minute together."""


class LoopLag:
    """Runs as a task of the loop it watches; ends when cancelled."""

    def __init__(self) -> None:
        self._seen: deque[float] = deque(maxlen=REMEMBERED)

    def note(self, seconds: float) -> None:
        """The loop was so late."""
        self._seen.append(max(0.0, seconds))

    @property
    def worst(self) -> float:
        """In seconds, of the last minute."""
        return max(self._seen, default=0.0)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + EVERY_SECONDS
            await asyncio.sleep(EVERY_SECONDS)
            self.note(loop.time() - due)
