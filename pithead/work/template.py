"""A block to be: what a node offers a pool to build jobs from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TemplateTransaction:
    """One transaction of a template, in the order it will stand in the block."""

    raw: bytes
    """The whole serialisation, witness included."""
    txid_wire: bytes
    wtxid_wire: bytes
    fee_sats: int


@dataclass(frozen=True, slots=True)
class Template:
    """Everything a block needs but its coinbase and its proof of work."""

    height: int
    version: int
    prev_hash_wire: bytes
    bits: int
    """The chain's target in compact form, as the header carries it."""
    time: int
    """The header time the node suggests, unix seconds."""
    min_time: int
    """The earliest header time the chain accepts: median time past plus one."""
    value_sats: int
    """What the coinbase may claim at most: subsidy plus fees."""
    transactions: tuple[TemplateTransaction, ...]
    witness_commitment_script: bytes | None
    """The coinbase output script of BIP141, None where the block has no witness rules."""
    block_target: int
    """A hash at or below this is a block: the harder of the chain's target and the pool's own."""
