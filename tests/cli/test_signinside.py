"""How accounts sign in, set by an operator who types."""

import time
from base64 import b32decode

import pytest

from pithead.pool.database import DATABASE, open_database
from pithead.pool.logins import Logins
from pithead.pool.second_factors import STEP_SECONDS, code_at

PASSWORD = "good password"


def test_a_password_is_asked_for_and_never_shown(run, tmp_path):
    run("account", "create", "alice")
    assert run("account", "password", "alice", typed="good password\n") == ""
    engine = open_database(tmp_path / "pool" / DATABASE)
    assert Logins(engine).sign_in("alice", "good password")
    assert "10 to 200" in run("account", "password", "alice", typed="short\n", code=2)
    assert Logins(engine).is_right("alice", "good password")
    run("account", "password", "alice", "--remove")
    assert not Logins(engine).is_right("alice", "good password")
    assert "no password" in run("account", "password", "alice", "--remove", code=2)
    assert "no account 'bob'" in run("account", "password", "bob", typed="x\n", code=2)
    engine.dispose()


@pytest.fixture
def logins(run, tmp_path):
    """Of alice, who has a password and a second factor."""
    run("account", "create", "alice")
    run("account", "password", "alice", typed=PASSWORD + "\n")
    engine = open_database(tmp_path / "pool" / DATABASE)
    logins = Logins(engine)
    assert run("account", "second-factor", "alice") == "password"
    secret = b32decode(logins.factors.begin("alice", PASSWORD))
    code = code_at(secret, int(time.time()) // STEP_SECONDS)
    assert logins.factors.confirm("alice", PASSWORD, code)
    yield logins
    engine.dispose()


def test_what_it_takes_to_sign_in_is_told(run, logins):
    told = run("account", "second-factor", "alice")
    assert told.startswith("password and code since 20")
    assert told.endswith("10 recovery codes left")
    assert f"sign-in  {told}" in run("account", "show", "alice")


def test_who_is_locked_out_is_let_in_with_the_password_alone(run, logins):
    run("account", "second-factor", "alice", "--remove")
    assert logins.sign_in("alice", PASSWORD)
    assert "without codes" in run("account", "second-factor", "alice", "--remove", code=2)
    assert "no account 'bob'" in run("account", "second-factor", "bob", code=2)


def test_a_password_of_the_operator_s_turns_codes_off_and_that_is_said(run, logins):
    said = run("account", "password", "alice", typed="another password\n")
    assert "without codes" in said
    assert logins.sign_in("alice", "another password")
    assert "without codes" not in run("account", "password", "alice", typed=PASSWORD + "\n")
