"""The coinbase transaction in two halves, with a gap where the extranonce goes.

    version | input count | null outpoint | script length | height | tag |     <- prefix
    extranonce1 | extranonce2                                                  <- the gap
    sequence | output count | outputs | lock time                              <- suffix

This is the form without a witness, the one whose hash is the txid; Stratum sends the halves.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pithead.bitcoin.block import WITNESS_RESERVED_VALUE
from pithead.bitcoin.encoding import compact_size, with_length
from pithead.bitcoin.script import dust_limit_sats, push, push_number
from pithead.bitcoin.transaction import FINAL_SEQUENCE, NO_INDEX, NO_TXID_WIRE, TxOut
from pithead.work.template import Template

MAX_SCRIPT_SIZE = 100
"""Consensus takes a coinbase script of 2 to 100 bytes."""

_VERSION = (2).to_bytes(4, "little")
_LOCK_TIME = bytes(4)


@dataclass(frozen=True, slots=True)
class CoinbaseHalves:
    prefix: bytes
    suffix: bytes


def coinbase_halves(
    template: Template, outputs: Sequence[TxOut], tag: bytes, extranonce_size: int
) -> CoinbaseHalves:
    """The halves round an extranonce of that many bytes (both parts together).

    `outputs` pay out the template's value to the satoshi; the witness commitment is added to
    them. `tag` is free text, and what makes two jobs of one template differ. Raises `ValueError`
    where the chain or its relay rules would refuse the result.
    """
    _check_outputs(template, outputs)
    before = push_number(template.height) + (push(tag) if tag else b"")
    before += push(bytes(extranonce_size))[:-extranonce_size]
    script_size = len(before) + extranonce_size
    if script_size > MAX_SCRIPT_SIZE:
        raise ValueError(f"a coinbase script of {script_size} bytes, {MAX_SCRIPT_SIZE} allowed")
    prefix = b"".join(
        (
            _VERSION,
            compact_size(1),
            NO_TXID_WIRE,
            NO_INDEX.to_bytes(4, "little"),
            compact_size(script_size),
            before,
        )
    )
    all_outputs = list(outputs)
    if template.witness_commitment_script is not None:
        all_outputs.append(TxOut(0, template.witness_commitment_script))
    suffix = b"".join(
        (
            FINAL_SEQUENCE.to_bytes(4, "little"),
            compact_size(len(all_outputs)),
            *(output.serialize() for output in all_outputs),
            _LOCK_TIME,
        )
    )
    return CoinbaseHalves(prefix, suffix)


def with_witness(coinbase: bytes) -> bytes:
    """The coinbase as a block carries it where there is a witness commitment (BIP141, BIP144)."""
    witness = compact_size(1) + with_length(WITNESS_RESERVED_VALUE)
    return coinbase[:4] + b"\x00\x01" + coinbase[4:-4] + witness + coinbase[-4:]


def _check_outputs(template: Template, outputs: Sequence[TxOut]) -> None:
    total = sum(output.value_sats for output in outputs)
    if not outputs or total != template.value_sats:
        raise ValueError(f"outputs of {total} sat for a value of {template.value_sats}")
    if len(outputs) == 1:  # a late block may be worth less than dust, and is a block all the same
        return
    for output in outputs:
        if output.value_sats < (limit := dust_limit_sats(output.script)):
            raise ValueError(f"an output of {output.value_sats} sat, below dust ({limit})")
