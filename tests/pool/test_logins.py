"""Passwords and sessions."""

from base64 import b32decode

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from sqlalchemy import select

from pithead.pool.accounts import Accounts
from pithead.pool.database import open_database
from pithead.pool.logins import LONGEST, MOST_SESSIONS, SESSION_SECONDS, Logins, WrongCode
from pithead.pool.schema import passwords, sessions
from pithead.pool.second_factors import STEP_SECONDS, SecondFactors, code_at
from pithead.pool.store import Store

PASSWORD = "a long password"


@pytest.fixture
def logins(database, clock):
    engine = open_database(database)
    Accounts(Store(engine, "")).create_user("alice")
    made = Logins(engine, clock)
    made._hasher = PasswordHasher.from_parameters(CHEAPEST)
    made.factors = SecondFactors(engine, clock, memory_kib=32)
    made.set_password("alice", PASSWORD)
    yield made
    engine.dispose()


def test_who_knows_the_password_gets_a_session(logins):
    token = logins.sign_in("alice", PASSWORD)
    session = logins.session(token)
    assert (session.user, len(session.csrf)) == ("alice", 64)
    assert logins.session(token) == session
    logins.sign_out(token)
    assert logins.session(token) is None


@pytest.mark.parametrize(
    ("user", "password"),
    [("alice", "A long password"), ("alice", ""), ("bob", PASSWORD), ("", ""),
     ("alice", PASSWORD + "x" * 10_000), ("alice' OR 1=1 --", PASSWORD), ("alice", "\udcff" * 12),
     ("\udcff", PASSWORD), ("alice\0", PASSWORD)],
)  # fmt: skip
def test_nobody_else_does(logins, user, password):
    assert logins.sign_in(user, password) is None


def test_neither_password_nor_token_is_kept(logins):
    token = logins.sign_in("alice", PASSWORD)
    with logins._engine.connect() as connection:
        kept = [*connection.execute(select(passwords)), *connection.execute(select(sessions))]
    assert PASSWORD not in str(kept)
    assert token not in str(kept)
    assert "$argon2id$" in str(kept)


def test_a_session_ends_at_its_time_and_before_it_began(logins, clock):
    token = logins.sign_in("alice", PASSWORD)
    clock.now += SESSION_SECONDS - 1
    assert logins.session(token)
    clock.now += 1
    assert logins.session(token) is None
    clock.now -= 2 * SESSION_SECONDS
    assert logins.session(token) is None


def test_a_new_password_ends_every_session(logins):
    token = logins.sign_in("alice", PASSWORD)
    logins.set_password("alice", "another password")
    assert logins.session(token) is None
    assert logins.sign_in("alice", PASSWORD) is None
    assert logins.sign_in("alice", "another password")


def test_one_without_a_password_does_not_sign_in(logins):
    token = logins.sign_in("alice", PASSWORD)
    assert logins.remove_password("alice")
    assert logins.session(token) is None
    assert logins.sign_in("alice", PASSWORD) is None
    assert not logins.remove_password("alice")


def test_the_oldest_session_makes_way(logins, clock):
    tokens = []
    for _ in range(MOST_SESSIONS + 1):
        tokens.append(logins.sign_in("alice", PASSWORD))
        clock.now += 1
    assert logins.session(tokens[0]) is None
    assert all(logins.session(token) for token in tokens[1:])


@pytest.mark.parametrize("password", ["", "short", "x" * (LONGEST + 1)])
def test_a_password_of_a_wrong_length_changes_nothing(logins, password):
    with pytest.raises(ValueError, match="characters"):
        logins.set_password("alice", password)
    assert logins.sign_in("alice", PASSWORD)


def test_an_account_comes_before_its_password(logins):
    with pytest.raises(ValueError, match="no account 'bob'"):
        logins.set_password("bob", PASSWORD)


def test_sessions_know_each_other_s_secrets_not(logins):
    one, other = (logins.session(logins.sign_in("alice", PASSWORD)) for _ in range(2))
    assert one.csrf != other.csrf


@pytest.fixture
def code(logins, clock):
    """Gives the code of the next step; codes are asked for."""
    secret = b32decode(logins.factors.begin("alice", PASSWORD))

    def code():
        clock.now += STEP_SECONDS
        return code_at(secret, int(clock.now) // STEP_SECONDS)

    code.recovery = logins.factors.confirm("alice", PASSWORD, code())
    return code


def test_where_codes_are_asked_for_the_password_alone_opens_nothing(logins, code):
    with pytest.raises(WrongCode, match="is needed"):
        logins.sign_in("alice", PASSWORD)
    with pytest.raises(WrongCode, match="wrong or was used"):
        logins.sign_in("alice", PASSWORD, "no code")
    assert logins.session(logins.sign_in("alice", PASSWORD, code()))
    assert logins.session(logins.sign_in("alice", PASSWORD, code.recovery[0]))


def test_a_code_is_not_used_up_by_a_wrong_password(logins, code):
    one = code()
    assert logins.sign_in("alice", "wrong", one) is None
    assert logins.sign_in("alice", PASSWORD, one)


def test_a_user_s_own_new_password_keeps_codes_and_an_operator_s_turns_them_off(logins, code):
    logins.change_password("alice", PASSWORD, "another password")
    with pytest.raises(WrongCode):
        logins.sign_in("alice", "another password")
    assert logins.sign_in("alice", "another password", code())
    with pytest.raises(ValueError, match="characters"):
        logins.change_password("alice", "another password", "short")
    assert logins.sign_in("alice", "another password", code())
    logins.set_password("alice", PASSWORD)
    assert logins.sign_in("alice", PASSWORD)


def test_all_sessions_but_one_s_own_end(logins):
    mine, other = (logins.sign_in("alice", PASSWORD) for _ in range(2))
    logins.sign_others_out("alice", mine)
    assert logins.session(mine)
    assert logins.session(other) is None


def test_whether_there_is_a_password_can_be_asked(logins):
    assert logins.has_password("alice")
    assert not logins.has_password("bob")
    logins.remove_password("alice")
    assert not logins.has_password("alice")
