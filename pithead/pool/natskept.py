"""What is kept for good, in a JetStream stream from which the keeper of the books takes it.

The stream is a work queue: what is done is gone from it (`natstaking` takes). A payload longer than
a message goes in several; only the last bears its identity, so a repeat of the whole is known by it
and its other parts, which complete nothing, are dropped (`parcels`).
"""

import asyncio
from itertools import count

import nats.js.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from pithead.pool.exchange import LONGEST_PAYLOAD, ExchangeAway
from pithead.pool.natslink import NatsLink
from pithead.pool.parcels import split

PART = "Pithead-Part"
OVERHEAD = 4096
"""Bytes of a message that headers may take of what a server allows."""
LONGEST_MESSAGE = 1 << 20
"""Bytes, even where a server allows more: a long one holds up all others."""
REPEAT_SECONDS = 600.0
"""Within which a repeat is dropped by the server."""
KEEP_SECONDS = 2.0
"""In which one message is kept, or is given again: longer than it ever takes where all is well."""
ATTEMPT_SECONDS = 60.0
"""For all parts of a payload; far less than after which a taker forgets the first."""


def longest_message(client: Client) -> int:
    """Bytes of payload that go in one message."""
    return max(1, min(client.max_payload, LONGEST_MESSAGE) - OVERHEAD)


def check_length(payload: bytes) -> None:
    """Raises ValueError for more than any payload of a pool has."""
    if len(payload) > LONGEST_PAYLOAD:
        raise ValueError(f"{len(payload)} bytes are more than a payload may have")


class KeptStream:
    """One process's end of the stream."""

    def __init__(self, link: NatsLink, name: str) -> None:
        """`name`: of this process, unlike any other's."""
        self._link = link
        self._name = name
        self._subject = f"{link.settings.prefix}.kept"
        self.name = f"{link.settings.prefix}_kept"
        self._attempts = count(1)
        self._one_long = asyncio.Lock()

    async def keep(self, payload: bytes, identity: str) -> None:
        longest = longest_message(self._link.client)
        check_length(payload)
        if len(payload) <= longest:
            await self._publish(payload, {"Nats-Msg-Id": identity})
            return
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS), self._one_long:
                for part, piece in split(payload, longest, self._name, next(self._attempts)):
                    named = {"Nats-Msg-Id": identity} if part.is_last else {}
                    await self._publish(piece, {PART: str(part), **named})
        except TimeoutError:
            raise ExchangeAway("NATS did not keep all parts in time") from None

    async def _publish(self, payload: bytes, headers: dict[str, str]) -> None:
        async def publish() -> None:
            jetstream = self._link.jetstream
            try:
                await jetstream.publish(self._subject, payload, KEEP_SECONDS, headers=headers)
            except nats.js.errors.NoStreamResponseError:
                await self.make(jetstream)
                await jetstream.publish(self._subject, payload, KEEP_SECONDS, headers=headers)

        await self._link.within(publish())

    async def make(self, jetstream: JetStreamContext) -> None:
        """As the settings say, whether there is one already or not."""
        settings = self._link.settings
        wanted = StreamConfig(
            name=self.name,
            subjects=[self._subject],
            retention=RetentionPolicy.WORK_QUEUE,
            storage=StorageType.FILE,
            num_replicas=settings.replicas,
            max_bytes=settings.most_bytes or -1,
            discard=DiscardPolicy.NEW,  # who gives hears of it and tries again
            duplicate_window=REPEAT_SECONDS,
        )
        try:
            found = (await jetstream.stream_info(self.name)).config
        except nats.js.errors.NotFoundError:
            await jetstream.add_stream(wanted)
            return
        if (found.num_replicas, found.max_bytes) != (wanted.num_replicas, wanted.max_bytes):
            await jetstream.update_stream(wanted)
