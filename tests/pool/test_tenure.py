"""No two ever hold a lease at once: processes with clocks of their own over a network that delays
and loses, against a store that changes an entry only for whoever knows its revision."""

import heapq
import random
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.pool.tenure import BELIEVED, Seen, Tenure, Watch

TTL = 10.0
END = 400.0


class Process:
    def __init__(self, name, chance):
        self.name = name
        self.rate, self.offset = chance.uniform(0.94, 1.06), chance.uniform(-1e3, 1e3)
        self.watch, self.tenure = Watch(name, TTL), None
        self.tokens = []

    def clock(self, now):
        return self.offset + now * self.rate

    def holds(self, now):
        return self.tenure is not None and self.tenure.holds(self.clock(now))


class World:
    """`lives` are generators that yield what they ask of the store, or seconds to wait."""

    def __init__(self, chance):
        self.chance, self.now, self.order = chance, 0.0, count()
        self.entry = Seen(0, "")
        self.writes = count(1)
        self.queue = []
        self.processes = [Process(f"p{n}", chance) for n in range(3)]
        for process in self.processes:
            self.at(chance.uniform(0, 5), self.step, process, self.life(process), None)

    def at(self, delay, *call):
        heapq.heappush(self.queue, (self.now + delay, next(self.order), call))

    def run(self):
        while self.queue and self.now < END:
            self.now, _, (do, *arguments) = heapq.heappop(self.queue)
            do(*arguments)
            assert sum(each.holds(self.now) for each in self.processes) <= 1
        return self

    def step(self, process, life, answer):
        asked = life.send(answer)
        if isinstance(asked, float):
            self.at(asked, self.step, process, life, None)
        else:
            self.at(self.delay(), self.arrive, process, life, asked)

    def delay(self):
        return self.chance.choice([0.01, 0.1, 0.2, 1.0, self.chance.uniform(0, 2 * TTL)])

    def arrive(self, process, life, asked):
        answer = self.entry
        if isinstance(asked, int):  # a write, by the last revision known
            answer = 0
            if asked == self.entry.revision and self.chance.random() < 0.9:
                self.entry = Seen(next(self.writes), process.name)
                answer = self.entry.revision
        if self.chance.random() < 0.15:  # the answer is lost
            self.at(TTL / 5, self.step, process, life, None)
        else:
            self.at(self.delay(), self.step, process, life, answer)

    def life(self, process):
        while True:
            seen = yield "read"
            if seen is not None and process.watch.may_take(seen, process.clock(self.now)):
                asked = process.clock(self.now)
                revision = yield seen.revision
                if revision:
                    process.tenure = Tenure(revision, TTL, asked)
                    process.tokens.append(revision)
                    yield from self.reign(process)
            yield self.chance.uniform(0.5, 1.0)

    def reign(self, process):
        tenure = process.tenure
        while process.holds(self.now):
            yield self.chance.choice([TTL / 3, self.chance.uniform(0, 2 * TTL)])  # a pause
            asked = process.clock(self.now)
            revision = yield tenure.revision
            if revision and process.holds(self.now):
                tenure.renewed(asked, revision)
            elif not revision:
                seen = yield "read"
                if seen is not None and seen.holder != process.name:
                    break
                if seen is not None:
                    tenure.revision = seen.revision
        process.tenure = None


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**64).map(random.Random))
def test_no_two_hold_at_once_and_each_token_is_given_once(chance):
    world = World(chance).run()
    tokens = [token for process in world.processes for token in process.tokens]
    assert len(set(tokens)) == len(tokens)


def test_a_holder_gives_up_before_another_may_take_over():
    tenure, watch = Tenure(4, TTL, asked=100.0), Watch("other", TTL)
    assert not watch.may_take(Seen(4, "me"), 50.0)
    assert tenure.holds(100.0 + BELIEVED * TTL - 0.1)
    assert not tenure.holds(100.0 + BELIEVED * TTL)
    assert not watch.may_take(Seen(4, "me"), 50.0 + TTL - 0.1)
    assert watch.may_take(Seen(4, "me"), 50.0 + TTL)


def test_what_was_given_back_or_is_ones_own_may_be_taken_at_once():
    assert Watch("me", TTL).may_take(Seen(7, ""), 0.0)
    assert Watch("me", TTL).may_take(Seen(7, "me"), 0.0)


def test_every_change_begins_the_wait_again():
    watch = Watch("me", TTL)
    for number in range(5):
        assert not watch.may_take(Seen(number, "other"), number * (TTL - 1))


def test_renewing_never_shortens_a_tenure():
    tenure = Tenure(4, TTL, asked=100.0)
    tenure.renewed(103.0, 6)
    tenure.renewed(101.0, 7)
    assert (tenure.token, tenure.revision, tenure.asked) == (4, 7, 103.0)
