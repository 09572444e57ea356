"""Pool groups."""

from collections.abc import Callable

from pithead.bos.pool import (
    CreatePoolGroupRequest,
    CreatePoolGroupResponse,
    FixedShareRatio,
    GetPoolGroupsRequest,
    GetPoolGroupsResponse,
    Pool,
    PoolConfiguration,
    PoolGroup,
    PoolGroupConfiguration,
    PoolGroupConfigurationLoadBalanceStrategy,
    PoolGroupStrategy,
    PoolService,
    Quota,
    RemovePoolGroupRequest,
    RemovePoolGroupResponse,
    SetPoolGroupsRequest,
    SetPoolGroupsResponse,
    UpdatePoolGroupRequest,
    UpdatePoolGroupResponse,
)
from pithead.miner import configuration, pool_changes
from pithead.miner.api.saving import place_for
from pithead.miner.api.shapes import pool_stats
from pithead.miner.miner import Miner
from pithead.miner.snapshot import PoolGroupSnapshot, PoolSnapshot
from pithead.rpc.errors import InvalidArgument


class Pools(PoolService):
    def __init__(self, miner: Miner, clock: Callable[[], float]) -> None:
        self._miner = miner
        self._clock = clock

    async def get_pool_groups(self, request: GetPoolGroupsRequest) -> GetPoolGroupsResponse:
        groups = self._miner.snapshot(self._clock()).pool_groups
        return GetPoolGroupsResponse(pool_groups=tuple(map(_group_status, groups)))

    async def create_pool_group(self, request: CreatePoolGroupRequest) -> CreatePoolGroupResponse:
        place = place_for(self._miner, request.save_action)
        groups = pool_changes.added(place.pool_groups(), _wanted(request.group))
        kept = place.set_pool_groups(groups, self._clock())
        return CreatePoolGroupResponse(group=group_configuration(kept[-1]))

    async def update_pool_group(self, request: UpdatePoolGroupRequest) -> UpdatePoolGroupResponse:
        wanted = _wanted(request.group)
        uid = (request.group.uid if request.group else None) or ""
        place = place_for(self._miner, request.save_action)
        groups = pool_changes.replaced(place.pool_groups(), uid, wanted)
        kept = place.set_pool_groups(groups, self._clock())
        return UpdatePoolGroupResponse(group=group_configuration(pool_changes.group_of(kept, uid)))

    async def remove_pool_group(self, request: RemovePoolGroupRequest) -> RemovePoolGroupResponse:
        place = place_for(self._miner, request.save_action)
        groups = pool_changes.removed(place.pool_groups(), request.uid)
        place.set_pool_groups(groups, self._clock())
        return RemovePoolGroupResponse()

    async def set_pool_groups(self, request: SetPoolGroupsRequest) -> SetPoolGroupsResponse:
        wanted = pool_changes.named(tuple(map(_group_wanted, request.pool_groups)))
        place = place_for(self._miner, request.save_action)
        kept = place.set_pool_groups(wanted, self._clock())
        return SetPoolGroupsResponse(pool_groups=tuple(map(group_configuration, kept)))


def _group_status(group: PoolGroupSnapshot) -> PoolGroup:
    match group.strategy:
        case configuration.Quota(value=value):
            strategy = PoolGroupStrategy(quota=Quota(value=value))
        case configuration.FixedShareRatio(value=ratio):
            strategy = PoolGroupStrategy(fixedshareratio=FixedShareRatio(value=ratio))
    return PoolGroup(
        uid=group.uid,
        name=group.name,
        strategy=strategy,
        pools=tuple(map(_pool_status, group.pools)),
    )


def _pool_status(pool: PoolSnapshot) -> Pool:
    return Pool(
        uid=pool.uid,
        url=pool.url,
        user=pool.user,
        enabled=pool.enabled,
        alive=pool.alive,
        active=pool.active,
        stats=pool_stats(pool.stats),
    )


def _wanted(group: PoolGroupConfiguration | None) -> configuration.PoolGroup:
    if group is None:
        raise InvalidArgument("the request has no group")
    return _group_wanted(group)


def _group_wanted(group: PoolGroupConfiguration) -> configuration.PoolGroup:
    """As the miner keeps it; a group without a strategy has a quota of 1."""
    strategy: configuration.Strategy = configuration.Quota(1)
    if group.load_balance_strategy is not None:
        match group.load_balance_strategy.chosen[1]:
            case Quota(value=value):
                strategy = configuration.Quota(value)
            case FixedShareRatio(value=ratio):
                strategy = configuration.FixedShareRatio(ratio)
    return configuration.PoolGroup(
        name=group.name, pools=tuple(map(_pool_wanted, group.pools)), strategy=strategy
    )


def _pool_wanted(pool: PoolConfiguration) -> configuration.PoolTarget:
    return configuration.PoolTarget(
        url=pool.url,
        user=pool.user,
        password=pool.password or "",
        enabled=pool.enabled is not False,
    )


def group_configuration(group: configuration.PoolGroup) -> PoolGroupConfiguration:
    match group.strategy:
        case configuration.Quota(value=value):
            strategy = PoolGroupConfigurationLoadBalanceStrategy(quota=Quota(value=value))
        case configuration.FixedShareRatio(value=ratio):
            strategy = PoolGroupConfigurationLoadBalanceStrategy(
                fixedshareratio=FixedShareRatio(value=ratio)
            )
    return PoolGroupConfiguration(
        uid=group.uid,
        name=group.name,
        load_balance_strategy=strategy,
        pools=tuple(
            PoolConfiguration(
                uid=pool.uid,
                url=pool.url,
                user=pool.user,
                password=pool.password,
                enabled=pool.enabled,
            )
            for pool in group.pools
        ),
    )
