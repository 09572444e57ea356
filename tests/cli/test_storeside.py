"""Backup, restore and check, as an operator types them."""

import asyncio
import shutil
import sqlite3

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from pithead.cli.main import main
from pithead.pool import schema
from pithead.pool.backup import write_backup
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.books import BooksSettings
from pithead.pool.database import open_database
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from tests.postgres import new_database

pytestmark = pytest.mark.slow

NOW = 1_700_000_000


def history(start, count=200):
    for number in range(count):
        at = (NOW + start + number * 20) * 1000
        yield ShareAccepted(at, f"user{number % 3}", "rig", 1_000 + number)
        if number % 50 == 49:
            name = f"{start + number:064x}"
            yield BlockFound(at, "user0", "rig", number, name, 5 * 10**9, 100, b"x")
            yield BlockResolved(at, name, True, "")
            yield TipChanged(at, number, name)


async def live(directory, start, **settings):
    """A life of the pool, with segments small enough that some are left behind."""
    settings = BookkeeperSettings(segment_bytes=2_000, **settings)
    keeper = await Bookkeeper.open(directory / "pool", settings)
    for event in history(start):
        keeper.accept([event])
    await keeper.commit()
    await keeper.close()


@pytest.fixture
def run(tmp_path):
    def run(*words, code=0, data=tmp_path / "data"):
        shown = CliRunner().invoke(main, ["pool", *map(str, words), "--data", str(data)])
        assert shown.exit_code == code, shown.output
        return shown.output

    return run


async def test_the_journal_leads_to_the_ledger_through_lives_and_from_a_backup(run, tmp_path):
    await live(tmp_path / "data", 0)
    run("backup", tmp_path / "backup")
    await live(tmp_path / "data", 10_000)
    assert list((tmp_path / "data" / "pool" / "journal" / "kept").iterdir())
    assert "the journal leads to them" in run("check")
    assert "the journal leads to them" in run("check", "--from", tmp_path / "backup")
    shutil.rmtree(tmp_path / "data" / "pool" / "journal" / "kept")
    assert "1 is missing" in run("check", code=2)
    assert "all sums hold" in run("check", "--sums-only")


@pytest.mark.parametrize(
    ("change", "told"),
    [("UPDATE balances SET sats = sats + 1 WHERE account = 'user:user0:unconfirmed'", "balance"),
     ("UPDATE entries SET sats = sats + 1 WHERE account = 'user:user0:unconfirmed'", "out by"),
     ("UPDATE meters SET rejected = '5' WHERE user = 'user1'", "rejected is 5 and should be 0"),
     ("UPDATE credits SET sats = sats + 1 WHERE user = 'user1'", "users got"),
     ("UPDATE credits SET sats = sats + (CASE user WHEN 'user0' THEN 1 ELSE -1 END) "
      "WHERE user != 'user2'", "credits"),
     ("UPDATE credits SET scoring_rate = 0", "scoring_rate is 0.0 and should be"),
     ("UPDATE days SET work = '1'", "days user0"),
     ("DELETE FROM days WHERE user = 'user2'", "days user2"),
     ("INSERT INTO days VALUES ('user9', 86400, 1000, '5', 5.0)", "user9 86400 1000 should not be"),
     ("UPDATE blocks SET raw = x'00'", "raw is 1 bytes and should be 0 bytes"),
     ("UPDATE counters SET work = '1' WHERE user = 'user0'", "counters: and"),
     ("UPDATE state SET round_work = '1'", "state of the pool: round_work is 1"),
     ("DELETE FROM chain", "is not there")],
)  # fmt: skip
async def test_whoever_changes_the_store_is_found_out(run, tmp_path, change, told):
    await live(tmp_path / "data", 0, confirmations=2)
    await live(tmp_path / "data", 86_400, confirmations=2)
    run("check")
    with sqlite3.connect(tmp_path / "data" / "pool" / "pool.sqlite") as store:
        store.execute(change)
    store.close()
    assert told in run("check", code=1)


async def test_a_pool_goes_on_from_a_backup(run, tmp_path):
    await live(tmp_path / "data", 0)
    run("backup", tmp_path / "backup")
    assert "journal of another life" in run("restore", tmp_path / "backup", code=2)
    assert "may be made a second time" in run("restore", tmp_path / "backup", data=tmp_path / "new")
    assert "already" in run("restore", tmp_path / "backup", code=2, data=tmp_path / "new")
    await live(tmp_path / "new", 10_000)
    run("check", "--from", tmp_path / "backup", data=tmp_path / "new")


def test_what_is_no_backup_and_where_no_pool_ran_are_told(run, tmp_path):
    (tmp_path / "letter").write_text("dear editor")
    assert "no whole backup" in run("restore", tmp_path / "letter", code=2)
    assert "no pool has run" in run("backup", tmp_path / "b", code=2, data=tmp_path / "none")


async def test_a_pool_that_did_nothing_since_its_start_is_checked_as_well(run, tmp_path):
    await live(tmp_path / "data", 0)
    await (await Bookkeeper.open(tmp_path / "data" / "pool")).close()
    assert "the journal leads to them" in run("check")


async def test_a_pool_that_runs_is_checked_and_backed_up(run, tmp_path):
    keeper = await Bookkeeper.open(tmp_path / "data" / "pool")
    for number, event in enumerate(history(0, 100)):
        keeper.accept([event])
        if number % 40 == 0:
            await keeper.commit()
            await asyncio.to_thread(run, "check")
            await asyncio.to_thread(run, "backup", tmp_path / f"backup{number}")
            await asyncio.to_thread(run, "check", "--from", tmp_path / f"backup{number}")
    await keeper.close()
    for number in (0, 40, 80):
        run("check", "--from", tmp_path / f"backup{number}")
    run("restore", tmp_path / "backup0", data=tmp_path / "old")
    assert "later moment" in run(
        "check", "--from", tmp_path / "backup40", code=2, data=tmp_path / "old"
    )


@pytest.mark.slow
async def test_books_in_postgresql_are_checked_against_the_journal_beside_it(
    run, tmp_path, postgres
):
    url = new_database(postgres)
    await live(tmp_path / "data", 0, database=url)
    await live(tmp_path / "data", 86_400, database=url)
    options = ["--set", f"pool.database={url}"]
    assert "the journal leads to them" in run("check", *options)
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(sa.update(schema.balances).values(sats=schema.balances.c.sats + 1))
    engine.dispose()
    told = run("check", *options, code=1)
    assert "balances income:block: sats is" in told


def test_an_extract_for_checks_is_no_backup(run, tmp_path):
    engine = open_database(tmp_path / "pool.sqlite")
    write_backup(engine, tmp_path / "extract", BooksSettings())
    engine.dispose()
    assert "extract for checks" in run("restore", tmp_path / "extract", code=2)


async def test_a_backup_and_the_journal_together_give_back_all_there_was(run, tmp_path):
    """The disk of the database is lost, after days and payouts that the backup knows nothing of."""
    data = tmp_path / "data" / "pool"
    await live(tmp_path / "data", 0)
    run("backup", tmp_path / "backup")
    await live(tmp_path / "data", 86_400)
    keeper = await Bookkeeper.open(data)
    expected, balances = keeper.pool("user0", NOW + 95_000), dict(keeper.ledger_balances)
    await keeper.close()
    for file in data.glob("pool.sqlite*"):
        file.unlink()
    assert "--with-journal if it goes on" in run("restore", tmp_path / "backup", code=2)
    assert "212 events of the journal came later" in run(
        "restore", tmp_path / "backup", "--with-journal"
    )
    keeper = await Bookkeeper.open(data)
    assert keeper.pool("user0", NOW + 95_000) == expected
    assert dict(keeper.ledger_balances) == balances
    await keeper.close()
    assert "the journal leads to them" in run("check")


async def test_a_journal_that_does_not_go_on_from_a_backup_is_told_and_nothing_is_made(
    run, tmp_path
):
    await live(tmp_path / "data", 0)
    run("backup", tmp_path / "backup")
    for other, why in (("shorter", "does not have event"), ("none", "is not there")):
        if other == "shorter":
            keeper = await Bookkeeper.open(tmp_path / other / "pool")
            keeper.accept(list(history(0, 3)))
            await keeper.close()
            for file in (tmp_path / other / "pool").glob("pool.sqlite*"):
                file.unlink()
        assert why in run(
            "restore", tmp_path / "backup", "--with-journal", code=2, data=tmp_path / other
        )
        assert not (tmp_path / other / "pool" / "pool.sqlite").exists()
    await live(tmp_path / "data", 10_000)
    await live(tmp_path / "data", 20_000)
    gone = sorted((tmp_path / "data" / "pool" / "journal" / "kept").glob("pool.00000002.*.journal"))
    gone[1].unlink()
    for file in (tmp_path / "data" / "pool").glob("pool.sqlite*"):
        file.unlink()
    assert "is missing" in run("restore", tmp_path / "backup", "--with-journal", code=2)


async def test_the_data_directory_may_be_named_before_what_is_to_be_done_there(tmp_path):
    await live(tmp_path / "data", 0)
    shown = CliRunner().invoke(main, ["pool", "--data", str(tmp_path / "data"), "check"])
    assert (shown.exit_code, shown.output) == (0, "all sums hold, and the journal leads to them\n")


async def test_a_database_whose_file_is_damaged_is_told(run, tmp_path):
    await live(tmp_path / "data", 0)
    path = tmp_path / "data" / "pool" / "pool.sqlite"
    with sqlite3.connect(path) as store:
        (root,) = store.execute(
            "SELECT rootpage FROM sqlite_master WHERE name='counters'"
        ).fetchone()
        (size,) = store.execute("PRAGMA page_size").fetchone()
    store.close()
    whole = path.read_bytes()
    at = (root - 1) * size + size - 40
    path.write_bytes(whole[:at] + bytes(40) + whole[at + 40 :])
    told = run("check", "--sums-only", code=1)
    assert "malformed" in told
