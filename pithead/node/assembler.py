"""From a tip and some transactions to a template."""

from collections.abc import Sequence
from dataclasses import dataclass

from pithead.bitcoin.block import witness_commitment_script
from pithead.bitcoin.network import Network
from pithead.bitcoin.target import target_for_work, target_from_bits
from pithead.work.template import Template, TemplateTransaction

BLOCK_VERSION = 0x20000000
"""BIP9 with no bit set: nothing under the mask of version rolling."""

MAX_TRANSACTIONS_WEIGHT = 4_000_000 - 4_000
"""The limit of a block (BIP141) less header, count and the largest coinbase."""

MEDIAN_OF = 11
"""Headers whose median time a new one must be after."""


@dataclass(frozen=True, slots=True)
class Parent:
    """What of the chain a new block depends on."""

    height: int
    hash_wire: bytes
    bits: int
    """The next block's, which on regtest never changes."""
    recent_times: tuple[int, ...]
    """Times of the last eleven headers, in any order."""


def assemble(
    parent: Parent,
    candidates: Sequence[TemplateTransaction],
    network: Network,
    now: float,
    block_work: int,
) -> Template:
    """A template on `parent`. Candidates must be independent of each other."""
    height = parent.height + 1
    min_time = median_time(parent.recent_times) + 1
    chosen = select(candidates)
    fees = sum(each.fee_sats for each in chosen)
    return Template(
        height=height,
        version=BLOCK_VERSION,
        prev_hash_wire=parent.hash_wire,
        bits=parent.bits,
        time=max(int(now), min_time),
        min_time=min_time,
        value_sats=network.subsidy_sats(height) + fees,
        transactions=chosen,
        witness_commitment_script=witness_commitment_script([each.wtxid_wire for each in chosen]),
        block_target=min(target_from_bits(parent.bits), target_for_work(block_work)),
    )


def median_time(recent_times: Sequence[int]) -> int:
    """What a new header's time must be after (BIP113 calls it median time past)."""
    return sorted(recent_times)[len(recent_times) // 2]


def select(candidates: Sequence[TemplateTransaction]) -> tuple[TemplateTransaction, ...]:
    """The best paying by weight that fit, the best first."""
    ranked = sorted(candidates, key=lambda each: (-each.fee_sats / weight(each), each.txid_wire))
    chosen = []
    room = MAX_TRANSACTIONS_WEIGHT
    for each in ranked:
        if weight(each) <= room:
            chosen.append(each)
            room -= weight(each)
    return tuple(chosen)


def weight(transaction: TemplateTransaction) -> int:
    """At most four units a byte (BIP141); the discount of witnesses is left as reserve."""
    return 4 * len(transaction.raw)
