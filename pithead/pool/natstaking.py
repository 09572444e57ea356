"""Taking what was kept from its stream: all that is not done, in order, by one process at a time.

Whoever begins to take removes the consumers of all others and makes his own, so he gets all that is
not done from the first on; what an earlier one says is done after that counts no more, and he ends
when he notices. Where a message was lost on the way the consumer is made anew in the same manner,
so no later one is seen before it.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator

import nats.errors
import nats.js.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig

from pithead.pool.exchange import LONGEST_PAYLOAD, ExchangeAway, Kept
from pithead.pool.natskept import PART, KeptStream
from pithead.pool.natslink import NatsLink
from pithead.pool.parcels import BadPart, Parcels, Taken

log = structlog.get_logger(__name__)

BATCH = 64
"""Messages asked for at a time: what lies in memory before it is taken."""
MOST_UNDONE = 4096
"""Messages taken and not done; beyond that no more come until some are."""
REDELIVER_SECONDS = 60.0
HEARTBEAT_SECONDS = 1.0
SILENT_SECONDS = 4.0
"""Without a word, not even a heartbeat, whoever gave the messages is gone."""
AGAIN_SECONDS = 0.5
PULL = json.dumps(
    {"batch": BATCH, "expires": 30 * 10**9, "idle_heartbeat": int(HEARTBEAT_SECONDS * 1e9)}
).encode()


class _Anew(Exception):
    """Something may have been lost on the way: begin again at the first that is not done."""


class _Superseded(ExchangeAway):
    """Another process takes what was kept."""


class _Kept:
    """Implements `Kept`."""

    def __init__(self, payload: bytes, keys: tuple[int, ...], taking: "Taking") -> None:
        self.payload = payload
        self._keys = keys
        self._taking = taking

    async def done(self) -> None:
        await self._taking.done(self._keys)


class Taking:
    """One process's taking, once."""

    def __init__(self, link: NatsLink, stream: KeptStream, consumer: str) -> None:
        """`consumer`: a name that no other taking has."""
        self._link = link
        self._stream = stream
        self._consumer = consumer
        self._has_begun = False
        self._last = 0
        """Of the stream's numbers, the last that was looked at; so were all before."""
        self._replies: dict[int, str] = {}
        """Where to say that a message is done, by its number: of all looked at and not done."""
        self._parcels = Parcels(LONGEST_PAYLOAD)

    async def run(self) -> AsyncIterator[Kept]:
        """Raises ExchangeAway when another takes."""
        while True:
            await self._link.linked()
            try:
                async for message in self._messages():
                    for each in await self._take(message):
                        yield each
            except _Superseded:
                raise
            except (ExchangeAway, _Anew) as error:
                log.debug("what was kept is taken anew", why=str(error))
            await asyncio.sleep(random.uniform(0, AGAIN_SECONDS))

    async def done(self, keys: tuple[int, ...]) -> None:
        """What cannot be said now is said when it comes again."""
        for key in keys:
            reply = self._replies.pop(key, None)
            if reply is not None:
                await self._say_done(reply)

    async def _say_done(self, reply: str) -> None:
        try:
            await self._link.client.publish(reply, b"+ACK")
        except (ExchangeAway, nats.errors.Error, OSError) as error:
            log.debug("that something is done could not be said yet", why=str(error))

    async def _take(self, message: Msg) -> list[_Kept]:
        about, reply = message.metadata, message.reply
        key = about.sequence.stream
        if key <= self._last:  # it comes again: it was lost on the way that it is done, or it waits
            if key in self._replies:
                self._replies[key] = reply
            else:
                await self._say_done(reply)
            return []
        self._last = key
        self._replies[key] = reply
        header = (message.headers or {}).get(PART)
        if header is None:
            return [_Kept(message.data, (key,), self)]
        try:
            taken = self._parcels.take(header, message.data, key, about.timestamp.timestamp())
        except BadPart as error:
            log.warning("what was kept is not understood and dropped", why=str(error))
            taken = Taken(dropped=(key,))
        await self.done(taken.dropped)
        return [] if taken.payload is None else [_Kept(taken.payload, taken.keys, self)]

    async def _messages(self) -> AsyncIterator[Msg]:
        """As they come. Raises _Anew, ExchangeAway."""
        client = self._link.client
        await self._link.within(self._make_consumer(self._link.jetstream))
        heard = await client.subscribe(client.new_inbox())
        delivered = 0
        try:
            while True:
                async for message in self._pull(client, heard):
                    delivered += 1
                    if message.metadata.sequence.consumer != delivered:
                        raise _Anew("a message was lost on the way")
                    yield message
        finally:
            if not client.is_closed:
                await heard.unsubscribe()

    async def _pull(self, client: Client, heard: Subscription) -> AsyncIterator[Msg]:
        """What comes of one request."""
        request = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream.name}.{self._consumer}"
        await client.publish(request, PULL, heard.subject)
        remaining = BATCH
        while remaining:
            message = await self._link.within(heard.next_msg(SILENT_SECONDS))
            headers = message.headers or {}
            match headers.get("Status", ""):
                case "":
                    remaining -= 1
                    yield message
                case "100":
                    pass  # a heartbeat
                case "404" | "408":  # the request has run out
                    return
                case status:
                    raise _Anew(f"{status} {headers.get('Description', '')}")

    async def _make_consumer(self, jetstream: JetStreamContext) -> None:
        """The only one, beginning at the first message there is."""
        stream = self._stream.name
        await self._stream.make(jetstream)
        found = [each.name for each in await jetstream.consumers_info(stream)]
        if self._has_begun and found and self._consumer not in found:
            raise _Superseded("another process takes what was kept")
        for name in found:
            await jetstream.delete_consumer(stream, name)
        await jetstream.add_consumer(
            stream,
            ConsumerConfig(
                durable_name=self._consumer,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=REDELIVER_SECONDS,
                max_ack_pending=MOST_UNDONE,
            ),
        )
        self._has_begun = True
