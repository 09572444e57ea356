"""Which pool groups a machine takes: how many, how long their texts may be, how they share.

Every enabled pool of a group is a connection that is kept, and all that is set has to fit into the
settings file. Real machines publish no limits; these are far above what operators use.
"""

from collections import Counter
from collections.abc import Sequence

from pithead.miner.configuration import FixedShareRatio, PoolGroup, PoolTarget, Quota, Strategy
from pithead.miner.pool_url import read_pool_url
from pithead.miner.refusals import BadPool

MOST_GROUPS = 100
MOST_POOLS = 100
"""Over all groups."""
LONGEST_TEXT = 255
"""Characters of a name, a user or a password."""
RATIO_TOLERANCE = 1e-9
"""So far from 1 may a sum of ratios be that is meant to be 1, as 0.7 + 0.2 + 0.1 is."""


def check_pools(groups: Sequence[PoolGroup]) -> None:
    """Raises BadPool, in words for the operator."""
    if len(groups) > MOST_GROUPS:
        raise BadPool(f"{len(groups)} pool groups are more than the {MOST_GROUPS} there may be")
    pools = [pool for group in groups for pool in group.pools]
    if len(pools) > MOST_POOLS:
        raise BadPool(f"{len(pools)} pools are more than the {MOST_POOLS} there may be")
    _check_names([group.name for group in groups])
    for pool in pools:
        _check_pool(pool)
    for group in groups:
        _check_strategy(group.name, group.strategy)
    _check_sum([group.strategy for group in groups])


def _check_names(names: list[str]) -> None:
    for name in names:
        _check_length("the name of a group", name)
        if not name.strip():
            raise BadPool("a pool group has an empty name")
    for name, count in Counter(names).items():
        if count > 1:
            raise BadPool(f"{count} pool groups have the name {name!r}; each needs its own")


def _check_strategy(name: str, strategy: Strategy) -> None:
    match strategy:
        case Quota(value=quota) if quota < 1:
            raise BadPool(f"the pool group {name!r} has a quota of 0 and would get no work")
        case FixedShareRatio(value=ratio) if not 0 < ratio <= 1:
            raise BadPool(
                f"the pool group {name!r} has a fixed share ratio of {ratio:g}; "
                "it is a part of all work, above 0 and at most 1"
            )


def _check_sum(strategies: list[Strategy]) -> None:
    ratios = [each.value for each in strategies if isinstance(each, FixedShareRatio)]
    has_quota = len(ratios) < len(strategies)
    total = sum(ratios)
    if total > 1 + RATIO_TOLERANCE:
        raise BadPool(f"the fixed share ratios of the pool groups sum to {total:g}, above 1")
    if has_quota and total > 1 - RATIO_TOLERANCE:
        raise BadPool("the fixed share ratios leave no work for the pool groups with a quota")
    if ratios and not has_quota and total < 1 - RATIO_TOLERANCE:
        raise BadPool(
            f"the fixed share ratios of the pool groups sum to {total:g}, "
            "and no group with a quota takes the rest"
        )


def _check_pool(pool: PoolTarget) -> None:
    try:
        read_pool_url(pool.url)
    except ValueError as error:
        raise BadPool(str(error)) from error
    if not pool.user or not pool.user.isprintable():
        raise BadPool(f"{pool.user!r} is no user of a pool")
    _check_length("the user of a pool", pool.user)
    _check_length("the password of a pool", pool.password)


def _check_length(what: str, text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise BadPool(f"{what} has {len(text)} characters, {LONGEST_TEXT} at most are taken")
