"""What the operator wants of the machine's power or rate, and what the boards are told for it.

Pure. The tuner is in charge of clocks and voltage unless they are set by hand; dynamic scaling sets
the tuner's target below or above the configured one.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Literal

import msgspec

from pithead.hardware.device import BoardSetting, Readings
from pithead.hardware.models import MachineModel
from pithead.hardware.thermals import needed_voltage
from pithead.miner import limits
from pithead.miner.configuration import Settings
from pithead.miner.cooling_settings import CoolingPlan
from pithead.miner.efficiency import Machine, Point, points
from pithead.miner.performance_settings import (
    BoardManual,
    Dps,
    Kind,
    Manual,
    PerformanceSettings,
    Profile,
    Ramping,
)
from pithead.miner.preheat import Preheat
from pithead.miner.profiles import learnt, profile_for
from pithead.miner.refusals import BadSetting, CannotDisable, NotSupported
from pithead.miner.scaling import Heat, Range, Scaling, ScalingPlan
from pithead.miner.scaling_plan import changed as changed_dps
from pithead.miner.scaling_plan import plan_of
from pithead.miner.snapshot import ScalingState, TunerSnapshot, TunerState
from pithead.miner.tuner import Target, Tuner
from pithead.miner.untuned import Untuned

SHORTEST_RAMP_SECONDS = 0.1
USUAL_INLET_C = 28.0
"""Taken where no sensor tells."""

Keep = Callable[..., None]
Reference = Literal["nominal", "min", "max", "current"]


class Performance:
    """One machine's. `read` gives the settings in force, `keep` takes new values of its fields."""

    def __init__(self, model: MachineModel, read: Callable[[], Settings], keep: Keep) -> None:
        self._model = model
        self._read = read
        self._keep = keep
        self._preheat = Preheat(model)
        self._limits: dict[tuple[Kind, int], limits.Limits] = {}
        self.board_ids = tuple(str(number + 1) for number in range(model.boards))
        self.begin()

    def begin(self) -> None:
        """The mining process begins."""
        self.scaling = Scaling()
        self._is_scaled = False
        self._ramp: int | None = None
        self._renew()

    def _renew(self) -> None:
        target = self.current
        self.tuner: Tuner | Untuned = (
            Tuner(self._model, target, self.runs, self._profile(target))
            if self._model.is_tunable
            else Untuned(self.runs)
        )

    def _need_clocks(self) -> None:
        """Raises NotSupported."""
        if not self._model.is_tunable:
            raise NotSupported(f"{self._model.name} has no clocks and no voltage to be set")

    # --- what is wanted ---

    @property
    def settings(self) -> PerformanceSettings:
        return self._read().performance

    def change(self, **fields: object) -> None:
        """Keep new values of the settings; the tuner is told by whoever changes what it needs."""
        self._keep(performance=msgspec.structs.replace(self.settings, **fields))

    @property
    def is_manual(self) -> bool:
        return self.settings.mode == "manual"

    @property
    def kind(self) -> Kind:
        return self.settings.kind

    @property
    def runs(self) -> list[bool]:
        """Which boards are enabled."""
        return [board not in self.settings.boards_off for board in self.board_ids]

    def limits(self, kind: Kind) -> limits.Limits:
        key = (kind, max(1, sum(self.runs)))
        known = self._limits.get(key)
        if known is None:
            known = self._limits[key] = limits.target_limits(self._model, *key)
        return known

    def configured(self, kind: Kind) -> float:
        """The target of a kind that is configured, or its default."""
        settings = self._read()
        is_power = kind == "power"
        own = settings.power_target_w if is_power else settings.performance.hashrate_target_ths
        return self.limits(kind).default if own is None else own

    @property
    def wanted(self) -> Range:
        bounds = self.limits(self.kind)
        return Range(bounds.clamped(self.configured(self.kind)), bounds.maximum)

    @property
    def scaling_plan(self) -> ScalingPlan:
        return plan_of(self.settings.dps, self._model, self.kind)

    @property
    def current(self) -> Target:
        """The target in force."""
        value = self.scaling.current(self.scaling_plan, self.wanted)
        return Target(self.kind, round(value) if self.kind == "power" else value)

    @property
    def scaling_state(self) -> ScalingState:
        if self.is_manual or not self.settings.dps.enabled:
            return ScalingState.DISABLED
        is_shut_down = self.scaling.cooldown_until is not None
        is_scaled = is_shut_down or self.scaling.is_scaled(self.scaling_plan, self.wanted)
        return ScalingState.SCALED if is_scaled else ScalingState.ENABLED

    def shown(self, kind: Kind) -> float:
        """The target of a kind in force; of the other kind, what is configured."""
        return self.current.value if kind == self.kind else self.configured(kind)

    @property
    def tuner_state(self) -> TunerState:
        if self.is_manual:
            return TunerState.DISABLED
        return TunerState.PREHEAT if self._preheat.is_on else self.tuner.state

    @property
    def is_preheating(self) -> bool:
        return self._preheat.is_on and not self.is_manual

    def snapshot(self) -> TunerSnapshot:
        return TunerSnapshot(
            state=self.tuner_state,
            power_target_w=round(self.configured("power")),
            current_target_w=round(self.shown("power")),
            power_limits_w=self.limits("power"),
            scaling=self.scaling_state,
        )

    # --- the operator's verbs ---

    def aim(self, kind: Kind, value: float | None) -> float:
        """Aim for a target, None for the default. Raises OutsideLimits, NotSupported."""
        self._need_clocks()
        if value is not None:
            self.limits(kind).check(f"{kind} target", value, limits.UNITS[kind])
        fields = {} if kind == "power" else {"hashrate_target_ths": value}
        changed = msgspec.structs.replace(self.settings, mode="tuner", kind=kind, **fields)
        if kind == "power":
            watts = None if value is None else round(value)
            self._keep(performance=changed, power_target_w=watts)
        else:
            self._keep(performance=changed)
        self.scaling.reset_target()
        self.follow()
        return self.configured(kind)

    def adopt(self) -> None:
        """The settings are others than they were."""
        self.scaling.reset_target()
        self._renew()

    def tune_again(self) -> None:
        """Leave manual mode for the target that was aimed at before. Raises NotSupported."""
        self._need_clocks()
        self.change(mode="tuner")
        self._renew()

    def shift(self, kind: Kind, change: float) -> float:
        """Aim for so much more than is configured. Raises OutsideLimits."""
        return self.aim(kind, self._rounded(kind, self.configured(kind) + change))

    def relate(self, kind: Kind, percentage: float, reference: Reference) -> float:
        """Aim for a part of another number. Raises OutsideLimits."""
        bounds = self.limits(kind)
        whole = {
            "nominal": bounds.default,
            "min": bounds.minimum,
            "max": bounds.maximum,
            "current": self.shown(kind),
        }[reference]
        return self.aim(kind, self._rounded(kind, whole * percentage / 100))

    @staticmethod
    def _rounded(kind: Kind, value: float) -> float:
        return value if not isfinite(value) else round(value, 0 if kind == "power" else 6)

    def set_dps(self, changes: Mapping[str, object]) -> Dps:
        """Change dynamic scaling; what is not among the changes stays.

        Raises OutsideLimits, NotSupported.
        """
        self._need_clocks()
        self.change(dps=changed_dps(self.settings.dps, changes, self._model))
        return self.settings.dps

    def follow(self) -> None:
        """Tell the tuner what is in force now."""
        target = self.current
        self.tuner.aim(target, self._profile(target))

    def set_manual(self, manual: Manual) -> None:
        """Clocks and voltage by hand. Raises OutsideLimits, NotSupported."""
        self._need_clocks()
        self._check_manual("", manual.frequency_hz, manual.voltage_v)
        for board, own in manual.boards.items():
            self._check_manual(f" of board {board}", own.frequency_hz, own.voltage_v)
        self.change(mode="manual", manual=manual)

    def _check_manual(self, where: str, hertz: float | None, volt: float | None) -> None:
        if hertz is not None:
            limits.frequency_limits(self._model).check(f"frequency{where}", hertz, "Hz")
        if volt is not None:
            limits.voltage_limits(self._model).check(f"voltage{where}", volt, "V")

    def set_ramping(self, ramping: Ramping | None) -> Ramping:
        """Raises OutsideLimits."""
        if ramping is not None:
            limits.RAMPING_SECONDS.check("up_s", ramping.up_s, "s")
            limits.RAMPING_SECONDS.check("down_s", ramping.down_s, "s")
        self.change(ramping=ramping)
        return self.ramping

    @property
    def ramping(self) -> Ramping:
        usual = Ramping(limits.DEFAULT_RAMP_UP_S, limits.DEFAULT_RAMP_DOWN_S)
        return self.settings.ramping or usual

    def enable_boards(self, boards: Sequence[str], enable: bool, is_forced: bool) -> None:
        """Power boards up or down. Raises BadSetting, CannotDisable."""
        for board in boards:
            if board not in self.board_ids:
                known = ", ".join(self.board_ids)
                raise BadSetting(f"there is no hashboard {board[:20]!r}; there are {known}")
        off = set(self.settings.boards_off)
        off = off - set(boards) if enable else off | set(boards)
        if not (enable or self._model.has_pic or is_forced) and boards:
            raise CannotDisable(
                f"boards of {self._model.name} have no voltage controller of their own and cannot "
                "be disabled; the advanced setting "
                "allow_disabling_hashboards_on_nopic_miners overrides this"
            )
        if off != set(self.settings.boards_off):
            self.change(boards_off=tuple(sorted(off)))
            self._renew()

    def efficiency(self, readings: Readings, cooling: CoolingPlan) -> tuple[Point, ...]:
        """What the machine would do at other power targets. Raises NotSupported."""
        self._need_clocks()
        inlets = [board.inlet_temp_c for board in readings.boards]
        known = [inlet for inlet in inlets if inlet is not None]
        machine = Machine(
            model=self._model,
            boards=max(1, sum(self.runs)),
            beyond_v=self.tuner.beyond,
            cooling=cooling,
            inlet_c=min(known, default=USUAL_INLET_C),
        )
        measured = [each.target for each in self.settings.profiles if each.kind == "power"]
        return points(machine, self.limits("power"), measured)

    # --- profiles ---

    def _profile(self, target: Target) -> Profile | None:
        return profile_for(self.settings.profiles, target, self._running_ids)

    @property
    def active_profile(self) -> Profile | None:
        return self._profile(self.current)

    @property
    def _running_ids(self) -> tuple[str, ...]:
        return tuple(board for board, runs in zip(self.board_ids, self.runs, strict=True) if runs)

    def forget_profiles(self) -> None:
        self.change(profiles=())
        self._renew()

    def _learn(self, tuner: Tuner, now: float, readings: Readings) -> None:
        profile = tuner.profile(now, readings, self.board_ids)
        self.change(profiles=learnt(self.settings.profiles, profile))

    # --- the passing of time ---

    def restart(self) -> None:
        """The boards were off and come up again."""
        self._preheat.begin()
        self.tuner.restart(self._profile(self.current))

    def ramp(self, seconds: int | None) -> None:
        """From now on clocks take so long from standstill to where they belong, or back; None: as
        is usual."""
        self._ramp = seconds

    def step(self, now: float, readings: Readings, heat: Heat) -> None:
        """Let time pass for a machine that hashes."""
        if self._ramp is not None and self.is_at_speed(readings):
            self._ramp = None
        tuner = self.tuner
        if self.is_manual or isinstance(tuner, Untuned):
            return
        self._preheat.step(now, readings)
        if self._preheat.is_on:
            return
        if self.settings.dps.enabled or self._is_scaled:
            self._scale(now, heat)
        if tuner.step(now, readings):
            self._learn(tuner, now, readings)

    def _scale(self, now: float, heat: Heat) -> None:
        self._is_scaled = self.settings.dps.enabled
        self.scaling.step(now, heat, self.scaling_plan, self.wanted)
        self.follow()

    def rest(self, now: float) -> None:
        """Let time pass for a machine that does not hash: a cooldown may end."""
        if self.scaling.cooldown_until is not None:
            self._scale(now, Heat.BALANCED)

    def has_lost_all(self, readings: Readings) -> bool:
        """Whether boards are enabled, and none of them answers."""
        if all(board.chips for board in readings.boards):
            return False
        enabled = [board for board, runs in zip(readings.boards, self.runs, strict=True) if runs]
        return bool(enabled) and not any(board.chips for board in enabled)

    def is_at_speed(self, readings: Readings) -> bool:
        if not (self.is_manual or self._preheat.is_on):
            return self.tuner.is_at_speed(readings)
        wanted = self.board_settings(True)
        return all(
            abs(board.frequency_hz - setting.frequency_hz) < 1e6
            for board, setting in zip(readings.boards, wanted, strict=True)
            if setting.enabled and board.chips
        )

    def board_settings(self, is_on: bool) -> tuple[BoardSetting, ...]:
        """What the boards are told."""
        settings = self._manual_settings(is_on) if self.is_manual else self.tuner.settings(is_on)
        if self.is_preheating:
            settings = self._preheat.limited(settings)
        if self._ramp is None:
            return settings
        highest = max(setting.frequency_hz for setting in settings) / 1e6
        rate = highest / max(self._ramp, SHORTEST_RAMP_SECONDS)
        return tuple(
            BoardSetting(each.enabled, each.frequency_hz, each.voltage_v, rate) for each in settings
        )

    def _manual_settings(self, is_on: bool) -> tuple[BoardSetting, ...]:
        return tuple(
            BoardSetting(is_on and runs, *self.manual_values(board))
            for board, runs in zip(self.board_ids, self.runs, strict=True)
        )

    def manual_values(self, board: str) -> tuple[float, float]:
        """Clock and voltage of a board by hand: its own, the common ones, or what fits."""
        manual = self.settings.manual
        own = manual.boards.get(board, BoardManual())
        hertz = (
            own.frequency_hz or manual.frequency_hz or limits.frequency_limits(self._model).default
        )
        volt = own.voltage_v or manual.voltage_v or needed_voltage(self._model, hertz / 1e6)
        return hertz, volt
