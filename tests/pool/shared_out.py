"""A recorded stream of shares and blocks of several front ends, and all that the books say of it.

It crosses midnight, so that a day is closed and paid; miners of one user are at several front ends,
and each of these finds blocks. The same numbers come out of the same seed.
"""

import random
from pathlib import Path

import sqlalchemy as sa

from pithead.pool import schema
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.database import open_database
from pithead.pool.events import (
    BlockFound,
    PriceSeen,
    RulesChanged,
    ShareAccepted,
    ShareRejected,
    TipChanged,
)
from pithead.pool.rewards import Rules

MIDNIGHT = 1_700_006_400
SECONDS = 150
BEGIN = MIDNIGHT - 70
END = BEGIN + SECONDS
FRONT_ENDS = ("front-1", "front-2", "front-3")
HEIGHT = 800
MONEY = (
    schema.balances, schema.entries, schema.credits, schema.days, schema.day_credits,
    schema.settled_gains, schema.meters, schema.counters, schema.blocks, schema.fortunes,
    schema.pplns_window, schema.fpps_claims,
)  # fmt: skip
"""Scores are in `meters`: floating-point numbers, and compared as such."""


def recorded(seed=7):
    """(front end, events) in the order of time, each of one moment."""
    chance, turns = random.Random(seed), []
    blocks = set(chance.sample(range(SECONDS * 6), 12))
    for number in range(SECONDS * 6):
        time_ms = BEGIN * 1000 + number * 1000 // 6 + chance.randrange(160)
        front_end = chance.choice(FRONT_ENDS)
        events = [_share(chance, time_ms) for _ in range(chance.randint(1, 4))]
        if chance.random() < 0.1:
            events.append(ShareRejected(time_ms, "alice", "rig1", "stale", 700))
        if number in blocks:
            finder = events[0]
            events.append(
                BlockFound(
                    time_ms,
                    finder.user,
                    finder.worker,
                    HEIGHT + 1,
                    f"{number:064x}",
                    312_500_000 + chance.randrange(10**6),
                    2_000_000,
                    b"block %d" % number,
                    finder.braiins_os,
                )
            )
        turns.append((front_end, events))
    return turns


def _share(chance, time_ms):
    user = chance.choice(("alice", "bob", "carol", "dave"))
    worker = f"rig{chance.randint(1, 3)}"
    work = chance.randint(1_000, 90_000)
    return ShareAccepted(time_ms, user, worker, work, chance.random() < 0.3)


def before(scheme):
    """What the books are told of rules and prices before the first share."""
    at = BEGIN * 1000 - 5_000
    rules = Rules(scheme=scheme, fee_ppm=20_000, bonus_ppm=5_000, window_ppm=1_500_000)
    price = PriceSeen(at, HEIGHT + 1, 300_000_000, 12_500_000, 2_000_000)
    return [TipChanged(at, HEIGHT, "aa" * 32), RulesChanged(at, rules), price]


async def undisturbed(directory: Path, scheme, turns):
    """The rows of books on SQLite in one process."""
    keeper = await Bookkeeper.open(directory, BookkeeperSettings())
    keeper.accept(before(scheme))
    for _, events in sorted(turns, key=lambda turn: (turn[1][0].time_ms, turn[0])):
        keeper.accept(events)
    await keeper.close()
    engine = open_database(directory / "pool.sqlite")
    try:
        return rows(engine)
    finally:
        engine.dispose()


def rows(engine):
    """By table: all there is of money and work."""
    with engine.connect() as connection:
        return {
            table.name: sorted(tuple(row) for row in connection.execute(sa.select(table)))
            for table in MONEY
        }
