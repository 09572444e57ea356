"""What a machine shows of what its boards and fans say. Pure."""

from pithead.bitcoin.target import difficulty_from_target, target_from_bits
from pithead.hardware.device import Found, Readings, Work
from pithead.hardware.thermals import CHIP_RISE_K
from pithead.miner.snapshot import ChainView, FanSnapshot

SENSOR_STEP = 16
"""Temperatures are read in sixteenths of a degree."""


def is_block(found: Found) -> bool:
    """A proof of the chain's own target. Where that is easier than a share, as on a test chain
    whose pool keeps a target of its own, a miner cannot know."""
    try:
        target = target_from_bits(found.work.job.bits)
    except ValueError:
        return False
    return found.hash_value <= target < found.work.share_target


def chain_of(work: Work) -> ChainView:
    """What a job says of the chain; its difficulty is the chain's own, not scaled."""
    try:
        difficulty = float(difficulty_from_target(target_from_bits(work.job.bits)))
    except ValueError:
        difficulty = 0.0  # the pool sends bits that are none
    return ChainView(work.job.prev_hash_wire[::-1].hex(), work.job.time, difficulty)


def sensed(temp_c: float | None) -> float | None:
    return None if temp_c is None else round(temp_c * SENSOR_STEP) / SENSOR_STEP


def chip_temp(board_temp_c: float | None) -> float | None:
    return None if board_temp_c is None else board_temp_c + CHIP_RISE_K


def hottest_chip(readings: Readings) -> float | None:
    """Of the boards that answer; None if one of them has no sensor, or there is none at all."""
    temps = [chip_temp(board.board_temp_c) for board in readings.boards if board.chips]
    known = [temp for temp in temps if temp is not None]
    return max(known, default=None) if len(known) == len(temps) else None


def fans(readings: Readings) -> tuple[FanSnapshot, ...]:
    return tuple(
        FanSnapshot(position, round(fan.rpm), fan.duty)
        for position, fan in enumerate(readings.fans)
    )
