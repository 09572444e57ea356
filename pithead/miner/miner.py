"""The firmware of one machine: what its operator wants, over what its hardware does.

A pure core: `step` is called often with the time; operators' verbs and all reads go through here.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import msgspec

from pithead.hardware.device import Device, Found
from pithead.hardware.models import MachineModel
from pithead.miner import advanced
from pithead.miner import licence as licences
from pithead.miner.board_tally import BoardTally
from pithead.miner.condition import Cause, MinerStatus, Verdict
from pithead.miner.configuration import PoolGroup, Settings
from pithead.miner.cooling import Cooling
from pithead.miner.cooling_settings import CoolingPlan, CoolingSettings, plan_of
from pithead.miner.cooling_settings import changed as changed_cooling
from pithead.miner.efficiency import Point
from pithead.miner.faults import CANNOT_DISABLE, Faults
from pithead.miner.feed import Feed
from pithead.miner.identity import named_groups, version_named
from pithead.miner.licence import Licence
from pithead.miner.meter import summed
from pithead.miner.performance import Performance
from pithead.miner.pool_limits import check_pools
from pithead.miner.readouts import chain_of, fans, hottest_chip
from pithead.miner.refusals import CannotDisable, NotRunning
from pithead.miner.settings_book import SettingsBook
from pithead.miner.snapshot import ChainView, Identity, Snapshot
from pithead.miner.standing import Standing
from pithead.miner.system import System
from pithead.miner.system_settings import StaticAddress
from pithead.miner.upstream import Upstream
from pithead.miner.upstreams import Upstreams
from pithead.miner.watcher import Watcher


class Miner:
    """One machine under this firmware."""

    def __init__(
        self,
        device: Device,
        settings: Settings,
        now: float,
        *,
        identity: Identity,
        work_scale: int,
        save: Callable[[Settings], None],
        jitter: float = 0.0,
    ) -> None:
        """`save` is called with the settings to be kept after each change; `jitter`, 0 to 1,
        parts the reconnects of machines that lost a pool together."""
        self._device = device
        self._identity = identity
        self._scale = work_scale
        self._jitter = jitter
        self._stepped = self._last_alive = now
        self.standing = Standing(now)
        self.system = System(device.model, now)
        self.faults = Faults()
        self._feed = Feed(device)
        self._readings = device.readings()
        self.book = SettingsBook(settings, save)
        self._change = self.book.change
        self.performance = Performance(device.model, lambda: self.settings, self._change)
        self._begin_process(now)

    def _begin_process(self, now: float) -> None:
        """The mining process begins, if it is to run: all it has counted is gone."""
        if not self.settings.system.stopped:
            self.book.start_over()
        model, settings = self._device.model, self.settings
        licence = licences.start_of_process(settings.system.licence)
        if licence is not settings.system.licence:
            self.change_system(licence=licence)
        self._process_started = None if settings.system.stopped else now
        self._last_alive = now
        self.performance.begin()
        self._cooling = Cooling(plan_of(settings.cooling, model))
        self._watcher = Watcher(self.faults, model, self.system)
        self._upstreams = Upstreams(self._scale, self._jitter)
        self._tallies = [
            BoardTally(number, serial, now)
            for number, serial in enumerate(self._identity.board_serial_numbers)
        ]
        self.book.note(**self._mine_at(settings.pool_groups))

    # --- the passing of time ---

    def step(self, now: float) -> None:
        """Let time pass for the machine, then decide anew: status, clocks, fans, work."""
        seconds = now - self._stepped
        self._stepped = now
        if self.system.step(now):
            self.change_system(stopped=False, locating=False)
            self._begin_process(now)
        self._device.step(now)
        self._readings = self._device.readings()
        if self._feed.has_work:
            self._upstreams.worked(self._readings, seconds)
        self.harvest(now)
        for tally in self._tallies:
            tally.meter.note(now)
        self._decide_status(now)
        self._drive(now, seconds)
        self.refeed()

    def _drive(self, now: float, seconds: float) -> None:
        """Clocks, voltages and fans."""
        is_on, readings = self._is_hashing, self._readings
        if is_on:
            self.performance.step(now, readings, self._cooling.heat)
        else:
            self.performance.rest(now)
        settings = self.performance.board_settings(is_on)
        self._device.apply(settings)
        duty = self._cooling.step(seconds, hottest_chip(readings), is_on, readings.fans)
        self._device.spin(duty)
        broken, tuner = self._cooling.broken_fans, self.performance.tuner_state
        self._watcher.look(now, readings, settings, broken, tuner)
        self._watcher.look_at_pools(now, self._upstreams.unsupported())

    def harvest(self, now: float) -> list[Upstream]:
        """Count what the chips found and submit the shares to the pools returned."""
        shares: list[Found] = []
        for part in self._device.collect():
            tally = self._tallies[part.board]
            tally.meter.total += part.hashes
            for found in part.found:
                tally.note(found)
                shares.append(found)
        if licences.is_burning(self.licence(now), now):
            return []
        return self._feed.submit(shares, now)

    def refeed(self) -> None:
        """Put the newest work on the machine. Call it when a pool has spoken, too."""
        is_on = self._is_hashing
        self._feed.follow(self._upstreams.active() if is_on else None)

    def links(self, now: float) -> list[Upstream]:
        """The pools that ought to be connected now: a shell opens these and closes all others."""
        return self._upstreams.links(now) if self._is_running else []

    @property
    def _is_running(self) -> bool:
        """Whether the mining process does."""
        return self.system.is_up and self._process_started is not None

    def licence(self, now: float) -> Licence:
        """The licence in force."""
        return licences.licence_at(self.settings.system.licence, self._process_started or now, now)

    # --- status ---

    @property
    def settings(self) -> Settings:
        """Those in force."""
        return self.book.in_force

    @property
    def saved(self) -> Settings:
        """Those in force after the next start of the mining process."""
        return self.book.saved

    @property
    def model(self) -> MachineModel:
        return self._device.model

    @property
    def status(self) -> MinerStatus:
        return self.standing.status

    def _decide_status(self, now: float) -> None:
        if self._upstreams.active() is not None:
            self._last_alive = now
        self._enter(self._verdict(now), now)

    def _verdict(self, now: float) -> Verdict:
        """What the machine should be doing: the first of these that holds."""
        started, options = self._process_started, self.settings.system.advanced
        if started is None or not self.system.is_up:
            return Verdict(Cause.APPLICATION_UNAVAILABLE, until=self.system.back_at)
        if self.settings.paused:
            return Verdict(Cause.USER_PAUSE)
        if (trouble := self._cooling.trouble) is not None:
            return Verdict(trouble)
        if self.performance.has_lost_all(self._readings):
            return Verdict(Cause.HARDWARE_ERROR, "no hashboard answers")
        cooldown = self.performance.scaling.cooldown_until
        if cooldown is not None:
            return Verdict(Cause.DPS_COOLDOWN, until=cooldown, until_is_exact=True)
        begins = started + advanced.number(options, advanced.DELAYED_START)
        if now < begins:
            return Verdict(Cause.DELAYED_START, until=begins, until_is_exact=True)
        patience = advanced.number(options, advanced.DEAD_POOLS_TIMEOUT)
        is_deserted = now - max(self._last_alive, begins) >= patience
        if is_deserted or not self._upstreams.has_pools:
            return Verdict(Cause.DEAD_POOLS)
        cause = Cause.PREHEATING if self.performance.is_preheating else Cause.NORMAL
        return Verdict(cause, is_restricted=self.licence(now).is_restricted)

    def _enter(self, verdict: Verdict, now: float) -> None:
        was_hashing = self._is_hashing
        is_at_speed = self.performance.is_at_speed(self._readings)
        if self.standing.enter(verdict, self._readings, is_at_speed, now):
            self._watcher.report(verdict.cause, now)
        if self._is_hashing and not was_hashing:
            self.performance.restart()

    @property
    def _is_hashing(self) -> bool:
        return self.status in (MinerStatus.NORMAL, MinerStatus.RESTRICTED)

    # --- the operator's verbs ---

    def start(self, now: float) -> bool:
        """Start the mining process. True if it runs already."""
        return self._is_running or self.restart(now)

    def stop(self, now: float) -> bool:
        """End the mining process. True if it has ended already."""
        already = not self._is_running
        if not already:
            self.change_system(stopped=True)
            self._process_changed(now)
        return already

    def restart(self, now: float) -> bool:
        """End the mining process and start it again. True if it ran."""
        ran = self._is_running
        self.change_system(stopped=False)
        self._process_changed(now)
        return ran

    def _process_changed(self, now: float) -> None:
        self._begin_process(now)
        self._decide_status(now)
        self.refeed()

    def pause(self, now: float) -> bool:
        """Stop hashing and power the boards down. True if it was so already."""
        return self._set_paused(True, now)

    def resume(self, now: float) -> bool:
        """Hash again. True if it did already."""
        return self._set_paused(False, now)

    def _set_paused(self, paused: bool, now: float) -> bool:
        if not self._is_running:
            verb = "paused" if paused else "resumed"
            raise NotRunning(f"the mining process is stopped and cannot be {verb}; start it first")
        already = self.settings.paused is paused
        if not already:
            self._change(paused=paused)
            ramping = self.performance.ramping
            self.performance.ramp(ramping.down_s if paused else ramping.up_s)
            self._last_alive = now
            self._decide_status(now)
            self.refeed()
        return already

    def forget_profiles(self, now: float) -> None:
        """Forget what the tuner has found; what mines stops and starts."""
        self.performance.forget_profiles()
        if self._is_running:
            self._process_changed(now)

    def efficiency_points(self) -> tuple[Point, ...]:
        """What the machine would do at other power targets. Raises NotRunning."""
        if not self._is_running:
            raise NotRunning("the mining process is stopped and knows no efficiency; start it")
        return self.performance.efficiency(self._readings, self._cooling.plan)

    def set_boards(self, boards: Sequence[str], enable: bool, now: float) -> None:
        """Power boards up or down. Raises BadSetting, CannotDisable."""
        is_forced = advanced.is_set(self.settings.system.advanced, advanced.DISABLE_ON_NOPIC)
        try:
            self.performance.enable_boards(boards, enable, is_forced)
        except CannotDisable as refusal:
            self.faults.report(now, str(refusal), CANNOT_DISABLE)
            raise

    @property
    def cooling_plan(self) -> CoolingPlan:
        return self._cooling.plan

    def set_cooling(self, wanted: CoolingSettings) -> None:
        """Another cooling mode, or other values in the present one. Raises OutsideLimits."""
        self._change(cooling=changed_cooling(self.settings.cooling, wanted, self.model))
        self._cooling.plan = plan_of(self.settings.cooling, self.model)

    def pool_groups(self) -> tuple[PoolGroup, ...]:
        """As saved: a change of one group applies them all."""
        return self.saved.pool_groups

    def set_pool_groups(self, groups: tuple[PoolGroup, ...], now: float) -> tuple[PoolGroup, ...]:
        """Replace all groups; pools without a uid get one. Raises BadPool."""
        check_pools(groups)
        self._change(**self._mine_at(groups))
        self._last_alive = now
        self.refeed()
        return self.settings.pool_groups

    def try_pool_groups(self, groups: tuple[PoolGroup, ...], now: float) -> None:
        """Mine at these until others are set or the process restarts. Raises BadPool."""
        check_pools(groups)
        self._change(uids_given=self._mine_at(groups)["uids_given"])
        self._last_alive = now
        self.refeed()

    def _mine_at(self, groups: tuple[PoolGroup, ...]) -> dict[str, object]:
        """Returns the settings that follow from it."""
        named, given = named_groups(groups, self._identity.uid, self.saved.uids_given)
        self._upstreams.replace(named)
        return {"pool_groups": named, "uids_given": given}

    def configure_network(self, hostname: str | None, network: StaticAddress | None) -> None:
        """Keep the configuration of the network; both have been checked."""
        self._change(
            hostname=hostname, system=msgspec.structs.replace(self.settings.system, network=network)
        )

    def adopt(self, settings: Settings) -> None:
        """Put other settings in force without a new start of the mining process."""
        before = self.settings
        self.book.replace(settings)
        if settings.pool_groups != before.pool_groups:
            self.set_pool_groups(settings.pool_groups, self._stepped)
        self._cooling.plan = plan_of(settings.cooling, self.model)
        self.performance.adopt()

    def change_system(self, **fields: object) -> None:
        """Keep new values of the system's settings."""
        self._change(system=msgspec.structs.replace(self.settings.system, **fields))

    # --- reads ---

    def snapshot(self, now: float) -> Snapshot:
        """Everything there is to read, as of the last step."""
        parts = zip(self._tallies, self._readings.boards, self.performance.runs, strict=True)
        boards = tuple(
            tally.snapshot(self.model, reading, is_enabled, self._scale, now)
            for tally, reading, is_enabled in parts
        )
        real = summed([board.real for board in boards])
        consumption = round(self._readings.power_w)
        started = self._process_started if self._is_running else None
        minute = real.last_1m / 1e12 if self._is_hashing else 0.0
        return Snapshot(
            at=now,
            model=self._device.model,
            identity=self.identity,
            bos_version=version_named(self.settings.system.version),
            status=self.standing.status,
            condition=self.standing.condition,
            system_uptime_s=int(now - self.system.started),
            bosminer_uptime_s=int(now - started) if started is not None else 0,
            boards=boards,
            fans=fans(self._readings),
            highest_chip_temp_c=max(
                (board.chip_temp_c for board in boards if board.chip_temp_c is not None),
                default=None,
            ),
            real=real,
            nominal=sum(board.nominal for board in boards),
            error=sum(board.error for board in boards),
            best_share=max(board.best_share for board in boards),
            found_blocks=sum(tally.blocks for tally in self._tallies),
            pool_stats=self._upstreams.total.stats(self._scale),
            consumption_w=consumption,
            efficiency_j_per_th=consumption / minute if consumption and minute else None,
            tuner=self.performance.snapshot(),
            pool_groups=self._upstreams.snapshot(self._feed.has_work),
        )

    @property
    def identity(self) -> Identity:
        identity, hostname = self._identity, self.settings.hostname
        return identity if hostname is None else dataclasses.replace(identity, hostname=hostname)

    def chain_view(self) -> ChainView | None:
        """None while no pool has given work."""
        active = self._upstreams.active()
        return None if active is None or active.work is None else chain_of(active.work)

    def pool_states(self) -> Iterator[tuple[str, str | None]]:
        """Each pool that may be mined at, with what is wrong with it."""
        return self._upstreams.states()
