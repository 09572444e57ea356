"""Addresses: the text people give for an output script (Base58Check, Bech32, Bech32m)."""

from pithead.bitcoin import base58, bech32
from pithead.bitcoin.bech32 import Checksum
from pithead.bitcoin.network import NETWORKS, Network
from pithead.bitcoin.script import pay_to_pubkey_hash, pay_to_script_hash, pay_to_witness

_HASH_SIZE = 20


class AddressError(ValueError):
    """The text is no address of the network; the message says why and names the network."""

    def __init__(self, address: str, network: Network, why: str) -> None:
        shown = address if len(address) <= 100 else address[:100] + "…"
        super().__init__(f"{shown!r} is not an address of {network.name}: {why}")


def script_for_address(address: str, network: Network) -> bytes:
    """The output script that pays to an address; raises `AddressError`.

    Witness versions that have no rules yet are taken as well, as BIP350 asks.
    """
    try:
        if _looks_like_bech32(address):
            return _witness_script(address, network)
        return _hash_script(address, network)
    except ValueError as error:
        raise AddressError(address, network, str(error)) from error


def witness_address(version: int, program: bytes, network: Network) -> str:
    """The address of a witness program (BIP173 for version 0, BIP350 for the others)."""
    values = [version, *bech32.values_from_bytes(program)]
    return bech32.encode(network.bech32_prefix, values, _checksum_of_version(version))


def pubkey_hash_address(pubkey_hash: bytes, network: Network) -> str:
    return base58.encode(bytes([network.pubkey_hash_version]) + pubkey_hash)


def script_hash_address(script_hash: bytes, network: Network) -> str:
    return base58.encode(bytes([network.script_hash_version]) + script_hash)


def _looks_like_bech32(address: str) -> bool:
    """A prefix of some network and a '1', or something longer than any Base58 address."""
    prefix = address.lower().rpartition("1")[0]
    return len(address) > 35 or prefix in {network.bech32_prefix for network in NETWORKS.values()}


def _witness_script(address: str, network: Network) -> bytes:
    prefix, values, checksum = bech32.decode(address)
    if prefix != network.bech32_prefix:
        others = [other.name for other in NETWORKS.values() if other.bech32_prefix == prefix]
        raise ValueError(_other_network(others, f"the prefix {prefix!r}"))
    if not values:
        raise ValueError("there is no data in it")
    version, program = values[0], bech32.bytes_from_values(values[1:])
    if version > 16:
        raise ValueError(f"witness version {version}, the last one is 16")
    if checksum is not (wanted := _checksum_of_version(version)):
        raise ValueError(
            f"witness version {version} is written in {wanted.name.capitalize()}, "
            f"this is {checksum.name.capitalize()}"
        )
    if not 2 <= len(program) <= 40:
        raise ValueError(f"a witness program of {len(program)} bytes, 2 to 40 allowed")
    if version == 0 and len(program) not in (20, 32):
        raise ValueError(f"a version 0 program of {len(program)} bytes, 20 or 32 allowed")
    return pay_to_witness(version, program)


def _hash_script(address: str, network: Network) -> bytes:
    payload = base58.decode(address)
    version, digest = payload[0], payload[1:]
    if len(digest) != _HASH_SIZE:
        raise ValueError(f"a hash of {len(digest)} bytes, not {_HASH_SIZE}")
    if version == network.pubkey_hash_version:
        return pay_to_pubkey_hash(digest)
    if version == network.script_hash_version:
        return pay_to_script_hash(digest)
    others = [
        other.name
        for other in NETWORKS.values()
        if version in (other.pubkey_hash_version, other.script_hash_version)
    ]
    raise ValueError(_other_network(others, f"the version byte {version}"))


def _other_network(others: list[str], sign: str) -> str:
    return f"it is one of {' or '.join(others)}" if others else f"{sign} is of no known network"


def _checksum_of_version(version: int) -> Checksum:
    return Checksum.BECH32 if version == 0 else Checksum.BECH32M
