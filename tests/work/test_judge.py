"""The judge before real blocks: what the chain took as proofs, the judge calls solved."""

import json
from pathlib import Path

import pytest

from pithead.bitcoin.block import Block, Header
from pithead.bitcoin.hashing import display_from_wire, wire_from_display
from pithead.bitcoin.merkle import coinbase_branch
from pithead.bitcoin.target import MAX_TARGET, target_from_bits, target_from_difficulty
from pithead.bitcoin.transaction import Transaction
from pithead.work.job import Job
from pithead.work.judge import hash_solution, judge, meets
from pithead.work.share import Accepted, Reason, Rejected, Solution, Solved

DATA = Path(__file__).parents[1] / "data"
HEADERS = json.loads((DATA / "mainnet_headers.json").read_text())
TESTNET4 = json.loads((DATA / "testnet4_block_40000.json").read_text())

# The genesis block's coinbase (Bitcoin Core, kernel/chainparams.cpp) with a gap of 12 bytes
# where a pool of today would have put an extranonce.
GENESIS_COINBASE = bytes.fromhex(
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d"
    "0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66"
    "207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe55"
    "48271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba"
    "0b8d578a4c702b6bf11d5fac00000000"
)


def job_of(header, coinbase, gap, branch):
    return Job(
        job_id="1",
        prev_hash_wire=header.prev_hash_wire,
        coinbase_prefix=coinbase[:gap],
        coinbase_suffix=coinbase[gap + 12 :],
        branch=branch,
        version=header.version,
        bits=header.bits,
        time=header.time,
    )


def genesis():
    """The job, extranonce1 and solution of the first block of all."""
    fact = HEADERS[0]
    header = Header(1, bytes(32), bytes(32), fact["time"], int(fact["bits"], 16), fact["nonce"])
    job = job_of(header, GENESIS_COINBASE, 60, ())
    extranonce = GENESIS_COINBASE[60:72]
    solution = Solution(extranonce[4:], header.time, header.nonce, header.version)
    return job, extranonce[:4], solution


def block_of_testnet4():
    """The same of a block with 16 transactions, mined through ckpool on testnet4."""
    block = Block.parse(bytes.fromhex(TESTNET4["block"]))
    coinbase = block.transactions[0].serialize(witness=False)
    gap = coinbase.index(bytes.fromhex("1024e1b566")) + 1  # behind the push of 16 bytes
    branch = coinbase_branch([each.txid_wire for each in block.transactions[1:]])
    job = job_of(block.header, coinbase, gap, branch)
    extranonce = coinbase[gap : gap + 12]
    solution = Solution(extranonce[4:], block.header.time, block.header.nonce, block.header.version)
    return job, extranonce[:4], solution


@pytest.mark.parametrize(
    ("case", "expected"), [(genesis, HEADERS[0]["hash"]), (block_of_testnet4, TESTNET4["hash"])]
)
def test_a_real_block_is_solved(case, expected):
    job, extranonce1, solution = case()
    target = target_from_bits(job.bits)
    verdict = judge(job, extranonce1, solution, target, target)
    assert isinstance(verdict, Solved)
    assert display_from_wire(verdict.hash_wire) == expected
    assert verdict.header.hash_wire == verdict.hash_wire


@pytest.mark.parametrize("fact", HEADERS, ids=lambda fact: str(fact["height"]))
def test_the_hash_of_a_real_header_meets_its_own_target_and_no_harder_one(fact):
    hash_wire = wire_from_display(fact["hash"])
    assert meets(hash_wire, target_from_bits(int(fact["bits"], 16)))
    assert meets(hash_wire, int(fact["hash"], 16))
    assert not meets(hash_wire, int(fact["hash"], 16) - 1)


def test_a_share_that_is_no_block_is_accepted():
    job, extranonce1, solution = genesis()
    hash_value = int(HEADERS[0]["hash"], 16)
    verdict = judge(job, extranonce1, solution, target_from_difficulty(1), hash_value - 1)
    assert verdict == Accepted(wire_from_display(HEADERS[0]["hash"]))


# Case 47 of the conformance list: exactly equal is in, one above is out.
def test_a_hash_equal_to_the_target_is_in_and_one_above_is_out():
    job, extranonce1, solution = genesis()
    hash_value = int(HEADERS[0]["hash"], 16)
    assert isinstance(judge(job, extranonce1, solution, hash_value, 0), Accepted)
    assert judge(job, extranonce1, solution, hash_value - 1, 0) == Rejected(Reason.LOW_DIFFICULTY)
    assert isinstance(judge(job, extranonce1, solution, 0, hash_value), Solved)


@pytest.mark.parametrize("difficulty", [1, 0.001, 16384, 2**40])
def test_difficulties_small_and_large_have_an_exact_border(difficulty):
    target = target_from_difficulty(difficulty)
    assert meets(target.to_bytes(32, "little"), target)
    assert not meets((target + 1).to_bytes(32, "little"), target)


# Case 48: a pool's target may be harder than the block's.
def test_a_block_is_a_block_even_below_the_share_target():
    job, extranonce1, solution = genesis()
    assert isinstance(judge(job, extranonce1, solution, 0, MAX_TARGET), Solved)


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": 2083236892},
        {"time": 1231006506},
        {"version": 0x20000000},
        {"extranonce2": bytes(8)},
    ],
)
def test_any_other_choice_is_no_proof(change):
    job, extranonce1, solution = genesis()
    fields = ("extranonce2", "time", "nonce", "version")
    other = Solution(**({name: getattr(solution, name) for name in fields} | change))
    target = target_from_bits(job.bits)
    assert judge(job, extranonce1, other, target, target) == Rejected(Reason.LOW_DIFFICULTY)


def test_the_hash_alone_is_that_of_the_whole_header():
    job, extranonce1, solution = block_of_testnet4()
    header = job.header(extranonce1, solution)
    assert hash_solution(job, extranonce1, solution) == header.hash_wire


def test_the_gaps_of_these_tests_leave_the_coinbases_whole():
    job, extranonce1, solution = genesis()
    assert job.coinbase(extranonce1, solution.extranonce2) == GENESIS_COINBASE
    assert Transaction.parse(GENESIS_COINBASE).txid_wire == job.merkle_root_wire(
        extranonce1, solution.extranonce2
    )
