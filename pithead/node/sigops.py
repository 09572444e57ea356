"""How many signature checks a transaction asks of whoever verifies a block (BIP141, "sigops").

Consensus limits their cost in a block. What counts depends on the outputs that are spent; these
bounds do without them and never count too little.
"""

from collections.abc import Iterator

from pithead.bitcoin.script import OP_PUSHDATA1, OP_PUSHDATA2
from pithead.bitcoin.transaction import Transaction, TxIn

MAX_BLOCK_SIGOPS_COST = 80_000
"""Consensus: four for a check outside a witness, one within."""

_OUTSIDE_WITNESS = 4
_OP_PUSHDATA4 = 0x4E
_CHECKS = {0xAC: 1, 0xAD: 1, 0xAE: 20, 0xAF: 20}
"""CHECKSIG and CHECKMULTISIG with their VERIFY forms; twenty is the most keys one may name."""


def most_sigops_cost(transaction: Transaction) -> int:
    """An upper bound of what the transaction costs a block."""
    outputs = sum(_checks(each.script) for each in transaction.outputs)
    return _OUTSIDE_WITNESS * outputs + sum(map(_input_cost, transaction.inputs))


def _input_cost(spent: TxIn) -> int:
    """An input may reveal a script twice: as the last push (BIP16) and in its witness."""
    pushes = [data for _, data in _operations(spent.script)]
    outside = _checks(spent.script) + (_checks(pushes[-1]) if pushes else 0)
    within = _checks(spent.witness[-1]) if spent.witness else 0
    return _OUTSIDE_WITNESS * outside + max(1, within)


def _checks(script: bytes) -> int:
    return sum(_CHECKS.get(operation, 0) for operation, _ in _operations(script))


def _operations(script: bytes) -> Iterator[tuple[int, bytes]]:
    """Each operation and what it pushes, up to the first push that runs over the end."""
    at = 0
    while at < len(script):
        operation = script[at]
        at += 1
        size = operation if operation < OP_PUSHDATA1 else 0
        if OP_PUSHDATA1 <= operation <= _OP_PUSHDATA4:
            width = {OP_PUSHDATA1: 1, OP_PUSHDATA2: 2, _OP_PUSHDATA4: 4}[operation]
            size = int.from_bytes(script[at : at + width], "little")
            at += width
        if at + size > len(script):
            return
        yield operation, script[at : at + size]
        at += size
