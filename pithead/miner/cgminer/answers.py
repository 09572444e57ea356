"""What the cgminer API says of a machine: each read from one snapshot. Pure.

Megahashes a second, watts, degrees Celsius, megahertz, volts; times in seconds.
"""

from collections.abc import Sequence

from pithead.hardware.models import Platform
from pithead.miner.condition import MinerStatus
from pithead.miner.snapshot import (
    BoardSnapshot,
    ChainView,
    Hashrates,
    PoolSnapshot,
    Snapshot,
    TunerState,
)

API_VERSION = "3.7"
HASHES_OF_DIFFICULTY_1 = 1 << 32
"""As cgminer counts work."""

Entry = dict[str, object]

_TUNING = {
    TunerState.DISABLED: "Stable",
    TunerState.STABLE: "Stable",
    TunerState.TUNING: "Tuning individual chips",
    TunerState.ERROR: "Error",
    TunerState.CONTINUOUS: "Stable",
    TunerState.PREHEAT: "Testing performance profile",
}
"""Clients take every other text for a fault of the board."""
PAUSED = "Paused"


def firmware(seen: Snapshot) -> str:
    """Such as `boser-buildroot 0.1.0-3c5d7e9a`."""
    small = seen.model.control_board.platform in (
        Platform.AM1_S9,
        Platform.STM32MP157C_II2_BMM1,
    )
    parts = seen.bos_version.current.split("-")
    revision = parts[4] if len(parts) > 4 else parts[-1]
    return f"boser-{'openwrt' if small else 'buildroot'} 0.1.0-{revision}"


def version(seen: Snapshot) -> list[Entry]:
    return [{"API": API_VERSION, "BOSer": firmware(seen)}]


def config(seen: Snapshot) -> list[Entry]:
    return [
        {
            "ASC Count": len(seen.boards),
            "Device Code": "",
            "Hotplug": "None",
            "Log Interval": 5,
            "OS": "Braiins OS",
            "PGA Count": 0,
            "Pool Count": sum(len(group.pools) for group in seen.pool_groups),
            "Strategy": "Failover",
        }
    ]


def summary(seen: Snapshot) -> list[Entry]:
    stats, elapsed = seen.pool_stats, seen.bosminer_uptime_s
    minutes = elapsed / 60
    handed_in = stats.accepted_work + stats.rejected_work + stats.stale_work
    return [
        {
            "Accepted": stats.accepted_shares,
            "Best Share": stats.best_share,
            "Device Hardware%": _percent(seen.error, seen.real.last_5m + seen.error),
            "Device Rejected%": _percent(stats.rejected_work, handed_in),
            "Difficulty Accepted": _difficulty(stats.accepted_work),
            "Difficulty Rejected": _difficulty(stats.rejected_work),
            "Difficulty Stale": _difficulty(stats.stale_work),
            "Discarded": 0,
            "Elapsed": elapsed,
            "Found Blocks": seen.found_blocks,
            "Get Failures": 0,
            "Getworks": 0,
            "Hardware Errors": sum(_hardware_errors(board, elapsed) for board in seen.boards),
            "Last getwork": int(stats.last_share_time or 0),
            "Local Work": 0,
            **_rates(seen.real),
            "Network Blocks": 0,
            "Pool Rejected%": _percent(stats.rejected_work, handed_in),
            "Pool Stale%": _percent(stats.stale_work, handed_in),
            "Rejected": stats.rejected_shares,
            "Remote Failures": 0,
            "Stale": stats.stale_shares,
            "Total MH": seen.real.since_restart * elapsed / 1e6,
            "Utility": stats.accepted_shares / minutes if minutes else 0.0,
            "Work Utility": _difficulty(handed_in) / minutes if minutes else 0.0,
        }
    ]


def devs(seen: Snapshot) -> list[Entry]:
    return [_dev(number, board, seen) for number, board in enumerate(seen.boards)]


def _dev(number: int, board: BoardSnapshot, seen: Snapshot) -> Entry:
    elapsed = seen.bosminer_uptime_s
    hashes = board.real.since_restart * elapsed
    return {
        "ASC": number,
        "Device Elapsed": elapsed,
        "Device Hardware%": _percent(board.error, board.real.last_5m + board.error),
        "Diff1 Work": round(hashes / HASHES_OF_DIFFICULTY_1),
        "Enabled": "Y" if board.enabled else "N",
        "Hardware Errors": _hardware_errors(board, elapsed),
        "ID": int(board.id),
        **_rates(board.real),
        "Name": "",
        "No Device": False,
        "Nominal MHS": board.nominal / 1e6,
        "Status": "Alive" if board.enabled and board.chips else "Dead",
        "Temperature": board.chip_temp_c or 0.0,
        "Total MH": hashes / 1e6,
    }


def devdetails(seen: Snapshot) -> list[Entry]:
    model = seen.model
    return [
        {
            "Chips": board.chips,
            "Cores": board.chips * model.cores_per_chip,
            "DEVDETAILS": number,
            "Device Path": "",
            "Driver": "",
            "Frequency": round(board.frequency_hz / 1e6),
            "ID": int(board.id),
            "Kernel": "",
            "Model": model.name,
            "Name": f"HashchainManager {board.id}",
            "Voltage": board.voltage_v,
        }
        for number, board in enumerate(seen.boards)
    ]


def stats(seen: Snapshot) -> list[Entry]:
    """Waiting times for work, which Stratum does not have."""
    waiting: Entry = {"Calls": 0, "Max": 0.0, "Min": 0.0, "Wait": 0.0}
    return [
        {"Elapsed": seen.bosminer_uptime_s, "ID": f"ASC{number}", "STATS": number, **waiting}
        for number in range(len(seen.boards))
    ]


def pools(numbered: Sequence[PoolSnapshot], seen: Snapshot) -> list[Entry]:
    order = [pool.uid for group in seen.pool_groups for pool in group.pools]
    quotas = {
        pool.uid: getattr(group.strategy, "value", 1)
        for group in seen.pool_groups
        for pool in group.pools
    }
    return [
        _pool(number, pool, order.index(pool.uid), quotas[pool.uid])
        for number, pool in enumerate(numbered)
    ]


def _pool(number: int, pool: PoolSnapshot, priority: int, quota: object) -> Entry:
    stats = pool.stats
    handed_in = stats.accepted_work + stats.rejected_work + stats.stale_work
    status = "Alive" if pool.alive else "Dead"
    return {
        "Accepted": stats.accepted_shares,
        "AsicBoost": True,
        "Bad Work": 0,
        "Best Share": stats.best_share,
        "Diff1 Shares": round(_difficulty(handed_in)),
        "Difficulty Accepted": _difficulty(stats.accepted_work),
        "Difficulty Rejected": _difficulty(stats.rejected_work),
        "Difficulty Stale": _difficulty(stats.stale_work),
        "Discarded": 0,
        "Get Failures": 0,
        "Getworks": 0,
        "Has GBT": False,
        "Has Stratum": True,
        "Has Vmask": True,
        "Last Share Difficulty": float(stats.last_difficulty),
        "Last Share Time": int(stats.last_share_time or 0),
        "Long Poll": "N",
        "POOL": number,
        "Pool Rejected%": _percent(stats.rejected_work, handed_in),
        "Pool Stale%": _percent(stats.stale_work, handed_in),
        "Priority": priority,
        "Proxy": "",
        "Proxy Type": "",
        "Quota": quota,
        "Rejected": stats.rejected_shares,
        "Remote Failures": 0,
        "Stale": stats.stale_shares,
        "Status": status if pool.enabled else "Disabled",
        "Stratum Active": pool.active,
        "Stratum Difficulty": float(stats.last_difficulty),
        "Stratum URL": pool.url.partition("://")[2] if pool.alive else "",
        "URL": pool.url,
        "User": pool.user,
        "Work Difficulty": float(stats.last_difficulty),
    }


def temps(seen: Snapshot) -> list[Entry]:
    """A sensor that says nothing is left out."""
    return [
        {
            "Board": board.board_temp_c,
            "Chip": board.chip_temp_c,
            "ID": int(board.id),
            "TEMP": number,
        }
        for number, board in enumerate(seen.boards)
        if board.board_temp_c is not None and board.chip_temp_c is not None
    ]


def fans(seen: Snapshot) -> list[Entry]:
    return [
        {
            "FAN": number,
            "ID": fan.position,
            "RPM": fan.rpm,
            "Speed": round(fan.target_speed_ratio * 100),
        }
        for number, fan in enumerate(seen.fans)
    ]


def tunerstatus(seen: Snapshot) -> list[Entry]:
    """Power is measured at the wall alone: a board is given its part of it by its own rate."""
    hashing = seen.status in (MinerStatus.NORMAL, MinerStatus.RESTRICTED)
    tuner, boards = seen.tuner, seen.boards
    status = _TUNING[tuner.state] if hashing else PAUSED
    chains = [
        {
            "ApproximatePowerConsumptionWatt": round(
                seen.consumption_w * _part(board.nominal, seen.nominal, len(boards))
            ),
            "HashchainIndex": int(board.id),
            "PowerLimitWatt": round(tuner.current_target_w / len(boards)),
            "Status": status,
            "TunerRunning": hashing and tuner.state in (TunerState.TUNING, TunerState.CONTINUOUS),
        }
        for board in boards
    ]
    return [
        {
            "ApproximateChainPowerConsumption": sum(
                round(seen.consumption_w * _part(board.nominal, seen.nominal, len(boards)))
                for board in boards
            ),
            "ApproximateMinerPowerConsumption": seen.consumption_w,
            "DynamicPowerScaling": tuner.scaling.value,
            "PowerLimit": tuner.current_target_w,
            "TunerChainStatus": chains,
        }
    ]


def coin(chain: ChainView | None) -> list[Entry]:
    return [
        {
            "Current Block Hash": "" if chain is None else chain.prev_hash_display,
            "Current Block Time": 0.0 if chain is None else float(chain.time),
            "Hash Method": "sha256",
            "LP": False,
            "Network Difficulty": 0.0 if chain is None else chain.difficulty,
        }
    ]


def _rates(real: Hashrates) -> Entry:
    return {
        "MHS 15m": real.last_15m / 1e6,
        "MHS 1m": real.last_1m / 1e6,
        "MHS 24h": real.last_24h / 1e6,
        "MHS 5m": real.last_5m / 1e6,
        "MHS 5s": real.last_5s / 1e6,
        "MHS av": real.since_restart / 1e6,
    }


def _hardware_errors(board: BoardSnapshot, elapsed: int) -> int:
    """Errors in units of difficulty 1, taking the present part of errors for that of all time."""
    whole = board.real.last_5m + board.error
    part = board.error / whole if whole else 0.0
    return round(part * board.real.since_restart * elapsed / HASHES_OF_DIFFICULTY_1)


def _part(nominal: float, total: float, boards: int) -> float:
    return nominal / total if total else 1 / boards


def _difficulty(work: int) -> float:
    return work / HASHES_OF_DIFFICULTY_1


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0
