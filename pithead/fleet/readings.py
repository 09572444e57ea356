"""What one can ask of a machine, by the names people use: which paths, and the rows they come to.

Pure: messages in, rows out. Units are in the names of the columns.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pithead.bos.configuration import GetConstraintsResponse, GetMinerConfigurationResponse
from pithead.bos.cooling import GetCoolingStateResponse
from pithead.bos.license import GetLicenseStateResponse
from pithead.bos.miner import (
    GetErrorsResponse,
    GetHashboardsResponse,
    GetMinerDetailsResponse,
    GetMinerStatsResponse,
    Hashboard,
)
from pithead.bos.network import GetNetworkInfoResponse
from pithead.bos.performance import GetTunerStateResponse
from pithead.bos.pool import PoolGroup
from pithead.bos.units import Power, TeraHashrate  # fmt: skip
from pithead.bos.upgrade import GetAutoUpgradeStatusResponse
from pithead.fleet.amounts import Row, amount, flattened, named

Rows = list[Row]


@dataclass(frozen=True, slots=True)
class Reading:
    """One name: what it tells, the paths it asks with the types of their answers, and its rows."""

    tells: str
    asks: tuple[tuple[str, Any], ...]
    rows: Callable[..., Rows]
    """Of the answers, in the order of `asks`."""


_DETAILS = ("/miner/details", GetMinerDetailsResponse)
_STATS = ("/miner/stats", GetMinerStatsResponse)
_COOLING = ("/cooling/state", GetCoolingStateResponse)
_TUNER = ("/performance/tuner-state", GetTunerStateResponse)
_BOARDS = ("/miner/hw/hashboards", GetHashboardsResponse)
_CONFIGURED = ("/configuration/miner", GetMinerConfigurationResponse)
_CONSTRAINTS = ("/configuration/constraints", GetConstraintsResponse)
_ERRORS = ("/miner/errors", GetErrorsResponse)
_NETWORK = ("/network/", GetNetworkInfoResponse)
_UPGRADES = ("/upgrade/auto-upgrade", GetAutoUpgradeStatusResponse)
_LICENSE = ("/license/license", GetLicenseStateResponse)
_EXPERT = ("/advanced-settings/", dict[str, Any])
_BLINKING = ("/actions/locate", bool)
_POOLS = ("/pools/", tuple[PoolGroup, ...])


def _summary(
    details: GetMinerDetailsResponse, stats: GetMinerStatsResponse,
    cooling: GetCoolingStateResponse, tuner: GetTunerStateResponse,
) -> Rows:  # fmt: skip
    hottest = cooling.highest_temperature
    return [
        {
            "hostname": details.hostname,
            "model": _model(details),
            "status": named(details.status),
            **_now(stats),
            "chip_c": None if hottest is None else amount(hottest.temperature),
            **_aim(tuner),
            **_shares(stats),
            "uptime_s": details.bosminer_uptime_s,
        }
    ]


def _model(details: GetMinerDetailsResponse) -> str | None:
    return None if details.miner_identity is None else details.miner_identity.miner_model


def _now(stats: GetMinerStatsResponse) -> Row:
    rates = stats.miner_stats.real_hashrate if stats.miner_stats else None
    power = stats.power_stats
    return {
        "hashrate_ths": None if rates is None else amount(rates.last_5m),
        "power_w": None if power is None else amount(power.approximated_consumption),
        "efficiency_j_th": (
            None if power is None or power.efficiency is None
            else round(power.efficiency.joule_per_terahash, 2)
        ),
    }  # fmt: skip


def _aim(tuner: GetTunerStateResponse) -> Row:
    target = target_of(tuner)
    return {
        "tuner": named(tuner.overall_tuner_state),
        "target_w": amount(target) if isinstance(target, Power) else None,
        "target_ths": amount(target) if isinstance(target, TeraHashrate) else None,
    }


def target_of(tuner: GetTunerStateResponse) -> Power | TeraHashrate | None:
    """What the tuner aims at now; None where it does not tune."""
    if tuner.mode_state is None:
        return None
    target: Power | TeraHashrate | None = tuner.mode_state.chosen[1].current_target
    return target


def _shares(stats: GetMinerStatsResponse) -> Row:
    pool = stats.pool_stats
    if pool is None:
        return {}
    return {"accepted": pool.accepted_shares, "rejected": pool.rejected_shares}


def _details(details: GetMinerDetailsResponse) -> Rows:
    version = details.bos_version
    return [
        {
            "hostname": details.hostname,
            "model": _model(details),
            "status": named(details.status),
            "firmware": None if version is None else version.current,
            "mac": details.mac_address,
            "serial": details.serial_number,
            "uid": details.uid,
            "platform": named(details.platform),
            "sticker_ths": amount(details.sticker_hashrate),
            "uptime_s": details.system_uptime_s,
        }
    ]


def _status(details: GetMinerDetailsResponse) -> Rows:
    return [{"status": named(details.status), "uptime_s": details.bosminer_uptime_s}]


def _hashrate(stats: GetMinerStatsResponse) -> Rows:
    solver = stats.miner_stats
    if solver is None:
        return [{}]
    row: Row = {"nominal_ths": amount(solver.nominal_hashrate)}
    if solver.real_hashrate is not None:
        for window in solver.real_hashrate.__struct_fields__:
            row[f"{window}_ths"] = amount(getattr(solver.real_hashrate, window))
    return [row]


def _power(stats: GetMinerStatsResponse, tuner: GetTunerStateResponse) -> Rows:
    now = _now(stats)
    return [{"power_w": now["power_w"], "efficiency_j_th": now["efficiency_j_th"], **_aim(tuner)}]


def _temperatures(cooling: GetCoolingStateResponse, boards: GetHashboardsResponse) -> Rows:
    hottest = cooling.highest_temperature
    return [
        {
            "hottest_c": None if hottest is None else amount(hottest.temperature),
            "hottest_at": None if hottest is None else named(hottest.location),
            **{f"board_{each.id}_c": amount(each.board_temp) for each in boards.hashboards},
            **{f"chips_{each.id}_c": _chips(each) for each in boards.hashboards},
        }
    ]


def _chips(board: Hashboard) -> float | None:
    return None if board.highest_chip_temp is None else amount(board.highest_chip_temp.temperature)


def _fans(cooling: GetCoolingStateResponse) -> Rows:
    return [
        {"fan": fan.position, "rpm": fan.rpm, "speed_ratio": fan.target_speed_ratio}
        for fan in cooling.fans
    ]


def _hashboards(boards: GetHashboardsResponse) -> Rows:
    return [
        {
            "board": board.id,
            "enabled": board.enabled,
            "chips": board.chips_count,
            "frequency_mhz": amount(board.current_frequency),
            "voltage_v": amount(board.current_voltage),
            "board_c": amount(board.board_temp),
            "chip_c": _chips(board),
            "hashrate_ths": _board_rate(board),
        }
        for board in boards.hashboards
    ]


def _board_rate(board: Hashboard) -> float | None:
    rates = board.stats.real_hashrate if board.stats else None
    return None if rates is None else amount(rates.last_5m)


def _pools(groups: tuple[PoolGroup, ...]) -> Rows:
    return [
        {
            "group": group.name,
            "url": pool.url,
            "user": pool.user,
            "enabled": pool.enabled,
            "alive": pool.alive,
            "active": pool.active,
            "accepted": pool.stats.accepted_shares if pool.stats else None,
            "rejected": pool.stats.rejected_shares if pool.stats else None,
            "stale": pool.stats.stale_shares if pool.stats else None,
        }
        for group in groups
        for pool in group.pools
    ]


def _only_shares(stats: GetMinerStatsResponse) -> Rows:
    pool = stats.pool_stats
    if pool is None:
        return [{}]
    return [{**_shares(stats), "stale": pool.stale_shares, "best": pool.best_share}]


def _power_target(tuner: GetTunerStateResponse, limits: GetConstraintsResponse) -> Rows:
    allowed = limits.tuner_constraints.power_target if limits.tuner_constraints else None
    return [{**_aim_in("w", tuner), **_limits("w", allowed)}]


def _hashrate_target(tuner: GetTunerStateResponse, limits: GetConstraintsResponse) -> Rows:
    allowed = limits.tuner_constraints.hashrate_target if limits.tuner_constraints else None
    return [{**_aim_in("ths", tuner), **_limits("ths", allowed)}]


def _aim_in(unit: str, tuner: GetTunerStateResponse) -> Row:
    aim = _aim(tuner)
    return {"tuner": aim["tuner"], f"target_{unit}": aim[f"target_{unit}"]}


def _limits(unit: str, allowed: Any) -> Row:
    """`allowed`: constraints with `min`, `default` and `max`, or None."""
    return {
        f"{name}_{unit}": None if allowed is None else amount(getattr(allowed, name))
        for name in ("min", "default", "max")
    }


def _cooling(configured: GetMinerConfigurationResponse) -> Rows:
    cooling = configured.temperature
    if cooling is None or cooling.mode is None:
        return [{}]
    mode, values = cooling.mode.chosen
    return [{"mode": mode, **flattened(values)}]


def _dps(configured: GetMinerConfigurationResponse) -> Rows:
    return [flattened(configured.dps)]


def _quick_ramping(configured: GetMinerConfigurationResponse) -> Rows:
    boards = configured.hashboard_config
    if boards is None:
        return [{}]
    return [{"up_s": boards.quick_ramping_time_up_s, "down_s": boards.quick_ramping_time_down_s}]


def _constraints(limits: GetConstraintsResponse) -> Rows:
    return [
        {"of": name, "value": value}
        for name, value in flattened(limits).items()
    ]  # fmt: skip


def _errors(errors: GetErrorsResponse) -> Rows:
    return [
        {
            "time": error.timestamp,
            "message": error.message,
            "codes": " ".join(code.code for code in error.error_codes),
        }
        for error in errors.errors
    ]


def _network(network: GetNetworkInfoResponse) -> Rows:
    return [
        {
            "hostname": network.hostname,
            "interface": network.name,
            "protocol": named(network.protocol),
            "addresses": " ".join(each.address for each in network.networks),
            "gateway": network.default_gateway,
            "dns": " ".join(network.dns_servers),
            "mac": network.mac_address,
        }
    ]


def _of_any(answer: Any) -> Rows:
    return [flattened(answer)]


READINGS: dict[str, Reading] = {
    "summary": Reading("the most important of all", (_DETAILS, _STATS, _COOLING, _TUNER), _summary),
    "status": Reading("what it does", (_DETAILS,), _status),
    "details": Reading("model, firmware, serial numbers", (_DETAILS,), _details),
    "hashrate": Reading("over several windows", (_STATS,), _hashrate),
    "power": Reading("drawn now, and aimed at", (_STATS, _TUNER), _power),
    "temperatures": Reading("of boards and chips", (_COOLING, _BOARDS), _temperatures),
    "fans": Reading("their speeds", (_COOLING,), _fans),
    "hashboards": Reading("each board", (_BOARDS,), _hashboards),
    "pools": Reading("each pool and what it took", (_POOLS,), _pools),
    "shares": Reading("accepted, rejected and stale", (_STATS,), _only_shares),
    "power-target": Reading("with its limits", (_TUNER, _CONSTRAINTS), _power_target),
    "hashrate-target": Reading("with its limits", (_TUNER, _CONSTRAINTS), _hashrate_target),
    "cooling-mode": Reading("with its temperatures", (_CONFIGURED,), _cooling),
    "dps": Reading("dynamic performance scaling", (_CONFIGURED,), _dps),
    "quick-ramping": Reading("seconds up and down", (_CONFIGURED,), _quick_ramping),
    "constraints": Reading("every limit there is", (_CONSTRAINTS,), _constraints),
    "errors": Reading("what has gone wrong", (_ERRORS,),
                      _errors),
    "hostname": Reading("its name", (_NETWORK,), lambda it: [{"hostname": it.hostname}]),
    "network": Reading("addresses and gateway", (_NETWORK,), _network),
    "locate": Reading("whether it blinks", (_BLINKING,),
                      lambda on: [{"locate": on}]),
    "auto-upgrade": Reading("of the firmware", (_UPGRADES,), _of_any),
    "license": Reading("of the firmware", (_LICENSE,), _of_any),
    "advanced-settings": Reading("for experts", (_EXPERT,), _of_any),
}  # fmt: skip
"""By the name on the command line."""
