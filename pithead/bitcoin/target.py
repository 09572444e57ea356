"""Targets and the three ways to speak of them: compact bits, difficulty, expected hashes.

A target is an int; a hash, read as a little-endian int, meets it when it is not above. Difficulty
is the one all pools use: `DIFFICULTY_1_TARGET / target`.
"""

import math
from fractions import Fraction

DIFFICULTY_1_TARGET = 0xFFFF << 208
MAX_TARGET = (1 << 256) - 1
"""Every hash meets it."""

_HASHES = 1 << 256


def target_from_bits(bits: int) -> int:
    """The target a header's compact form stands for; `ValueError` where the chain allows none."""
    exponent, mantissa = bits >> 24, bits & 0x7FFFFF
    target = mantissa >> 8 * (3 - exponent) if exponent < 3 else mantissa << 8 * (exponent - 3)
    if target == 0:
        raise ValueError(f"compact bits {bits:08x} are a target of nothing")
    if bits & 0x800000:
        raise ValueError(f"compact bits {bits:08x} are negative")
    if target > MAX_TARGET:
        raise ValueError(f"compact bits {bits:08x} are above all hashes")
    return target


def bits_from_target(target: int) -> int:
    """The compact form: three digits in base 256, the rest cut off."""
    exponent = (target.bit_length() + 7) // 8
    mantissa = target << 8 * (3 - exponent) if exponent <= 3 else target >> 8 * (exponent - 3)
    if mantissa & 0x800000:  # the topmost bit would read as a sign
        mantissa >>= 8
        exponent += 1
    return exponent << 24 | mantissa


def target_from_difficulty(difficulty: int | float) -> int:
    """The target of a difficulty, exact whatever its size; `ValueError` unless finite and > 0."""
    if not (difficulty > 0 and math.isfinite(difficulty)):
        raise ValueError(f"a difficulty is a number above zero, not {difficulty}")
    return min(math.floor(DIFFICULTY_1_TARGET / Fraction(difficulty)), MAX_TARGET)


def difficulty_from_target(target: int) -> int | float:
    """The nearest difficulty, as an int where it has no fraction: clients print what they get."""
    difficulty = DIFFICULTY_1_TARGET / target
    return int(difficulty) if difficulty.is_integer() else difficulty


def expected_hashes(target: int) -> int:
    """How many hashes a proof of this target takes on average, to the nearest whole one."""
    chances = target + 1
    return (_HASHES + chances // 2) // chances


def target_for_work(work: int) -> int:
    """The target whose proof takes so many hashes on average.

    Work below 2**52 survives the way over a difficulty on the wire (a float) and back.
    """
    if work < 1:
        raise ValueError(f"a proof takes at least one hash, not {work}")
    return _HASHES // work - 1
