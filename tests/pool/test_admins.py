"""Tokens of those who run the pool."""

import pytest

from pithead.pool.admins import Admins
from pithead.pool.database import open_database


class Wall:
    now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def admins(database, wall):
    engine = open_database(database)
    yield Admins(engine, wall)
    engine.dispose()


def test_a_token_says_who_it_was_made_for_until_it_is_revoked(admins):
    token = admins.create("ops")
    assert admins.check(token) == "ops"
    assert admins.check(token + "x") is None
    assert admins.revoke("ops")
    assert not admins.revoke("ops")
    assert admins.check(token) is None


def test_a_new_token_of_a_name_ends_the_old_one(admins):
    old, new = admins.create("ops"), admins.create("ops")
    assert admins.check(old) is None
    assert admins.check(new) == "ops"
    assert [each.name for each in admins.all()] == ["ops"]


def test_when_it_was_last_used_is_known_to_the_minute_and_the_token_itself_is_nowhere(
    admins, wall, tmp_path
):
    token = admins.create("ops")
    admins.check(token)
    wall.now += 59
    admins.check(token)
    assert admins.all()[0].last_used == 1_700_000_000
    wall.now += 1
    admins.check(token)
    assert admins.all()[0].last_used == 1_700_000_060
    assert all(token.encode() not in file.read_bytes() for file in tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 65])
def test_a_name_that_is_none_makes_no_token(admins, name):
    with pytest.raises(ValueError, match="printable"):
        admins.create(name)
    assert admins.all() == []
