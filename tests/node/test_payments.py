"""Payments: what is signed pays what was asked, and what became of it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.address import witness_address
from pithead.bitcoin.network import REGTEST
from pithead.bitcoin.script import ANYONE_CAN_SPEND, pay_to_witness
from pithead.bitcoin.transaction import Transaction, TxIn, TxOut
from pithead.node.farmwallet import FarmWallet
from pithead.node.kernel import KernelNode, KernelSettings
from pithead.node.payments import (
    Payment,
    PaymentRefused,
    Replaced,
    Seen,
    Unseen,
    outpoints,
    search,
    spend,
    vbytes,
)
from pithead.node.wallet import WALLET_SCRIPT
from tests.node.mining import mine
from tests.node.test_node import SteppedClock

values = st.lists(st.integers(1, 10**8), min_size=1, max_size=12)


def payment(sats, number=1):
    program = bytes([number]) * 20
    return Payment(witness_address(0, program, REGTEST), pay_to_witness(0, program), sats)


@given(values, st.lists(st.integers(600, 10**7), min_size=1, max_size=5), st.integers(1, 50))
def test_what_is_signed_pays_each_and_wastes_nothing(values, sats, rate):
    coins = [((bytes([n]) * 32, n), value) for n, value in enumerate(values)]
    payments = [payment(each, n + 1) for n, each in enumerate(sats)]
    try:
        prepared = spend(coins, (ANYONE_CAN_SPEND,), payments, WALLET_SCRIPT, rate)
    except PaymentRefused:
        assert sum(values) < sum(sats) + rate * 1_500
        return
    transaction = Transaction.parse(prepared.raw)
    assert transaction.txid_wire[::-1].hex() == prepared.txid_display
    paid = transaction.outputs[: len(payments)]
    assert paid == tuple(TxOut(each.sats, each.script) for each in payments)
    taken = sum(values[: len(transaction.inputs)])
    assert taken == sum(output.value_sats for output in transaction.outputs) + prepared.fee_sats
    assert prepared.fee_sats >= rate * (vbytes(transaction) - 1)
    assert prepared.fee_sats <= rate * (vbytes(transaction) + 43) + 1_000


async def mined(node, clock, blocks):
    for _ in range(blocks):
        clock.now += 60
        await node.submit(mine(await node.template()))


@pytest.fixture
async def farm(begun):
    clock = SteppedClock()
    node = await KernelNode.open(begun, KernelSettings(first_block_work=8), clock)
    yield node, clock
    await node.close()


async def test_a_payment_is_unseen_then_waits_then_has_confirmations(farm):
    node, clock = farm
    wallet = FarmWallet(node)
    prepared = await wallet.prepare([payment(100_000), payment(200_000, 2)])
    assert await wallet.look(prepared.raw) == Unseen()
    await mined(node, clock, 2)
    assert await wallet.look(prepared.raw) == Unseen()
    await wallet.send(prepared.raw)
    await wallet.send(prepared.raw)
    assert await wallet.look(prepared.raw) == Seen(0)
    await mined(node, clock, 1)
    assert await wallet.look(prepared.raw) == Seen(1)
    await mined(node, clock, 2)
    assert await wallet.look(prepared.raw) == Seen(3)
    other = await wallet.prepare([payment(100_000)])
    assert set(outpoints(Transaction.parse(other.raw))).isdisjoint(
        outpoints(Transaction.parse(prepared.raw))
    )


async def test_a_payment_whose_coins_another_has_spent_is_told_with_its_depth(farm):
    node, clock = farm
    wallet = FarmWallet(node)
    first = await wallet.prepare([payment(100_000)])
    second = await wallet.prepare([payment(200_000)])
    await wallet.send(second.raw)
    with pytest.raises(PaymentRefused, match="txn-mempool-conflict"):
        await wallet.send(first.raw)
    await mined(node, clock, 3)
    assert await wallet.look(first.raw) == Replaced(3)
    assert await wallet.look(second.raw) == Seen(3)


async def test_more_than_there_is_cannot_be_paid(farm):
    node, _ = farm
    with pytest.raises(PaymentRefused, match="the wallet has"):
        await FarmWallet(node).prepare([payment(21 * 10**14)])


def test_blocks_are_searched_for_a_transaction_or_what_took_its_coins():
    def transaction(number, *coins):
        inputs = tuple(TxIn(bytes([coin]) * 32, 0) for coin in coins)
        return Transaction(version=2, inputs=inputs, outputs=(TxOut(number, WALLET_SCRIPT),))

    sought, rival, other = transaction(1, 7, 8), transaction(2, 8), transaction(3, 9)
    assert search(sought, [(1, [other]), (2, [sought])], 5) == Seen(4)
    assert search(sought, [(1, [other]), (2, [other, rival])], 2) == Replaced(1)
    assert search(sought, [(1, [other])], 2) == Unseen()
