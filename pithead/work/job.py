"""A job: what a miner is given to work on, exactly as it goes over the wire."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pithead.bitcoin.block import Header
from pithead.bitcoin.encoding import compact_size
from pithead.bitcoin.hashing import sha256d
from pithead.bitcoin.merkle import coinbase_branch, fold_branch
from pithead.bitcoin.transaction import TxOut
from pithead.work.coinbase import coinbase_halves, with_witness
from pithead.work.share import Solution
from pithead.work.template import Template


@dataclass(frozen=True, slots=True)
class Job:
    job_id: str
    prev_hash_wire: bytes
    coinbase_prefix: bytes
    coinbase_suffix: bytes
    branch: tuple[bytes, ...]
    """The merkle branch of the coinbase, hashes in wire order."""
    version: int
    bits: int
    time: int
    branch_joined: bytes = field(init=False, repr=False, compare=False)
    """The branch in one piece, as the native judge takes it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "branch_joined", b"".join(self.branch))

    def coinbase(self, extranonce1: bytes, extranonce2: bytes) -> bytes:
        """The whole coinbase without its witness."""
        return self.coinbase_prefix + extranonce1 + extranonce2 + self.coinbase_suffix

    def merkle_root_wire(self, extranonce1: bytes, extranonce2: bytes) -> bytes:
        return fold_branch(sha256d(self.coinbase(extranonce1, extranonce2)), self.branch)

    def header(self, extranonce1: bytes, solution: Solution) -> Header:
        return Header(
            version=solution.version,
            prev_hash_wire=self.prev_hash_wire,
            merkle_root_wire=self.merkle_root_wire(extranonce1, solution.extranonce2),
            time=solution.time,
            bits=self.bits,
            nonce=solution.nonce,
        )


def build_job(
    job_id: str, template: Template, outputs: Sequence[TxOut], tag: bytes, extranonce_size: int
) -> Job:
    """A job for a template; see `coinbase_halves` for the rules of outputs and tag."""
    halves = coinbase_halves(template, outputs, tag, extranonce_size)
    return Job(
        job_id=job_id,
        prev_hash_wire=template.prev_hash_wire,
        coinbase_prefix=halves.prefix,
        coinbase_suffix=halves.suffix,
        branch=coinbase_branch([each.txid_wire for each in template.transactions]),
        version=template.version,
        bits=template.bits,
        time=template.time,
    )


def serialize_block(template: Template, job: Job, extranonce1: bytes, solution: Solution) -> bytes:
    """The whole block of a solved job, ready for the node; `job` was built from `template`."""
    coinbase = job.coinbase(extranonce1, solution.extranonce2)
    if template.witness_commitment_script is not None:
        coinbase = with_witness(coinbase)
    return b"".join(
        (
            job.header(extranonce1, solution).pack(),
            compact_size(1 + len(template.transactions)),
            coinbase,
            *(each.raw for each in template.transactions),
        )
    )
