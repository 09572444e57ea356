"""One look at a machine: the contract's messages, brought down to what a fleet shows. Pure."""

import msgspec
from msgspec import UNSET

from pithead.bos.cooling import GetCoolingStateResponse
from pithead.bos.detailed_status import MinerDetailedStatus
from pithead.bos.miner import (
    GetErrorsResponse,
    GetMinerDetailsResponse,
    GetMinerStatsResponse,
    MinerStatus,
)
from pithead.bos.performance import GetTunerStateResponse
from pithead.bos.work import WorkSolverStats
from pithead.fleet.contract import Row, State
from pithead.fleet.history import Reading

STATES: dict[MinerStatus, State] = {
    MinerStatus.NOT_STARTED: "stopped",
    MinerStatus.NORMAL: "mining",
    MinerStatus.PAUSED: "paused",
    MinerStatus.SUSPENDED: "suspended",
    MinerStatus.RESTRICTED: "restricted",
}
_ORDINARY = ("unspecified", "none", "normal")
"""Reasons that say nothing."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What a machine answered; None what it did not, or has not."""

    details: GetMinerDetailsResponse
    stats: GetMinerStatsResponse
    cooling: GetCoolingStateResponse | None = None
    tuner: GetTunerStateResponse | None = None
    errors: GetErrorsResponse | None = None


def state_of(details: GetMinerDetailsResponse) -> tuple[State, str | None]:
    """The state, and why where that says more."""
    plain = STATES.get(details.status, "stopped")
    if details.detailed_status is None:
        return plain, None
    phase, reason = phase_of(details.detailed_status)
    if phase in ("starting", "stopping"):
        return ("starting" if phase == "starting" else "stopping"), reason
    return plain, reason


def phase_of(status: MinerDetailedStatus) -> tuple[str, str | None]:
    """The phase and its reason in words: `stopped`, `thermal pause: broken fans`."""
    phase, there = status.status.chosen
    name, more = there.reason.chosen
    if name in _ORDINARY:
        return phase, None
    words = name.replace("_", " ")
    detail = _detail(name, more)
    return phase, f"{words}: {detail}" if detail else words


def _detail(name: str, more: object) -> str:
    for field in ("message", "errors", "reason"):
        said = getattr(more, field, None)
        if isinstance(said, tuple):
            return ", ".join(said)
        if isinstance(said, str):
            prefix = f"{name}_reason_".upper()
            return said.removeprefix(prefix).replace("_", " ").lower() if prefix in said else said
    return ""


def row_of(place_id: str, url: str, name: str | None, sight: Sight, now: float) -> Row:
    """`since` is `now`: the book knows better where the state is that of the last look."""
    details, stats = sight.details, sight.stats
    state, reason = state_of(details)
    power = None if stats.power_stats is None else stats.power_stats.approximated_consumption
    efficiency = None if stats.power_stats is None else stats.power_stats.efficiency
    hashrate = hashrate_ths(stats.miner_stats)
    target_w, target_ths = _target(sight.tuner)
    shares = stats.pool_stats
    errors = () if sight.errors is None else sight.errors.errors
    return Row(
        id=place_id,
        url=url,
        name=name or details.hostname or place_id,
        model=model_of(details),
        version=None if details.bos_version is None else details.bos_version.current,
        state=state,
        reason=reason,
        since=now,
        seen_at=now,
        hashrate_ths=hashrate,
        nominal_ths=_nominal(stats.miner_stats),
        sticker_ths=_ths(details.sticker_hashrate),
        power_w=None if power is None else float(power.watt),
        efficiency_j_th=None if efficiency is None or not hashrate
        else round(efficiency.joule_per_terahash, 2),
        chip_c=hottest_c(sight.cooling),
        fans_rpm=() if sight.cooling is None else tuple(fan.rpm for fan in sight.cooling.fans),
        fan_ratio=_fan_ratio(sight.cooling),
        tuner=None if sight.tuner is None else sight.tuner.overall_tuner_state.name.lower(),
        target_w=target_w,
        target_ths=target_ths,
        accepted_shares=0 if shares is None else shares.accepted_shares,
        rejected_shares=0 if shares is None else shares.rejected_shares + shares.stale_shares,
        errors=len(errors),
        last_error=_newest(errors),
        uptime_s=details.system_uptime_s,
    )  # fmt: skip


def reading_of(row: Row) -> Reading:
    """What history keeps of a row."""
    return Reading((row.hashrate_ths, row.power_w, row.chip_c, row.target_w, row.target_ths))


def model_of(details: GetMinerDetailsResponse) -> str | None:
    identity = details.miner_identity
    return None if identity is None else identity.miner_model or identity.name or None


def hashrate_ths(stats: WorkSolverStats | None) -> float | None:
    """Of the last five minutes."""
    if stats is None or stats.real_hashrate is None:
        return None
    return _ths(stats.real_hashrate.last_5m)


def hottest_c(cooling: GetCoolingStateResponse | None) -> float | None:
    highest = None if cooling is None else cooling.highest_temperature
    if highest is None or highest.temperature is None:
        return None
    return round(highest.temperature.degree_c, 1)


def _nominal(stats: WorkSolverStats | None) -> float | None:
    return None if stats is None else _ths(stats.nominal_hashrate)


def _ths(rate: object) -> float | None:
    """Of a hashrate in GH/s."""
    giga = getattr(rate, "gigahash_per_second", None)
    return None if giga is None else round(giga / 1000, 3)


def _fan_ratio(cooling: GetCoolingStateResponse | None) -> float | None:
    fans = () if cooling is None else cooling.fans
    told = [fan.target_speed_ratio for fan in fans if fan.target_speed_ratio is not None]
    return round(max(told), 3) if told else None


def _target(tuner: GetTunerStateResponse | None) -> tuple[float | None, float | None]:
    """What the tuner aims at: watts, or TH/s."""
    if tuner is None or tuner.mode_state is None:
        return None, None
    mode = tuner.mode_state
    if mode.powertargetmodestate is not UNSET:
        power = mode.powertargetmodestate.current_target
        return (None if power is None else float(power.watt)), None
    if mode.hashratetargetmodestate is not UNSET:
        hashrate = mode.hashratetargetmodestate.current_target
        return None, None if hashrate is None else round(hashrate.terahash_per_second, 3)
    return None, None


def _newest(errors: tuple[object, ...]) -> str | None:
    if not errors:
        return None
    newest = max(errors, key=lambda error: str(getattr(error, "timestamp", "")))
    return str(getattr(newest, "message", ""))
