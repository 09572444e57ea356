"""The first blocks of an embedded chain, which its owner mines alone."""

from pithead.bitcoin.transaction import TxOut
from pithead.node.wallet import WALLET_SCRIPT
from pithead.work.job import build_job, serialize_block
from pithead.work.judge import hash_solution, meets
from pithead.work.share import Solution
from pithead.work.template import Template

_NONCES = 1 << 32
_NO_EXTRANONCE = bytes(4)


class NoSolution(Exception):
    """The whole nonce range was searched: the target is not one for a bootstrap."""


def solve(template: Template) -> bytes:
    """A whole block of this template that pays the farm's wallet; for targets of a few hashes."""
    job = build_job("bootstrap", template, [TxOut(template.value_sats, WALLET_SCRIPT)], b"", 2 * 4)
    for nonce in range(_NONCES):
        solution = Solution(_NO_EXTRANONCE, template.time, nonce, template.version)
        if meets(hash_solution(job, _NO_EXTRANONCE, solution), template.block_target):
            return serialize_block(template, job, _NO_EXTRANONCE, solution)
    raise NoSolution(f"no nonce solves the block at height {template.height}")
