"""A node for benchmarks: full templates at once, a new tip when told, blocks never."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping

from pithead.bitcoin.network import REGTEST, Network
from pithead.bitcoin.target import target_for_work
from pithead.node.node import BlockAccepted, Submission, Tip
from pithead.work.template import Template, TemplateTransaction

TRANSACTIONS = 2_500
"""A usual full block; the coinbase has twelve merkle steps above it."""
OUT_OF_REACH = target_for_work(1 << 80)
START_HEIGHT = 900_000


class BenchNode:
    """Implements the `Node` port on memory alone."""

    network: Network = REGTEST

    def __init__(self) -> None:
        raw = bytes(400)
        self._transactions = tuple(
            TemplateTransaction(raw, txid, txid, 1_000)
            for txid in (os.urandom(32) for _ in range(TRANSACTIONS))
        )
        self._tip = Tip(START_HEIGHT, os.urandom(32).hex(), int(time.time()))
        self._changed = asyncio.Event()

    def grow(self) -> None:
        """Somebody else found a block."""
        self._tip = Tip(self._tip.height + 1, os.urandom(32).hex(), int(time.time()))
        self._changed.set()
        self._changed = asyncio.Event()

    async def template(self) -> Template:
        now = int(time.time())
        return Template(
            height=self._tip.height + 1,
            version=0x20000000,
            prev_hash_wire=bytes.fromhex(self._tip.hash_display)[::-1],
            bits=0x207FFFFF,
            time=now,
            min_time=now - 3_600,
            value_sats=312_500_000,
            transactions=self._transactions,
            witness_commitment_script=bytes.fromhex("6a24aa21a9ed") + bytes(32),
            block_target=OUT_OF_REACH,
        )

    async def tip(self) -> Tip:
        return self._tip

    async def tips(self, known: Mapping[int, str] | None = None) -> AsyncIterator[Tip]:
        while True:
            changed = self._changed
            yield self._tip
            await changed.wait()

    async def submit(self, block: bytes) -> Submission:
        return BlockAccepted()

    async def block_hash_display(self, height: int) -> str | None:
        return self._tip.hash_display if height == self._tip.height else None

    async def close(self) -> None:
        """Nothing is held."""
