"""Groups of pools: who is mined at now, who stands by, and what became of every share.

Inside a group the first pool that lives is mined at. All enabled pools stay connected, so that a
fail-over costs no handshake and the first one is taken again as soon as it lives. The first group
with an enabled pool gets all work; the others are kept as they were set.
"""

from collections.abc import Iterator

from pithead.miner.configuration import PoolGroup
from pithead.miner.snapshot import PoolGroupSnapshot, PoolSnapshot
from pithead.miner.tally import Tally
from pithead.miner.upstream import Upstream


class Upstreams:
    def __init__(self, work_scale: int, jitter: float) -> None:
        self._scale = work_scale
        self._jitter = jitter
        self._groups: list[tuple[PoolGroup, list[Upstream]]] = []
        self.total = Tally()
        """Over all pools since the start, those no longer set included."""

    def replace(self, groups: tuple[PoolGroup, ...]) -> None:
        """Mine at these from now on."""
        self._groups = [
            (group, [Upstream(pool, self.total, self._scale, self._jitter) for pool in group.pools])
            for group in groups
        ]

    def active(self) -> Upstream | None:
        """Where work comes from now, None if no pool lives."""
        return next((upstream for upstream in self._working_group() if upstream.is_alive), None)

    def links(self, now: float) -> list[Upstream]:
        """The pools that ought to be connected now."""
        return [upstream for upstream in self._working_group() if upstream.wants_link(now)]

    @property
    def has_pools(self) -> bool:
        return any(True for _ in self._working_group())

    def _working_group(self) -> Iterator[Upstream]:
        for _, upstreams in self._groups:
            usable = [upstream for upstream in upstreams if upstream.target.enabled]
            if usable:
                yield from usable
                return

    def states(self) -> Iterator[tuple[str, str | None]]:
        """Address and problem of each; None: it lives."""
        for upstream in self._working_group():
            problem = None if upstream.is_alive else upstream.problem or "not connected"
            yield upstream.target.url, problem

    def snapshot(self, is_mining: bool) -> tuple[PoolGroupSnapshot, ...]:
        active = self.active() if is_mining else None
        return tuple(
            PoolGroupSnapshot(
                uid=group.uid,
                name=group.name,
                strategy=group.strategy,
                pools=tuple(self._pool(upstream, upstream is active) for upstream in upstreams),
            )
            for group, upstreams in self._groups
        )

    def _pool(self, upstream: Upstream, is_active: bool) -> PoolSnapshot:
        target = upstream.target
        return PoolSnapshot(
            uid=target.uid,
            url=target.url,
            user=target.user,
            password=target.password,
            enabled=target.enabled,
            active=is_active,
            alive=upstream.is_alive,
            problem=upstream.problem,
            stats=upstream.tally.stats(self._scale),
        )
