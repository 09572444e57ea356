"""The store: the books in a database, a transaction for each commit, with the place in the journal.

Because the place is written with what it led to, replaying the journal from there counts each
share once, wherever the process was killed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    delete,
    func,
    insert,
    select,
)

from pithead.metrics.tracing import traced
from pithead.pool import schema
from pithead.pool.arrivals import Arrivals
from pithead.pool.blocks import LUCK, Block, Credit
from pithead.pool.books import Books, BooksSettings
from pithead.pool.bulk import delete_rows, put_rows
from pithead.pool.changes import (
    EMPTY,
    BlockRow,
    Changes,
    CreditRow,
    FortuneRow,
    MeterRow,
    ReachedRow,
    ReferralRow,
    RulesRow,
    StateRow,
)
from pithead.pool.database import upsert
from pithead.pool.events import PayoutLine, PayoutPlanned
from pithead.pool.fence import UNFENCED, Fence
from pithead.pool.fortunes import Fortunes
from pithead.pool.meters import Meters
from pithead.pool.paying import Paying, PayingRows
from pithead.pool.payouts import Payouts
from pithead.pool.position import Position
from pithead.pool.schemes import PayRow, WindowRow
from pithead.pool.settled import settle_days, waiting_days

Rows = Sequence[Struct]

CHUNK = 1_000
"""Rows made into parameters at a time, so that few of these are alive at once."""


class Store:
    """Reads and writes books. Any thread may call it; one at a time commits."""

    def __init__(self, engine: Engine, front_end: str, token: int = UNFENCED) -> None:
        """`token` is of the lease under which the books are kept."""
        self.engine = engine
        self.fence = Fence(engine, token)
        self._front_end = front_end

    @traced("store.commit")
    def commit(self, changes: Changes, position: Position) -> None:
        """Write everything or nothing; sqlalchemy.exc.DBAPIError where that is impossible,
        NotLeader where another process keeps the books now.

        Writing the same changes twice is the same as writing them once.
        """
        with self.fence.begin() as connection:
            _remove(connection, schema.meters, changes.forgotten)
            _remove(connection, schema.watched, changes.forgotten)
            _put(connection, schema.meters, changes.meters)
            _remove(connection, schema.counters, changes.gone)
            _put(connection, schema.counters, changes.points)
            waited = waiting_days(connection) if changes.refused else set()
            _remove_blocks(connection, schema.blocks, changes)  # their numbers go to the next
            _put(connection, schema.blocks, changes.blocks)
            _put(connection, schema.credits, changes.credits)
            _remove_blocks(connection, schema.credits, changes)
            _put(connection, schema.entries, changes.entries)
            _put_pairs(connection, schema.balances, changes.balances)
            _put(connection, schema.days, changes.days)
            _put(connection, schema.day_credits, changes.day_credits)
            settle_days(connection, changes, waited)
            _put_paying(connection, changes)
            if changes.chain is not None:
                connection.execute(delete(schema.chain))
                _put_pairs(connection, schema.chain, changes.chain)
            connection.execute(delete(schema.state))
            connection.execute(insert(schema.state).values(asdict(changes.state)))
            connection.execute(
                upsert(connection, schema.positions)
                .values(front_end=self._front_end, **position._asdict())
                .on_conflict_do_update(index_elements=["front_end"], set_=position._asdict())
            )

    def load(self, settings: BooksSettings) -> tuple[Books, Position | None]:
        """The books as of the last commit, and up to where they hold the journal.

        From here on none with a smaller token commits. NotLeader where a greater one has.
        """
        self.fence.check()
        with self.engine.connect() as connection:
            state = connection.execute(select(schema.state)).first()
            books = Books(
                settings,
                StateRow(*state) if state else EMPTY,
                _load_meters(connection),
                _load_blocks(connection),
                {row.height: row.hash_display for row in connection.execute(select(schema.chain))},
                {row.account: row.sats for row in connection.execute(select(schema.balances))},
                Paying(_load_paying(connection)),
                _load_fortunes(connection),
                _load_payouts(connection),
                Arrivals(ReachedRow(*row) for row in connection.execute(select(schema.reached))),
            )
            positions = schema.positions
            place = connection.execute(
                select(positions.c.epoch, positions.c.sequence).where(
                    positions.c.front_end == self._front_end
                )
            ).first()
        return books, Position(*place) if place else None


SCHEME = "scheme"
BLOCK_WORK = "block_work"
"""The names of the text that the scheme in force wants kept, and of the work of a block."""


def _put_paying(connection: Connection, changes: Changes) -> None:
    window, claims = schema.pplns_window, schema.fpps_claims
    if changes.scheme_ended:
        connection.execute(delete(window))
    if changes.scheme_ended or changes.pay_gone:
        connection.execute(delete(claims))
    for number in changes.window_gone:
        connection.execute(delete(window).where(window.c.number == number))
    _put(connection, window, changes.window)
    _put(connection, claims, changes.pay)
    _put(connection, schema.rules, changes.rules)
    _put(connection, schema.referrals, changes.referrals)
    _put(connection, schema.payouts, changes.payouts)
    _put(connection, schema.payout_lines, changes.payout_lines)
    _put(connection, schema.fortunes, changes.fortunes)
    _put(connection, schema.reached, changes.reached)
    texts = {SCHEME: changes.scheme_text, BLOCK_WORK: str(changes.block_work)}
    _put_pairs(connection, schema.scheme_state, texts)


def _load_paying(connection: Connection) -> PayingRows:
    rules = schema.rules
    texts = _texts(connection)
    last = connection.execute(select(rules).order_by(rules.c.number.desc()).limit(1)).first()
    return PayingRows(
        RulesRow(*last) if last else None,
        [ReferralRow(*row) for row in connection.execute(select(schema.referrals))],
        [WindowRow(*row) for row in connection.execute(select(schema.pplns_window))],
        [PayRow(*row) for row in connection.execute(select(schema.fpps_claims))],
        texts.get(SCHEME, ""),
    )


def _load_payouts(connection: Connection) -> Payouts:
    table, lines = schema.payouts, schema.payout_lines
    last_ms = connection.scalar(select(func.max(table.c.planned_ms))) or 0
    queued = select(table).where(table.c.state == "queued").order_by(table.c.planned_ms)
    underway = []
    for row in connection.execute(queued).all():
        of_it = select(lines.c.user, lines.c.address, lines.c.sats).where(
            lines.c.txid_display == row.txid_display
        )
        paid = [PayoutLine(*line) for line in connection.execute(of_it)]
        underway.append(
            PayoutPlanned(row.planned_ms, row.txid_display, row.raw, row.fee_sats, paid, row.manual)
        )
    return Payouts(underway, last_ms)


def _load_fortunes(connection: Connection) -> Fortunes:
    rows = [FortuneRow(*row) for row in connection.execute(select(schema.fortunes))]
    return Fortunes(rows, int(_texts(connection).get(BLOCK_WORK, 0)))


def _texts(connection: Connection) -> dict[str, str]:
    return {row.name: row.text for row in connection.execute(select(schema.scheme_state))}


def _remove_blocks(connection: Connection, table: Table, changes: Changes) -> None:
    """Of those that the node refused."""
    for name in changes.refused:
        connection.execute(delete(table).where(table.c.hash_display == name))


def _put(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert, or replace those of the same key."""
    for some in _chunks(rows):
        put_rows(connection, table, some)


def _remove(connection: Connection, table: Table, keys: Rows) -> None:
    for some in _chunks(keys):
        delete_rows(connection, table, some)


def _chunks(rows: Rows) -> Iterator[list[dict[str, Any]]]:
    every = iter(rows)
    while chunk := [asdict(row) for row in islice(every, CHUNK)]:
        yield chunk


def _put_pairs(
    connection: Connection, table: Table, pairs: dict[str, int] | dict[int, str] | dict[str, str]
) -> None:
    key, value = table.c.keys()
    put_rows(connection, table, [{key: k, value: v} for k, v in pairs.items()])


def _load_meters(connection: Connection) -> Meters:
    table = schema.counters
    meters = Meters(MeterRow(*row) for row in connection.execute(select(schema.meters)))
    rows = select(table.c.user, table.c.worker, table.c.minute, table.c.work).order_by(
        table.c.user, table.c.minute
    )
    some_at_once = {"yield_per": 10 * CHUNK}  # there are millions
    every = connection.execute(rows, execution_options=some_at_once)
    for user, of_user in groupby(every, itemgetter(0)):
        points: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for _, worker, minute, work in of_user:
            points[worker].append((minute, work))
        for worker, some in points.items():
            if meter := meters.find(user, worker):
                meter.remember(some)
    return meters


def wanted_blocks() -> ColumnElement[bool]:
    """Which blocks books are loaded with."""
    table = schema.blocks
    newest = select(table.c.number).order_by(table.c.number.desc()).limit(LUCK + 1)
    return table.c.number.in_(newest) | (table.c.state == "new") | ~table.c.resolved


def _load_blocks(connection: Connection) -> list[Block]:
    """Those that may change yet, and as many of the newest as count for luck."""
    table, owed = schema.blocks, schema.credits
    wanted = wanted_blocks()
    by_block: dict[str, dict[str, Credit]] = defaultdict(dict)
    rows = select(owed).join(table, table.c.hash_display == owed.c.hash_display).where(wanted)
    for row in connection.execute(rows):
        credit = CreditRow(*row)
        by_block[credit.hash_display][credit.user] = Credit(
            credit.sats, credit.scoring_rate,
            credit.refund_sats, credit.bonus_sats, credit.referral_sats,
        )  # fmt: skip
    found = [
        BlockRow(*row)
        for row in connection.execute(select(table).where(wanted).order_by(table.c.number))
    ]
    return [Block.of(row, by_block.get(row.hash_display, {})) for row in found]
