"""How the pool is, in one answer for who looks after it. Pure."""

from typing import Annotated

from msgspec import Meta

from pithead.pool.counts import Stock
from pithead.pooladmin.contract import Message, Operation
from pithead.pooladmin.measures import NodeLook, PoolLook, unready
from pithead.poolapi.figures import SECONDS_PER_DAY, mean_hash_rate, shares


class NodeVitals(Message, frozen=True):
    """A bitcoind; heights and peers are 0 while it does not answer."""

    url: str
    answers: bool
    usable: bool
    height: int
    headers: int
    peers: int
    downloading: bool


class Refused(Message, frozen=True):
    """Shares refused for one reason since the pool's process began."""

    reason: str
    count: int
    shares: Annotated[int, Meta(description="Of difficulty 1.")]


class Vitals(Message, frozen=True):
    """One moment of a pool."""

    time: int
    problems: Annotated[
        list[str], Meta(description="Why no miner should be sent here now; else empty.")
    ]
    height: int
    connections: int
    most_connections: int
    users: int
    active_workers: int
    hash_rate_5m: Annotated[float, Meta(description="Gh/s, as all hashrates here.")]
    hash_rate_60m: float
    hash_rate_24h: float
    template_age: Annotated[float, Meta(description="Seconds since the node gave the last one.")]
    round_seconds: float
    round_work: Annotated[float, Meta(description="In blocks expected of it.")]
    blocks_found: int
    blocks_unresolved: int
    blocks: Annotated[
        dict[str, int], Meta(description="By state; empty while the database is away.")
    ]
    accepted: Annotated[int, Meta(description="Shares since the pool's process began.")]
    accepted_shares: Annotated[int, Meta(description="Of difficulty 1.")]
    refused: Annotated[list[Refused], Meta(description="Most first.")]
    imbalance_sats: Annotated[int, Meta(description="Of the ledger; not 0 is an error.")]
    events_uncommitted: int
    failed_commits: int
    database: Annotated[bool, Meta(description="Whether it answers.")]
    notices_waiting: int
    bans: int
    loop_lag: Annotated[float, Meta(description="Worst of the last minute, in seconds.")]
    data_free: Annotated[int, Meta(description="Bytes free for the pool's data.")]
    nodes: Annotated[list[NodeVitals], Meta(description="None for the embedded chain.")]


VITALS_OPERATIONS = (
    Operation("GET", "/api/v1/vitals", "vitals", "How the pool is, with all that may be wrong",
              answer=Vitals),
)  # fmt: skip


def vitals_of(
    look: PoolLook, now: float, stale_seconds: float, lag: float, data_free: int, scale: int
) -> Vitals:
    seen, reading = look.vitals, look.reading
    windows, stock = reading.windows, look.stock or Stock(0, {})
    return Vitals(
        time=int(now),
        problems=unready(look, stale_seconds),
        height=look.height,
        connections=seen.connections,
        most_connections=seen.most_connections,
        users=look.users,
        active_workers=reading.active_workers,
        hash_rate_5m=mean_hash_rate(windows.work_5m, 300, scale),
        hash_rate_60m=mean_hash_rate(windows.work_60m, 3_600, scale),
        hash_rate_24h=mean_hash_rate(windows.work_24h, SECONDS_PER_DAY, scale),
        template_age=seen.template_age,
        round_seconds=look.round_seconds,
        round_work=reading.round_work / reading.block_work if reading.block_work else 0.0,
        blocks_found=look.blocks_found,
        blocks_unresolved=look.blocks_unresolved,
        blocks=dict(stock.blocks),
        accepted=seen.counts.accepted,
        accepted_shares=shares(seen.counts.accepted_work, scale),
        refused=[
            Refused(
                reason=reason, count=count, shares=shares(seen.counts.rejected_work[reason], scale)
            )
            for reason, count in seen.counts.rejected.most_common()
        ],
        imbalance_sats=look.imbalance_sats,
        events_uncommitted=look.uncommitted,
        failed_commits=look.failed_commits,
        database=look.stock is not None,
        notices_waiting=stock.notices_waiting,
        bans=look.bans,
        loop_lag=lag,
        data_free=data_free,
        nodes=[_node(node) for node in look.nodes],
    )


def _node(node: NodeLook) -> NodeVitals:
    seen = node.seen
    return NodeVitals(
        url=node.url,
        answers=seen is not None,
        usable=node.is_usable,
        height=seen.height if seen else 0,
        headers=seen.headers if seen else 0,
        peers=seen.peers if seen else 0,
        downloading=seen.is_downloading if seen else False,
    )
