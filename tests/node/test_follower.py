import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.block import Block, Header
from pithead.bitcoin.transaction import NO_INDEX, NO_TXID_WIRE, Transaction, TxIn, TxOut
from pithead.node.follower import Follower
from pithead.node.record import BlockRecord
from pithead.node.retarget import RetargetSettings, next_block_work
from pithead.node.wallet import WALLET_SCRIPT

RETARGET = RetargetSettings()


def follower():
    return Follower(bytes(32), 1 << 100, bootstrap_blocks=3)


def follow(follower, number, record=None):
    spent = TxIn(NO_TXID_WIRE, NO_INDEX, script=bytes([1, number]))
    outputs = (TxOut(5_000 + number, WALLET_SCRIPT), TxOut(number, b"\x51"))
    block = Block(Header(1, follower.tip_wire, bytes(32), number, 1, 2),
                  (Transaction(2, (spent,), outputs),))  # fmt: skip
    record = record or BlockRecord(b"unread", follower.block_work, 1_000 * number)
    follower.follow(block, record, RETARGET)
    return block


def test_the_first_blocks_do_not_count_for_the_work_and_each_later_one_does():
    state = follower()
    for number in range(1, 4):
        follow(state, number)
        assert state.block_work == 1 << 100
    follow(state, 4, BlockRecord(b"unread", 1 << 90, 7_000))
    assert state.block_work == next_block_work(1 << 90, 7_000, RETARGET)


def test_a_snapshot_brings_back_all_of_it_in_order():
    state, other = follower(), follower()
    for number in range(1, 20):
        block = follow(state, number)
    assert other.restore(state.snapshot(12_345)) == 12_345
    assert (other.height, other.tip_wire) == (19, block.header.hash_wire)
    assert other.block_work == state.block_work
    assert list(other.wallet.coins()) == list(state.wallet.coins())
    assert len(other.wallet) == 19


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_snapshot_with_any_bit_changed_is_not_taken(place, bit):
    state = follower()
    follow(state, 1)
    data = bytearray(state.snapshot(99))
    data[place % len(data)] ^= 1 << bit
    other = follower()
    with pytest.raises(ValueError, match=r"."):
        other.restore(bytes(data))
    assert (other.height, len(other.wallet)) == (0, 0)


@given(st.binary(max_size=100))
def test_no_bytes_crash_it(data):
    with pytest.raises(ValueError, match=r"."):
        follower().restore(data)
