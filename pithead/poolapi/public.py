"""The questions that anybody may ask of the pool, from prepared sums. Pure."""

from collections.abc import Mapping, Sequence
from math import expm1

from pithead.pool.course import Course
from pithead.pool.odds import luck_band
from pithead.pool.readings import BlockReading, PoolReading, PoolReadings
from pithead.poolapi.contract import UNIT
from pithead.poolapi.figures import bitcoins, hash_rate, luck, mean_hash_rate, shares
from pithead.poolapi.publiccontract import (
    Band,
    HashRates,
    LuckAnswer,
    PublicBlock,
    PublicStats,
    Round,
)
from pithead.poolapi.service import DAY, FIVE_MINUTES, HOUR, Asked, Operation
from pithead.poolapi.settings import ApiSettings


class PublicService:
    """A coroutine each, named as in the table of endpoints."""

    def __init__(self, readings: PoolReadings, settings: ApiSettings) -> None:
        self._readings = readings
        self._scale = settings.work_scale
        self._confirmations = settings.confirmations
        self._luck: tuple[Sequence[tuple[int, int]], LuckAnswer] = ((), LuckAnswer([], []))

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {
            "public_stats": self.public_stats,
            "public_hash_rate": self.public_hash_rate,
            "public_luck": self.public_luck,
        }

    async def public_stats(self, asked: Asked) -> PublicStats:
        pool = self._readings.pool("", asked.now)
        windows, scale = pool.windows, self._scale
        return PublicStats(
            time=int(asked.now),
            hash_rate_unit=UNIT,
            hash_rate_5m=mean_hash_rate(windows.work_5m, FIVE_MINUTES, scale),
            hash_rate_60m=mean_hash_rate(windows.work_60m, HOUR, scale),
            hash_rate_24h=mean_hash_rate(windows.work_24h, DAY, scale),
            hash_rate_scoring=hash_rate(windows.scoring_rate, scale),
            active_workers=pool.active_workers,
            luck_b10=luck(pool.luck_blocks[:10]),
            luck_b50=luck(pool.luck_blocks[:50]),
            luck_b250=luck(pool.luck_blocks[:250]),
            round=self._round(pool, asked.now),
            confirmations=self._confirmations,
            blocks=[block_of(block) for block in pool.blocks],
        )

    def _round(self, pool: PoolReading, now: float) -> Round:
        work = _ratio(pool.round_work, pool.block_work)
        return Round(
            started=pool.round_started,
            seconds=max(0, int(now) - pool.round_started),
            work=work,
            probability=abs(expm1(-work)),
            block_shares=shares(pool.block_work, self._scale),
            block_value=bitcoins(pool.last_template_value_sats),
        )

    async def public_hash_rate(self, asked: Asked) -> HashRates:
        return hash_rates(self._readings.course("", asked.now, asked.hours), self._scale)

    async def public_luck(self, asked: Asked) -> LuckAnswer:
        """Bands take some milliseconds, so they are reckoned once for each block."""
        rounds = self._readings.pool("", asked.now).luck_blocks
        if rounds != self._luck[0]:
            self._luck = (rounds, _luck_of(rounds))
        return self._luck[1]


def hash_rates(course: Course, scale: int) -> HashRates:
    """Of the pool or of a user."""
    return HashRates(
        UNIT,
        list(course.times),
        [hash_rate(rate, scale) for rate in course.rates_5m],
        [hash_rate(rate, scale) for rate in course.rates_60m],
        [hash_rate(rate, scale) for rate in course.rates_24h],
    )


def _luck_of(rounds: Sequence[tuple[int, int]]) -> LuckAnswer:
    bands = (luck_band(rounds[:count]) for count in (10, 50, 250))
    return LuckAnswer(
        [
            Band(band.blocks, band.luck, band.low, band.high, band.probability)
            for band in bands
            if band is not None
        ],
        [_ratio(block_work, round_work) for block_work, round_work in reversed(rounds)],
    )


def block_of(block: BlockReading) -> PublicBlock:
    return PublicBlock(
        height=block.height,
        hash=block.hash_display,
        found_at=block.found_at,
        seconds=block.round_seconds,
        luck=_ratio(block.block_work, block.round_work),
        state=block.state,
        confirmations_left=block.confirmations_left,
        value=bitcoins(block.value_sats),
    )


def _ratio(above: int, below: int) -> float:
    return round(above / below, 4) if below else 0.0
