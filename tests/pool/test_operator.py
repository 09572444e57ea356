"""What a pool says unasked: fresh work in time, an operator's messages, where else to go."""

import asyncio

import pytest

from pithead.pool.place import Place
from tests.pool.conftest import START
from tests.pool.livepool import opened, until


@pytest.fixture
async def stage(tmp_path):
    async with opened(tmp_path) as made:
        yield made


async def test_fresh_work_goes_out_every_thirty_seconds_though_the_tip_stays(stage):
    peer = await stage.connect()
    *_, first = await peer.log_in()
    for seconds in (31.0, 62.0):
        stage.pool._clock = lambda seconds=seconds: START + 1.0 + seconds
        (job,) = await asyncio.wait_for(peer.hear(), 5)
        assert job["method"] == "mining.notify"
        assert job["params"][8] is False
        assert job["params"][1] == first["params"][1]
        assert job["params"][2] != first["params"][2]


async def test_a_miner_hears_something_in_time_though_farm_time_stands(tmp_path, monkeypatch):
    """The template is not renewed then, and the miner's clock is the wall's."""
    monkeypatch.setattr("pithead.pool.rounds.LEAST_SECONDS", 0.01)
    async with opened(tmp_path) as stage:
        peer = await stage.connect()
        await peer.log_in()
        (connection,) = stage.pool._connections
        await until(lambda: connection.session._news_of >= 0)  # a tick has seen the first job
        stage.pool._wall = lambda: START + 1.0 + 41.0
        (job,) = await asyncio.wait_for(peer.hear(), 5)
        assert job["method"] == "mining.notify"
        assert job["params"][8] is False


async def test_a_message_is_shown_to_all_miners_or_to_those_of_one_user(stage):
    alice, bob, stranger = [await stage.connect() for _ in range(3)]
    await alice.log_in("alice.rig")
    await bob.log_in("bob.rig")
    await stranger.say({"id": 1, "method": "mining.subscribe", "params": []})
    await stranger.hear()
    assert stage.pool.tell("maintenance at noon") == 2
    assert stage.pool.tell("hello bob", user="bob") == 1
    shown = await asyncio.wait_for(bob.hear(2), 5)
    assert [each["method"] for each in shown] == ["client.show_message"] * 2
    assert [each["params"] for each in shown] == [["maintenance at noon"], ["hello bob"]]
    assert (await asyncio.wait_for(alice.hear(), 5))[0]["params"] == ["maintenance at noon"]
    await stranger.say({"id": 2, "method": "mining.ping", "params": []})
    assert (await asyncio.wait_for(stranger.hear(), 5))[0]["id"] == 2


@pytest.mark.parametrize("text", ["", "two\nlines", "x" * 1025, "\x1b[31m"])
async def test_what_is_no_line_is_not_shown(stage, text):
    with pytest.raises(ValueError, match="one line"):
        stage.pool.tell(text)


async def test_miners_are_asked_to_connect_again_or_elsewhere(stage):
    alice, bob = await stage.connect(), await stage.connect()
    await alice.log_in("alice.rig")
    await bob.log_in("bob.rig")
    assert stage.pool.reconnect() == 2
    assert stage.pool.reconnect("bob", Place("eu.pool.test", 3334, 5)) == 1
    asked = await asyncio.wait_for(bob.hear(2), 5)
    assert [each["method"] for each in asked] == ["client.reconnect"] * 2
    assert [each["params"] for each in asked] == [[], ["eu.pool.test", 3334, 5]]


@pytest.mark.parametrize(
    ("host", "port", "wait"),
    [("", 1, 0), ("a b", 1, 0), ("x" * 254, 1, 0), ("h", 0, 0), ("h", 65536, 0), ("h", 1, 3601)],
)
def test_what_is_no_place_is_refused(host, port, wait):
    with pytest.raises(ValueError, match=r"host|port"):
        Place(host, port, wait)


async def test_who_is_taken_over_is_asked_to_come_again_and_may_resume(stage):
    miner = await stage.connect()
    await miner.log_in()
    await stage.pool.stop(come_again=True)
    assert (await asyncio.wait_for(miner.hear(), 5))[0]["method"] == "client.reconnect"
    assert await asyncio.wait_for(miner.reader.read(), 5) == b""
    assert stage.pool.connections == 0
