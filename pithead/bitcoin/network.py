"""The Bitcoin networks and what differs between them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Network:
    """The parameters of one network, from Bitcoin Core's `kernel/chainparams.cpp`."""

    name: str
    bech32_prefix: str
    pubkey_hash_version: int
    script_hash_version: int
    halving_interval: int
    genesis_hash_display: str
