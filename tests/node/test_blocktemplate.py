"""Templates as a real bitcoind gave them, and everything that may be wrong with one."""

import json
from contextlib import suppress
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.bitcoin.block import Block
from pithead.bitcoin.network import MAINNET, REGTEST, SIGNET
from pithead.bitcoin.target import expected_hashes
from pithead.bitcoin.transaction import Transaction
from pithead.node.blocktemplate import (
    TemplateAnswer,
    TemplateRefused,
    read_template,
    template_request,
)
from tests.node.mining import mine
from tests.node.rpcserver import RECORDED


def recorded(name, number=-1):
    lines = (RECORDED / f"{name}.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    return [e["answer"]["result"] for e in entries if e["method"] == "getblocktemplate"][number]


def answer_of(content):
    return msgspec.convert(content, TemplateAnswer)


def read(content, network=REGTEST, **settings):
    return read_template(answer_of(content), network, **settings)


@pytest.fixture
def full():
    """With three transactions, one of which spends another."""
    content = recorded("regtest")
    assert [each["depends"] for each in content["transactions"]].count([]) == 2
    return content


def test_a_recorded_template_is_read_and_its_transactions_are_what_they_are_called(full):
    template = read(full)
    assert template.height == full["height"]
    assert template.value_sats == full["coinbasevalue"]
    assert template.min_time <= template.time == full["curtime"]
    assert template.witness_commitment_script.hex() == full["default_witness_commitment"]
    for each in template.transactions:
        transaction = Transaction.parse(each.raw)
        assert (transaction.txid_wire, transaction.wtxid_wire) == (each.txid_wire, each.wtxid_wire)
        assert transaction.has_witness
    assert sum(each.fee_sats for each in template.transactions) == 40_000


def test_a_block_of_a_recorded_template_has_its_transactions_in_their_order(full):
    block = Block.parse(mine(read(full)))
    assert block.merkle_root_wire == block.header.merkle_root_wire
    assert [each.txid_wire[::-1].hex() for each in block.transactions[1:]] == [
        each["txid"] for each in full["transactions"]
    ]


def test_blocks_of_regtest_may_be_made_harder():
    template = read(recorded("regtest"), least_block_work=1000)
    assert expected_hashes(template.block_target) == 1000


def test_an_easier_block_than_the_chains_there_is_not():
    content = recorded("signet-open")
    template = read(content, SIGNET, least_block_work=2)
    assert template.block_target == int(content["target"], 16)


def test_a_signet_that_anyone_may_mine_is_mined_and_one_to_be_signed_is_not():
    assert read(recorded("signet-open"), SIGNET).height == 1
    with pytest.raises(TemplateRefused, match="have to be signed with the keys of its challenge"):
        read(recorded("signet"), SIGNET)


def test_the_request_names_the_rules_and_the_long_poll():
    assert template_request(MAINNET) == {"rules": ["segwit"]}
    assert template_request(SIGNET, "id") == {"rules": ["segwit", "signet"], "longpollid": "id"}


def test_unknown_rules_are_no_hindrance_unless_they_must_be_understood(full):
    assert read(full | {"rules": ["csv", "!segwit", "opcat"]}).height == full["height"]
    with pytest.raises(TemplateRefused, match="'!unheard'"):
        read(full | {"rules": ["!unheard"]})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"coinbasevalue": 1}, "subsidy and fees"),
        ({"target": "00" * 32}, "not that of bits"),
        ({"bits": "00000000"}, "a target of nothing"),
        ({"bits": "zz"}, "non-hex"),
        ({"previousblockhash": "00"}, "64 hex digits"),
        ({"height": 0}, "a height of 0"),
        ({"curtime": 1 << 32}, "header time"),
        ({"mintime": -1}, "header time"),
        ({"version": 1 << 40}, "a version of"),
        ({"weightlimit": 1_000}, "no room for the coinbase"),
        ({"sigoplimit": 3}, "sigops are too many"),
        ({"default_witness_commitment": None}, "no commitment"),
        (
            {"default_witness_commitment": "6a24aa21a9ed" + "00" * 32},
            "not that of the transactions",
        ),
    ],
)
def test_a_template_that_does_not_add_up_is_refused(full, changes, words):
    with pytest.raises(TemplateRefused, match=words):
        read(full | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hash": "11" * 32}, "not of the hash"),
        ({"data": "00"}, "not of the hash"),
        ({"fee": -1}, "a fee of -1"),
        ({"weight": 1}, "said to weigh"),
        ({"weight": 1 << 20}, "said to weigh"),
        ({"depends": [1]}, "stands before one it depends on"),
        ({"depends": [3]}, "stands before one it depends on"),
    ],
)
def test_a_transaction_that_is_not_what_it_is_said_to_be_spoils_the_template(full, changes, words):
    first, *others = full["transactions"]
    with pytest.raises(TemplateRefused, match=words):
        read(full | {"transactions": [first | changes, *others]})


def test_the_same_transaction_twice_spoils_the_template(full):
    first = full["transactions"][0]
    with pytest.raises(TemplateRefused, match="twice"):
        read(full | {"transactions": [first, first]})


def test_another_networks_subsidy_is_told(full):
    with pytest.raises(TemplateRefused, match="on mainnet"):
        read(full, replace(MAINNET, halving_interval=50))


def test_an_empty_template_without_a_commitment_is_one_without_witness_rules():
    empty = recorded("regtest", 0) | {"default_witness_commitment": None}
    assert read(empty).witness_commitment_script is None


TEXT = st.text(max_size=70) | st.binary(max_size=40).map(bytes.hex)
VALUE = st.none() | st.booleans() | st.integers() | TEXT | st.lists(TEXT, max_size=3)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(recorded("regtest"))), VALUE, max_size=3),
    st.dictionaries(st.sampled_from(sorted(recorded("regtest")["transactions"][0])), VALUE),
    st.integers(0, 2),
)
def test_whatever_a_node_says_is_a_template_that_adds_up_or_is_refused(changes, inside, place):
    content = recorded("regtest")
    content["transactions"][place] |= inside
    content |= changes
    with suppress(msgspec.ValidationError, TemplateRefused):
        template = read(content)
        fees = sum(each.fee_sats for each in template.transactions)
        assert template.value_sats == REGTEST.subsidy_sats(template.height) + fees
        assert mine(template)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_no_template(data):
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        msgspec.json.decode(data, type=TemplateAnswer)
