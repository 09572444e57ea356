import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.bitcoin.network import COIN_SATS, REGTEST
from pithead.bitcoin.transaction import NO_INDEX, NO_TXID_WIRE, Transaction, TxIn, TxOut
from pithead.node.wallet import WALLET_SCRIPT, Coin, FeeSettings, Wallet, block_value_sats

FEES = FeeSettings()


def coinbase(height, value, script=WALLET_SCRIPT):
    spent = TxIn(NO_TXID_WIRE, NO_INDEX, script=height.to_bytes(8, "little"))
    return Transaction(2, (spent,), (TxOut(value, script),))


def grow(wallet, heights, fees=FEES, script=WALLET_SCRIPT):
    """Mine so many blocks with the wallet's transactions; gives each block's value."""
    values = []
    for height in heights:
        subsidy = REGTEST.subsidy_sats(height)
        wanted = block_value_sats(height, fees) - subsidy
        spends = wallet.fee_transactions(height, wanted, fees) if height > 600 else []
        value = subsidy + sum(each.fee_sats for each in spends)
        values.append(value)
        parsed = [Transaction.parse(each.raw) for each in spends]
        wallet.connect(height, [coinbase(height, value, script), *parsed])
    return values


def test_a_coinbase_is_spendable_in_the_hundredth_block_after_it_and_not_before():
    wallet = Wallet()
    wallet.connect(1, [coinbase(1, 50 * COIN_SATS)])
    assert wallet.fee_transactions(100, COIN_SATS, FEES) == []
    assert wallet.fee_transactions(101, COIN_SATS, FEES) != []


@pytest.mark.slow
def test_a_block_keeps_its_value_when_the_subsidy_is_long_gone_and_the_wallet_stays_small():
    wallet = Wallet()
    grow(wallet, range(1, 601))
    before = wallet.balance_sats
    values = grow(wallet, range(601, 9_000))
    assert REGTEST.subsidy_sats(8_999) == 0
    reach = FEES.block_value_sats * FEES.spread_percent // 100
    assert all(abs(value - FEES.block_value_sats) <= reach + 50_000 for value in values)
    subsidies = sum(REGTEST.subsidy_sats(height) for height in range(601, 9_000))
    assert wallet.balance_sats == before + subsidies
    assert len(wallet) < 1_200


def test_paying_elsewhere_runs_the_wallet_dry_without_an_error():
    wallet = Wallet()
    grow(wallet, range(1, 61))
    values = grow(wallet, range(601, 2_400), script=b"\x6a")
    assert values[-1] < FEES.block_value_sats // 10
    assert wallet.balance_sats >= 0


@settings(max_examples=40, deadline=None)
@given(st.integers(601, 10**6), st.integers(1, 10**9), st.integers(1, 40))
def test_no_transaction_spends_more_than_it_has_and_no_coin_twice(height, value, most):
    wallet = Wallet()
    for number in range(1, 30):
        wallet.connect(number, [coinbase(number, 3 * COIN_SATS)])
    made = wallet.fee_transactions(height, value, FeeSettings(most_transactions=most))
    spent = [
        (each.previous_txid_wire, each.previous_index)
        for spend in made
        for each in Transaction.parse(spend.raw).inputs
    ]
    assert len(spent) == len(set(spent))
    paid = sum(each.fee_sats for each in made)
    kept = sum(out.value_sats for spend in made for out in Transaction.parse(spend.raw).outputs)
    assert paid + kept == len(spent) * 3 * COIN_SATS


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**64),
    st.lists(st.tuples(st.integers(0, 10**9), st.booleans()), min_size=1, max_size=40),
)
def test_coins_are_neither_made_nor_lost(seed, blocks):
    """What the wallet holds is what came in, less the fees it paid, whoever collects them."""
    wallet, held = Wallet(), 0
    for height in range(1, 121):
        wallet.connect(height, [coinbase(height, COIN_SATS)])
        held += COIN_SATS
    for height, (wanted, is_ours) in enumerate(blocks, start=121):
        spends = wallet.fee_transactions(height, wanted, FeeSettings(seed=seed))
        fees = sum(each.fee_sats for each in spends)
        script = WALLET_SCRIPT if is_ours else b"\x51"
        block = [coinbase(height, fees, script), *(Transaction.parse(each.raw) for each in spends)]
        wallet.connect(height, block)
        held += (fees if is_ours else 0) - fees
        assert wallet.balance_sats == held


def test_another_seed_gives_other_fees_and_the_same_seed_the_same():
    def transactions(seed):
        wallet = Wallet()
        for height in range(1, 121):
            wallet.connect(height, [coinbase(height, COIN_SATS)])
        return [
            wallet.fee_transactions(height, COIN_SATS, FeeSettings(seed=seed))
            for height in range(121, 125)
        ]

    assert transactions(1) == transactions(1) != transactions(2)


def test_outputs_of_others_are_known_until_they_are_spent_and_data_never():
    wallet = Wallet()
    other = coinbase(1, 5, script=b"\x52")
    wallet.connect(1, [other, coinbase(2, 5, script=b"\x6a")])
    assert wallet.coin((other.txid_wire, 0)) == Coin(5, b"\x52", 101)
    assert len(wallet) == 0
    spend = Transaction(2, (TxIn(other.txid_wire, 0),), (TxOut(0, b"\x6a"),))
    wallet.connect(101, [coinbase(101, 7), spend])
    assert wallet.coin((other.txid_wire, 0)) is None
    assert wallet.coin((spend.txid_wire, 0)) is None
