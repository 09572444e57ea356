import pytest

from pithead.bitcoin.script import (
    MAX_PUSH,
    dust_limit_sats,
    pay_to_pubkey_hash,
    pay_to_script_hash,
    pay_to_witness,
    push,
    push_number,
    witness_version,
)


@pytest.mark.parametrize(
    ("number", "instruction"),
    [
        (0, "00"),
        (-1, "4f"),
        (1, "51"),
        (16, "60"),
        (17, "0111"),
        (127, "017f"),
        (128, "028000"),
        (-128, "028080"),
        (255, "02ff00"),
        (256, "020001"),
        (32767, "02ff7f"),
        (32768, "03008000"),
        (8388607, "03ffff7f"),
        (8388608, "0400008000"),
    ],
)
def test_a_number_is_pushed_in_its_shortest_form(number, instruction):
    assert push_number(number).hex() == instruction


@pytest.mark.parametrize(
    ("size", "head"), [(0, "00"), (75, "4b"), (76, "4c4c"), (255, "4cff"), (256, "4d0001")]
)
def test_a_push_says_its_length(size, head):
    assert push(bytes(size)) == bytes.fromhex(head) + bytes(size)


def test_a_push_beyond_consensus_is_refused():
    with pytest.raises(ValueError, match="520"):
        push(bytes(MAX_PUSH + 1))


# The limits Bitcoin Core's comments in policy.cpp and its functional tests name.
@pytest.mark.parametrize(
    ("script", "limit"),
    [
        (pay_to_pubkey_hash(bytes(20)), 546),
        (pay_to_script_hash(bytes(20)), 540),
        (pay_to_witness(0, bytes(20)), 294),
        (pay_to_witness(0, bytes(32)), 330),
        (pay_to_witness(1, bytes(32)), 330),
        (bytes.fromhex("6a24aa21a9ed") + bytes(32), 0),
    ],
)
def test_the_dust_limits_are_those_of_bitcoin_core(script, limit):
    assert dust_limit_sats(script) == limit


def test_witness_scripts_are_told_from_others():
    assert witness_version(pay_to_witness(0, bytes(20))) == 0
    assert witness_version(pay_to_witness(16, bytes(2))) == 16
    assert witness_version(pay_to_pubkey_hash(bytes(20))) is None
    assert witness_version(b"") is None
