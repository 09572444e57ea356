import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.block import (
    MAX_BLOCK_SIZE,
    Block,
    Header,
    witness_commitment_script,
)
from pithead.bitcoin.encoding import DecodeError
from pithead.bitcoin.hashing import display_from_wire, wire_from_display
from pithead.bitcoin.target import target_from_bits

DATA = Path(__file__).parents[1] / "data"
HEADERS = json.loads((DATA / "mainnet_headers.json").read_text())
TESTNET4 = json.loads((DATA / "testnet4_block_40000.json").read_text())
RAW = bytes.fromhex(TESTNET4["block"])

headers = st.builds(
    Header,
    st.integers(0, 2**32 - 1),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
)


@pytest.mark.parametrize("fact", HEADERS, ids=lambda fact: str(fact["height"]))
def test_a_real_header_has_its_known_hash_and_meets_its_target(fact):
    header = Header(
        int(fact["version"], 16),
        wire_from_display(fact["previous"]),
        wire_from_display(fact["merkle_root"]),
        fact["time"],
        int(fact["bits"], 16),
        fact["nonce"],
    )
    assert display_from_wire(header.hash_wire) == fact["hash"]
    assert int(fact["hash"], 16) <= target_from_bits(header.bits)
    assert Header.unpack(header.pack()) == header


def test_a_real_block_parses_to_its_known_transactions_and_back():
    block = Block.parse(RAW)
    assert display_from_wire(block.header.hash_wire) == TESTNET4["hash"]
    assert [display_from_wire(each.txid_wire) for each in block.transactions] == TESTNET4["txids"]
    assert block.merkle_root_wire == block.header.merkle_root_wire
    assert block.serialize() == RAW


def test_a_real_block_carries_the_witness_commitment_of_its_transactions():
    block = Block.parse(RAW)
    coinbase, *others = block.transactions
    assert coinbase.inputs[0].witness == (bytes(32),)
    expected = witness_commitment_script([each.wtxid_wire for each in others])
    assert expected in [output.script for output in coinbase.outputs]


def test_the_commitment_of_an_otherwise_empty_block_is_the_known_one():
    # What Bitcoin Core's getblocktemplate answers as default_witness_commitment without
    # transactions: the hash of 64 zero bytes behind the mark of BIP141.
    assert witness_commitment_script([]).hex() == (
        "6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9"
    )


@given(headers)
def test_every_header_reads_back(header):
    assert Header.unpack(header.pack()) == header


@given(st.binary(max_size=100))
def test_eighty_bytes_are_a_header_and_nothing_else_is(data):
    if len(data) == 80:
        assert Header.unpack(data).pack() == data
    else:
        with pytest.raises(DecodeError, match="80 bytes"):
            Header.unpack(data)


@given(st.integers(0, len(RAW) - 1))
def test_a_block_cut_anywhere_is_refused(end):
    with pytest.raises(DecodeError):
        Block.parse(RAW[:end])


@given(st.binary(max_size=200))
def test_any_bytes_after_a_header_are_either_refused_or_written_back_the_same(tail):
    data = RAW[:80] + tail
    try:
        block = Block.parse(data)
    except DecodeError:
        return
    assert block.serialize() == data


def test_a_block_larger_than_any_is_refused_unread():
    with pytest.raises(DecodeError, match="at most"):
        Block.parse(bytes(MAX_BLOCK_SIZE + 1))


@given(st.dictionaries(st.integers(80, len(RAW) - 1), st.integers(0, 255), max_size=4))
def test_a_real_block_with_wrong_bytes_is_refused_or_written_back_the_same(changes):
    data = bytearray(RAW)
    for position, value in changes.items():
        data[position] = value
    try:
        block = Block.parse(bytes(data))
    except DecodeError:
        return
    assert block.serialize() == data
