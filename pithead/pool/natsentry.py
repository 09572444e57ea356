"""One entry of a JetStream bucket that a process changes only if it knows its last revision."""

import nats.js.errors
from nats.js.kv import KeyValue

from pithead.pool.natslink import NatsLink
from pithead.pool.tenure import Seen


class NatsEntry:
    """One process's view of an entry of the pool's leases."""

    def __init__(self, link: NatsLink, name: str, seconds: float) -> None:
        """`seconds` are for each request."""
        self._link = link
        self._bucket = f"{link.settings.prefix}_leases"
        self._name = name
        self._seconds = seconds

    async def read(self) -> Seen | None:
        """None where nobody has ever written it. Raises ExchangeAway."""

        async def read() -> Seen | None:
            try:
                entry = await (await self._entries()).get(self._name)
            except nats.js.errors.KeyNotFoundError:
                return None
            return Seen(entry.revision or 0, (entry.value or b"").decode(errors="replace"))

        return await self._link.within(read())

    async def write(self, holder: str, revision: int) -> int:
        """The new revision; ExchangeAway where `revision` is not the last one, 0 for none."""

        async def write() -> int:
            entries = await self._entries()
            return await entries.update(self._name, holder.encode(), last=revision)

        return await self._link.within(write())

    async def _entries(self) -> KeyValue:
        jetstream = self._link.client.jetstream(timeout=self._seconds)
        try:
            return await jetstream.key_value(self._bucket)
        except nats.js.errors.BucketNotFoundError:
            return await jetstream.create_key_value(
                bucket=self._bucket, replicas=self._link.settings.replicas
            )
