import pytest

from pithead.bitcoin.block import Block, witness_commitment_script
from pithead.bitcoin.hashing import sha256d
from pithead.bitcoin.merkle import merkle_root
from pithead.bitcoin.script import ANYONE_CAN_SPEND
from pithead.bitcoin.transaction import Transaction, TxIn, TxOut
from pithead.work.job import build_job, serialize_block
from pithead.work.share import Solution
from pithead.work.template import Template, TemplateTransaction

EXTRANONCE1 = bytes.fromhex("a1a2a3a4")
SOLUTION = Solution(extranonce2=bytes(range(8)), time=1_700_000_100, nonce=7, version=0x20002000)


def transaction(number):
    """One that differs from the others, every second one with a witness."""
    witness = (b"signature",) if number % 2 else ()
    spent = TxIn(sha256d(bytes([number & 0xFF, number >> 8])), 0, witness=witness)
    return Transaction(2, (spent,), (TxOut(1000 + number, ANYONE_CAN_SPEND),))


def template(count, witness=True):
    made = [transaction(number) for number in range(count)]
    return Template(
        height=101,
        version=0x20000000,
        prev_hash_wire=sha256d(b"previous"),
        bits=0x207FFFFF,
        time=1_700_000_000,
        min_time=1_699_999_000,
        value_sats=50_0000_0000,
        transactions=tuple(
            TemplateTransaction(each.serialize(), each.txid_wire, each.wtxid_wire, 10)
            for each in made
        ),
        witness_commitment_script=(
            witness_commitment_script([each.wtxid_wire for each in made]) if witness else None
        ),
        block_target=0x7FFFFF << 232,
    )


def job_of(its_template):
    outputs = [TxOut(its_template.value_sats, ANYONE_CAN_SPEND)]
    return build_job("1f", its_template, outputs, b"/pithead/", 12)


# Case 32 of the conformance list.
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 20, 4095])
def test_the_root_equals_the_one_over_all_transactions(count):
    its_template = template(count)
    job = job_of(its_template)
    coinbase_txid = sha256d(job.coinbase(EXTRANONCE1, SOLUTION.extranonce2))
    whole = merkle_root([coinbase_txid, *(each.txid_wire for each in its_template.transactions)])
    assert job.merkle_root_wire(EXTRANONCE1, SOLUTION.extranonce2) == whole


@pytest.mark.parametrize("count", [0, 1, 3, 20])
def test_a_serialised_block_is_whole_and_agrees_with_its_header(count):
    its_template = template(count)
    job = job_of(its_template)
    raw = serialize_block(its_template, job, EXTRANONCE1, SOLUTION)
    block = Block.parse(raw)
    assert block.serialize() == raw
    assert len(block.transactions) == count + 1
    assert block.header == job.header(EXTRANONCE1, SOLUTION)
    assert block.merkle_root_wire == block.header.merkle_root_wire
    commitment = witness_commitment_script([each.wtxid_wire for each in block.transactions[1:]])
    assert block.transactions[0].outputs[-1].script == commitment
    assert block.transactions[0].inputs[0].witness == (bytes(32),)


# Case 34: a template without witness rules.
def test_a_block_without_a_commitment_has_a_coinbase_without_a_witness():
    its_template = template(2, witness=False)
    raw = serialize_block(its_template, job_of(its_template), EXTRANONCE1, SOLUTION)
    assert not Block.parse(raw).transactions[0].has_witness


def test_the_header_takes_the_miners_choices_and_the_templates_facts():
    its_template = template(1)
    header = job_of(its_template).header(EXTRANONCE1, SOLUTION)
    assert (header.version, header.time, header.nonce) == (0x20002000, 1_700_000_100, 7)
    assert (header.prev_hash_wire, header.bits) == (its_template.prev_hash_wire, 0x207FFFFF)


def test_a_job_keeps_its_branch_in_one_piece_too():
    job = job_of(template(5))
    assert job.branch_joined == b"".join(job.branch)
    assert len(job.branch) == 3
