"""How the tests of nodes make blocks: a coinbase, a proof, and ways to spoil either."""

from dataclasses import replace

from pithead.bitcoin.block import Block, witness_commitment_script
from pithead.bitcoin.network import REGTEST
from pithead.bitcoin.target import target_from_bits
from pithead.bitcoin.transaction import Transaction, TxOut
from pithead.node.wallet import WALLET_SCRIPT
from pithead.work.job import build_job, serialize_block
from pithead.work.judge import hash_solution, meets
from pithead.work.share import Solution
from pithead.work.template import Template, TemplateTransaction

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


def with_only(template: Template, *spends: Transaction) -> Template:
    """The template with these transactions in place of its own; they pay no fee."""
    transactions = tuple(
        TemplateTransaction(each.serialize(), each.txid_wire, each.wtxid_wire, 0) for each in spends
    )
    return replace(
        template,
        transactions=transactions,
        value_sats=REGTEST.subsidy_sats(template.height),
        witness_commitment_script=witness_commitment_script([t.wtxid_wire for t in transactions]),
    )


def solved(block: Block) -> Block:
    """The block with a nonce that meets the chain's own target."""
    target = target_from_bits(block.header.bits)
    for nonce in range(1 << 16):
        header = replace(block.header, nonce=nonce)
        if int.from_bytes(header.hash_wire, "little") <= target:
            return replace(block, header=header)
    raise AssertionError("no solution")
