"""Where users are paid, and who is told when that is changed."""

import json

import pytest

from pithead.bitcoin.address import AddressError
from pithead.bitcoin.network import REGTEST
from pithead.pool.database import open_database
from pithead.pool.destinations import Destination, Destinations
from pithead.pool.notices import Notices
from tests.pool.test_payer import ALICE, BOB

MAIL = ("email", "alice@example.org")
HOOK = ("webhook", "https://example.org/hook")


@pytest.fixture
def engine(database):
    engine = open_database(database)
    yield engine
    engine.dispose()


@pytest.fixture
def destinations(engine, clock):
    return Destinations(engine, REGTEST, clock)


@pytest.fixture
def notices(engine):
    found = Notices(engine)
    found.put_contact("alice", *MAIL, ["block"])
    found.put_contact("alice", *HOOK, ["worker"])
    found.put_contact("bob", "email", "bob@example.org", ["payout"])
    return found


def told(notices):
    return sorted((row.channel, row.target, row.subject) for row in notices.latest())


def test_every_contact_is_told_of_another_address_whatever_else_it_is_told_of(
    destinations, notices, clock
):
    destinations.set("alice", ALICE)
    assert told(notices) == [(*each, f"alice is paid at {ALICE} now") for each in (MAIL, HOOK)]
    clock.now += 1
    destinations.set("alice", BOB, 5_000)
    body = json.loads(notices.latest(most=1)[0].body)
    assert body.pop("id")
    assert body == {
        "kind": "destination", "user": "alice", "at": int(clock.now), "before": ALICE, "after": BOB
    }  # fmt: skip


def test_nobody_is_told_of_an_address_that_stays_or_of_one_that_is_none(destinations, notices):
    destinations.set("alice", ALICE)
    before = told(notices)
    destinations.set("alice", ALICE, 7_000)
    with pytest.raises(AddressError):
        destinations.set("alice", "nowhere")
    with pytest.raises(ValueError, match="1000 sat"):
        destinations.set("alice", BOB, 1)
    assert told(notices) == before
    assert destinations.of("alice") == Destination("alice", ALICE, 7_000)


def test_an_address_is_cleared_once_and_that_is_told_too(destinations, notices, clock):
    destinations.set("alice", ALICE)
    clock.now += 1
    assert destinations.clear("alice")
    assert not destinations.clear("alice")
    assert destinations.of("alice") is None
    latest = notices.latest(most=2)
    assert {row.subject for row in latest} == {"alice is not paid any more"}
    assert len(notices.latest()) == 4


def test_a_change_that_cannot_be_told_of_is_not_made(destinations, notices, monkeypatch):
    def full(*_given):
        raise OSError("no room")

    monkeypatch.setattr("pithead.pool.destinations.queue", full)
    with pytest.raises(OSError, match="no room"):
        destinations.set("alice", ALICE)
    assert destinations.of("alice") is None
