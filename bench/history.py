"""A big pool's past: what it takes on disk, and how long the web API's questions about it take.

Rows are made by the database itself, as the books would have written them: of each user a credit
for every block, a row for every day, and two days' points of each meter. BENCH_USERS says how many
users there are, of a hundred workers each.
"""

import os
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlalchemy import Engine

from pithead.pool.database import DATABASE, open_database
from pithead.pool.history import DAY, History
from pithead.pool.settled import settle_day

USERS = int(os.environ.get("BENCH_USERS", "200"))
WORKERS = 100
"""Of each user."""
DAYS = 90
BLOCKS_A_DAY = 144
TODAY = 1_700_000_000 // DAY
ASKED = 15

NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {0} - 1)"
USER = "printf('user%04d', {0})"
HASH = "printf('%064x', {0} * 2654435761)"
FIRST = TODAY - DAYS


def run() -> None:
    with TemporaryDirectory() as directory:
        engine = open_database(make(Path(directory)))
        ask(engine)
        engine.dispose()


def make(directory: Path) -> Path:
    """The database of a pool, told of as it grows."""
    path = directory / DATABASE
    engine = open_database(path)
    began = time.monotonic()
    print(f"\n{USERS * WORKERS:,} workers of {USERS:,} users, {DAYS} days")
    for name, statement in steps(BLOCKS_A_DAY).items():
        _fill(engine, path, name, statement)
    before = path.stat().st_size
    with engine.begin() as connection:
        for day in range(FIRST, TODAY):
            settle_day(connection, day * DAY)
    _checkpoint(engine)
    print(f"  settled days {'':>17}  {(path.stat().st_size - before) / 1e6:>8,.0f} MB")
    print(f"  {path.stat().st_size / 1e6:,.0f} MB, made in {time.monotonic() - began:.0f} s")
    engine.dispose()
    return path


def steps(blocks_a_day: int) -> dict[str, str]:
    """A statement for each table, in SQLite's words."""
    blocks = DAYS * blocks_a_day
    gap_ms = DAY * 1000 // blocks_a_day
    of_users, of_workers = NUMBERS.format(USERS), NUMBERS.format(USERS * WORKERS)
    worker = f"{USER.format(f'n.i / {WORKERS}')}, printf('rig%03d', n.i % {WORKERS})"
    reading = f"""1e15, {TODAY * DAY}, {FIRST * DAY}000, {TODAY * DAY}000, 1, '0', '0', 0.0, 0,
        0.0"""
    return {
        "meters": f"""{of_workers} INSERT INTO meters SELECT {worker}, {reading} FROM n
            UNION ALL SELECT {USER.format("n.i")}, '', {reading} FROM n WHERE n.i < {USERS}
            UNION ALL SELECT '', '', {reading}""",
        "counters": f"""{of_workers}, m(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM m WHERE i < 95)
            INSERT INTO counters SELECT {USER.format(f"n.i / {WORKERS}")},
            {TODAY * 1440} - m.i * 10, printf('rig%03d', n.i % {WORKERS}),
            CAST(4611686018427387904 - m.i AS TEXT) FROM n, m""",
        "days": f"""{of_users}, d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d
            WHERE i < {DAYS} - 1)
            INSERT INTO days SELECT {USER.format("n.i")}, ({FIRST} + d.i) * {DAY}, d.i,
            '4611686018427387904', 1e15 FROM n, d""",
        "blocks": f"""{NUMBERS.format(blocks)} INSERT INTO blocks SELECT n.i + 1,
            {HASH.format("n.i")}, n.i + 1, {FIRST * DAY}000 + n.i * {gap_ms}, 'user0000', 'rig000',
            312500000, 0, '4611686018427387904', {FIRST * DAY}000, '4611686018427387904', 1e15,
            'confirmed', 1, {FIRST * DAY}000 + (n.i + 100) * {gap_ms}, x'' FROM n""",
        "credits": f"""{of_users} INSERT INTO credits SELECT b.hash_display, {USER.format("n.i")},
            156250, 1e15, 0, 0, 0 FROM (SELECT hash_display FROM blocks ORDER BY hash_display) b, n
            """,
        "state": f"""INSERT INTO state VALUES ({TODAY * DAY}000, 0, {DAYS}, {TODAY}, 0, '0',
            {blocks + 200}, 0)""",
    }  # fmt: skip


def _fill(engine: Engine, path: Path, name: str, statement: str) -> None:
    before = path.stat().st_size
    with engine.begin() as connection:
        rows = connection.exec_driver_sql(statement).rowcount
    _checkpoint(engine)
    with engine.connect() as connection:
        rows = connection.scalar(sa.text(f"SELECT count(*) FROM {name}"))
    grown = path.stat().st_size - before
    print(f"  {name:10} {rows or 0:>12,} rows  {grown / 1e6:>8,.0f} MB", flush=True)


def _checkpoint(engine: Engine) -> None:
    """Into the file itself, whose size is told."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def ask(engine: Engine) -> None:
    """Each question of another user, so that nobody's rows are at hand."""
    history = History(engine, 100)
    first, last = FIRST * DAY, (TODAY - 1) * DAY
    questions = {
        "daily_rewards": history.daily_rewards,
        "daily_hashrate": history.daily_hashrate,
    }
    for name, question in questions.items():
        took = []
        for number in range(ASKED):
            start = time.perf_counter()
            found = question(f"user{number * 97 % USERS:04}", first, last)
            took.append(time.perf_counter() - start)
            assert len(found) == DAYS, len(found)
        print(f"  {name:16} median {median(took) * 1e3:7.1f} ms  most {max(took) * 1e3:7.1f} ms")
