"""One share against the rules of the pool.

The hash comes first, because a block is a block whatever is wrong with the share. Then whatever
makes the share worthless, in the order that says most to a miner.
"""

import msgspec

from pithead.pool.events import BlockFound, ShareRejected
from pithead.pool.jobs import OpenJob
from pithead.pool.names import Worker
from pithead.stratum.messages import ErrorCode, error_line
from pithead.stratum.requests import Submit
from pithead.work.judge import hash_solution
from pithead.work.share import Reason, Solution

REFUSALS = {
    Reason.LOW_DIFFICULTY: (ErrorCode.LOW_DIFFICULTY, "Above target"),
    Reason.DUPLICATE: (ErrorCode.DUPLICATE_SHARE, "Duplicate share"),
    Reason.STALE: (ErrorCode.JOB_NOT_FOUND, "Stale share"),
    Reason.UNKNOWN_JOB: (ErrorCode.JOB_NOT_FOUND, "Job not found"),
    Reason.TIME_OUT_OF_RANGE: (ErrorCode.OTHER, "Time out of range"),
    Reason.VERSION_OUTSIDE_MASK: (ErrorCode.OTHER, "Version bits outside the mask"),
    Reason.MALFORMED: (ErrorCode.OTHER, "Malformed share"),
    Reason.UNAUTHORIZED: (ErrorCode.UNAUTHORIZED, "Unauthorized worker"),
    Reason.NOT_SUBSCRIBED: (ErrorCode.NOT_SUBSCRIBED, "Not subscribed"),
}
"""What a miner is told, by the reason."""


def refusal_line(request_id: bytes, reason: Reason) -> bytes:
    """The answer to a share that earns nothing."""
    return error_line(request_id, *REFUSALS[reason])


def rejection(worker: Worker, reason: Reason, work: int, now: float) -> ShareRejected:
    """What is kept of it; `work` is what it would have earned, `now` farm time in seconds."""
    return ShareRejected(int(now * 1000), worker.user, worker.name, reason.value, work)


def solution_of(submit: Submit, job: OpenJob, mask: int) -> Solution:
    """The miner's choices as they stand in the header: BIP310 merges its bits by the mask."""
    version = job.job.version
    if submit.version_bits is not None:
        version = (version & ~mask) | (submit.version_bits & mask)
    return Solution(submit.extranonce2, submit.time, submit.nonce, version)


class Weighed(msgspec.Struct, frozen=True, gc=False):
    """What a share came to."""

    hash_wire: bytes
    reason: Reason | None
    """Why it earns nothing; None where it earns its work."""
    solved: bool
    """It meets the block target and is seen for the first time."""


def weigh(
    job: OpenJob,
    extranonce1: bytes,
    solution: Solution,
    share_target: int,
    keeps_mask: bool,
) -> Weighed:
    """Judge a well-formed solution; a share that counts, and every block, is remembered."""
    hash_wire = hash_solution(job.job, extranonce1, solution)
    proof = int.from_bytes(hash_wire, "little")
    is_block = proof <= job.template.block_target
    known = hash_wire in job.seen
    reason: Reason | None = None
    if job.is_stale:
        reason = Reason.STALE
    elif not job.least_time <= solution.time <= job.most_time:
        reason = Reason.TIME_OUT_OF_RANGE
    elif not keeps_mask:
        reason = Reason.VERSION_OUTSIDE_MASK
    elif known:
        reason = Reason.DUPLICATE
    elif proof > share_target and not is_block:
        reason = Reason.LOW_DIFFICULTY
    if reason is None or is_block:
        job.seen.add(hash_wire)
    return Weighed(hash_wire, reason, is_block and not known)


def block_found(
    worker: Worker,
    job: OpenJob,
    extranonce1: bytes,
    solution: Solution,
    hash_wire: bytes,
    now: float,
) -> BlockFound:
    """The event of a solution that is a block."""
    return BlockFound(
        time_ms=int(now * 1000),
        user=worker.user,
        worker=worker.name,
        height=job.template.height,
        hash_display=hash_wire[::-1].hex(),
        value_sats=job.template.value_sats,
        block_work=job.block_work,
        block=job.block(extranonce1, solution),
    )
