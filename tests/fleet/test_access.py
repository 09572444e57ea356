"""The token, the password and the sessions of the fleet's pages."""

import pytest

from pithead.fleet.access import MOST_SESSIONS, SESSION_SECONDS, Access, set_password


@pytest.fixture
def access(tmp_path, clock):
    return Access(tmp_path, True, clock)


def test_the_token_is_made_once_and_is_for_its_owner_alone(tmp_path, access, clock):
    assert Access(tmp_path, True, clock).token == access.token
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert access.knows_token(access.token)
    assert not access.knows_token(access.token + "x")
    assert not access.knows_token("ü")


def test_a_password_counts_at_once_and_only_its_hash_is_kept(tmp_path, access):
    assert not access.fits("correct horse")
    set_password(tmp_path, "correct horse")
    assert access.fits("correct horse")
    assert not access.fits("correct horse ")
    assert access.fits(access.token)
    kept = (tmp_path / "password").read_text()
    assert "correct" not in kept
    assert kept.startswith("$argon2id$")


def test_a_password_has_a_least_length(tmp_path):
    with pytest.raises(ValueError, match="8 to 256"):
        set_password(tmp_path, "short")
    assert not (tmp_path / "password").exists()


def test_a_password_file_that_is_damaged_lets_nobody_in(tmp_path, access):
    (tmp_path / "password").write_text("nonsense")
    assert not access.fits("nonsense")


def test_a_session_lasts_while_it_is_used(access, clock):
    secret, session = access.begin()
    clock.now += SESSION_SECONDS - 1
    assert access.session(secret) is session
    clock.now += SESSION_SECONDS - 1
    assert access.session(secret) is session
    clock.now += SESSION_SECONDS
    assert access.session(secret) is None
    assert access.session("") is None


def test_a_session_that_was_ended_is_over(access):
    secret, _ = access.begin()
    access.end(secret)
    assert access.session(secret) is None


def test_of_too_many_sessions_the_one_unused_longest_is_ended(access):
    first, _ = access.begin()
    second, _ = access.begin()
    access.session(first)
    for _ in range(MOST_SESSIONS - 1):
        access.begin()
    assert access.session(second) is None
    assert access.session(first) is not None
