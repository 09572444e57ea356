"""How a pool is, as samples for Prometheus, and what keeps it from being ready."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pithead.metrics import families as all_of
from pithead.metrics.families import Sample
from pithead.node.health import NodeStatus
from pithead.pool.counts import Counts, Stock, Vitals
from pithead.pool.readings import PoolReading

QUANTILES = (0.0, 0.5, 0.9, 1.0)
BLOCK_STATES = ("new", "confirmed", "orphaned")
MOST_UNCOMMITTED = 1_000_000
"""Events the store may lack: at thousands of shares a second, some minutes."""


@dataclass(frozen=True, slots=True)
class NodeLook:
    """One bitcoind as the pool last saw it."""

    url: str
    seen: NodeStatus | None
    """None while it does not answer."""
    is_usable: bool


@dataclass(frozen=True, slots=True)
class PoolLook:
    """One moment of a pool. Work and rates are those of the wire."""

    vitals: Vitals
    reading: PoolReading
    height: int
    users: int
    blocks_found: int
    blocks_unresolved: int
    imbalance_sats: int
    uncommitted: int
    failed_commits: int
    round_seconds: float
    stock: Stock | None
    """None while the database does not answer."""
    bans: int
    nodes: Sequence[NodeLook]
    """Those of a real network; none for the embedded chain."""


def pool_samples(look: PoolLook, work_scale: int) -> Iterator[Sample]:
    vitals, reading = look.vitals, look.reading
    yield Sample(all_of.CONNECTIONS, vitals.connections)
    yield Sample(all_of.CONNECTIONS_LIMIT, vitals.most_connections)
    yield Sample(all_of.SESSIONS, len(vitals.share_works))
    yield from _quantiles(vitals.share_works, work_scale)
    yield from _counts(vitals.counts, work_scale)
    yield Sample(all_of.USERS, look.users)
    yield Sample(all_of.WORKERS, reading.active_workers)
    yield from _rates(reading, work_scale)
    yield Sample(all_of.TEMPLATE_AGE, vitals.template_age)
    yield Sample(all_of.HAS_WORK, vitals.has_work)
    yield Sample(all_of.HEIGHT, look.height)
    yield Sample(all_of.BLOCKS_FOUND, look.blocks_found)
    yield Sample(all_of.BLOCKS_UNRESOLVED, look.blocks_unresolved)
    yield Sample(all_of.ROUND_WORK, reading.round_work * work_scale)
    yield Sample(all_of.ROUND_SECONDS, look.round_seconds)
    yield Sample(all_of.BLOCK_WORK, reading.block_work * work_scale)
    if reading.block_work:
        yield Sample(all_of.ROUND_EXPECTED, reading.round_work / reading.block_work)
    yield Sample(all_of.LEDGER_OFF, look.imbalance_sats)
    yield Sample(all_of.JOURNAL_WRITABLE, not vitals.journal_problem)
    yield Sample(all_of.UNCOMMITTED, look.uncommitted)
    yield Sample(all_of.FAILED_COMMITS, look.failed_commits)
    yield from _of_database(look.stock)
    yield Sample(all_of.BANS, look.bans)
    for node in look.nodes:
        yield from _of_node(node)


def unready(look: PoolLook, stale_seconds: float) -> list[str]:
    """Why no miner should be sent here now."""
    vitals, reasons = look.vitals, []
    if vitals.has_failed:
        reasons.append("a part of the pool has ended")
    if not vitals.has_work:
        reasons.append("no work is given out: the node gives no template")
    elif vitals.template_age > stale_seconds:
        reasons.append(f"the last template is {vitals.template_age:.0f} s old")
    if vitals.journal_problem:
        reasons.append(f"the journal cannot be written: {vitals.journal_problem}")
    if look.uncommitted > MOST_UNCOMMITTED:
        reasons.append(f"the database is {look.uncommitted} events behind the journal")
    return reasons


def _quantiles(works: Sequence[int], work_scale: int) -> Iterator[Sample]:
    for share in QUANTILES if works else ():
        work = works[round(share * (len(works) - 1))]
        yield Sample(all_of.SHARE_WORK, work * work_scale, (f"{share:g}",))


def _counts(counts: Counts, work_scale: int) -> Iterator[Sample]:
    yield Sample(all_of.JOURNAL_EVENTS, counts.events)
    yield Sample(all_of.ACCEPTED, counts.accepted)
    yield Sample(all_of.ACCEPTED_WORK, counts.accepted_work * work_scale)
    for reason, count in sorted(counts.rejected.items()):
        yield Sample(all_of.REJECTED, count, (reason,))
        yield Sample(all_of.REJECTED_WORK, counts.rejected_work[reason] * work_scale, (reason,))


def _rates(reading: PoolReading, work_scale: int) -> Iterator[Sample]:
    windows = reading.windows
    for name, rate in (
        ("5m", windows.work_5m / 300),
        ("60m", windows.work_60m / 3_600),
        ("24h", windows.work_24h / 86_400),
        ("scoring", windows.scoring_rate),
    ):
        yield Sample(all_of.HASHRATE, rate * work_scale, (name,))


def _of_database(stock: Stock | None) -> Iterator[Sample]:
    yield Sample(all_of.DATABASE_UP, stock is not None)
    if stock is not None:
        yield Sample(all_of.NOTICES, stock.notices_waiting)
        for state in BLOCK_STATES:
            yield Sample(all_of.BLOCKS, stock.blocks.get(state, 0), (state,))


def _of_node(node: NodeLook) -> Iterator[Sample]:
    name = (node.url,)
    yield Sample(all_of.NODE_UP, node.seen is not None, name)
    yield Sample(all_of.NODE_USABLE, node.is_usable, name)
    if node.seen is not None:
        yield Sample(all_of.NODE_HEIGHT, node.seen.height, name)
        yield Sample(all_of.NODE_HEADERS, node.seen.headers, name)
        yield Sample(all_of.NODE_PEERS, node.seen.peers, name)
        yield Sample(all_of.NODE_DOWNLOADING, node.seen.is_downloading, name)
