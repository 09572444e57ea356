"""How many pools a machine takes, and how long their texts may be.

Every enabled pool of a group is a connection that is kept, and all that is set has to fit into the
settings file. Real machines publish no limits; these are far above what operators use.
"""

from collections.abc import Sequence

from pithead.miner.configuration import PoolGroup, PoolTarget
from pithead.miner.pool_url import read_pool_url
from pithead.miner.refusals import BadPool

MOST_GROUPS = 100
MOST_POOLS = 100
"""Over all groups."""
LONGEST_TEXT = 255
"""Characters of a name, a user or a password."""


def check_pools(groups: Sequence[PoolGroup]) -> None:
    """Raises BadPool, in words for the operator."""
    if len(groups) > MOST_GROUPS:
        raise BadPool(f"{len(groups)} pool groups are more than the {MOST_GROUPS} there may be")
    pools = [pool for group in groups for pool in group.pools]
    if len(pools) > MOST_POOLS:
        raise BadPool(f"{len(pools)} pools are more than the {MOST_POOLS} there may be")
    for group in groups:
        _check_length("the name of a group", group.name)
    for pool in pools:
        _check_pool(pool)


def _check_pool(pool: PoolTarget) -> None:
    try:
        read_pool_url(pool.url)
    except ValueError as error:
        raise BadPool(str(error)) from error
    _check_length("the user of a pool", pool.user)
    _check_length("the password of a pool", pool.password)


def _check_length(what: str, text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise BadPool(f"{what} has {len(text)} characters, {LONGEST_TEXT} at most are taken")
