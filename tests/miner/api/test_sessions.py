import pytest

from pithead.miner.api.sessions import (
    FAILURE_SECONDS,
    FAILURES,
    LIFETIME_SECONDS,
    MOST_TOKENS,
    Sessions,
)
from pithead.rpc.errors import TooMany, Unauthenticated


class Wall:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def sessions(wall):
    names = (f"token{number}" for number in range(10_000))
    return Sessions(lambda: next(names), wall)


def test_a_token_lives_for_an_hour_after_its_last_use(sessions, wall):
    token = sessions.open()
    for _ in range(3):
        wall.now += LIFETIME_SECONDS
        sessions.check(token)
    wall.now += LIFETIME_SECONDS + 1
    with pytest.raises(Unauthenticated):
        sessions.check(token)


@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer {}", "BEARER  {} ", " {} "])
def test_a_token_comes_bare_or_after_bearer(sessions, form):
    sessions.check(form.format(sessions.open()))


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic token0", "token", "ü"])
def test_anything_else_is_no_token(sessions, header):
    sessions.open()
    with pytest.raises(Unauthenticated):
        sessions.check(header)


def test_a_new_login_revokes_no_other(sessions):
    tokens = [sessions.open() for _ in range(11)]
    for token in tokens:
        sessions.check(token)


def test_tokens_are_bounded_and_the_one_unused_for_longest_gives_way(sessions):
    first, second = sessions.open(), sessions.open()
    sessions.check(first)
    for _ in range(MOST_TOKENS - 1):
        sessions.open()
    sessions.check(first)
    with pytest.raises(Unauthenticated):
        sessions.check(second)


def test_all_tokens_end_together_when_they_are_revoked(sessions):
    tokens = [sessions.open() for _ in range(3)]
    sessions.revoke_all()
    for token in tokens:
        with pytest.raises(Unauthenticated):
            sessions.check(token)


def test_after_ten_failures_in_a_minute_all_logins_wait(sessions, wall):
    for _ in range(FAILURES):
        sessions.may_try()
        sessions.failed()
        wall.now += 1
    with pytest.raises(TooMany, match="50 seconds"):
        sessions.may_try()
    wall.now += FAILURE_SECONDS - FAILURES
    sessions.may_try()
    sessions.failed()
    with pytest.raises(TooMany):
        sessions.may_try()


def test_slow_failures_never_add_up(sessions, wall):
    for _ in range(100):
        sessions.may_try()
        sessions.failed()
        wall.now += FAILURE_SECONDS / (FAILURES - 1)
