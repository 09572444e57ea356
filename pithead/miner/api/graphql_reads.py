"""What the queries read, as the tree that the schema describes.

Megahashes a second, watts, degrees Celsius, megahertz, volts; times in unix seconds.
"""

import asyncio
import dataclasses
from collections.abc import Callable

from pithead.hardware.models import BosMode, Platform, SocFamily
from pithead.miner import advanced, configuration
from pithead.miner.api.graphql_schema import Info
from pithead.miner.api.saving import saved
from pithead.miner.chronicle import LogKind
from pithead.miner.configuration import PoolGroup, Strategy
from pithead.miner.faults import Fault
from pithead.miner.logbook import LogBook
from pithead.miner.miner import Miner
from pithead.miner.performance_settings import Kind
from pithead.miner.snapshot import (
    BoardSnapshot,
    Hashrates,
    PoolGroupSnapshot,
    PoolSnapshot,
    PoolStats,
    Snapshot,
    TunerState,
)

Tree = dict[str, object]
_LOGS: dict[str, LogKind] = {
    "DMESG": "dmesg",
    "SYSLOG": "syslog",
    "BOSMINER": "bosminer",
    "BOSER": "boser",
    "MONITOR": "monitor",
}
HASHES_OF_DIFFICULTY_1 = 1 << 32
_TUNER = {
    TunerState.DISABLED: "DISABLED",
    TunerState.STABLE: "STABLE",
    TunerState.TUNING: "RUNNING",
    TunerState.ERROR: "FAILED",
    TunerState.CONTINUOUS: "STABLE",
    TunerState.PREHEAT: "RUNNING",
}


MODES: dict[Kind, str] = {"power": "POWER_TARGET", "hashrate": "HASHRATE_TARGET"}


class Reads:
    """The tree of one request; each branch is made when it is asked for."""

    def __init__(self, miner: Miner, logs: LogBook, clock: Callable[[], float]) -> None:
        self._miner = miner
        self._logs = logs
        self._clock = clock

    def events(self, _info: Info) -> Tree:
        return {
            "appeals": [
                _appeal(number, fault) for number, fault in enumerate(self._miner.faults.all())
            ]
        }

    def bos(self, _info: Info) -> Tree:
        seen = self._miner.snapshot(self._clock())
        board, version = seen.model.control_board, seen.bos_version
        return {
            "hostname": seen.identity.hostname,
            "macAddress": seen.identity.mac_address,
            "uptime": _uptime(seen, seen.system_uptime_s),
            "logTargets": list(_LOGS),
            "log": self._log,
            "hwid": seen.identity.uid,
            "serialNumber": seen.identity.serial_number,
            "info": {
                "mode": BosMode(board.bos_mode).name,
                "version": {"full": version.current, "isPlus": version.bos_plus},
                "controlBoardSocFamily": SocFamily(board.soc_family).name,
                "platform": Platform(board.platform).name,
            },
            "faultLight": self._miner.settings.system.locating,
            "timezone": {"id": advanced.zone(self._miner.settings.system.advanced).key},
            "timezoneList": _zones,
        }

    async def _log(self, _info: Info, target: str) -> list[str]:
        content = await self._logs.read(_LOGS[target])
        return content.decode(errors="replace").splitlines()

    def bosminer(self, _info: Info) -> Tree:
        seen = self._miner.snapshot(self._clock())
        limits = seen.tuner.power_limits_w
        return {
            "info": _info_of(seen),
            "uptime": _uptime(seen, seen.bosminer_uptime_s),
            "metadata": {
                "autotuning": {
                    "powerTarget": {
                        "default": limits.default,
                        "min": limits.minimum,
                        "max": limits.maximum,
                        "unit": "W",
                    }
                }
            },
            "config": {
                "__typename": "BosminerConfig",
                "autotuning": autotuning(self._miner),
                "groups": [group_config(group) for group in self._miner.pool_groups()],
            },
        }


def autotuning(miner: Miner) -> Tree:
    """The tuner as it is configured: watts or terahashes a second, whichever it aims at."""
    performance = saved(miner).performance
    is_power = performance.kind == "power"
    value = performance.configured(performance.kind)
    return {
        "enabled": not performance.is_manual,
        "mode": MODES[performance.kind],
        "powerTarget": round(value) if is_power else None,
        "hashrateTarget": None if is_power else value,
    }


async def _zones(_info: Info) -> list[Tree]:
    return [{"id": name} for name in await asyncio.to_thread(advanced.zone_names)]


def group_config(group: PoolGroup) -> Tree:
    """A group as it is configured; passwords stay in the machine."""
    return {
        "id": group.uid,
        "name": group.name,
        "strategy": _strategy(group.strategy),
        "pools": [
            {"id": pool.uid, "enabled": pool.enabled, "url": pool.url, "user": pool.user}
            for pool in group.pools
        ],
    }


def _strategy(strategy: Strategy) -> Tree:
    match strategy:
        case configuration.Quota(value=quota):
            return {"__typename": "QuotaStrategy", "quota": quota}
        case configuration.FixedShareRatio(value=ratio):
            return {"__typename": "FixedShareRatioStrategy", "fixedShareRatio": ratio}


def _uptime(seen: Snapshot, seconds: int) -> Tree:
    return {"since": int(seen.at) - seconds, "durationS": seconds}


def _appeal(number: int, fault: Fault) -> Tree:
    return {
        "id": f"{number}-{fault.at:.6f}",
        "kind": "ERROR" if fault.codes else "WARNING",
        "timestamp": int(fault.at),
        "message": fault.message,
    }


def _info_of(seen: Snapshot) -> Tree:
    return {
        "modelName": seen.model.name,
        "poolGroups": [_group(group) for group in seen.pool_groups],
        "summary": _summary(seen),
        "workSolver": {
            "name": "Miner",
            "nominalMhs": seen.nominal / 1e6,
            "realHashrate": _rates(seen.real),
            "power": _power(seen),
            "childSolvers": [_board(board, seen) for board in seen.boards],
        },
        "fans": [
            {
                "name": str(fan.position),
                "speed": round(fan.target_speed_ratio * 100),
                "rpm": fan.rpm,
            }
            for fan in seen.fans
        ],
    }


def _summary(seen: Snapshot) -> Tree:
    hottest = {"name": "MAX_CHIP", "degreesC": seen.highest_chip_temp_c}
    lives = any(pool.alive for group in seen.pool_groups for pool in group.pools)
    return {
        "realHashrate": _rates(seen.real),
        "poolStatus": "ALIVE" if lives else "DEAD",
        "shares": _shares(seen.pool_stats),
        "foundBlocks": seen.found_blocks,
        "bestShare": seen.best_share,
        "power": _power(seen),
        "tunerStatus": _TUNER[seen.tuner.state],
        "temperatureChip": hottest,
        "temperature": hottest,
    }


def _power(seen: Snapshot) -> Tree:
    efficiency = seen.efficiency_j_per_th
    return {
        "limitW": seen.tuner.power_target_w,
        "approxConsumptionW": seen.consumption_w,
        "efficiencyWMhs": None if efficiency is None else efficiency / 1e6,
    }


def _rates(real: Hashrates) -> Tree:
    by_window = {
        "5S": real.last_5s,
        "15S": real.last_15s,
        "30S": real.last_30s,
        "1M": real.last_1m,
        "5M": real.last_5m,
        "15M": real.last_15m,
        "30M": real.last_30m,
        "1H": real.last_1h,
        "24H": real.last_24h,
        "SinceRestart": real.since_restart,
        "Av": real.since_restart,
    }
    return {f"mhs{window}": rate / 1e6 for window, rate in by_window.items()}


def _board(board: BoardSnapshot, seen: Snapshot) -> Tree:
    temperatures = {
        "MAX_BOARD": board.board_temp_c,
        "MAX_CHIP": board.chip_temp_c,
        "INLET": board.inlet_temp_c,
        "OUTLET": board.outlet_temp_c,
    }
    return {
        "name": board.id,
        "nominalMhs": board.nominal / 1e6,
        "realHashrate": _rates(board.real),
        "hwDetails": {
            "chips": board.chips,
            "frequencyMhz": board.frequency_hz / 1e6,
            "voltageV": board.voltage_v,
            "hbSerialNumber": board.serial_number,
            "hashboardName": seen.model.board_name,
            "chipType": seen.model.chip_type,
        },
        "temperatures": [
            {"name": name, "degreesC": celsius}
            for name, celsius in temperatures.items()
            if celsius is not None
        ],
    }


def _group(group: PoolGroupSnapshot) -> Tree:
    return {"name": group.name, "pools": [_pool(pool) for pool in group.pools]}


def _pool(pool: PoolSnapshot) -> Tree:
    status = "ALIVE" if pool.alive else "DEAD"
    return {
        "url": pool.url,
        "user": pool.user,
        "status": status if pool.enabled else "DISABLED",
        "active": pool.active,
        "shares": _shares(pool.stats),
        "lastDifficulty": float(pool.stats.last_difficulty),
        "generatedWork": pool.stats.generated_work,
        "bestShare": pool.stats.best_share,
    }


def _shares(stats: PoolStats) -> Tree:
    seen = dataclasses.asdict(stats)
    return {
        key: value
        for kind in ("accepted", "rejected", "stale")
        for key, value in (
            (f"{kind}Solutions", seen[f"{kind}_shares"]),
            (f"{kind}Difficulty", seen[f"{kind}_work"] // HASHES_OF_DIFFICULTY_1),
        )
    }
