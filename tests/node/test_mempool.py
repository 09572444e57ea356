from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.bitcoin.script import ANYONE_CAN_SPEND
from pithead.bitcoin.transaction import Transaction, TxIn, TxOut
from pithead.node.assembler import MAX_TRANSACTIONS_WEIGHT, weight
from pithead.node.mempool import Mempool, MempoolSettings, NextBlock, NotTaken, Taken
from pithead.node.wallet import WALLET_SCRIPT, Coin

HEIGHT = 700
MEDIAN_TIME = 1_700_000_000
WITNESS = (ANYONE_CAN_SPEND,)


def outpoint(number):
    return number.to_bytes(32, "big"), 0


COINS = {outpoint(n): Coin(10_000, WALLET_SCRIPT, 1) for n in range(1, 400)}
BLOCK = NextBlock(HEIGHT, MEDIAN_TIME, COINS.get)


def spend(*numbers, fee=100, size=0, **changes):
    outputs = [TxOut(10_000 * len(numbers) - fee, WALLET_SCRIPT)]
    if size:
        outputs.append(TxOut(0, b"\x6a\x4e" + size.to_bytes(4, "little") + bytes(size)))
    inputs = tuple(TxIn(*outpoint(n), witness=WITNESS) for n in numbers)
    return replace(Transaction(2, inputs, tuple(outputs)), **changes)


def mempool(**limits):
    return Mempool(MempoolSettings(**limits))


def add(pool, transaction, block=BLOCK, allowed=True):
    return pool.add(transaction.serialize(), block, lambda raw, spent: allowed)


def test_a_good_transaction_waits_and_is_known_when_it_comes_again():
    pool, good = mempool(), spend(1)
    assert add(pool, good) == Taken(good.txid_wire)
    assert add(pool, good) == Taken(good.txid_wire, known=True)
    [candidate] = pool.candidates()
    assert candidate.raw == good.serialize()
    assert (candidate.txid_wire, candidate.wtxid_wire) == (good.txid_wire, good.wtxid_wire)
    assert candidate.fee_sats == 100


LOCKED = (TxIn(*outpoint(1), sequence=0xFFFFFFFE, witness=WITNESS),)
RELATIVE = (TxIn(*outpoint(1), sequence=1, witness=WITNESS),)
NOTHING = (TxIn(bytes(32), 0xFFFFFFFF, witness=WITNESS),)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (spend(1, outputs=()), "bad-txns-vout-empty"),
        (spend(1, outputs=(TxOut(1 << 63, b""),)), "bad-txns-vout-toolarge"),
        (
            spend(1, outputs=(TxOut(2_100_000_000_000_000, b""),) * 2),
            "bad-txns-txouttotal-toolarge",
        ),
        (spend(1, 1), "bad-txns-inputs-duplicate"),
        (spend(1, inputs=NOTHING), "bad-txns-prevout-null"),
        (spend(999), "missing-inputs"),
        (spend(1, fee=-1), "bad-txns-in-belowout"),
        (spend(1, inputs=LOCKED, lock_time=HEIGHT), "non-final"),
        (spend(1, inputs=LOCKED, lock_time=MEDIAN_TIME), "non-final"),
        (spend(1, inputs=RELATIVE), "non-BIP68-final"),
        (spend(1, size=100_000), "tx-size"),
        (spend(1, outputs=(TxOut(1, b"\xae" * 201),)), "bad-txns-too-many-sigops"),
    ],
)
def test_what_a_block_could_not_carry_is_not_taken(bad, reason):
    pool = mempool()
    assert add(pool, bad) == NotTaken(reason)
    assert len(pool) == 0


@pytest.mark.parametrize(
    "good",
    [
        spend(1, inputs=LOCKED, lock_time=HEIGHT - 1),
        spend(1, inputs=LOCKED, lock_time=MEDIAN_TIME - 1),
        spend(1, lock_time=HEIGHT + 9),
        spend(1, inputs=RELATIVE, version=1),
        spend(1, fee=0),
    ],
)
def test_locks_that_are_open_or_off_do_not_matter(good):
    assert add(mempool(), good) == Taken(good.txid_wire)


def test_a_young_coinbase_is_waited_for():
    young = NextBlock(HEIGHT, MEDIAN_TIME, lambda _: Coin(10_000, WALLET_SCRIPT, HEIGHT + 1))
    assert add(mempool(), spend(1), young) == NotTaken("bad-txns-premature-spend-of-coinbase")


def test_scripts_are_judged_with_the_outputs_they_spend():
    asked = []

    def refuse(raw, spent):
        asked.append((raw, spent))
        return False

    pool, bad = mempool(), spend(1, 2)
    assert pool.add(bad.serialize(), BLOCK, refuse) == NotTaken("script-verify-flag-failed")
    assert asked == [(bad.serialize(), [TxOut(10_000, WALLET_SCRIPT)] * 2)]


def test_the_first_to_spend_a_coin_stays_until_its_coin_is_gone():
    pool = mempool()
    add(pool, spend(1, 2))
    assert add(pool, spend(2, 3, fee=5_000)) == NotTaken("txn-mempool-conflict")
    assert outpoint(1) in pool.spent
    spent = {key: coin for key, coin in COINS.items() if key != outpoint(1)}
    pool.follow(NextBlock(HEIGHT + 1, MEDIAN_TIME, spent.get))
    assert len(pool) == 0
    assert isinstance(add(pool, spend(2, 3)), Taken)


def test_the_better_paying_push_out_the_worst_when_there_is_no_room():
    pool = mempool(most_transactions=2)
    add(pool, spend(1, fee=100))
    add(pool, spend(2, fee=300))
    assert add(pool, spend(3, fee=50)) == NotTaken("mempool full")
    assert isinstance(add(pool, spend(4, fee=200)), Taken)
    assert [each.fee_sats for each in pool.candidates()] == [300, 200]
    assert outpoint(1) not in pool.spent


def test_a_block_has_the_best_paying_that_fit_by_weight():
    pool = mempool(most_bytes=10**8)
    for number in range(1, 60):
        assert isinstance(add(pool, spend(number, fee=number * 100, size=80_000)), Taken)
    candidates = pool.candidates()
    assert sum(map(weight, candidates)) <= MAX_TRANSACTIONS_WEIGHT
    assert [each.fee_sats for each in candidates] == [100 * (59 - n) for n in range(12)]


def test_a_block_keeps_the_limit_of_signature_checks():
    pool = mempool()
    for number in range(1, 20):
        checks = spend(number, outputs=(TxOut(9_000, b"\xae" * 199),))
        assert isinstance(add(pool, checks), Taken)
    assert len(pool.candidates()) == 4


@given(st.binary(max_size=300))
def test_no_bytes_crash_it(raw):
    assert isinstance(mempool().add(raw, BLOCK, lambda *_: True), NotTaken)


def test_a_length_written_longer_than_needed_is_not_taken():
    raw = spend(1).serialize()
    assert raw[6] == 1
    assert isinstance(
        mempool().add(raw[:6] + b"\xfd\x01\x00" + raw[7:], BLOCK, lambda *_: True), NotTaken
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True),
            st.integers(0, 9_000),
            st.integers(0, 300),
        ),
        max_size=40,
    )
)
def test_bounds_hold_and_no_coin_is_promised_twice(offers):
    pool = mempool(most_transactions=5, most_bytes=1_500)
    for numbers, fee, size in offers:
        add(pool, spend(*numbers, fee=fee, size=size))
        waiting = [Transaction.parse(each.raw) for each in pool.candidates()]
        spent = [(i.previous_txid_wire, i.previous_index) for t in waiting for i in t.inputs]
        assert len(spent) == len(set(spent))
        assert all(each in pool.spent for each in spent)
        assert len(waiting) == len(pool) <= 5
        assert sum(len(each.serialize()) for each in waiting) <= 1_500
