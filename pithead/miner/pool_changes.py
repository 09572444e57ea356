"""One pool group added to those that are set, replaced in them, or taken from them. Pure.

Groups and pools that a change does not touch keep their uids, and with them their connections.
"""

from itertools import count

import msgspec

from pithead.miner.configuration import PoolGroup
from pithead.rpc.errors import NotFound

Groups = tuple[PoolGroup, ...]


def free_uid(groups: Groups) -> str:
    """A uid for one more group: the number above all that are in use."""
    return str(1 + max((int(group.uid) for group in groups if group.uid.isdecimal()), default=-1))


def named(groups: Groups) -> Groups:
    """Groups without a name get one that no other has.

    Over protobuf an empty name is one that was not sent, and there are clients that send none when
    they replace all groups: pyasic does so unless its user has made one up.
    """
    taken = {group.name for group in groups}
    free = (name for number in count() if (name := f"Group {number}") not in taken)
    return tuple(
        group if group.name else msgspec.structs.replace(group, name=next(free)) for group in groups
    )


def added(groups: Groups, group: PoolGroup) -> Groups:
    """The new group comes last, under a uid of its own."""
    return (*groups, msgspec.structs.replace(group, uid=free_uid(groups)))


def replaced(groups: Groups, uid: str, group: PoolGroup) -> Groups:
    """The group keeps its uid and its place. Raises NotFound."""
    _check_known(groups, uid)
    named = msgspec.structs.replace(group, uid=uid)
    return tuple(named if there.uid == uid else there for there in groups)


def removed(groups: Groups, uid: str) -> Groups:
    """All others. Raises NotFound."""
    _check_known(groups, uid)
    return tuple(group for group in groups if group.uid != uid)


def group_of(groups: Groups, uid: str) -> PoolGroup:
    return next(group for group in groups if group.uid == uid)


def _check_known(groups: Groups, uid: str) -> None:
    if all(group.uid != uid for group in groups):
        raise NotFound(f"there is no pool group with the uid {uid!r}")
