"""Users, tokens and what they allow."""

import pytest
import sqlalchemy as sa

from pithead.pool.accounts import AWAY_SECONDS, Accounts
from pithead.pool.database import open_database
from pithead.pool.readings import StoreAway
from pithead.pool.store import Store


@pytest.fixture
def store(database):
    engine = open_database(database)
    yield Store(engine, "pool")
    engine.dispose()


@pytest.fixture
def accounts(store, clock):
    return Accounts(store, wall=clock)


def test_a_token_opens_its_users_account_and_no_other(accounts):
    token = accounts.create_token("alice")
    access = accounts.access(token)
    assert access is not None
    assert (access.username, access.web_api) == ("alice", True)
    assert accounts.access(token + "x") is None
    assert accounts.access("") is None
    assert accounts.opens(token, "alice")
    assert not accounts.opens(token, "bob")


def test_a_profile_without_web_api_says_so(accounts):
    assert (
        accounts.access(accounts.create_token("alice", "watcher", web_api=False)).web_api is False
    )


def test_a_new_token_of_a_profile_ends_the_old_one_but_not_other_profiles(accounts):
    other = accounts.create_token("alice", "other")
    old = accounts.create_token("alice")
    new = accounts.create_token("alice")
    assert accounts.access(old) is None
    assert accounts.access(new) is not None
    assert accounts.access(other) is not None


def test_a_token_made_or_revoked_by_another_process_is_noticed_in_a_second(
    accounts, clock, database
):
    engine = open_database(database)
    elsewhere = Accounts(Store(engine, "pool"), wall=clock)
    token = elsewhere.create_token("alice")
    assert accounts.access(token) is not None
    assert elsewhere.revoke("alice")
    assert not elsewhere.revoke("alice")
    clock.now += 1.0
    assert accounts.access(token) is None
    engine.dispose()


def test_the_token_itself_is_nowhere_in_the_database(accounts, tmp_path):
    token = accounts.create_token("alice")
    for file in tmp_path.iterdir():
        assert token.encode() not in file.read_bytes()


def test_closed_registration_admits_only_those_with_an_account(store, clock):
    accounts = Accounts(store, registration_open=False, wall=clock)
    assert not accounts.admit("alice")
    accounts.create_token("alice")
    assert accounts.admit("alice")
    assert not accounts.admit("bob")


@pytest.mark.parametrize("name", ["", "a b", "alice.rig1", "../etc", "a" * 200])
def test_a_name_that_cannot_mine_gets_no_account(accounts, name):
    with pytest.raises(ValueError):
        accounts.create_token(name)


def test_when_a_token_was_last_used_is_kept(accounts, clock):
    token = accounts.create_token("alice")
    clock.now += 60
    accounts.access(token)
    accounts.save_used()
    (profile,) = accounts.profiles("alice")
    assert (profile.created, profile.last_used) == (1_700_000_000, 1_700_000_060)


def test_profiles_are_listed_and_may_lose_the_web_api_while_their_token_stays(accounts):
    token = accounts.create_token("alice", "phone")
    accounts.create_token("alice")
    assert [(each.name, each.web_api) for each in accounts.profiles("alice")] == [
        ("default", True), ("phone", True),
    ]  # fmt: skip
    assert accounts.allow("alice", "phone", False)
    assert not accounts.opens(token, "alice")
    assert accounts.access(token).web_api is False
    assert not accounts.allow("alice", "no-such", False)
    assert list(accounts.users()) == ["alice"]
    assert accounts.has("alice")
    assert not accounts.has("bob")


@pytest.mark.parametrize("profile", ["", "a/b", "x" * 65, "a\nb"])
def test_a_profile_with_a_name_that_is_none_gets_no_token(accounts, profile):
    with pytest.raises(ValueError, match="access profile"):
        accounts.create_token("alice", profile)
    assert not accounts.has("alice")


class Hidden:
    """Tables that cannot be asked, as if the database were not there."""

    def __init__(self, engine, *names):
        self._engine, self._names = engine, names

    def _rename(self, before, after):
        with self._engine.begin() as connection:
            for name in self._names:
                connection.execute(sa.text(f"ALTER TABLE {before}{name} RENAME TO {after}{name}"))

    def __enter__(self):
        self._rename("", "hidden_")

    def __exit__(self, *error):
        self._rename("hidden_", "")


def test_while_the_database_is_away_known_tokens_open_and_unknown_ones_may_come_again(
    accounts, store, clock
):
    token, other = accounts.create_token("alice"), accounts.create_token("bob")
    assert accounts.opens(token, "alice")
    with Hidden(store.engine, "tokens"):
        clock.now += 60
        assert accounts.opens(token, "alice")
        with pytest.raises(StoreAway):
            accounts.access(other)
        with pytest.raises(sa.exc.DBAPIError):
            accounts.save_used()
    with pytest.raises(StoreAway):
        accounts.access(other)  # it is left in peace for a while
    clock.now += AWAY_SECONDS
    assert accounts.opens(other, "bob")
    accounts.save_used()
    assert accounts.profiles("alice")[0].last_used == 1_700_000_060


def test_closed_registration_turns_nobody_away_while_nobody_can_say_who_has_an_account(
    store, clock
):
    accounts = Accounts(store, registration_open=False, wall=clock)
    assert not accounts.admit("alice")
    with Hidden(store.engine, "users"):
        assert not accounts.admit("alice")
        clock.now += 1
        assert accounts.admit("bob")
        assert not accounts.admit("alice")  # as it was last known
    clock.now += AWAY_SECONDS
    assert not accounts.admit("bob")
