"""What a process without books tells is what the one with them says."""

import asyncio
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool import distant
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.distant import AWAY_SECONDS, Distant, answer_readings
from pithead.pool.events import ShareAccepted
from pithead.pool.exchange import ExchangeAway
from pithead.pool.questions import Answer, Kept, Question, Told, encode, question_of, told_of
from pithead.pool.readings import BooksAway, StoreAway, WorkerReading
from tests.pool.test_bookkeeping import NOW, a_history, by_name, shares

LATER = NOW + 110


class OneLoop:
    """An exchange of one process, from which the answering side can be gone."""

    def __init__(self):
        self.replies, self.asked, self.is_away = {}, [], False

    async def answer(self, subject, reply):
        self.replies[subject] = reply

    async def ask(self, subject, payload):
        self.asked.append(payload)
        await asyncio.sleep(0)
        if self.is_away:
            raise ExchangeAway("nobody answers")
        try:
            return await self.replies[subject](payload)
        except Exception as error:
            raise ExchangeAway("the answer failed") from error


class World:
    def __init__(self, keeper):
        self.keeper, self.exchange, self.wall = keeper, OneLoop(), 1_000.0
        self.far = Distant(self.exchange, keeper, lambda: self.wall)

    async def pool(self, user="alice"):
        now, readings = await self.far.at_hand("pool", user)
        return readings.pool(user, now)


@pytest.fixture
async def world(tmp_path):
    keeper = await Bookkeeper.open(tmp_path, BookkeeperSettings(commit_seconds=3_600))
    keeper.accept(a_history())
    made = World(keeper)
    await answer_readings(made.exchange, keeper, lambda: LATER)
    yield made
    await keeper.close()


async def test_what_is_told_far_away_is_what_the_books_say(world):
    keeper = world.keeper
    for user in ("alice", "bob", "nobody", ""):
        assert encode(await world.pool(user)) == encode(keeper.pool(user, LATER))
        now, readings = await world.far.at_hand("profile", user)
        assert now == LATER
        assert readings.profile(user, 0) == keeper.profile(user, LATER)
        _, readings = await world.far.at_hand("workers", user)
        assert readings.workers(user, 0) == list(keeper.workers(user, LATER))
        for hours in (1, 24):
            _, readings = await world.far.at_hand("course", user, hours)
            assert readings.course(user, 0, hours) == keeper.course(user, LATER, hours)


async def test_many_workers_come_in_parts_and_each_of_them_once(world, monkeypatch):
    monkeypatch.setattr(distant, "WORKERS", 700)
    world.keeper.accept(
        [share for n in range(2_300) for share in shares(NOW + 90, 1, "carol", f"rig{n}")]
    )
    _, readings = await world.far.at_hand("workers", "carol")
    told = readings.workers("carol", 0)
    assert len(told) == 2_300
    assert by_name(told) == by_name(world.keeper.workers("carol", LATER))
    assert [question_of(each).first for each in world.exchange.asked] == [0, 700, 1_400, 2_100]


async def test_work_of_more_than_64_bits_arrives_whole(world):
    world.keeper.accept([ShareAccepted(LATER * 1000, "dave", "big", 10**20)])
    _, readings = await world.far.at_hand("workers", "dave")
    assert [each.work_24h for each in readings.workers("dave", 0)] == [10**20]


async def test_many_who_ask_at_once_are_one_question_and_for_a_second_none(world):
    await asyncio.gather(*(world.pool() for _ in range(50)))
    world.wall += 0.9
    await world.pool()
    assert len(world.exchange.asked) == 1
    await world.pool("bob")
    world.wall += 0.2
    await world.pool()
    assert len(world.exchange.asked) == 3


async def test_while_nobody_answers_the_last_answer_holds_for_a_while_and_then_none(world):
    before = await world.pool()
    world.keeper.accept(shares(NOW + 100, 5))
    world.exchange.is_away = True
    world.wall += AWAY_SECONDS - 1
    assert await world.pool() == before
    with pytest.raises(BooksAway, match="keeps the pool's books"):
        await world.pool("bob")
    world.wall += 1
    with pytest.raises(StoreAway):
        await world.pool()
    world.exchange.is_away = False
    world.wall += 1
    assert (await world.pool()).windows.work_5m == before.windows.work_5m + 5_000


async def test_nobody_is_asked_in_the_second_after_nobody_answered(world):
    world.exchange.is_away = True
    for _ in range(5):
        with pytest.raises(BooksAway):
            await world.pool()
    assert len(world.exchange.asked) == 1
    world.wall += 1.1
    with pytest.raises(BooksAway):
        await world.pool()
    assert len(world.exchange.asked) == 2


@pytest.mark.parametrize("answer", [b"", b"nonsense", b"[1.5]", encode(Told(1.0, workers=[]))])
async def test_an_answer_to_something_else_is_none(world, answer):
    async def reply(_):
        return answer

    await world.exchange.answer("readings", reply)
    with pytest.raises(BooksAway):
        await world.pool()


async def test_who_stops_waiting_takes_the_answer_from_nobody_else(world):
    one, two = (asyncio.ensure_future(world.pool()) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    assert (await two) == await world.pool()
    assert len(world.exchange.asked) == 1


def test_answers_are_kept_up_to_so_many_bytes_the_newest():
    kept = Kept(most_bytes=100)
    questions = [Question("pool", f"user{n}") for n in range(5)]
    for n, question in enumerate(questions):
        kept.keep(question, Answer(float(n), (b"x" * 20, b"y" * 10)))
    assert [kept.find(each, 4.0, 60) is not None for each in questions] == [0, 0, 1, 1, 1]
    kept.keep(questions[0], Answer(4.0, (b"z" * 101,)))
    assert all(kept.find(each, 4.0, 60) is None for each in questions)


@given(st.binary(max_size=200) | st.text(max_size=50).map(lambda text: encode([text])))
def test_a_question_is_understood_or_refused(payload):
    for parse in (question_of, told_of):
        with suppress(msgspec.MsgspecError):
            parse(payload)


integers = st.integers(0, 10**40)
rates = st.floats(0, 1e30)


states = st.sampled_from(["ok", "low", "off", "dis"])
readings = st.builds(
    WorkerReading, st.text(), states, integers, integers, integers, integers, rates
)


@given(st.lists(readings))
def test_workers_are_told_as_they_are(workers):
    assert told_of(encode(Told(1.5, workers=workers))) == Told(1.5, workers=workers)


async def test_who_can_be_told_how_it_was_does_not_wait_long_and_the_question_goes_on(
    world, monkeypatch
):
    before = await world.pool()
    world.wall += 5
    world.keeper.accept(shares(NOW + 100, 5))
    monkeypatch.setattr(distant, "PATIENCE_SECONDS", 0.01)
    held, reply = asyncio.Event(), world.exchange.replies["readings"]

    async def slow(payload):
        await held.wait()
        return await reply(payload)

    await world.exchange.answer("readings", slow)
    assert await world.pool() == before
    assert await world.pool() == before
    held.set()
    async with asyncio.timeout(20):
        while (now := await world.pool()) == before:  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert now.windows.work_5m == before.windows.work_5m + 5_000
    assert len(world.exchange.asked) == 2
