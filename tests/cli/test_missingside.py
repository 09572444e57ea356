"""Payouts made after a backup are booked from the wallet, once, and by nobody's guess."""

import pytest
from click.testing import CliRunner

from pithead.cli.config import load
from pithead.cli.main import main
from pithead.cli.missingside import look
from pithead.cli.nodeside import network_of
from pithead.node.payments import PaymentRefused, SentBefore
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.destinations import Destinations
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from tests.pool.test_missing import ADDRESSES, sent

NOON = 1_700_000_000
CONFIG = load({}, {})


class Wallet:
    def __init__(self, *sent):
        self.sent = sent
        self.asked = []

    async def sent_since(self, second):
        self.asked.append(second)
        return list(self.sent)


async def opened(directory):
    settings = BookkeeperSettings(confirmations=1, commit_seconds=3_600)
    return await Bookkeeper.open(directory, settings)


@pytest.fixture
async def keeper(tmp_path):
    """Books in which alice is owed 98 million satoshis and bob nothing."""
    keeper = await opened(tmp_path)
    at = NOON * 1000
    keeper.accept(
        [ShareAccepted(at, "alice", "rig", 1_000),
         BlockFound(at, "alice", "rig", 7, "aa", 100_000_000, 900, b"x"),
         BlockResolved(at, "aa", True, ""), TipChanged(at, 7, "aa"), TipChanged(at, 8, "bb")]
    )  # fmt: skip
    destinations = Destinations(keeper.store.engine, network_of(CONFIG.node))
    for user, address in ADDRESSES.items():
        destinations.set(user, address)
    await keeper.commit()
    yield keeper
    await keeper.close()


async def test_without_being_told_to_nothing_is_booked(keeper):
    wallet = Wallet(sent("ab", {"alice": 5_000_000}))
    outcome = await look(CONFIG, keeper, wallet, False)
    assert [each.sent.txid_display for each in outcome.found] == ["ab"]
    assert outcome.below == {}
    assert keeper.payouts_underway == []
    assert wallet.asked == [NOON - 86_400]


async def test_what_was_paid_is_on_its_way_in_the_books_and_is_booked_once(keeper, tmp_path):
    wallet = Wallet(sent("ab", {"alice": 5_000_000, "bob": 70_000}), sent("cd", {"alice": 1_000}))
    outcome = await look(CONFIG, keeper, wallet, True)
    assert outcome.below == {"bob": 70_000}
    for _ in range(2):  # also before the database knows of it
        balances = keeper.ledger_balances
        assert balances["user:alice:confirmed"] == 98_000_000 - 5_001_000
        assert balances["user:alice:paying"] == 5_001_000
        assert balances["user:bob:confirmed"] == -70_000
        assert sum(balances.values()) == 0
        assert [each.txid_display for each in keeper.payouts_underway] == ["ab", "cd"]
        assert (await look(CONFIG, keeper, wallet, True)).found == []
        await keeper.commit()


async def test_what_is_in_doubt_is_left_alone(keeper):
    stranger = SentBefore("ef", b"raw", 200, NOON, [("bcrt1qstranger", 5_000)])
    outcome = await look(CONFIG, keeper, Wallet(stranger), True)
    (found,) = outcome.found
    assert "no user is paid at bcrt1qstranger" in found.doubt
    assert keeper.payouts_underway == []


async def test_a_wallet_that_cannot_say_changes_nothing(keeper):
    class Locked:
        async def sent_since(self, second):
            raise PaymentRefused("the wallet is not loaded")

    with pytest.raises(PaymentRefused):
        await look(CONFIG, keeper, Locked(), True)
    assert keeper.payouts_underway == []


def test_without_a_wallet_of_bitcoind_it_says_what_is_missing(tmp_path):
    shown = CliRunner().invoke(main, ["pool", "missing-payouts", "--data", str(tmp_path)])
    assert shown.exit_code == 2
    assert "--set payouts.wallet=NAME" in shown.output
