import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.base58 import MAX_LENGTH, Base58Error, decode, encode

# The address of the genesis coinbase's key.
GENESIS = ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "0062e907b15cbf27d5425399ebf6f0fb50ebb88f18")


def test_the_genesis_address_reads_and_writes():
    text, payload = GENESIS
    assert decode(text).hex() == payload
    assert encode(bytes.fromhex(payload)) == text


@given(st.binary(min_size=1, max_size=60))
def test_every_payload_reads_back(payload):
    assert decode(encode(payload)) == payload


@pytest.mark.parametrize("text", ["", "1", "1111", "3yQ", GENESIS[0][:-1], GENESIS[0] + "1"])
def test_a_wrong_or_missing_checksum_is_refused(text):
    with pytest.raises(Base58Error, match="checksum"):
        decode(text)


@pytest.mark.parametrize("character", "0OIl é\n")
def test_characters_outside_the_alphabet_are_named(character):
    with pytest.raises(Base58Error, match="not a character"):
        decode("1A1z" + character)


def test_a_long_text_is_refused_unread():
    with pytest.raises(Base58Error, match="longer"):
        decode("2" * (MAX_LENGTH + 1))


@given(st.text(max_size=60))
def test_any_text_is_refused_or_written_back_the_same(text):
    try:
        payload = decode(text)
    except Base58Error:
        return
    assert encode(payload) == text
