"""What every adapter of the port `Exchange` is held to.

A module of an adapter's tests imports the cases and gives a fixture `world`: an object with
`await world.books()`, the end of the process that keeps the books (another each time, after
`close()` of the one before), and `await world.front_end()`, a new end that reaches it.
"""

import asyncio

import pytest

from pithead.pool.exchange import LONGEST_PAYLOAD, ExchangeAway

SOON = 20
"""Wall seconds after which something that has to happen is taken not to."""


async def take(kept, count):
    """The next payloads, each of them done."""
    taken = []
    async with asyncio.timeout(SOON):
        while len(taken) < count:
            each = await anext(kept)
            taken.append(each.payload)
            await each.done()
    return taken


async def give(end, payloads):
    """One after the other, each until it is kept, as who gives them does."""
    for payload in payloads:
        while True:
            try:
                await end.keep(payload, payload[:50].hex())
                break
            except ExchangeAway:
                await asyncio.sleep(0.05)


async def heard(ends, subject, payload, listeners):
    """Tell until each listener has heard it: listening may begin a little later."""
    waiting = [asyncio.ensure_future(anext(listener)) for listener in listeners]
    async with asyncio.timeout(SOON):
        while not all(each.done() for each in waiting):
            await ends.tell(subject, payload)
            await asyncio.wait(waiting, timeout=0.05)
    return [each.result() for each in waiting]


async def answered(end, subject, payload):
    """Ask until somebody answers: answering may begin a little later."""
    async with asyncio.timeout(SOON):
        while True:
            try:
                return await end.ask(subject, payload, 2.0)
            except ExchangeAway:
                await asyncio.sleep(0.05)


class ExchangeCases:
    async def test_what_is_kept_arrives_in_the_order_of_its_sender(self, world):
        books, one, two = await world.books(), await world.front_end(), await world.front_end()
        of_one, of_two = ([bytes([end, n]) for n in range(50)] for end in (1, 2))
        giving = asyncio.gather(give(one, of_one), give(two, of_two))
        taken = await take(books.kept(), 100)
        await giving
        assert [each for each in taken if each[0] == 1] == of_one
        assert [each for each in taken if each[0] == 2] == of_two

    async def test_a_payload_may_be_as_long_as_a_block(self, world):
        books, end = await world.books(), await world.front_end()
        payload = bytes(range(256)) * (LONGEST_PAYLOAD // 512)
        giving = asyncio.ensure_future(give(end, [payload]))
        assert await take(books.kept(), 1) == [payload]
        await giving

    async def test_what_was_not_done_comes_again_and_what_was_does_not(self, world):
        books, end = await world.books(), await world.front_end()
        giving = asyncio.ensure_future(give(end, [b"first", b"second"]))
        kept = books.kept()
        assert await take(kept, 1) == [b"first"]
        async with asyncio.timeout(SOON):
            assert (await anext(kept)).payload == b"second"
        await books.close()
        books = await world.books()
        assert await take(books.kept(), 1) == [b"second"]
        await giving

    async def test_what_is_kept_while_the_books_are_away_arrives_when_they_are_back(self, world):
        books, end = await world.books(), await world.front_end()
        await books.close()
        giving = asyncio.ensure_future(give(end, [b"first", b"second"]))
        await asyncio.sleep(0.1)
        books = await world.books()
        taken = await take(books.kept(), 2)
        await giving
        assert taken == [b"first", b"second"]

    async def test_all_who_listen_to_a_subject_hear_what_is_told(self, world):
        books, one, two = await world.books(), await world.front_end(), await world.front_end()
        listeners = [one.listen("work.new"), two.listen("work.new")]
        others = asyncio.ensure_future(anext(one.listen("work.old")))
        assert await heard(books, "work.new", b"template", listeners) == [b"template"] * 2
        assert not others.done()
        others.cancel()

    async def test_the_books_hear_what_a_front_end_tells(self, world):
        books, end = await world.books(), await world.front_end()
        assert await heard(end, "report", b"words", [books.listen("report")]) == [b"words"]

    async def test_a_slow_listener_loses_the_oldest_and_not_the_newest(self, world):
        books, end = await world.books(), await world.front_end()
        listener = end.listen("work")
        await heard(books, "work", b"begin", [listener])
        for number in range(2_000):
            await books.tell("work", number.to_bytes(2, "big"))
        async with asyncio.timeout(SOON):
            while await anext(listener) != (1_999).to_bytes(2, "big"):
                pass

    async def test_a_question_is_answered_in_either_direction(self, world):
        books, end = await world.books(), await world.front_end()

        async def backwards(payload):
            return payload[::-1]

        await books.answer("of.books", backwards)
        await end.answer("of.end", backwards)
        assert await answered(end, "of.books", b"abc") == b"cba"
        assert await answered(books, "of.end", b"xyz") == b"zyx"

    async def test_many_questions_at_once_each_get_their_own_answer(self, world):
        books, end = await world.books(), await world.front_end()

        async def late(payload):
            await asyncio.sleep(0.001 * (100 - payload[0]))
            return payload * 2

        await books.answer("late", late)
        await answered(end, "late", b"\x01")
        answers = await asyncio.gather(*(end.ask("late", bytes([n])) for n in range(100)))
        assert answers == [bytes([n, n]) for n in range(100)]

    async def test_a_question_that_nobody_answers_or_that_fails_is_given_up(self, world):
        books, end = await world.books(), await world.front_end()

        async def fails(payload):
            raise ValueError("no")

        await books.answer("fails", fails)
        with pytest.raises(ExchangeAway):
            await end.ask("nobody", b"", 0.5)
        with pytest.raises(ExchangeAway):
            await end.ask("fails", b"", 0.5)

    async def test_a_question_that_takes_too_long_is_given_up(self, world):
        books, end = await world.books(), await world.front_end()

        async def never(payload):
            await asyncio.Event().wait()

        await books.answer("never", never)
        with pytest.raises(ExchangeAway):
            await end.ask("never", b"", 0.2)

    async def test_after_the_books_were_away_front_ends_listen_and_answer_as_before(self, world):
        books, end = await world.books(), await world.front_end()

        async def same(payload):
            return payload

        await end.answer("echo", same)
        listener = end.listen("work")
        await heard(books, "work", b"one", [listener])
        await books.close()
        books = await world.books()
        assert await answered(books, "echo", b"again") == b"again"
        while await heard(books, "work", b"two", [listener]) != [b"two"]:
            pass
