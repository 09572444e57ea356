"""Many rows at once do what one after the other would, in both engines."""

import pytest
import sqlalchemy as sa

from pithead.pool import schema
from pithead.pool.bulk import delete_rows, insert_rows, put_rows
from pithead.pool.database import open_database

POINT = {"user": "a", "minute": 1, "worker": "w", "work": 10**30}
SETTING = {
    "user": "a",
    "worker": "w",
    "label": '{x,"y"}\\',
    "alert_rate": None,
    "least_difficulty": 2.5,
}


@pytest.fixture
def connection(database):
    engine = open_database(database)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def rows_of(connection, table):
    return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def test_rows_are_put_replaced_and_deleted(connection):
    table = schema.counters
    others = [{**POINT, "minute": minute, "work": minute} for minute in range(2, 500)]
    put_rows(connection, table, [POINT, *others])
    put_rows(connection, table, [{**POINT, "work": 3}, {**POINT, "work": 4}])
    delete_rows(connection, table, [{"user": "a", "minute": each, "worker": "w"}
                                    for each in range(2, 10_000)])  # fmt: skip
    assert rows_of(connection, table) == [{**POINT, "work": 4}]
    delete_rows(connection, table, [{"user": "a", "minute": 1, "worker": "other"}])
    assert rows_of(connection, table) == [{**POINT, "work": 4}]


def test_every_kind_of_value_comes_back_as_it_was(connection):
    settings = [SETTING, {**SETTING, "worker": "", "alert_rate": 0.1 + 0.2}]
    insert_rows(connection, schema.worker_settings, settings)
    assert sorted(rows_of(connection, schema.worker_settings), key=str) == sorted(settings, key=str)
    payout = {
        "txid_display": "NULL", "planned_ms": -(2**63), "fee_sats": 2**63 - 1, "manual": True,
        "raw": bytes(range(256)), "state": "", "resolved_ms": 0, "reason": "née, \n 'quoted'",
    }  # fmt: skip
    put_rows(connection, schema.payouts, [payout, {**payout, "txid_display": "b", "manual": False}])
    assert rows_of(connection, schema.payouts)[0] == payout


def test_no_rows_are_no_work(connection):
    for what in (insert_rows, put_rows, delete_rows):
        what(connection, schema.counters, [])
    assert rows_of(connection, schema.counters) == []


def test_a_key_that_is_there_refuses_an_insert(connection):
    insert_rows(connection, schema.counters, [POINT])
    with pytest.raises(sa.exc.IntegrityError):
        insert_rows(connection, schema.counters, [POINT])
