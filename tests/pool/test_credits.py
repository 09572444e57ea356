"""Days are published once they are over, and each user can prove its part."""

import pytest
from sqlalchemy import insert, update

from pithead.pool import schema
from pithead.pool.credit_proof import CreditsChanged, check, read_proof
from pithead.pool.credit_tree import BadProof
from pithead.pool.credits import PublishedCredits
from pithead.pool.database import open_database

DAY = 20_000


@pytest.fixture
def engine(database):
    engine = open_database(database)
    with engine.begin() as connection:
        connection.execute(insert(schema.state).values(day=DAY + 2))
        rows = [(DAY, "alice", 1, 5), (DAY, "alice", 2, 2), (DAY, "bob", 1, 10**30),
                (DAY, "carol", 1, 0), (DAY + 2, "alice", 3, 9)]  # fmt: skip
        for day, user, part, work in rows:
            connection.execute(
                insert(schema.days).values(
                    user=user, day=day * 86_400, part=part, work=work, scoring_rate=1.0
                )
            )
    yield engine
    engine.dispose()


@pytest.fixture
def credits(engine):
    return PublishedCredits(engine, lambda: 5.0)


def turn_to(engine, day):
    with engine.begin() as connection:
        connection.execute(update(schema.state).values(day=day))


def test_a_day_that_is_over_is_published_once(credits):
    (day,) = credits.publish()
    assert (day.day, day.users, day.work) == ("2024-10-04", 2, str(10**30 + 7))
    assert credits.publish() == []
    assert credits.days(DAY, DAY + 5) == [day]


def test_each_user_with_work_has_a_proof_that_anybody_can_check(credits):
    assert credits.proof("alice", DAY) is None  # nothing is published yet
    (day,) = credits.publish()
    for user, work in (("alice", 7), ("bob", 10**30)):
        proof = credits.proof(user, DAY)
        check(proof)
        assert (proof.work, proof.root, proof.total) == (str(work), day.root, day.work)
    assert credits.proof("carol", DAY) is None
    assert credits.proof("nobody", DAY) is None


def test_what_was_missed_is_published_later_and_each_day_depends_on_those_before(credits, engine):
    turn_to(engine, DAY + 3)
    first, second = credits.publish()
    assert (first.day, second.day) == ("2024-10-04", "2024-10-06")
    assert first.link != second.link


def test_a_day_that_was_changed_afterwards_is_not_proven_but_told(credits, engine):
    credits.publish()
    with engine.begin() as connection:
        bob = schema.days.c.user == "bob"
        connection.execute(update(schema.days).where(bob).values(work=1))
    with pytest.raises(CreditsChanged, match="2024-10-04"):
        credits.proof("alice", DAY)


@pytest.mark.parametrize(
    "text", [b"", b"{}", b"[]", b"\xff", b'{"day": "2024-10-04"}', b"[" * 100_000]
)
def test_what_is_no_proof_is_told(text):
    with pytest.raises(BadProof):
        read_proof(text)
