import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.address import (
    AddressError,
    pubkey_hash_address,
    script_for_address,
    script_hash_address,
    witness_address,
)
from pithead.bitcoin.network import MAINNET, NETWORKS, REGTEST, SIGNET, TESTNET4
from pithead.bitcoin.script import pay_to_pubkey_hash, pay_to_script_hash, pay_to_witness

VALID = [  # BIP350's list of addresses and their scripts, which replaces BIP173's
    ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "0014751e76e8199196d454941c45d1b3a323f1433bd6"),
    (
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
    ),
    (
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
    ),
    ("BC1SW50QGDZ25J", "6002751e"),
    ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323"),
    (
        "tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy",
        "0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
    ),
    (
        "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
        "5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433",
    ),
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    ),
]
INVALID = [  # BIP350's list, then BIP173's, some of which fail by their older checksum now
    ("tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut", "no known network"),
    ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd", "this is Bech32$"),
    ("tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf", "this is Bech32$"),
    ("BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL", "this is Bech32$"),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "this is Bech32m$"),
    ("tb1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq24jc47", "this is Bech32m$"),
    ("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", "'o' is not"),
    ("BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R", "witness version 17"),
    ("bc1pw5dgrnzv", "1 bytes, 2 to 40"),
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
        "41 bytes, 2 to 40",
    ),
    ("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", "16 bytes, 20 or 32"),
    ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq", "mixed"),
    ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf", "more than four"),
    ("tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vpggkg4j", "not zero"),
    ("bc1gmk9yu", "no data"),
    ("tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty", "no known network"),
    ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "checksum"),
    ("BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2", "witness version 17"),
    ("bc1rw5uspcuh", "this is Bech32$"),
    (
        "bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90",
        "this is Bech32$",
    ),
    ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7", "mixed"),
    ("bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du", "more than four"),
    ("tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3pjxtptv", "not zero"),
]

networks = st.sampled_from(list(NETWORKS.values()))


def network_of(address):
    return SIGNET if address.lower().startswith("tb") else MAINNET


@pytest.mark.parametrize(("address", "script"), VALID)
def test_the_addresses_of_the_bip_have_their_scripts(address, script):
    assert script_for_address(address, network_of(address)).hex() == script


@pytest.mark.parametrize(("address", "why"), INVALID)
def test_the_invalid_addresses_of_the_bips_are_refused_with_their_reason(address, why):
    with pytest.raises(AddressError, match=why):
        script_for_address(address, network_of(address))


def test_the_genesis_address_pays_to_its_key_hash():
    script = script_for_address("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", MAINNET)
    assert script.hex() == "76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac"


def test_an_address_of_another_network_is_refused_by_its_name():
    with pytest.raises(AddressError, match=r"not an address of regtest: it is one of mainnet$"):
        script_for_address("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", REGTEST)
    with pytest.raises(AddressError, match=r"not an address of regtest: it is one of mainnet$"):
        script_for_address("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", REGTEST)
    testnet = pubkey_hash_address(bytes(20), TESTNET4)
    with pytest.raises(AddressError, match="one of testnet4 or signet or regtest"):
        script_for_address(testnet, MAINNET)


def test_a_hash_of_the_wrong_size_is_refused():
    with pytest.raises(AddressError, match="19 bytes"):
        script_for_address(pubkey_hash_address(bytes(19), MAINNET), MAINNET)


def test_an_unknown_version_byte_is_named():
    # 48 stands for Litecoin's addresses
    litecoin = "LaMT348PWRnrqeeWArpwQPbuanpXDZGEUz"
    with pytest.raises(AddressError, match="version byte 48 is of no known network"):
        script_for_address(litecoin, MAINNET)


def test_a_long_text_is_shortened_in_the_message():
    with pytest.raises(AddressError) as caught:
        script_for_address("x" * 10_000, MAINNET)
    assert len(str(caught.value)) < 250


@given(networks, st.integers(0, 16), st.binary(min_size=2, max_size=40))
def test_every_witness_program_has_an_address_that_reads_back(network, version, program):
    if version == 0:
        program = program.ljust(32, b"\0")[:32]
    address = witness_address(version, program, network)
    assert script_for_address(address, network) == pay_to_witness(version, program)


@given(networks, st.binary(min_size=20, max_size=20))
def test_every_hash_has_two_addresses_that_read_back(network, digest):
    to_key = pubkey_hash_address(digest, network)
    to_script = script_hash_address(digest, network)
    assert script_for_address(to_key, network) == pay_to_pubkey_hash(digest)
    assert script_for_address(to_script, network) == pay_to_script_hash(digest)


@given(networks, st.one_of(st.text(max_size=120), st.text("bc1qpzry9x8gf2tv", max_size=60)))
def test_any_text_is_an_address_or_an_address_error(network, text):
    try:
        script = script_for_address(text, network)
    except AddressError:
        return
    assert script
