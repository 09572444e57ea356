"""What an operator asked for is known to the next who keeps the books, or the operator is told."""

import pytest

from pithead.bitcoin.network import REGTEST
from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.books import BooksSettings
from pithead.pool.destinations import Destinations
from pithead.pool.store import Store
from pithead.pooladmin import moneycontract as api
from pithead.pooladmin.errors import Wrong
from pithead.pooladmin.money import MoneyAdmin

NOW = 1_700_000_000.0


@pytest.fixture
async def opened(tmp_path):
    keepers = []

    async def open_books(token):
        settings = BookkeeperSettings(commit_seconds=3_600, token=token)
        keeper = await Bookkeeper.open(tmp_path, settings)
        keepers.append(keeper)
        accounts = Accounts(keeper.store)
        for user in ("alice", "bob"):
            accounts.create_user(user)
        destinations = Destinations(keeper.store.engine, REGTEST)
        return MoneyAdmin(keeper, accounts, destinations, None, lambda: NOW)

    yield open_books
    for keeper in keepers:
        keeper._open.close()  # as a kill would


def referrers(money):
    """As the next would know them."""
    books, _ = Store(money.keeper.store.engine, "pool", 8).load(BooksSettings())
    row = books.paying.referral("alice")
    return None if row is None else row.referrer


async def refer(money):
    await money.refer({"user": "alice"}, api.Referrer(referrer="bob"))


async def test_the_next_knows_what_was_answered_with_yes(opened):
    money = await opened(7)
    await refer(money)
    assert referrers(money) == "bob"


async def test_who_keeps_the_books_no_more_says_so(opened):
    money = await opened(7)
    assert referrers(money) is None
    with pytest.raises(Wrong, match="another process keeps the books now"):
        await refer(money)
    assert referrers(money) is None


async def test_while_the_database_is_away_it_is_to_be_asked_again(opened, monkeypatch):
    money = await opened(7)

    async def away():
        return False

    monkeypatch.setattr(money.keeper, "secure", away)
    with pytest.raises(Wrong, match="the database cannot be written"):
        await refer(money)


async def test_without_a_lease_the_journal_is_enough(opened, monkeypatch):
    money = await opened(0)
    monkeypatch.delattr(Bookkeeper, "secure")
    await refer(money)
    assert money.keeper.referrer("alice", NOW) == "bob"
