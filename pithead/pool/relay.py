"""A node seen from another process: `NodeDesk` stands before the real one, `RelayedNode` far off.

node.template   told with each new one, and answered: the present template
node.tip        answered: the present tip
node.submit     answered: the node's judgement of a whole block
node.hash       answered: the hash of the block at a height
node.since      answered: the blocks since the last of those that are known (`farchain`)
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Self

import msgspec
import structlog
from msgspec import Meta

from pithead.bitcoin.hashing import display_from_wire
from pithead.bitcoin.network import Network
from pithead.node.node import (
    BlockAccepted,
    BlockRefused,
    Node,
    NodeUnavailable,
    Submission,
    Tip,
)
from pithead.pool.exchange import Exchange, ExchangeAway
from pithead.work.template import Template, TemplateTransaction

log = structlog.get_logger(__name__)

TEMPLATE, TIP, SUBMIT, HASH = "node.template", "node.tip", "node.submit", "node.hash"
SINCE = "node.since"
LOOK_SECONDS = 1.0
"""Wall time without a word after which the far end asks whether the tip is still the same."""
JUDGEMENT_SECONDS = 15.0
"""Wall time for the node's judgement of a block; it is offered again after that, perhaps to another
process: the one that was asked may have died with the question."""

Bytes32 = Annotated[bytes, Meta(min_length=32, max_length=32)]


class _Transaction(msgspec.Struct, frozen=True, array_like=True, gc=False):
    raw: bytes
    txid_wire: Bytes32
    wtxid_wire: Bytes32
    fee_sats: int


class _Template(msgspec.Struct, frozen=True, array_like=True):
    height: int
    version: int
    prev_hash_wire: Bytes32
    bits: int
    time: int
    min_time: int
    value_sats: int
    transactions: list[_Transaction]
    witness_commitment_script: bytes | None
    block_target: Bytes32


class _Tip(msgspec.Struct, frozen=True, array_like=True):
    height: int
    hash_display: str
    time: int


class _Judgement(msgspec.Struct, frozen=True, array_like=True):
    """The node's reason where it refused."""

    refused: str | None
    duplicate: bool
    inconclusive: bool


_encode = msgspec.msgpack.Encoder().encode
_template = msgspec.msgpack.Decoder(_Template)
_tip = msgspec.msgpack.Decoder(_Tip)
_tips = msgspec.msgpack.Decoder(list[_Tip])
_judgement = msgspec.msgpack.Decoder(_Judgement)
_height = msgspec.msgpack.Decoder(int)
_hash: msgspec.msgpack.Decoder[str | None] = msgspec.msgpack.Decoder(str | None)
_known = msgspec.msgpack.Decoder(dict[int, str])


def encode_template(template: Template) -> bytes:
    return _encode(
        _Template(
            template.height, template.version, template.prev_hash_wire, template.bits,
            template.time, template.min_time, template.value_sats,
            [
                _Transaction(each.raw, each.txid_wire, each.wtxid_wire, each.fee_sats)
                for each in template.transactions
            ],
            template.witness_commitment_script, template.block_target.to_bytes(32, "big"),
        )
    )  # fmt: skip


def decode_template(data: bytes) -> Template:
    """Raises msgspec.MsgspecError."""
    told = _template.decode(data)
    return Template(
        told.height, told.version, told.prev_hash_wire, told.bits, told.time, told.min_time,
        told.value_sats,
        tuple(
            TemplateTransaction(each.raw, each.txid_wire, each.wtxid_wire, each.fee_sats)
            for each in told.transactions
        ),
        told.witness_commitment_script, int.from_bytes(told.block_target, "big"),
    )  # fmt: skip


class NodeDesk:
    """The real node, for the process that has it; what that learns, all others are told."""

    def __init__(self, node: Node, exchange: Exchange) -> None:
        self.network: Network = node.network
        self._node = node
        self._exchange = exchange
        self._present: bytes | None = None

    async def serve(self) -> None:
        """Answer from now on, as long as the exchange is open."""
        await self._exchange.answer(TEMPLATE, self._answer_template)
        await self._exchange.answer(TIP, self._answer_tip)
        await self._exchange.answer(SUBMIT, self._answer_submit)
        await self._exchange.answer(HASH, self._answer_hash)
        await self._exchange.answer(SINCE, self._answer_since)

    async def template(self) -> Template:
        try:
            template = await self._node.template()
        except NodeUnavailable:
            self._present = None
            raise
        self._present = encode_template(template)
        try:
            await self._exchange.tell(TEMPLATE, self._present)
        except ExchangeAway as error:
            log.warning("front ends are not told of new work", error=str(error))
        return template

    async def submit(self, block: bytes) -> Submission:
        return await self._node.submit(block)

    async def tip(self) -> Tip:
        return await self._node.tip()

    def tips(self, known: Mapping[int, str] | None = None) -> AsyncIterator[Tip]:
        return self._node.tips(known)

    async def block_hash_display(self, height: int) -> str | None:
        return await self._node.block_hash_display(height)

    async def close(self) -> None:
        await self._node.close()

    # What others ask; to who asks, the node is away where this raises

    async def _answer_template(self, _: bytes) -> bytes:
        return self._present or b""

    async def _answer_tip(self, _: bytes) -> bytes:
        try:
            tip = await self._node.tip()
        except NodeUnavailable:
            return b""
        return _encode(_Tip(tip.height, tip.hash_display, tip.time))

    async def _answer_submit(self, block: bytes) -> bytes:
        try:
            answer = await self._node.submit(block)
        except NodeUnavailable:
            return b""
        match answer:
            case BlockAccepted(duplicate=duplicate, inconclusive=inconclusive):
                return _encode(_Judgement(None, duplicate, inconclusive))
            case BlockRefused(reason=reason):
                return _encode(_Judgement(reason, False, False))

    async def _answer_hash(self, height: bytes) -> bytes:
        try:
            return _encode(await self._node.block_hash_display(_height.decode(height)))
        except NodeUnavailable:
            return b""

    async def _answer_since(self, known: bytes) -> bytes:
        """As the real node tells its tips to one who begins to listen, up to the present one."""
        told = []
        async for tip in self._node.tips(_known.decode(known)):
            told.append(_Tip(tip.height, tip.hash_display, tip.time))
            if tip.is_best:
                return _encode(told)
        return b""


class RelayedNode:
    """Implements `Node` for a process that has none of its own."""

    def __init__(self, network: Network, exchange: Exchange) -> None:
        """Use `open`."""
        self.network = network
        self._exchange = exchange
        self._told: Template | None = None
        """What was told and not asked for yet."""
        self._tip: Tip | None = None
        self._changed = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    def open(cls, network: Network, exchange: Exchange) -> Self:
        """Begins to listen."""
        node = cls(network, exchange)
        told = exchange.listen(TEMPLATE)
        node._listening = asyncio.get_running_loop().create_task(node._listen(told))
        return node

    async def template(self) -> Template:
        """What was told last, or what the desk has now."""
        told, self._told = self._told, None
        if told is None:
            told = _understood(await self._ask(TEMPLATE, b""))
            self._note(told)
        return told

    async def submit(self, block: bytes) -> Submission:
        answer = _judgement.decode(await self._ask(SUBMIT, block, JUDGEMENT_SECONDS))
        if answer.refused is not None:
            return BlockRefused(answer.refused)
        return BlockAccepted(answer.duplicate, answer.inconclusive)

    async def tip(self) -> Tip:
        tip = _tip.decode(await self._ask(TIP, b""))
        return Tip(tip.height, tip.hash_display, tip.time)

    async def tips(self, known: Mapping[int, str] | None = None) -> AsyncIterator[Tip]:
        """Of the blocks between two tips nothing is told: the books' process follows them."""
        last = None
        while True:
            tip = await self.tip_after(last)
            last = tip.hash_display
            yield tip

    async def tip_after(self, last: str | None) -> Tip:
        """The present tip, once it is another than that."""
        while True:
            self._changed.clear()
            if self._tip is not None and self._tip.hash_display != last:
                return self._tip
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                await self._look()

    async def block_hash_display(self, height: int) -> str | None:
        return _hash.decode(await self._ask(HASH, _encode(height)))

    async def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def _listen(self, told: AsyncIterator[bytes]) -> None:
        async for payload in told:
            try:
                self._told = _understood(payload)
            except NodeUnavailable as error:
                log.error("told of a template that cannot be read", error=str(error))
            else:
                self._note(self._told)

    async def _look(self) -> None:
        """Whether the desk has another tip: what is told may be lost."""
        try:
            tip = await self.tip()
            if self._tip is None or tip.hash_display != self._tip.hash_display:
                self._told = None
                self._told = await self.template()
        except NodeUnavailable:
            pass

    def _note(self, template: Template) -> None:
        """The tip is what a template stands on."""
        hash_display = display_from_wire(template.prev_hash_wire)
        if self._tip is None or self._tip.hash_display != hash_display:
            self._tip = Tip(template.height - 1, hash_display, template.min_time - 1)
            self._changed.set()

    async def since(self, known: Mapping[int, str]) -> list[Tip]:
        """The blocks since the last that is both in the chain and known (hashes by height); the
        present tip is the last."""
        told = _tips.decode(await self._ask(SINCE, _encode(dict(known))))
        return [
            Tip(each.height, each.hash_display, each.time, is_best=number == len(told))
            for number, each in enumerate(told, 1)
        ]

    async def _ask(self, subject: str, payload: bytes, seconds: float = 10.0) -> bytes:
        try:
            answer = await self._exchange.ask(subject, payload, seconds)
        except ExchangeAway as error:
            raise NodeUnavailable(str(error)) from error
        if not answer:
            raise NodeUnavailable("the process that has the node cannot reach it")
        return answer


def _understood(payload: bytes) -> Template:
    try:
        return decode_template(payload)
    except msgspec.MsgspecError as error:
        raise NodeUnavailable(f"a template is not understood: {error}") from error
