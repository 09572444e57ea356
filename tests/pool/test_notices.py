"""Notices wait until they have arrived, and are not told twice."""

import json

import pytest

from pithead.pool import notices as module
from pithead.pool.database import open_database
from pithead.pool.notices import LONGEST_WAIT_SECONDS, MOST_ATTEMPTS, Notices, Told

WALL = 1_700_000_000.0
HOOK = "https://example.org/hook"


@pytest.fixture
def notices(database):
    engine = open_database(database)
    yield Notices(engine)
    engine.dispose()


def told(user="alice", kind="worker"):
    return Told(user, kind, "rig1 is off", {"workers": []})


def test_each_contact_of_the_user_gets_what_it_asked_for(notices):
    notices.put_contact("alice", "webhook", HOOK)
    notices.put_contact("alice", "email", "alice@example.org", ["block"])
    notices.put_contact("bob", "webhook", HOOK)
    notices.tell([told()], WALL)
    ((row, contact),) = notices.due(WALL, 10)
    assert (row.user, row.target, contact.target) == ("alice", HOOK, HOOK)
    assert json.loads(row.body)["kind"] == "worker"
    assert len(contact.secret) == 64
    assert notices.users_to_tell("block") == ["alice"]


def test_one_that_arrived_is_not_due_again(notices):
    notices.put_contact("alice", "webhook", HOOK)
    notices.tell([told()], WALL)
    notices.delivered(notices.due(WALL, 10)[0][0])
    assert notices.due(WALL + 1e6, 10) == []
    assert notices.latest("alice")[0].state == "delivered"


def test_one_that_did_not_waits_twice_as_long_each_time_and_is_given_up_in_the_end(notices):
    notices.put_contact("alice", "webhook", HOOK)
    notices.tell([told()], WALL)
    wall, waits = WALL, []
    while due := notices.due(wall, 10):
        row = due[0][0]
        notices.not_delivered(row, "answered 500", wall)
        after = notices.latest("alice")[0]
        waits.append(after.next_try - int(wall))
        wall = after.next_try
    assert waits[:3] == [30, 60, 120]
    assert max(waits) == LONGEST_WAIT_SECONDS
    assert len(waits) == MOST_ATTEMPTS
    assert (after.state, after.error) == ("failed", "answered 500")


def test_a_removed_contact_is_sent_nothing_more(notices):
    notices.put_contact("alice", "webhook", HOOK)
    notices.tell([told()], WALL)
    assert notices.remove_contact("alice", "webhook", HOOK)
    assert not notices.remove_contact("alice", "webhook", HOOK)
    assert notices.due(WALL, 10) == []


def test_of_too_many_the_oldest_are_dropped(notices, monkeypatch):
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    notices.put_contact("alice", "webhook", HOOK)
    for moment in range(5):
        notices.tell([told()], WALL + moment)
    assert [row.made - int(WALL) for row, _ in notices.due(WALL + 10, 10)] == [2, 3, 4]


def test_states_and_marks_are_kept_with_what_they_led_to(notices):
    assert notices.mark("blocks") is None
    notices.tell([], WALL, {("alice", "rig1"): "off"}, {"blocks": 7})
    notices.tell([], WALL, {("alice", "rig1"): "ok"}, {"blocks": 8})
    assert notices.states() == {"alice": {"rig1": "ok"}}
    assert notices.mark("blocks") == 8


def test_what_is_long_over_is_forgotten(notices):
    notices.put_contact("alice", "webhook", HOOK)
    notices.tell([told(), told()], WALL)
    notices.delivered(notices.due(WALL, 1)[0][0])
    notices.forget_old(WALL + 31 * 86_400)
    assert [row.state for row in notices.latest("alice")] == ["waiting"]


@pytest.mark.parametrize(
    ("channel", "target"),
    [("webhook", "ftp://example.org/"), ("webhook", "https://"), ("webhook", "http://[::1"),
     ("webhook", "http://a/\n"), ("webhook", "http://a/" + "x" * 500), ("email", "alice"),
     ("email", "a@b\r\nBcc: c@d"), ("email", "a b@c"), ("email", "a@" + "b" * 300)],
)  # fmt: skip
def test_a_target_that_cannot_be_one_is_refused(notices, channel, target):
    with pytest.raises(ValueError, match="is not a"):
        notices.put_contact("alice", channel, target)
    assert notices.contacts_of("alice") == []
