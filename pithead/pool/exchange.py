"""The port between the processes of one pool: front ends, node, books and API.

Everything above it is the same code whether the processes share a machine (`localexchange`: sockets
in the data directory) or not (`natsexchange`: NATS with JetStream). A pool of one process needs
neither.

Four ways to say something:

    keep     to whoever keeps the books, for good: comes back when it is kept, arrives once or more
    tell     to all who listen now: work, new tips, words of the operator; may be lost
    ask      one question, one answer, or `ExchangeAway`
    answer   the other end of `ask`

Subjects are lower-case words with dots; what payloads hold is said by who uses them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

LONGEST_PAYLOAD = 8 << 20
"""Bytes: a whole block fits. A NATS server must allow as much (`max_payload`)."""
ANSWER_SECONDS = 10.0
"""Wall time in which a question is answered or given up."""


class ExchangeAway(Exception):
    """The other side cannot be reached, or did not answer in time: to be tried again later."""


class Kept(Protocol):
    """Something that somebody kept, as it arrives; the same may arrive again, also much later."""

    payload: bytes

    async def done(self) -> None:
        """It need not come again. To be called once what follows from it is on disk."""


class Exchange(Protocol):
    """One process's end. All methods belong to the event loop that opened it."""

    async def keep(self, payload: bytes, identity: str) -> None:
        """Return when this is kept for good. `identity` names it, so that most repeats are dropped
        on the way; who takes it must drop the others. Raises `ExchangeAway`: it may be kept or not,
        and is to be given again."""

    def kept(self) -> AsyncIterator[Kept]:
        """What was kept, in the order of each sender; for the one process that keeps the books.

        What was not `done` comes again when that process, or its successor, asks anew.
        """

    async def tell(self, subject: str, payload: bytes) -> None:
        """To all who listen. Raises `ExchangeAway` where nobody can be reached."""

    def listen(self, subject: str) -> AsyncIterator[bytes]:
        """All that is told from now on. A listener that is too slow loses the oldest."""

    async def ask(self, subject: str, payload: bytes, seconds: float = ANSWER_SECONDS) -> bytes:
        """The answer of one of those who give answers to that. Raises `ExchangeAway`."""

    async def answer(self, subject: str, reply: Callable[[bytes], Awaitable[bytes]]) -> None:
        """Answer questions of that subject until the exchange is closed. What `reply` raises the
        asker gets as `ExchangeAway`, and what is not that itself is logged."""

    async def close(self) -> None:
        """Hear and say no more."""
