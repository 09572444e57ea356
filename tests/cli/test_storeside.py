"""Backup, restore and check, as an operator types them."""

import shutil
import sqlite3

import pytest
from click.testing import CliRunner

from pithead.cli.main import main
from pithead.pool.bookkeeping import Bookkeeper, BookkeeperSettings
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged

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


async def live(directory, start):
    """A life of the pool, with segments small enough that some are left behind."""
    settings = BookkeeperSettings(keep_journal=True, segment_bytes=2_000)
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
    assert "not kept" in run("check", code=2)
    assert "all sums hold" in run("check", "--sums-only")


@pytest.mark.parametrize(
    ("change", "told"),
    [("UPDATE balances SET sats = sats + 1 WHERE account = 'user:user0:unconfirmed'", "balance"),
     ("UPDATE entries SET sats = sats + 1 WHERE account = 'user:user0:unconfirmed'", "out by"),
     ("UPDATE meters SET rejected = '5' WHERE user = 'user1'", "the work of user1")],
)  # fmt: skip
async def test_whoever_changes_the_store_is_found_out(run, tmp_path, change, told):
    await live(tmp_path / "data", 0)
    with sqlite3.connect(tmp_path / "data" / "pool" / "pool.sqlite") as store:
        store.execute(change)
    store.close()
    assert told in run("check", code=1)


async def test_a_pool_goes_on_from_a_backup(run, tmp_path):
    await live(tmp_path / "data", 0)
    run("backup", tmp_path / "backup")
    assert "journal of another life" in run("restore", tmp_path / "backup", code=2)
    run("restore", tmp_path / "backup", data=tmp_path / "new")
    assert "already" in run("restore", tmp_path / "backup", code=2, data=tmp_path / "new")
    await live(tmp_path / "new", 10_000)
    run("check", "--from", tmp_path / "backup", data=tmp_path / "new")


def test_what_is_no_backup_and_where_no_pool_ran_are_told(run, tmp_path):
    (tmp_path / "letter").write_text("dear editor")
    assert "no whole backup" in run("restore", tmp_path / "letter", code=2)
    assert "no pool has run" in run("backup", tmp_path / "b", code=2, data=tmp_path / "none")
