"""A user is in one group at most."""

import pytest

from pithead.pool.database import open_database
from pithead.pool.groups import Groups


@pytest.fixture
def groups(database):
    engine = open_database(database)
    yield Groups(engine)
    engine.dispose()


def test_a_user_put_into_another_group_leaves_the_first(groups):
    groups.put("north", "bob")
    groups.put("north", "alice")
    assert groups.all() == {"north": ["alice", "bob"]}
    groups.put("south", "bob")
    assert groups.all() == {"north": ["alice"], "south": ["bob"]}
    assert not groups.remove("north", "bob")
    assert groups.remove("south", "bob")
    assert groups.all() == {"north": ["alice"]}


@pytest.mark.parametrize("name", ["", "a/b", "a\nb", "x" * 65])
def test_a_name_that_is_none_changes_nothing(groups, name):
    with pytest.raises(ValueError, match="group's name"):
        groups.put(name, "alice")
    assert groups.all() == {}
