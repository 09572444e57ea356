import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.miner import pool_changes
from pithead.miner.configuration import PoolGroup
from pithead.rpc.errors import NotFound

GROUPS = (PoolGroup("a", (), uid="0"), PoolGroup("b", (), uid="7"), PoolGroup("c", (), uid="x"))


def names(groups):
    return [group.name for group in groups]


def test_a_group_is_added_last_under_the_number_above_all_others():
    groups = pool_changes.added(GROUPS, PoolGroup("d", (), uid="0"))
    assert groups[:3] == GROUPS
    assert (groups[3].name, groups[3].uid) == ("d", "8")
    assert pool_changes.added((), PoolGroup("d", ()))[0].uid == "0"


def test_a_group_is_replaced_in_its_place_and_keeps_its_uid():
    groups = pool_changes.replaced(GROUPS, "7", PoolGroup("d", (), uid="9"))
    assert names(groups) == ["a", "d", "c"]
    assert pool_changes.group_of(groups, "7").name == "d"


def test_a_group_is_removed_and_the_others_stay():
    assert pool_changes.removed(GROUPS, "7") == (GROUPS[0], GROUPS[2])


@pytest.mark.parametrize("uid", ["", "1", "07", "b"])
def test_what_is_not_there_can_neither_be_replaced_nor_removed(uid):
    with pytest.raises(NotFound, match="no pool group"):
        pool_changes.replaced(GROUPS, uid, GROUPS[0])
    with pytest.raises(NotFound, match="no pool group"):
        pool_changes.removed(GROUPS, uid)


@given(st.lists(st.sampled_from(["", "Group 0", "Group 2", "mine"]), max_size=8))
def test_only_what_has_no_name_gets_one_and_that_is_new(given_names):
    groups = pool_changes.named(tuple(PoolGroup(name, ()) for name in given_names))
    assert len(groups) == len(given_names)
    made = [new for new, old in zip(names(groups), given_names, strict=True) if not old]
    assert all(new == old for new, old in zip(names(groups), given_names, strict=True) if old)
    assert len(set(made) | set(given_names) - {""}) == len(made) + len(set(given_names) - {""})
