"""Pools as the cgminer API numbers them, and changes to them.

The changes are not written down: a restart of the mining process, or pools set over another API,
undo them.
"""

from collections.abc import Callable

import msgspec

from pithead.miner.cgminer.codes import Code, Refused
from pithead.miner.configuration import PoolGroup, PoolTarget
from pithead.miner.miner import Miner
from pithead.miner.refusals import BadPool
from pithead.miner.snapshot import PoolGroupSnapshot, PoolSnapshot, Snapshot

NEW_GROUP = "Default"


class PoolNumbers:
    """Gives each pool its number: it keeps it when the order of precedence changes."""

    def __init__(self) -> None:
        self._uids: list[str] = []

    def of(self, seen: Snapshot) -> list[PoolSnapshot]:
        """The pools of a machine by their numbers."""
        there = {pool.uid: pool for group in seen.pool_groups for pool in group.pools}
        kept = [uid for uid in self._uids if uid in there]
        known = frozenset(kept)
        self._uids = kept + [uid for uid in there if uid not in known]
        return [there[uid] for uid in self._uids]


class PoolChanges:
    def __init__(self, miner: Miner, clock: Callable[[], float], numbers: PoolNumbers) -> None:
        self._miner = miner
        self._clock = clock
        self._numbers = numbers

    def switch(self, parameter: str | None, seen: Snapshot) -> tuple[Code, str]:
        """Take a pool before all others; a disabled one is enabled by it."""
        number, chosen = self._chosen(parameter, seen)
        groups = _groups(seen, lambda pool: _but(pool, True) if pool.uid == chosen.uid else pool)
        ordered = sorted(groups, key=lambda group: not _has(group, chosen.uid))
        self._use(
            [
                msgspec.structs.replace(
                    group,
                    pools=tuple(sorted(group.pools, key=lambda pool: pool.uid != chosen.uid)),
                )
                for group in ordered
            ]
        )
        return Code.SWITCH_POOL, f"Switching to pool {number}: '{chosen.url}'"

    def enable(self, parameter: str | None, seen: Snapshot) -> tuple[Code, str]:
        number, chosen = self._chosen(parameter, seen)
        if chosen.enabled:
            raise Refused(
                Code.ALREADY_ENABLED, f"Pool {number}:'{chosen.url}' already enabled", "I"
            )
        self._use(_groups(seen, lambda pool: _but(pool, True) if pool.uid == chosen.uid else pool))
        return Code.ENABLE_POOL, f"Enabling pool {number}:'{chosen.url}'"

    def disable(self, parameter: str | None, seen: Snapshot) -> tuple[Code, str]:
        number, chosen = self._chosen(parameter, seen)
        if not chosen.enabled:
            raise Refused(
                Code.ALREADY_DISABLED, f"Pool {number}:'{chosen.url}' already disabled", "I"
            )
        if sum(pool.enabled for pool in self._numbers.of(seen)) == 1:
            raise Refused(
                Code.LAST_ENABLED_POOL, f"Cannot disable last active pool {number}:'{chosen.url}'"
            )
        self._use(_groups(seen, lambda pool: _but(pool, False) if pool.uid == chosen.uid else pool))
        return Code.DISABLE_POOL, f"Disabling pool {number}:'{chosen.url}'"

    def add(self, parameter: str | None, seen: Snapshot) -> tuple[Code, str]:
        """`URL,USER,PASSWORD` as the last pool of the first group."""
        if parameter is None:
            raise Refused(Code.MISSING_POOL_DETAILS, "Missing addpool details")
        parts = parameter.split(",", 2)
        invalid = Refused(Code.INVALID_POOL_DETAILS, f"Invalid addpool details '{parameter}'")
        if len(parts) != 3 or not parts[0] or not parts[1]:
            raise invalid
        added = PoolTarget(url=parts[0], user=parts[1], password=parts[2])
        groups = _groups(seen, lambda pool: pool) or [PoolGroup(NEW_GROUP, ())]
        groups[0] = msgspec.structs.replace(groups[0], pools=(*groups[0].pools, added))
        number = len(self._numbers.of(seen))
        try:
            self._use(groups)
        except Refused:
            raise invalid from None
        return Code.ADD_POOL, f"Added pool {number}: '{added.url}'"

    def remove(self, parameter: str | None, seen: Snapshot) -> tuple[Code, str]:
        number, chosen = self._chosen(parameter, seen)
        if len(self._numbers.of(seen)) == 1:
            raise Refused(Code.LAST_POOL, f"Cannot remove last pool {number}:'{chosen.url}'")
        if chosen.active:
            raise Refused(Code.ACTIVE_POOL, f"Cannot remove active pool {number}:'{chosen.url}'")
        self._use(
            [
                msgspec.structs.replace(
                    group, pools=tuple(pool for pool in group.pools if pool.uid != chosen.uid)
                )
                for group in _groups(seen, lambda pool: pool)
            ]
        )
        return Code.REMOVE_POOL, f"Removed pool {number}:'{chosen.url}'"

    def _chosen(self, parameter: str | None, seen: Snapshot) -> tuple[int, PoolSnapshot]:
        if parameter is None:
            raise Refused(Code.MISSING_POOL_ID, "Missing pool id parameter")
        pools = self._numbers.of(seen)
        if not pools:
            raise Refused(Code.NO_POOLS, "No pools")
        number = int(parameter) if parameter.isascii() and parameter.isdigit() else -1
        if len(parameter) > 9 or not 0 <= number < len(pools):
            shown = parameter[:20]
            raise Refused(
                Code.INVALID_POOL_ID,
                f"Invalid pool id {shown} - range is 0 - {len(pools) - 1}",
            )
        return number, pools[number]

    def _use(self, groups: list[PoolGroup]) -> None:
        try:
            self._miner.try_pool_groups(tuple(groups), self._clock())
        except BadPool as error:
            raise Refused(Code.INVALID_POOL_DETAILS, str(error)) from error


def _groups(seen: Snapshot, each: Callable[[PoolTarget], PoolTarget]) -> list[PoolGroup]:
    """The groups that are mined at now, with a change to each of their pools."""
    return [_group(group, each) for group in seen.pool_groups]


def _group(group: PoolGroupSnapshot, each: Callable[[PoolTarget], PoolTarget]) -> PoolGroup:
    return PoolGroup(
        name=group.name,
        strategy=group.strategy,
        uid=group.uid,
        pools=tuple(
            each(PoolTarget(pool.url, pool.user, pool.password, pool.enabled, pool.uid))
            for pool in group.pools
        ),
    )


def _but(pool: PoolTarget, enabled: bool) -> PoolTarget:
    return msgspec.structs.replace(pool, enabled=enabled)


def _has(group: PoolGroup, uid: str) -> bool:
    return any(pool.uid == uid for pool in group.pools)
