"""Payments from a wallet of a real bitcoind, where there is one; and what a strange one may say."""

import pytest

from pithead.bitcoin.transaction import Transaction
from pithead.node.corewallet import CoreWallet, CoreWalletSettings, _checked
from pithead.node.payments import PaymentRefused, Replaced, Seen, Unseen, outpoints
from pithead.node.rpc import RpcAddress, RpcClient
from tests.node.realnode import BITCOIND, RealNode
from tests.node.test_payments import payment

pytestmark = pytest.mark.slow

SETTINGS = CoreWalletSettings(sats_per_vbyte=3)


@pytest.fixture
async def purse(tmp_path):
    """(node, wallet, a miner's address) on a chain where the wallet has ripe coins."""
    if BITCOIND is None:
        pytest.skip("there is no bitcoind")
    node = RealNode(tmp_path)
    await node.start()
    await node.call("createwallet", "pool")
    address = await node.call("getnewaddress")
    await node.call("generatetoaddress", 101, address)
    await node.call("gettxoutsetinfo")  # which writes the chain down
    at = node.address
    rpc = RpcClient(RpcAddress(f"{at.url}/wallet/pool", cookie_file=at.cookie_file))
    yield node, CoreWallet(rpc, SETTINGS), address
    await rpc.close()
    await node.stop()


async def test_a_payment_is_signed_sent_once_and_confirmed(purse):
    node, wallet, address = purse
    prepared = await wallet.prepare([payment(123_456_789, 9), payment(50_000)])
    assert await wallet.look(prepared.raw) == Unseen()
    before = await node.call("getwalletinfo")
    await wallet.send(prepared.raw)
    await wallet.send(prepared.raw)
    assert await wallet.look(prepared.raw) == Seen(0)
    await node.call("generatetoaddress", 2, address)
    await wallet.send(prepared.raw)  # it is in the chain: nothing to do
    assert await wallet.look(prepared.raw) == Seen(2)
    sent = await node.call("gettransaction", prepared.txid_display)
    assert round(-sent["fee"] * 10**8) == prepared.fee_sats > 0
    assert (await node.call("getwalletinfo"))["txcount"] == before["txcount"] + 3
    outputs = {each.value_sats for each in Transaction.parse(prepared.raw).outputs}
    assert {123_456_789, 50_000} <= outputs
    (told,) = await wallet.sent_since(0)
    assert (told.txid_display, told.raw) == (prepared.txid_display, prepared.raw)
    assert told.fee_sats == prepared.fee_sats
    assert sorted(sats for _, sats in told.payments) == [50_000, 123_456_789]


async def test_a_payment_is_sent_again_by_a_node_that_was_killed(purse):
    node, wallet, address = purse
    prepared = await wallet.prepare([payment(50_000)])
    await wallet.send(prepared.raw)
    await node.stop(at_once=True)
    await node.start()
    await node.call("loadwallet", "pool")
    await wallet.send(prepared.raw)
    assert await wallet.look(prepared.raw) == Seen(0)
    await node.call("generatetoaddress", 1, address)
    assert await wallet.look(prepared.raw) == Seen(1)


async def test_a_payment_whose_coins_another_takes_is_told_or_refused(purse):
    node, wallet, address = purse
    everything = 49_0000_0000
    sent, rival, late = [await wallet.prepare([payment(everything, n)]) for n in (1, 2, 3)]
    coins = {outpoint for each in (sent, rival, late) for outpoint in spent_by(each)}
    if len(coins) > 1:  # which coins it takes is the wallet's choice
        pytest.skip("the wallet took different coins")
    await wallet.send(sent.raw)
    await node.call("generateblock", address, [rival.raw.hex()])
    assert await wallet.look(sent.raw) == Replaced(1)
    assert await wallet.look(rival.raw) == Seen(1)
    assert await wallet.look(late.raw) == Unseen()
    with pytest.raises(PaymentRefused, match="missingorspent"):
        await wallet.send(late.raw)


def spent_by(prepared):
    return outpoints(Transaction.parse(prepared.raw))


async def test_what_the_wallet_cannot_pay_is_refused_with_its_words(purse):
    _, wallet, _ = purse
    with pytest.raises(PaymentRefused, match="Insufficient funds"):
        await wallet.prepare([payment(10**13)])
    with pytest.raises(PaymentRefused, match="too small"):
        await wallet.prepare([payment(1)])
    with pytest.raises(PaymentRefused, match="duplicated address"):
        await wallet.prepare([payment(50_000), payment(60_000)])


def test_a_transaction_that_pays_others_or_too_little_is_not_relied_on():
    asked = payment(50_000)
    raw = (
        "0200000001" + "11" * 32 + "00000000" + "00" + "ffffffff" + "01"
        + (50_000).to_bytes(8, "little").hex()
        + f"{len(asked.script):02x}" + asked.script.hex() + "00000000"
    )  # fmt: skip
    assert _checked(raw, [asked], 7).fee_sats == 7
    with pytest.raises(PaymentRefused, match="does not pay"):
        _checked(raw, [payment(50_001)], 7)
    with pytest.raises(PaymentRefused, match="does not pay"):
        _checked(raw, [asked, asked], 7)
    for garbage in ("", "zz", raw[:-2], "00" * 60):
        with pytest.raises(PaymentRefused, match="cannot be read"):
            _checked(garbage, [asked], 7)
