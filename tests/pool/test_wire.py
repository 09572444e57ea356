"""Shares that are taken on the way get the answers that the general way gives them."""

import asyncio
import contextlib
import json
import random
import socket

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pithead.pool.events import ShareAccepted, ShareRejected
from pithead.pool.plainwire import Wire as PlainWire
from pithead.pool.wire import Wire, wire_of
from tests.pool.conftest import START, make_template
from tests.pool.livepool import until
from tests.pool.wiring import (
    YES,
    Call,
    Door,
    Side,
    lines,
    needs_native,
    settle,
    share,
    spelled,
)

plain = st.builds(
    share,
    st.integers(0, 2**32 - 1) | st.integers(0, 3),
    request_id=st.sampled_from([0, 9, 10**17, "x-1", "", None]),
    name=st.sampled_from(["alice.rig", "alice.rig", "bob"]),
    bits=st.sampled_from([None, None, "00000000", "1fffe000", "00002000"]),
)
odd = st.builds(
    share,
    st.integers(0, 9),
    request_id=st.sampled_from([1, -1, 1.5, 10**19, True, [], {}, "é", 'quo"te']),
    name=st.sampled_from(["alice.rig", "bob", "bob.rig", "mallory", "", "é"]),
    job=st.sampled_from([1, 1, 0, 2]),
    extranonce2=st.sampled_from([None, None, "", "00" * 7, "00" * 17, "0" * 15 + "g", " " * 16]),
    time=st.sampled_from([0, 7200, 7201, -600, -601]),
    bits=st.sampled_from([None, "00000001", "ffffffff", "", "1fffe0000", "0x000000"]),
)
separators = st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " : ")])
line = st.one_of(
    st.builds(spelled, plain),
    st.builds(spelled, plain),
    st.builds(spelled, plain | odd, separators),
    st.builds(lambda request: spelled(dict(reversed(request.items()))), plain | odd),
    st.builds(lambda request, more: spelled({**request, **more}), plain, st.just({"x": [{}]})),
    st.builds(lambda request: b'{"id":7,' + spelled(request)[1:], plain),
    st.builds(lambda text, at, bad: text[:at] + bad + text[at:], st.builds(spelled, plain),
              st.integers(0, 150), st.sampled_from([b'"', b"\\", b"\0", b" ", b",", b"]", b"0"])),
    st.builds(lambda text, at: text[:at], st.builds(spelled, plain), st.integers(0, 150)),
    st.sampled_from([b"", b"\r", b"null", b'{"id":5,"method":"mining.ping","params":[]}']),
)  # fmt: skip
streams = st.lists(
    st.tuples(line, st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\n\n"])).map(b"".join),
    max_size=25,
).map(b"".join)


def test_an_extension_built_of_older_sources_is_passed_over_with_a_word(capsys):
    class Older:
        class Wire:
            read = send = None

    class Other:
        Wire = PlainWire
        MEASURE_FIELDS = 3

    for built in (Older, Other):
        assert wire_of(built) is PlainWire
        assert "make install" in capsys.readouterr().out
    assert wire_of(None) is PlainWire


@needs_native
@settings(max_examples=100, deadline=None, phases=[Phase.generate])
@given(streams, st.data())
def test_a_miner_is_answered_alike_whether_its_shares_are_taken_on_the_way_or_not(stream, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=4), label="cuts"))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) if a < b]
    works = data.draw(st.sampled_from([(1, 1 << 60), (2, 1 << 60), (2, 8), (4, 2)]), label="works")
    steps = data.draw(st.lists(st.sampled_from([0, 0, 1, 400]), min_size=len(pieces),
                               max_size=len(pieces)), label="seconds")  # fmt: skip
    renewed = data.draw(st.integers(0, 5), label="a newer job before piece")
    is_told = data.draw(st.booleans(), label="and the miner is told")
    is_block = data.draw(st.booleans(), label="after a block")
    slow = Side(*works)
    moved = make_template(prev_hash_wire=bytes(32), block_target=slow.template.block_target)
    door = Door(Side(*works))

    async def compare():
        now = START
        async with Call(door) as call:
            for number, (piece, step) in enumerate(zip(pieces, steps, strict=True)):
                now += step
                door.now = now
                if number == renewed:
                    for side in (door.side, slow):
                        if is_block:
                            side.template = moved
                        job = side.book.open(side.template, now)
                        if is_told:
                            side.session.offer(job, now)
                    door.transport.rearm()
                slow.hear(piece, now)
                await call.say(piece)
                turn = slow.said[-1]
                await until(lambda: len(door.events) >= len(turn.events))  # noqa: B023
                assert await call.heard(len(turn.reply)) == turn.reply
                assert door.events == turn.events
                door.events = []
                if turn.close_reason is not None:
                    return

    asyncio.run(compare())


@needs_native
async def test_after_a_first_good_share_the_others_are_taken_on_the_way():
    door = Door(Side(1, 1 << 60))
    async with Call(door) as call:
        await call.say(lines(0))
        assert await call.heard(len(YES)) == YES
        assert door.taken == 0
        await call.say(lines(*range(1, 7)))
        assert await call.heard(6 * len(YES)) == 6 * YES
        assert (door.taken, len(door.events)) == (6, 7)


@needs_native
async def test_shares_of_a_job_that_was_just_offered_are_taken_on_the_way():
    door = Door(Side(1, 1 << 60))
    async with Call(door) as call:
        await call.say(lines(0))
        await call.heard(len(YES))
        for job in range(2, 5):
            door.now += 30.0  # at a rate that asks for no other difficulty
            door.side.offer(door.now)
            door.transport.rearm()
            await call.say(spelled(share(1, job=job)) + b"\n")
            assert await call.heard(len(YES)) == YES
            assert door.taken == job - 1
        both = spelled(share(2, job=3)) + b"\n" + spelled(share(3, job=4)) + b"\n"
        await call.say(both + both)  # of the job before too, and all once more
        heard = await call.heard(4 * len(YES))
        assert heard.startswith(2 * YES)
        assert heard.count(b"[22,") == 2
        assert door.taken == 5
        await call.say(spelled(share(2)) + b"\n")  # of one long before
        assert await call.heard(len(YES)) == YES
        assert door.taken == 5


@needs_native
async def test_a_connection_is_told_of_a_new_tip_before_any_other_word_of_it_and_taken_on_the_way():
    door = Door(Side(1, 1 << 60))
    async with Call(door) as call:
        await call.say(lines(0))
        await call.heard(len(YES))
        door.side.template = make_template(prev_hash_wire=bytes(32))
        door.side.offer(door.now)
        door.transport.rearm()
        await call.say(spelled(share(1, job=2)) + b"\n" + lines(2))
        heard = (await call.heard(2 * len(YES))).splitlines()
        assert json.loads(heard[0])["result"] is True
        assert json.loads(heard[1])["error"][:2] == [21, "Stale share"]
        assert door.taken == 2
        assert [type(each) for each in door.events[1:]] == [ShareAccepted, ShareRejected]
        assert door.events[2].reason == "stale"


class Turns:
    """Counts how often a loop was told to watch a file, and to watch it no more."""

    def __init__(self, loop, monkeypatch):
        self.watched = []
        for name in ("add_reader", "remove_reader"):
            monkeypatch.setattr(loop, name, self.counted(name, getattr(loop, name)))

    def counted(self, name, act):
        def acting(file, *rest):
            self.watched.append((name, file))
            return act(file, *rest)

        return acting


@pytest.mark.parametrize("make", [Wire, PlainWire])
async def test_a_crowd_is_looked_at_by_the_clock_and_a_few_when_they_speak(make, monkeypatch):
    monkeypatch.setattr("pithead.pool.wire.Wire", make)
    monkeypatch.setattr("pithead.pool.wire.CROWD", 4)
    door = Door(Side(1, 1 << 60))
    async with Call(door) as call:
        file = call.wires.wire.fileno()
        turns = Turns(asyncio.get_running_loop(), monkeypatch)
        for number in range(0, 40, 2):
            others = [Door(Side(1, 1 << 60)) for _ in range(3)]
            waiting = iter(others)
            call.wires._connect = lambda: next(waiting)  # noqa: B023
            with contextlib.ExitStack() as open_ones:
                for _ in others:
                    address = call.wires.sockets[0].getsockname()
                    open_ones.enter_context(socket.create_connection(address))
                await until(lambda: all(each.transport for each in others))  # noqa: B023
                assert turns.watched[-1] == ("remove_reader", file)
                await heard_once(call, door, number)
            await until(lambda: all(each.is_gone for each in others))  # noqa: B023
            assert turns.watched[-1] == ("add_reader", file)
            await heard_once(call, door, number + 1)
        assert len(turns.watched) == 40  # no more often than crowds came and went
        assert len(door.events) == 40


async def heard_once(call, door, number):
    door.now += 3.0
    await call.say(lines(number))
    assert await call.heard(len(YES)) == YES


@needs_native
async def test_no_share_is_taken_on_a_tip_that_is_gone():
    door = Door(Side(1, 1 << 60))
    async with Call(door) as call:
        await call.say(lines(0))
        await call.heard(len(YES))
        door.side.book.open(make_template(prev_hash_wire=bytes(32)), START)
        await call.say(lines(1))
        assert json.loads(await call.heard(20))["error"][0] == 21
        assert door.events[-1].reason == "stale"


@needs_native
async def test_no_answer_leaves_where_the_journal_kept_nothing():
    door = Door(Side(1, 1 << 60))
    async with Call(door) as call:
        await call.say(lines(0))
        assert await call.heard(len(YES)) == YES
        door.is_kept = False
        await call.say(lines(1, 2))
        await until(lambda: door.taken == 2 and door.is_gone)
        assert call.socket.recv(100) == b""


@needs_native
async def test_who_has_used_up_what_was_drawn_is_looked_at_again():
    door = Door(Side(1, 1 << 60))
    async with Call(door) as call:
        for number in range(200):
            door.now += 3.0  # at a rate at which no newer work is due
            await call.say(lines(number))
            await call.heard(len(YES))
        assert 150 < door.taken < 200
        # What was drawn and not used by the shares taken is given back when it is drawn again.
        drawn = (1 << 20) - door.grant
        spent = sum(len(lines(number)) + 64 for number in range(200))
        assert abs(drawn - spent) < 4096 + 200 * 64


@pytest.mark.parametrize("make", [Wire, PlainWire])
async def test_a_peer_that_does_not_read_gets_everything_in_order_when_it_does(make, monkeypatch):
    monkeypatch.setattr("pithead.pool.wire.Wire", make)
    door = Door(Side(1, 1 << 60))
    async with Call(door) as call:
        said = random.Random(7).randbytes(20 << 20)
        for start in range(0, len(said), 1 << 20):
            door.transport.write(said[start : start + (1 << 20)])
        assert door.transport.get_write_buffer_size() > 0
        assert await call.heard(len(said)) == said
        assert door.transport.get_write_buffer_size() == 0


@pytest.mark.parametrize("make", [Wire, PlainWire])
async def test_a_peer_is_not_read_while_paused_and_its_bytes_come_afterwards(make, monkeypatch):
    monkeypatch.setattr("pithead.pool.wire.Wire", make)
    door = Door(Side(1, 1 << 60))
    async with Call(door) as call:
        door.transport.pause_reading()
        await call.say(lines(0))
        await settle()
        assert door.events == []
        door.transport.resume_reading()
        await until(lambda: len(door.events) == 1)


@pytest.mark.parametrize("make", [Wire, PlainWire])
async def test_a_closed_connection_sends_what_waits_first_and_an_aborted_one_does_not(
    make, monkeypatch
):
    monkeypatch.setattr("pithead.pool.wire.Wire", make)
    for end in ("close", "abort"):
        door = Door(Side(1, 1 << 60))
        async with Call(door) as call:
            door.transport.write(bytes(20 << 20))
            getattr(door.transport, end)()
            door.transport.write(b"too late")
            heard = await call.all_heard()
            assert (len(heard) == 20 << 20) is (end == "close")


@pytest.mark.parametrize("make", [Wire, PlainWire])
def test_a_socket_that_is_not_open_here_is_refused(make):
    wire = make()
    for act in (
        lambda: wire.want(9, True, False), lambda: wire.close(9), lambda: wire.disarm(9),
        lambda: wire.send(9, b"x"), lambda: wire.arm(9, (), b"", {}, 0, 0),
        lambda: wire.rearm(9, ()),
    ):  # fmt: skip
        with pytest.raises(ValueError):
            act()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire.open(ours.fileno(), "owner")
        with pytest.raises(ValueError):
            wire.open(ours.fileno(), "another")
        theirs.send(b"hello")
        assert wire.read() == ([], [("owner", b"hello")], [])
        assert wire.send(ours.fileno(), b"world") == 5
        assert theirs.recv(9) == b"world"
        wire.close(ours.fileno())
        assert wire.read() == ([], [], [])


@needs_native
@pytest.mark.parametrize("field", [3, 5, 10, 11])
def test_hashes_and_targets_of_another_size_are_refused(field):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        wire = Wire()
        wire.open(ours.fileno(), "owner")
        measure = list(Side(1, 2).book.latest.measure(1 << 255, 8))
        measure[field] = bytes(31)
        for bad, error in ((measure, ValueError), (measure[:-1], TypeError)):
            wire.arm(ours.fileno(), (tuple(bad),), b"1234", {}, 0, 4096)
            theirs.send(b"anything\n")
            with pytest.raises(error):
                wire.read()
