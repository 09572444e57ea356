"""Pool groups: where the machine mines."""

from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from pithead.bos.saving import SaveAction, Saving
from pithead.bos.units import Timestamp
from pithead.rpc.contract import U32, U64, Http, Message, Oneof, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class Quota(Message, frozen=True, kw_only=True):
    value: Annotated[int, wire(1, "uint32", ge=0, le=U32)]


class FixedShareRatio(Message, frozen=True, kw_only=True):
    value: Annotated[float, wire(1, "double")]


class PoolGroupConfigurationLoadBalanceStrategy(Oneof, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "LoadBalanceStrategy"

    quota: Annotated[Quota | UnsetType, wire(3)] = UNSET
    fixedshareratio: Annotated[FixedShareRatio | UnsetType, wire(4, name="fixed_share_ratio")] = (
        UNSET
    )


class PoolConfiguration(Message, frozen=True, kw_only=True):
    uid: Annotated[str | None, wire(1, "string")] = None
    url: Annotated[str, wire(2, "string")]
    user: Annotated[str, wire(3, "string")]
    password: Annotated[str | None, wire(4, "string")] = None
    enabled: Annotated[bool | None, wire(5, "bool")] = None


class PoolGroupConfiguration(Message, frozen=True, kw_only=True):
    uid: Annotated[str | None, wire(1, "string")] = None
    name: Annotated[str, wire(2, "string")]
    load_balance_strategy: PoolGroupConfigurationLoadBalanceStrategy | None = None
    pools: Annotated[tuple[PoolConfiguration, ...], wire(5)]


class PoolGroupStrategy(Oneof, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "Strategy"

    quota: Annotated[Quota | UnsetType, wire(2)] = UNSET
    fixedshareratio: Annotated[FixedShareRatio | UnsetType, wire(3, name="fixed_share_ratio")] = (
        UNSET
    )


class PoolStats(Message, frozen=True, kw_only=True):
    accepted_shares: Annotated[int, wire(1, "uint64", ge=0, le=U64)]
    rejected_shares: Annotated[int, wire(2, "uint64", ge=0, le=U64)]
    stale_shares: Annotated[int, wire(3, "uint64", ge=0, le=U64)]
    last_difficulty: Annotated[int, wire(4, "uint64", ge=0, le=U64)]
    best_share: Annotated[int, wire(5, "uint64", ge=0, le=U64)]
    generated_work: Annotated[int, wire(6, "uint64", ge=0, le=U64)]
    last_share_time: Annotated[Timestamp | None, wire(7, optional=True)] = None
    best_share_str: Annotated[str, wire(8, "string")]


class Pool(Message, frozen=True, kw_only=True):
    uid: Annotated[str, wire(1, "string")]
    url: Annotated[str, wire(2, "string")]
    user: Annotated[str, wire(3, "string")]
    enabled: Annotated[bool, wire(4, "bool")]
    alive: Annotated[bool, wire(5, "bool")]
    active: Annotated[bool, wire(6, "bool")]
    stats: Annotated[PoolStats | None, wire(7)] = None


class PoolGroup(Message, frozen=True, kw_only=True):
    name: Annotated[str, wire(1, "string")]
    strategy: PoolGroupStrategy | None = None
    pools: Annotated[tuple[Pool, ...], wire(4)]
    uid: Annotated[str, wire(5, "string")]


class GetPoolGroupsResponse(Message, frozen=True, kw_only=True):
    pool_groups: Annotated[tuple[PoolGroup, ...], wire(1)]


class CreatePoolGroupRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    group: Annotated[PoolGroupConfiguration | None, wire(2)] = None


class CreatePoolGroupResponse(Message, frozen=True, kw_only=True):
    group: Annotated[PoolGroupConfiguration | None, wire(1)] = None


class UpdatePoolGroupRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    group: Annotated[PoolGroupConfiguration | None, wire(2)] = None


class UpdatePoolGroupResponse(Message, frozen=True, kw_only=True):
    group: Annotated[PoolGroupConfiguration | None, wire(1)] = None


class RemovePoolGroupRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    uid: Annotated[str, wire(2, "string")]


class SetPoolGroupsRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    pool_groups: Annotated[tuple[PoolGroupConfiguration, ...], wire(2)]


class SetPoolGroupsResponse(Message, frozen=True, kw_only=True):
    pool_groups: Annotated[tuple[PoolGroupConfiguration, ...], wire(1)]


class GetPoolGroupsRequest(Message, frozen=True, kw_only=True):
    pass


class RemovePoolGroupResponse(Message, frozen=True, kw_only=True):
    pass


class PoolService(Service, name="braiins.bos.v1.PoolService"):
    @rpc("GetPoolGroups", Http("GET", "/pools/", "getPools", answer="pool_groups"))
    async def get_pool_groups(self, request: GetPoolGroupsRequest) -> GetPoolGroupsResponse:
        """All groups with their pools and what these earned."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "CreatePoolGroup",
        Http("POST", "/pools/", "createPoolGroup", body="group", answer="group", status=201),
    )
    async def create_pool_group(self, request: CreatePoolGroupRequest) -> CreatePoolGroupResponse:
        """Add a group."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "UpdatePoolGroup",
        Http("PUT", "/pools/{uid}", "updatePoolGroup", body="group", answer="group"),
    )
    async def update_pool_group(self, request: UpdatePoolGroupRequest) -> UpdatePoolGroupResponse:
        """Replace one group."""
        raise Unimplemented(NOT_HERE)

    @rpc("RemovePoolGroup", Http("DELETE", "/pools/{uid}", "deletePool", status=204))
    async def remove_pool_group(self, request: RemovePoolGroupRequest) -> RemovePoolGroupResponse:
        """Remove one group."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetPoolGroups",
        Http("PUT", "/pools/batch", "setBatchPools", body="pool_groups", answer="pool_groups"),
    )
    async def set_pool_groups(self, request: SetPoolGroupsRequest) -> SetPoolGroupsResponse:
        """Replace all groups."""
        raise Unimplemented(NOT_HERE)
