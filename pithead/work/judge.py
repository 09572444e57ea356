"""The judge: is this solution a proof of the share target, or even of a block?

Hashing and weighing are apart, because a pool wants the hash of every well-formed solution
before anything else: a block is a block, whatever is wrong with the share.
"""

from pithead.native import share_hash
from pithead.work.job import Job
from pithead.work.share import Accepted, Reason, Rejected, Solution, Solved, Verdict


def hash_solution(job: Job, extranonce1: bytes, solution: Solution) -> bytes:
    """The hash of the header that a solution completes, in wire order."""
    return share_hash(
        job.coinbase_prefix,
        extranonce1,
        solution.extranonce2,
        job.coinbase_suffix,
        job.branch_joined,
        solution.version,
        job.prev_hash_wire,
        solution.time,
        job.bits,
        solution.nonce,
    )


def meets(hash_wire: bytes, target: int) -> bool:
    """Whether a hash is at or below a target."""
    return int.from_bytes(hash_wire, "little") <= target


def judge(
    job: Job, extranonce1: bytes, solution: Solution, share_target: int, block_target: int
) -> Verdict:
    """Weighs one solution by its hash alone; what the pool's rules forbid is not looked at."""
    hash_wire = hash_solution(job, extranonce1, solution)
    if meets(hash_wire, block_target):
        return Solved(hash_wire, job.header(extranonce1, solution))
    if meets(hash_wire, share_target):
        return Accepted(hash_wire)
    return Rejected(Reason.LOW_DIFFICULTY)
