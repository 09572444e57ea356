"""The jobs of a pool: each built once, offered to everybody, remembered until it expires."""

from dataclasses import dataclass, field
from typing import NamedTuple

from pithead.bitcoin.merkle import coinbase_branch
from pithead.bitcoin.target import expected_hashes
from pithead.bitcoin.transaction import TxOut
from pithead.stratum.negotiation import VERSION_ROLLING_MASK
from pithead.stratum.pushes import notify_line
from pithead.work.coinbase import coinbase_halves
from pithead.work.job import Job, serialize_block
from pithead.work.share import Solution
from pithead.work.template import Template

FORGOTTEN, COUNTS, STALE = range(3)
"""What may be true of a job, as `native/desk.h` has it too."""

_SEQUENCE_SIZE = 8
_HIGHEST_TARGET = (1 << 256) - 1


@dataclass(frozen=True, slots=True)
class JobSettings:
    payout_script: bytes
    """Where the whole block value goes; the ledger shares it out."""
    tag: bytes = b"/pithead/"
    """Free text in the coinbase."""
    extranonce1_size: int = 4
    extranonce2_size: int = 8
    expiry_seconds: float = 300.0
    """How long a share of a job is taken, and at least twice what it takes to offer a newer one.
    A job that is older is forgotten when the next one is opened."""
    longest_ahead_seconds: int = 7200
    """How far a header's time may run ahead of its job's: consensus allows so much."""


class Measure(NamedTuple):
    """What shares of one job and one target are held to, as `native._wire` wants it."""

    job_id: bytes
    coinbase_prefix: bytes
    coinbase_suffix: bytes
    branch: bytes
    version: int
    prev_hash_wire: bytes
    bits: int
    extranonce2_size: int
    least_time: int
    most_time: int
    share_target_wire: bytes
    block_target_wire: bytes
    seen: set[bytes]
    state: bytearray
    """That of the job: one byte, changed in place."""
    work: int
    """What a share of it earns, in expected hashes."""
    block_work: int


@dataclass(frozen=True, slots=True, eq=False)
class OpenJob:
    """A job with everything needed to judge its shares and to build its block."""

    sequence: int
    """Grows with every job; its hex is the job id."""
    job: Job
    template: Template
    opened_at: float
    line: bytes
    """The notification, encoded once for all."""
    clean_line: bytes
    """The same for those whose earlier jobs are worthless now."""
    least_time: int
    most_time: int
    """The header times that are taken."""
    block_work: int
    """Expected hashes of a block: no share is asked to prove more."""
    seen: set[bytes] = field(default_factory=set)
    """The hashes handed in. No two jobs have a coinbase in common, so an equal hash means an
    equal job, whichever connection it comes from, and the set can go when the job goes."""
    state: bytearray = field(default_factory=lambda: bytearray((COUNTS,)))
    """One byte, shared with its measures: whether shares count, or the chain has moved on, or it
    is forgotten."""
    measures: dict[int, Measure] = field(default_factory=dict)
    """By share target; made as they are asked for."""

    @property
    def is_stale(self) -> bool:
        """Whether the chain has moved on since, or may have: nobody knows its tip while paused."""
        return self.state[0] != COUNTS

    @property
    def is_forgotten(self) -> bool:
        return self.state[0] == FORGOTTEN

    def block(self, extranonce1: bytes, solution: Solution) -> bytes:
        """The whole block of a solution, serialised."""
        return serialize_block(self.template, self.job, extranonce1, solution)

    def measure(self, share_target: int, extranonce2_size: int) -> Measure:
        """One for all sessions that were offered this job at this target."""
        known = self.measures.get(share_target)
        if known is None:
            job = self.job
            known = self.measures[share_target] = Measure(
                job.job_id.encode(), job.coinbase_prefix, job.coinbase_suffix, job.branch_joined,
                job.version, job.prev_hash_wire, job.bits, extranonce2_size,
                self.least_time, self.most_time,
                _target_wire(share_target), _target_wire(self.template.block_target), self.seen,
                self.state, expected_hashes(share_target), self.block_work,
            )  # fmt: skip
        return known


class JobBook:
    """The open jobs, the newest of which is `latest`.

    `first_sequence` must be above every sequence that an earlier book of the same extranonces
    used: it makes the coinbases differ, so that no work can be handed in twice across a restart.
    A start time in milliseconds does.
    """

    def __init__(self, settings: JobSettings, first_sequence: int) -> None:
        self._settings = settings
        self._next = first_sequence
        self._jobs: dict[str, OpenJob] = {}  # oldest first
        self.latest: OpenJob | None = None
        self.due_sequence = 0
        """Who was offered none so new is to have the latest with the next answer."""

    @property
    def extranonce2_size(self) -> int:
        return self._settings.extranonce2_size

    @property
    def oldest_sequence(self) -> int:
        """No job below it is remembered."""
        oldest = next(iter(self._jobs.values()), None)
        return self._next if oldest is None else oldest.sequence

    def open(self, template: Template, now: float) -> OpenJob:
        """A job of this template, unlike any before; it is the latest from now on."""
        settings = self._settings
        sequence = self._next
        self._next += 1
        job = self._build(template, sequence)
        opened = OpenJob(
            sequence=sequence,
            job=job,
            template=template,
            opened_at=now,
            line=notify_line(job, clean=False),
            clean_line=notify_line(job, clean=True),
            least_time=template.min_time,
            most_time=template.time + settings.longest_ahead_seconds,
            block_work=expected_hashes(template.block_target),
        )
        self._jobs[job.job_id] = opened
        before, self.latest = self.latest, opened
        self._forget_expired(now)
        if before is None or before.template.prev_hash_wire != template.prev_hash_wire:
            self._count_on(template.prev_hash_wire)
        return opened

    def find(self, job_id: str) -> OpenJob | None:
        """An open job, stale ones among them; None for one unknown or forgotten."""
        return self._jobs.get(job_id)

    def pause(self) -> None:
        """No work from now on, until the next `open`. Its blocks are still found."""
        self.latest = None
        self._count_on(None)

    def unlike(self, offered: int, now: float) -> OpenJob | None:
        """A job of the latest template above the sequence `offered`; None while there is none.

        For a session that needs new work at once. Sessions that were not offered the latest
        job share it.
        """
        latest = self.latest
        if latest is None or latest.sequence > offered:
            return latest
        return self.open(latest.template, now)

    def _build(self, template: Template, sequence: int) -> Job:
        settings = self._settings
        halves = coinbase_halves(
            template,
            outputs=(TxOut(template.value_sats, settings.payout_script),),
            tag=settings.tag + sequence.to_bytes(_SEQUENCE_SIZE, "big"),
            extranonce_size=settings.extranonce1_size + settings.extranonce2_size,
        )
        if self.latest is not None and self.latest.template is template:
            branch = self.latest.job.branch  # thousands of hashes in a full block
        else:
            branch = coinbase_branch([each.txid_wire for each in template.transactions])
        return Job(
            job_id=f"{sequence:x}",
            prev_hash_wire=template.prev_hash_wire,
            coinbase_prefix=halves.prefix,
            coinbase_suffix=halves.suffix,
            branch=branch,
            # BIP320 leaves these to miners; some tell the bits they flipped, not those they set
            version=template.version & ~VERSION_ROLLING_MASK,
            bits=template.bits,
            time=template.time,
        )

    def _count_on(self, parent_wire: bytes | None) -> None:
        """From now on shares of jobs on that block count, and no others."""
        for each in self._jobs.values():
            each.state[0] = COUNTS if each.template.prev_hash_wire == parent_wire else STALE

    def _forget_expired(self, now: float) -> None:
        while self._jobs:
            oldest = next(iter(self._jobs.values()))
            is_young = now - oldest.opened_at <= self._settings.expiry_seconds
            if is_young or oldest is self.latest:
                break
            del self._jobs[oldest.job.job_id]
            oldest.state[0] = FORGOTTEN


def _target_wire(target: int) -> bytes:
    return min(target, _HIGHEST_TARGET).to_bytes(32, "little")
