import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.encoding import DecodeError
from pithead.bitcoin.hashing import display_from_wire
from pithead.bitcoin.transaction import Transaction, TxIn, TxOut

# The only transaction of the genesis block (Bitcoin Core, kernel/chainparams.cpp).
GENESIS_COINBASE = bytes.fromhex(
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d"
    "0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66"
    "207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe55"
    "48271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba"
    "0b8d578a4c702b6bf11d5fac00000000"
)

inputs = st.builds(
    TxIn,
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=80),
    st.integers(0, 2**32 - 1),
    st.lists(st.binary(max_size=80), max_size=3).map(tuple),
)
outputs = st.builds(TxOut, st.integers(0, 2**64 - 1), st.binary(max_size=80))
transactions = st.builds(
    Transaction,
    st.integers(0, 2**32 - 1),
    st.lists(inputs, min_size=1, max_size=4).map(tuple),
    st.lists(outputs, max_size=4).map(tuple),
    st.integers(0, 2**32 - 1),
)


def test_the_genesis_coinbase_parses_and_has_its_known_txid():
    transaction = Transaction.parse(GENESIS_COINBASE)
    assert transaction.outputs[0].value_sats == 50_0000_0000
    assert b"The Times 03/Jan/2009" in transaction.inputs[0].script
    assert not transaction.has_witness
    assert transaction.txid_wire == transaction.wtxid_wire
    assert display_from_wire(transaction.txid_wire) == (
        "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
    )
    assert transaction.serialize() == GENESIS_COINBASE


def test_a_witness_changes_the_wtxid_and_not_the_txid():
    bare = Transaction(2, (TxIn(bytes(32), 0),), (TxOut(1, b"\x51"),))
    with_witness = Transaction(2, (TxIn(bytes(32), 0, witness=(b"w",)),), (TxOut(1, b"\x51"),))
    assert bare.txid_wire == with_witness.txid_wire
    assert bare.wtxid_wire != with_witness.wtxid_wire


@given(transactions)
def test_every_transaction_reads_back(transaction):
    assert Transaction.parse(transaction.serialize()) == transaction


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ("", "wanted"),
        ("01000000", "wanted"),
        ("01000000" + "00" + "00", "without inputs"),
        ("01000000" + "0002", "without inputs"),
        ("01000000" + "000100", "without inputs"),
        ("01000000" + "0001" + "01" + "00" * 41 + "00" + "00" + "00000000", "without a witness"),
        ("01000000" + "fdffff", "cannot follow"),
    ],
)
def test_what_is_no_transaction_is_refused_with_a_reason(data, why):
    with pytest.raises(DecodeError, match=why):
        Transaction.parse(bytes.fromhex(data))


def test_a_byte_too_many_is_refused():
    with pytest.raises(DecodeError, match="too many"):
        Transaction.parse(GENESIS_COINBASE + b"\x00")


@given(st.integers(0, len(GENESIS_COINBASE) - 1))
def test_a_transaction_cut_anywhere_is_refused(end):
    with pytest.raises(DecodeError):
        Transaction.parse(GENESIS_COINBASE[:end])


@given(
    st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda b: b"\1\0\0\0\0\1" + b))
)
def test_any_bytes_are_either_refused_or_written_back_the_same(data):
    try:
        transaction = Transaction.parse(data)
    except DecodeError:
        return
    assert transaction.serialize() == data


@given(st.dictionaries(st.integers(0, len(GENESIS_COINBASE) - 1), st.integers(0, 255), max_size=4))
def test_a_real_transaction_with_wrong_bytes_is_refused_or_written_back_the_same(changes):
    data = bytearray(GENESIS_COINBASE)
    for position, value in changes.items():
        data[position] = value
    try:
        transaction = Transaction.parse(bytes(data))
    except DecodeError:
        return
    assert transaction.serialize() == data
