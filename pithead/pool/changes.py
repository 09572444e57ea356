"""What the books hand to the store: rows, the same for writing and for loading.

There are tens of thousands of them in a commit of many workers. As Structs they are quick to make,
and the garbage collector, which would hold up the loop, does not look at them.
"""

from dataclasses import dataclass, field

import msgspec

from pithead.pool.readings import BlockState
from pithead.pool.schemes import PayRow, WindowRow


class MeterRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """State of the pool (user and worker ""), of a user (worker "") or of a worker."""

    user: str
    worker: str
    score: float
    score_second: int
    first_ms: int
    last_ms: int
    monitored: bool
    rejected: int
    """Work of refused shares."""
    day_work: int
    day_score: float
    day_sats: int
    score_part: float = 0.0
    """Of the score, what was done by Braiins OS."""


class WorkerKey(msgspec.Struct, frozen=True, order=True, gc=False):
    user: str
    worker: str


class PointRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """Work of a meter credited before a minute."""

    user: str
    minute: int
    worker: str
    work: int


class PointKey(msgspec.Struct, frozen=True, order=True, gc=False):
    user: str
    minute: int
    worker: str


class BlockRow(msgspec.Struct, frozen=True, order=True, gc=False):
    number: int
    """In the order the pool found them."""
    hash_display: str
    height: int
    found_ms: int
    user: str
    worker: str
    value_sats: int
    fee_sats: int
    block_work: int
    round_started_ms: int
    round_work: int
    pool_rate: float
    state: BlockState
    resolved: bool
    settled_ms: int
    """When it got its confirmations; 0 until then."""
    raw: bytes
    """Empty once the node has taken the block."""


class CreditRow(msgspec.Struct, frozen=True, order=True, gc=False):
    hash_display: str
    user: str
    sats: int
    """All of it; the three last are what of it is no mining reward."""
    scoring_rate: float
    refund_sats: int = 0
    bonus_sats: int = 0
    referral_sats: int = 0


class DayCreditRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """What a user was paid for a day's work, not for a block. Rows of one day add up."""

    user: str
    day: int
    part: int
    sats: int
    refund_sats: int
    bonus_sats: int
    referral_sats: int


class RulesRow(msgspec.Struct, frozen=True, order=True, gc=False):
    number: int
    time_ms: int
    text: str
    """The rules as JSON."""


class ReferralRow(msgspec.Struct, frozen=True, order=True, gc=False):
    user: str
    referrer: str
    since_ms: int
    until_ms: int


class FortuneRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """Blocks a user's work should have found, and has; see `fortunes`."""

    user: str
    work: int
    parts: int
    found: int


class PayoutRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """A payout transaction; see `payouts`."""

    txid_display: str
    planned_ms: int
    fee_sats: int
    manual: bool
    raw: bytes
    state: str
    """`queued`, `confirmed` or `failed`."""
    resolved_ms: int
    """0 while queued."""
    reason: str


class PayoutLineRow(msgspec.Struct, frozen=True, order=True, gc=False):
    txid_display: str
    user: str
    address: str
    sats: int


class EntryRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """One line of the ledger; the lines of one number add up to zero."""

    number: int
    account: str
    sats: int
    time_ms: int
    kind: str
    hash_display: str


class DayRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """A user's day. Rows of one day add up: there are several only if the clock was set back."""

    user: str
    day: int
    part: int
    work: int
    scoring_rate: float


class ReachedRow(msgspec.Struct, frozen=True, order=True, gc=False):
    """The last event that was taken of a front end."""

    front_end: str
    epoch: int
    sequence: int
    time_ms: int = 0
    """When it was; 0 where that was not noted yet."""


class StateRow(msgspec.Struct, frozen=True, order=True, gc=False):
    last_ms: int
    shift_ms: int
    part: int
    day: int
    round_started_ms: int
    round_work: int
    tip_height: int
    entries: int
    """How many the ledger ever booked."""


EMPTY = StateRow(0, 0, 0, 0, 0, 0, 0, 0)


@dataclass(slots=True)
class Changes:
    """Everything that is new since the last `Books.changes`. What is gone goes before what is new:
    a worker that was forgotten may be there again."""

    state: StateRow
    """Of the moment this was drained."""
    forgotten: list[WorkerKey] = field(default_factory=list)
    """Workers; their points are among those that are gone."""
    meters: list[MeterRow] = field(default_factory=list)
    gone: list[PointKey] = field(default_factory=list)
    points: list[PointRow] = field(default_factory=list)
    blocks: list[BlockRow] = field(default_factory=list)
    credits: list[CreditRow] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    entries: list[EntryRow] = field(default_factory=list)
    balances: dict[str, int] = field(default_factory=dict)
    days: list[DayRow] = field(default_factory=list)
    chain: dict[int, str] | None = None
    """The hashes of the newest heights, whole, where they changed."""
    day_credits: list[DayCreditRow] = field(default_factory=list)
    rules: list[RulesRow] = field(default_factory=list)
    referrals: list[ReferralRow] = field(default_factory=list)
    window: list[WindowRow] = field(default_factory=list)
    window_gone: list[int] = field(default_factory=list)
    """Numbers of shifts."""
    pay: list[PayRow] = field(default_factory=list)
    scheme_ended: bool = False
    """Whether all shifts and claims of before are to be forgotten first."""
    pay_gone: bool = False
    scheme_text: str = ""
    payouts: list[PayoutRow] = field(default_factory=list)
    payout_lines: list[PayoutLineRow] = field(default_factory=list)
    fortunes: list[FortuneRow] = field(default_factory=list)
    reached: list[ReachedRow] = field(default_factory=list)
    block_work: int = 0
    """Of a block now."""
