"""What a miner hands in for a job, and what can become of it."""

from enum import StrEnum

import msgspec

from pithead.bitcoin.block import Header


class Solution(msgspec.Struct, frozen=True, gc=False):
    """A miner's free choices: what turns a job into one header."""

    extranonce2: bytes
    time: int
    nonce: int
    version: int
    """The whole version of the header, rolled bits merged in (BIP310)."""


class Reason(StrEnum):
    """Why a share earns nothing."""

    LOW_DIFFICULTY = "low-difficulty"
    """The hash is above the job's target."""
    DUPLICATE = "duplicate"
    """The same hash was handed in before."""
    STALE = "stale"
    """The job builds on a block that is no longer the tip."""
    UNKNOWN_JOB = "unknown-job"
    TIME_OUT_OF_RANGE = "time-out-of-range"
    VERSION_OUTSIDE_MASK = "version-outside-mask"
    MALFORMED = "malformed"
    """A field of the wrong length or not hex."""
    UNAUTHORIZED = "unauthorized"
    NOT_SUBSCRIBED = "not-subscribed"


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """A proof of the share target."""

    hash_wire: bytes


class Solved(msgspec.Struct, frozen=True, gc=False):
    """A proof of the block target: this header completes a block."""

    hash_wire: bytes
    header: Header


class Rejected(msgspec.Struct, frozen=True, gc=False):
    reason: Reason


Verdict = Accepted | Solved | Rejected
