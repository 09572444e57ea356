"""What the mutations change: each by the operation that REST has for it."""

from collections.abc import Awaitable
from dataclasses import dataclass

from pithead.bos import actions as bos_actions
from pithead.bos import pool as bos_pool
from pithead.bos.actions import ActionsService
from pithead.bos.authentication import AuthenticationService, LoginRequest, SetPasswordRequest
from pithead.bos.pool import PoolService
from pithead.bos.saving import SaveAction
from pithead.miner import advanced
from pithead.miner.api.durable import Settled
from pithead.miner.api.graphql_reads import MODES, Tree, autotuning, group_config
from pithead.miner.api.graphql_schema import Info
from pithead.miner.api.keys import Keys
from pithead.miner.api.saving import place_for
from pithead.miner.miner import Miner
from pithead.miner.performance_settings import Kind
from pithead.miner.refusals import BadSetting
from pithead.rpc.errors import RpcError

_TARGETS: dict[Kind, str] = {"power": "powerTarget", "hashrate": "hashrateTarget"}
VOID: Tree = {"__typename": "VoidResult", "void": ""}


@dataclass(frozen=True, slots=True)
class Services:
    """The operations behind the mutations."""

    authentication: AuthenticationService
    actions: ActionsService
    pools: PoolService
    settled: Settled
    """For what a mutation changes without one of them."""


class Changes:
    def __init__(self, miner: Miner, services: Services, keys: Keys) -> None:
        self._miner = miner
        self._services = services
        self._keys = keys

    def auth(self, _info: Info) -> Tree:
        return {"login": self._login, "logout": self._logout, "extend": VOID}

    async def _login(self, info: Info, username: str, password: str) -> Tree:
        asked = LoginRequest(username=username, password=password)
        try:
            answer = await self._services.authentication.login(asked)
        except RpcError as error:
            return _error("AuthError", error)
        info.context.new_token = answer.token
        return VOID

    def _logout(self, info: Info) -> Tree:
        self._keys.sessions.close(info.context.authorization or "")
        info.context.new_token = ""
        return VOID

    def bos(self, _info: Info) -> Tree:
        actions = self._services.actions

        def reboot(_info: Info) -> Awaitable[Tree]:
            return _done(actions.reboot(bos_actions.RebootRequest()), "BosError")

        def factory_reset(_info: Info) -> Awaitable[Tree]:
            asked = bos_actions.FactoryResetRequest()
            return _done(actions.factory_reset(asked), "BosError")

        return {
            "reboot": reboot,
            "factoryReset": factory_reset,
            "setPassword": self._set_password,
            "setFaultLight": self._set_fault_light,
            "setTimezone": self._set_timezone,
        }

    def _set_password(self, _info: Info, newPassword: str | None = None) -> Awaitable[Tree]:
        asked = SetPasswordRequest(password=newPassword)
        return _done(self._services.authentication.set_password(asked), "BosError")

    async def _set_fault_light(self, _info: Info, enable: bool) -> Tree:
        asked = bos_actions.SetLocateDeviceStatusRequest(enable=enable)
        answer = await self._services.actions.set_locate_device_status(asked)
        return {"enabled": answer.enabled}

    async def _set_timezone(self, _info: Info, timezone: str) -> Tree:
        kept = self._miner.settings.system.advanced
        try:
            changed = advanced.changed(kept, {advanced.TIMEZONE.name: timezone})
            self._miner.change_system(advanced=changed)
        except RpcError as error:
            return _error("BosError", error)
        return VOID

    def bosminer(self, _info: Info) -> Tree:
        actions = self._services.actions

        def start(_info: Info) -> Awaitable[Tree]:
            return _done(actions.start(bos_actions.StartRequest()), "BosminerError")

        def stop(_info: Info) -> Awaitable[Tree]:
            return _done(actions.stop(bos_actions.StopRequest()), "BosminerError")

        def restart(_info: Info) -> Awaitable[Tree]:
            return _done(actions.restart(bos_actions.RestartRequest()), "BosminerError")

        return {
            "start": start,
            "stop": stop,
            "restart": restart,
            "config": {
                "updateGroups": self._update_groups,
                "updateAutotuning": self._update_autotuning,
            },
        }

    async def _update_groups(self, _info: Info, groups: list[dict[str, object]]) -> Tree:
        asked = bos_pool.SetPoolGroupsRequest(
            pool_groups=tuple(_group(number, group) for number, group in enumerate(groups))
        )
        try:
            await self._services.pools.set_pool_groups(asked)
        except RpcError as error:
            return _error("GroupListError", error)
        kept = [group_config(group) for group in self._miner.pool_groups()]
        return {"__typename": "GroupList", "groups": kept}

    async def _update_autotuning(self, _info: Info, input: dict[str, object], apply: bool) -> Tree:
        """One target, or the mode alone. Without `apply` it waits for the next start."""
        action = SaveAction.SAVE_AND_APPLY if apply else SaveAction.SAVE
        performance = place_for(self._miner, action).performance
        try:
            kind, value = _wanted_target(input)
            performance.aim(kind, performance.configured(kind) if value is None else value)
        except RpcError as error:
            return _error("AutotuningError", error)
        return {"__typename": "AutotuningOut", "autotuning": autotuning(self._miner)}


def _wanted_target(asked: dict[str, object]) -> tuple[Kind, float | None]:
    """Raises BadSetting."""
    given: dict[Kind, float] = {
        kind: value
        for kind, name in _TARGETS.items()
        if isinstance(value := asked.get(name), int | float)
    }
    mode = asked.get("mode")
    kinds = [kind for kind, name in MODES.items() if name == mode] or list(given)
    if len(kinds) != 1 or not given.keys() <= set(kinds):
        raise BadSetting("one of powerTarget and hashrateTarget is wanted, and the mode it is of")
    return kinds[0], given.get(kinds[0])


def _group(number: int, asked: dict[str, object]) -> bos_pool.PoolGroupConfiguration:
    quota, ratio, pools = asked.get("quota"), asked.get("fixedShareRatio"), asked.get("pools")
    kind = bos_pool.PoolGroupConfigurationLoadBalanceStrategy
    strategy = kind(quota=bos_pool.Quota(value=1))
    if isinstance(ratio, int | float):
        strategy = kind(fixedshareratio=bos_pool.FixedShareRatio(value=float(ratio)))
    elif isinstance(quota, int):
        strategy = kind(quota=bos_pool.Quota(value=max(0, quota)))
    return bos_pool.PoolGroupConfiguration(
        name=str(asked.get("name") or f"Group {number}"),
        load_balance_strategy=strategy,
        pools=tuple(map(_pool, pools if isinstance(pools, list) else [])),
    )


def _pool(asked: dict[str, object]) -> bos_pool.PoolConfiguration:
    return bos_pool.PoolConfiguration(
        url=str(asked["url"]),
        user=str(asked["user"]),
        password=str(asked.get("password") or ""),
        enabled=asked.get("enabled") is not False,
    )


async def _done(operation: Awaitable[object], error_type: str) -> Tree:
    try:
        await operation
    except RpcError as error:
        return _error(error_type, error)
    return VOID


def _error(kind: str, error: RpcError) -> Tree:
    return {"__typename": kind, "message": str(error)}
