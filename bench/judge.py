"""How many shares one core judges in a second: the C extension against plain hashlib."""

import os
from collections.abc import Callable
from functools import partial
from time import perf_counter
from unittest.mock import patch

from bench.measure import alternate, cores, pinned, show
from pithead import native
from pithead.bitcoin.target import target_for_work
from pithead.native import twin
from pithead.work import judge as judging
from pithead.work.job import Job
from pithead.work.share import Solution

BRANCH_DEPTH = 12
"""Two to four thousand transactions: a full block."""
ROUNDS = 7
ROUND_SECONDS = 0.5

HASHLIB = "hashlib"
NATIVE = "C extension"


def job() -> Job:
    """A job of the usual size: a coinbase of 250 bytes with its extranonce of 12."""
    return Job(
        job_id="1",
        prev_hash_wire=os.urandom(32),
        coinbase_prefix=os.urandom(88),
        coinbase_suffix=os.urandom(150),
        branch=tuple(os.urandom(32) for _ in range(BRANCH_DEPTH)),
        version=0x20000000,
        bits=0x170331DB,
        time=1_700_000_000,
    )


def judged_per_second(share_hash: Callable[..., bytes]) -> float:
    """The whole verdict, from a solution to Accepted or Rejected, over this hash."""
    its_job, extranonce1 = job(), os.urandom(4)
    share_target, block_target = target_for_work(2), target_for_work(1 << 40)
    judged, start = 0, perf_counter()
    with patch.object(judging, "share_hash", share_hash):
        while (elapsed := perf_counter() - start) < ROUND_SECONDS:
            for nonce in range(200):
                solution = Solution(b"\0\0\0\0\0\0\0\0", 1_700_000_000, nonce, 0x20000000)
                judging.judge(its_job, extranonce1, solution, share_target, block_target)
            judged += 200
    return judged / elapsed


def run() -> None:
    candidates = {HASHLIB: partial(judged_per_second, twin.share_hash)}
    if native.HAS_NATIVE:
        candidates[NATIVE] = partial(judged_per_second, native.share_hash)
    with pinned(cores()[0]):
        results = alternate(candidates, ROUNDS)
    show(f"shares judged, {BRANCH_DEPTH}-deep branch", "1/s on one core", results, HASHLIB)
    if not native.HAS_NATIVE:
        print("  no C extension here: it could not be built, or the processor has no SHA-NI")
