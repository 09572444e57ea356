from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.block import witness_commitment_script
from pithead.bitcoin.script import pay_to_witness
from pithead.bitcoin.transaction import Transaction, TxOut
from pithead.work.coinbase import MAX_SCRIPT_SIZE, coinbase_halves, with_witness
from pithead.work.template import Template

PAYOUT = pay_to_witness(0, bytes(20))
TEMPLATE = Template(
    height=840_000,
    version=0x20000000,
    prev_hash_wire=bytes(32),
    bits=0x207FFFFF,
    time=1_700_000_000,
    min_time=1_700_000_000,
    value_sats=312_500_000,
    transactions=(),
    witness_commitment_script=witness_commitment_script([]),
    block_target=0x7FFFFF << 232,
)


def coinbase(template=TEMPLATE, outputs=None, tag=b"/pithead/", extranonce=bytes(12)):
    outputs = outputs or [TxOut(template.value_sats, PAYOUT)]
    halves = coinbase_halves(template, outputs, tag, len(extranonce))
    return halves.prefix + extranonce + halves.suffix


# Case 31 of the conformance list: BIP34's height as Bitcoin Core compares it.
@pytest.mark.parametrize(
    ("height", "push"),
    [(height, f"{0x50 + height:02x}") for height in range(1, 17)]
    + [
        (17, "0111"),
        (127, "017f"),
        (128, "028000"),
        (32767, "02ff7f"),
        (32768, "03008000"),
        (840_000, "0340d10c"),
        (8388607, "03ffff7f"),
        (8388608, "0400008000"),
    ],
)
def test_the_script_begins_with_the_height_of_bip34(height, push):
    transaction = Transaction.parse(coinbase(replace(TEMPLATE, height=height)))
    assert transaction.inputs[0].script.hex().startswith(push)


@pytest.mark.parametrize("height", [1, 16, 17, 8388608])
@pytest.mark.parametrize("tag_size", [0, 1, 75])
@pytest.mark.parametrize("extranonce_size", [4, 12])
def test_the_script_has_the_2_to_100_bytes_of_consensus(height, tag_size, extranonce_size):
    raw = coinbase(
        replace(TEMPLATE, height=height), tag=b"t" * tag_size, extranonce=bytes(extranonce_size)
    )
    assert 2 <= len(Transaction.parse(raw).inputs[0].script) <= MAX_SCRIPT_SIZE


def test_a_tag_that_fills_the_script_to_100_bytes_fits_and_one_more_does_not():
    assert len(Transaction.parse(coinbase(tag=b"t" * 81)).inputs[0].script) == 100
    with pytest.raises(ValueError, match="101 bytes, 100 allowed"):
        coinbase(tag=b"t" * 82)


def test_the_extranonce_is_the_last_push_of_the_script():
    extranonce = bytes(range(12))
    script = Transaction.parse(coinbase(extranonce=extranonce)).inputs[0].script
    assert script.endswith(b"/pithead/" + b"\x0c" + extranonce)


def test_it_spends_nothing_as_a_coinbase_does():
    (spent,) = Transaction.parse(coinbase()).inputs
    assert (spent.previous_txid_wire, spent.previous_index) == (bytes(32), 0xFFFFFFFF)


# Case 35: the outputs pay out the value, to the satoshi and without dust.
@given(st.lists(st.integers(294, 10**10), min_size=1, max_size=6))
def test_the_outputs_add_up_to_the_value_whatever_their_number(values):
    template = replace(TEMPLATE, value_sats=sum(values))
    outputs = [TxOut(value, PAYOUT) for value in values]
    paid = Transaction.parse(coinbase(template, outputs)).outputs
    assert sum(output.value_sats for output in paid) == template.value_sats
    assert list(paid[:-1]) == outputs


@pytest.mark.parametrize("difference", [-1, 1])
def test_outputs_that_do_not_add_up_are_refused(difference):
    with pytest.raises(ValueError, match="for a value of 312500000"):
        coinbase(outputs=[TxOut(TEMPLATE.value_sats + difference, PAYOUT)])


def test_an_output_below_dust_is_refused_beside_another():
    outputs = [TxOut(TEMPLATE.value_sats - 293, PAYOUT), TxOut(293, PAYOUT)]
    with pytest.raises(ValueError, match=r"293 sat, below dust \(294\)"):
        coinbase(outputs=outputs)


def test_a_block_worth_less_than_dust_is_paid_out_all_the_same():
    template = replace(TEMPLATE, value_sats=0)
    assert Transaction.parse(coinbase(template)).outputs[0].value_sats == 0


def test_the_witness_commitment_is_an_output_of_its_own():
    paid = Transaction.parse(coinbase()).outputs
    assert paid[-1] == TxOut(0, TEMPLATE.witness_commitment_script)


def test_a_template_without_witness_rules_has_no_commitment():
    paid = Transaction.parse(coinbase(replace(TEMPLATE, witness_commitment_script=None))).outputs
    assert len(paid) == 1


def test_the_block_form_carries_the_reserved_value_and_keeps_the_txid():
    bare = Transaction.parse(coinbase())
    whole = Transaction.parse(with_witness(coinbase()))
    assert whole.inputs[0].witness == (bytes(32),)
    assert whole.txid_wire == bare.txid_wire


def test_two_tags_make_two_coinbases():
    assert coinbase(tag=b"/pithead/1") != coinbase(tag=b"/pithead/2")
