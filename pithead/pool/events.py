"""What happens in a pool, as data: the words of the journal, of the tallies and of the ledger.

Sessions produce events, the journal keeps them, the books are a pure function of their order.
Each is a msgspec Struct encoded as a tagged array: the first element says which one it is.
Times are milliseconds of farm time since the epoch, work is in expected hashes on the wire
(before `work_scale`), money is satoshis.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from pithead.pool.rewards import Rules


class ShareAccepted(msgspec.Struct, frozen=True, array_like=True, tag="s", gc=False):
    """A proof that met its job's target; credited to `user` at that target's work."""

    time_ms: int
    user: str
    worker: str
    work: int
    braiins_os: bool = False
    """Whether the machine runs it, by its user agent: one byte, and nothing else of it is kept."""


class ShareRejected(msgspec.Struct, frozen=True, array_like=True, tag="r", gc=False):
    """A submit that earned nothing; kept for the statistics of rejects."""

    time_ms: int
    user: str
    worker: str
    reason: str
    work: int


class BlockFound(msgspec.Struct, frozen=True, array_like=True, tag="b", gc=False):
    """A proof that met the block target. Follows the `ShareAccepted` of the same proof."""

    time_ms: int
    user: str
    worker: str
    height: int
    hash_display: str
    value_sats: int
    block_work: int
    """Expected hashes of the block target in force: the D of luck."""
    block: bytes
    """The whole serialised block, so that it can be submitted again after a crash."""
    braiins_os: bool = False


class BlockResolved(msgspec.Struct, frozen=True, array_like=True, tag="v", gc=False):
    """What the node said of a found block. A refused one takes its rewards back."""

    time_ms: int
    hash_display: str
    accepted: bool
    reason: str


class TipChanged(msgspec.Struct, frozen=True, array_like=True, tag="t", gc=False):
    """The chain has a new best block: confirmations are counted from here."""

    time_ms: int
    height: int
    hash_display: str


class MonitoringChanged(msgspec.Struct, frozen=True, array_like=True, tag="m", gc=False):
    """A user switched the monitoring of a worker on or off."""

    time_ms: int
    user: str
    worker: str
    monitored: bool


class WorkerForgotten(msgspec.Struct, frozen=True, array_like=True, tag="g", gc=False):
    """A worker without a share for a long time is no more; what it brought its user stays."""

    time_ms: int
    user: str
    worker: str


class RulesChanged(msgspec.Struct, frozen=True, array_like=True, tag="c", gc=False):
    """Rewards follow other rules from here on: what the old ones owe is paid by them."""

    time_ms: int
    rules: Rules


class PriceSeen(msgspec.Struct, frozen=True, array_like=True, tag="p", gc=False):
    """What a block at `height` would bring: where shares themselves are paid each one; elsewhere
    one whenever the work of a block is another."""

    time_ms: int
    height: int
    subsidy_sats: int
    fees_sats: int
    block_work: int


class ReferralSet(msgspec.Struct, frozen=True, array_like=True, tag="f", gc=False):
    """`referrer` brought `user`, which counts from now; an empty one ends it."""

    time_ms: int
    user: str
    referrer: str


class PayoutLine(msgspec.Struct, frozen=True, array_like=True, gc=False):
    user: str
    address: str
    sats: int


class PayoutPlanned(msgspec.Struct, frozen=True, array_like=True, tag="y"):
    """A signed transaction that pays users what is due to them; not sent before this is kept."""

    time_ms: int
    txid_display: str
    raw: bytes
    fee_sats: int
    """Which the network takes and the pool pays."""
    lines: list[PayoutLine]
    manual: bool = False
    """Whether the operator asked for it, not the calendar."""


class PayoutResolved(msgspec.Struct, frozen=True, array_like=True, tag="z", gc=False):
    """The payout has its confirmations; or it never will, as its coins are another's for good."""

    time_ms: int
    txid_display: str
    confirmed: bool
    reason: str


class Reached(msgspec.Struct, frozen=True, array_like=True, tag="e", gc=False):
    """All that stands before this in the journal up to there came from that front end, which
    writes a journal of its own: what comes again from there is known. In one append with it."""

    time_ms: int
    front_end: str
    epoch: int
    sequence: int


Event = (
    ShareAccepted
    | ShareRejected
    | BlockFound
    | BlockResolved
    | TipChanged
    | MonitoringChanged
    | WorkerForgotten
    | RulesChanged
    | PriceSeen
    | ReferralSet
    | PayoutPlanned
    | PayoutResolved
    | Reached
)


def blocks_among(events: Iterable[Event]) -> list[BlockFound]:
    """Nearly always none: it is asked of every batch."""
    return [event for event in events if type(event) is BlockFound]


LARGEST = 2**64 - 1
"""Of a number in msgpack. On a real network a block's work is beyond it."""


def spelled(event: Event) -> Event:
    """The event with numbers that are too large as text, for the journal alone."""
    large: dict[str, Any] = {
        name: str(value)
        for name, value in asdict(event).items()
        if isinstance(value, int) and value > LARGEST
    }
    return replace(event, **large) if large else event
