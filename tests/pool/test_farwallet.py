"""A wallet in another process pays like one in this, and is away when that process is."""

import asyncio
import contextlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.address import witness_address
from pithead.bitcoin.block import Block
from pithead.bitcoin.network import REGTEST
from pithead.bitcoin.script import pay_to_witness
from pithead.node.farmwallet import FarmWallet
from pithead.node.kernel import KernelNode, KernelSettings
from pithead.node.node import NodeUnavailable
from pithead.node.payments import Payment, PaymentRefused, Prepared, Replaced, Seen, Unseen
from pithead.pool.farwallet import FarWallet, WalletDesk
from pithead.pool.localexchange import LocalExchange, LocalHub
from tests.mortalpayer import SATS, STEPS, pay_though_killed
from tests.node.mining import mine
from tests.node.test_node import SteppedClock

ALICE = Payment(
    witness_address(0, bytes(20), REGTEST), pay_to_witness(0, bytes(20)), 5_000_000_000
)  # fmt: skip


class Wallet:
    """Says what it is told to."""

    def __init__(self):
        self.says = None
        self.heard = []

    async def prepare(self, payments):
        return self._say(payments)

    async def send(self, raw):
        self._say(raw)

    async def look(self, raw):
        return self._say(raw)

    def _say(self, question):
        self.heard.append(question)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@contextlib.asynccontextmanager
async def apart(directory, wallet):
    """What is far off, and the hub between."""
    hub, exchange = await LocalHub.open(directory), LocalExchange(directory)
    await WalletDesk(wallet, hub).serve()
    await asyncio.wait_for(exchange.linked(), 20)
    try:
        yield FarWallet(exchange), hub
    finally:
        await exchange.close()
        await hub.close()


async def test_what_the_wallet_says_is_what_is_heard_far_off(tmp_path):
    wallet = Wallet()
    async with apart(tmp_path, wallet) as (far, _):
        for said in (Prepared("ab", b"\x00raw", 7), Seen(0), Seen(6), Replaced(3), Unseen()):
            wallet.says = said
            asked = far.prepare([ALICE]) if isinstance(said, Prepared) else far.look(b"raw")
            assert await asked == said
        await far.send(b"raw")
    assert wallet.heard == [[ALICE], *[b"raw"] * 5]


@pytest.mark.parametrize("error", [PaymentRefused("too poor"), NodeUnavailable("closed")])
async def test_what_the_wallet_cannot_do_cannot_be_done_far_off(tmp_path, error):
    wallet = Wallet()
    wallet.says = error
    async with apart(tmp_path, wallet) as (far, _):
        for asked in (far.prepare([ALICE]), far.send(b"raw"), far.look(b"raw")):
            with pytest.raises(type(error)):
                await asked


async def test_a_wallet_whose_process_has_ended_is_away(tmp_path):
    async with apart(tmp_path, Wallet()) as (far, hub):
        await hub.close()
        for asked in (far.prepare([ALICE]), far.send(b"raw"), far.look(b"raw")):
            with pytest.raises(NodeUnavailable):
                await asked


async def test_the_coins_of_a_real_chain_are_paid_from_afar_once(tmp_path):
    clock = SteppedClock()
    settings = KernelSettings(first_block_work=8, bootstrap_blocks=120)
    node = await KernelNode.open(tmp_path / "chain", settings, clock)
    async with apart(tmp_path, FarmWallet(node)) as (far, _):
        prepared = await far.prepare([ALICE])
        assert await far.look(prepared.raw) == Unseen()
        for _ in range(2):
            await far.send(prepared.raw)
        assert await far.look(prepared.raw) == Seen(0)
        clock.now += 60
        await node.submit(mine(await node.template()))
        assert await far.look(prepared.raw) == Seen(1)
        with pytest.raises(PaymentRefused):
            await far.prepare([Payment(ALICE.address, ALICE.script, 21 * 10**14)])
    await node.close()


@pytest.mark.slow
async def test_books_that_are_killed_at_any_step_pay_once_from_afar(tmp_path):
    clock = SteppedClock()
    settings = KernelSettings(first_block_work=8, bootstrap_blocks=120)
    node = await KernelNode.open(tmp_path / "chain", settings, clock)
    paid = Counter()

    async def mine_block():
        clock.now += 60
        block = mine(await node.template())
        await node.submit(block)
        outputs = [each for one in Block.parse(block).transactions for each in one.outputs]
        paid.update({each.script: 1 for each in outputs if each.value_sats == SATS})

    async with apart(tmp_path, FarmWallet(node)) as (far, _):
        for number in range(1, STEPS + 1):
            program = bytes([number]) * 20
            address = witness_address(0, program, REGTEST)
            await pay_though_killed(tmp_path / str(number), far, address, number, mine_block)
            assert paid[pay_to_witness(0, program)] == 1
    await node.close()


class Answering:
    def __init__(self, answer):
        self.answer = answer

    async def ask(self, subject, payload):
        return self.answer


@given(st.binary(max_size=80))
async def test_whatever_another_process_answers_is_an_answer_or_none(data):
    far = FarWallet(Answering(data))
    for asked in (far.prepare([ALICE]), far.look(b"raw"), far.send(b"raw")):
        with contextlib.suppress(NodeUnavailable, PaymentRefused):
            await asked
