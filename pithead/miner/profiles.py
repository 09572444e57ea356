"""The profiles that the tuner has saved: one per target and set of boards. Pure."""

from collections.abc import Sequence

from pithead.miner.performance_settings import Profile
from pithead.miner.tuner import Target

MOST_PROFILES = 100
"""The oldest gives way."""


def profile_for(
    profiles: Sequence[Profile], target: Target, boards: tuple[str, ...]
) -> Profile | None:
    """What was found for a target with just these boards."""
    wanted = (target.kind, target.value, boards)
    return next((each for each in profiles if _key(each) == wanted), None)


def learnt(profiles: Sequence[Profile], profile: Profile) -> tuple[Profile, ...]:
    """The profiles with a new one, which replaces its like."""
    others = [each for each in profiles if _key(each) != _key(profile)]
    return (*others, profile)[-MOST_PROFILES:]


def _key(profile: Profile) -> tuple[str, float, tuple[str, ...]]:
    return profile.kind, profile.target, profile.boards
