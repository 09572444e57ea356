"""How the tests of nodes make blocks: a coinbase, a proof, and ways to spoil either."""

from dataclasses import replace

from pithead.bitcoin.transaction import TxOut
from pithead.node.wallet import WALLET_SCRIPT
from pithead.work.job import build_job, serialize_block
from pithead.work.judge import hash_solution, meets
from pithead.work.share import Solution
from pithead.work.template import Template

EXTRANONCE = bytes(4)


def mine(
    template: Template, tag: bytes = b"test", script: bytes = WALLET_SCRIPT, **changes
) -> bytes:
    """A block of this template, solved; `changes` are made to the template first."""
    template = replace(template, **changes)
    job = build_job("1", template, [TxOut(template.value_sats, script)], tag, 8)
    for nonce in range(1 << 22):
        solution = Solution(EXTRANONCE, template.time, nonce, template.version)
        if meets(hash_solution(job, EXTRANONCE, solution), template.block_target):
            return serialize_block(template, job, EXTRANONCE, solution)
    raise AssertionError("no solution")
