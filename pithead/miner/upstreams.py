"""Groups of pools: who is mined at now, who stands by, and what became of every share.

Groups share the machine's work by their strategies. Inside a group the first pool that lives is
mined at. All enabled pools stay connected, so that a fail-over costs no handshake and the first
one is taken again as soon as it lives; and so that a turn of another group begins with its newest
work.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pithead.hardware.device import Readings
from pithead.miner.configuration import PoolGroup, PoolTarget
from pithead.miner.sharing import Sharing
from pithead.miner.snapshot import PoolGroupSnapshot, PoolSnapshot
from pithead.miner.tally import Tally
from pithead.miner.upstream import Upstream


@dataclass(frozen=True, slots=True)
class _Group:
    setting: PoolGroup
    upstreams: tuple[Upstream, ...]

    @property
    def usable(self) -> Iterator[Upstream]:
        return (upstream for upstream in self.upstreams if upstream.target.enabled)

    @property
    def active(self) -> Upstream | None:
        """The one that gets the work of this group."""
        return next((upstream for upstream in self.usable if upstream.is_alive), None)


class Upstreams:
    def __init__(self, work_scale: int, jitter: float) -> None:
        self._scale = work_scale
        self._jitter = jitter
        self._groups: tuple[_Group, ...] = ()
        self._sharing = Sharing(())
        self.total = Tally()
        """Over all pools since the start, those no longer set included."""

    def replace(self, groups: tuple[PoolGroup, ...]) -> None:
        """Mine at these from now on. A pool that stays as it was, its uid too, stays connected."""
        there = {each.target: each for group in self._groups for each in group.upstreams}
        self._groups = tuple(
            _Group(
                group,
                tuple(there[pool] if pool in there else self._new(pool) for pool in group.pools),
            )
            for group in groups
        )
        self._sharing = Sharing([group.strategy for group in groups])

    def _new(self, target: PoolTarget) -> Upstream:
        return Upstream(target, self.total, self._scale, self._jitter)

    def worked(self, readings: Readings, seconds: float) -> None:
        """The machine has hashed so long for the pool it mines at, at this pace."""
        pace = sum(board.pace for board in readings.boards)
        self._sharing.worked(pace * seconds, seconds)

    def active(self) -> Upstream | None:
        """Where work comes from now, None if no pool lives."""
        living = {index for index, group in enumerate(self._groups) if group.active is not None}
        chosen = self._sharing.choose(living)
        return None if chosen is None else self._groups[chosen].active

    def links(self, now: float) -> list[Upstream]:
        """The pools that ought to be connected now."""
        return [upstream for upstream in self._usable() if upstream.wants_link(now)]

    @property
    def has_pools(self) -> bool:
        return any(True for _ in self._usable())

    def _usable(self) -> Iterator[Upstream]:
        for group in self._groups:
            yield from group.usable

    def states(self) -> Iterator[tuple[str, str | None]]:
        """Address and problem of each; None: it lives."""
        for upstream in self._usable():
            problem = None if upstream.is_alive else upstream.problem or "not connected"
            yield upstream.target.url, problem

    def unsupported(self) -> set[str]:
        """Addresses of a kind that is kept but not mined at."""
        return {
            upstream.target.url
            for upstream in self._usable()
            if upstream.address is not None and not upstream.address.is_supported
        }

    def snapshot(self, is_mining: bool) -> tuple[PoolGroupSnapshot, ...]:
        return tuple(self._group(group, is_mining) for group in self._groups)

    def _group(self, group: _Group, is_mining: bool) -> PoolGroupSnapshot:
        active = group.active if is_mining else None
        return PoolGroupSnapshot(
            uid=group.setting.uid,
            name=group.setting.name,
            strategy=group.setting.strategy,
            pools=tuple(self._pool(upstream, upstream is active) for upstream in group.upstreams),
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
