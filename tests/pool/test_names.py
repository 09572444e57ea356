"""Names and passwords as miners type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.names import LONGEST_NAME, Worker, read_worker, wished_difficulty


@pytest.mark.parametrize(
    ("name", "worker"),
    [
        ("alice", Worker("alice", "[auto]")),
        ("alice.", Worker("alice", "[auto]")),
        ("alice.rig1", Worker("alice", "rig1")),
        ("alice.a.b", Worker("alice", "a.b")),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq.s19", None),
        ("a@b+c.x=1:2", Worker("a@b+c", "x=1:2")),
    ],
)
def test_good_names(name, worker):
    user, _, rest = name.partition(".")
    assert read_worker(name) == (worker or Worker(user, rest))


@pytest.mark.parametrize(
    "name", ["", ".w", "-u", "a b", "a/b", "a\n", "\N{LATIN SMALL LETTER E}\u0301"]
)
def test_bad_names(name):
    assert read_worker(name) is None


def test_a_name_of_128_bytes_is_the_longest():
    assert read_worker("a" * LONGEST_NAME) is not None
    assert read_worker("a" * (LONGEST_NAME + 1)) is None


@given(st.text(max_size=140))
def test_whatever_passes_is_printable_and_short(name):
    worker = read_worker(name)
    if worker is not None:
        assert name.isascii()
        assert name.isprintable()
        assert not set(name) & set("/\\<>'\"&;% ")
        assert len(name) <= LONGEST_NAME
        assert worker.user


@pytest.mark.parametrize(
    ("password", "difficulty"),
    [("d=1024", 1024.0), ("x, d=0.5", 0.5), ("d=bad,d=7", 7.0), ("fd=3", None), ("", None)],
)
def test_wishes(password, difficulty):
    assert wished_difficulty(password) == difficulty


@given(st.text(max_size=60))
def test_any_password_is_a_wish_above_zero_or_none(password):
    difficulty = wished_difficulty(password)
    assert difficulty is None or difficulty > 0
