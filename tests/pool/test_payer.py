"""Payouts through a wallet that may be away, by a pool that may be killed between any steps."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy.exc import OperationalError

from pithead.bitcoin.address import AddressError, witness_address
from pithead.bitcoin.network import MAINNET, REGTEST
from pithead.node.node import NodeUnavailable
from pithead.node.payments import PaymentRefused, Prepared, Replaced, Seen, Unseen
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.books import BooksSettings
from pithead.pool.destinations import Destinations
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from pithead.pool.fence import UNFENCED, NotLeader
from pithead.pool.payer import NotPaid, Payer, PayerSettings
from pithead.pool.sharelog import JournalFull
from pithead.pool.store import Store

DAY = 86_400
NOON = 1_700_000_000 // DAY * DAY + DAY // 2
ALICE = witness_address(0, bytes(20), REGTEST)
BOB = witness_address(0, bytes([1]) * 20, REGTEST)
SETTINGS = PayerSettings(threshold_sats=20_000, confirmations=2)


class Killed(BaseException):
    """The process died here."""


@dataclass
class FakeChain:
    """What survives a kill of the pool: coins, and which transaction took them first."""

    coin: int = 0
    taken: dict[int, bytes] = field(default_factory=dict)
    """Which transaction each coin went to."""
    depth: dict[bytes, int] = field(default_factory=dict)
    paid: dict[bytes, dict[str, int]] = field(default_factory=dict)
    sends: int = 0

    def mine(self, blocks=1):
        self.depth = {raw: depth + blocks for raw, depth in self.depth.items()}

    def paid_to(self, address):
        return sum(self.paid[raw].get(address, 0) for raw in self.depth)


@dataclass
class FakeWallet:
    """Implements the port over a fake chain; `at` is told each step, and may kill."""

    chain: FakeChain
    at: object = lambda step: None

    async def prepare(self, payments):
        self.at("before prepare")
        raw = f"{self.chain.coin}:{len(self.chain.paid)}".encode()
        self.chain.paid[raw] = {payment.address: payment.sats for payment in payments}
        self.at("after prepare")
        return Prepared(raw.hex(), raw, 100)

    async def send(self, raw):
        self.at("before send")
        coin = int(raw.split(b":")[0])
        if self.chain.taken.setdefault(coin, raw) != raw:
            raise PaymentRefused("missing or spent")
        self.chain.sends += 1
        self.chain.coin = coin + 1
        self.chain.depth.setdefault(raw, 0)
        self.at("after send")

    async def look(self, raw):
        self.at("before look")
        if raw in self.chain.depth:
            return Seen(self.chain.depth[raw])
        rival = self.chain.taken.get(int(raw.split(b":")[0]))
        return Unseen() if rival is None else Replaced(self.chain.depth[rival])


class Stage:
    """A pool whose alice and bob are owed half a block each."""

    def __init__(self, directory):
        self.directory = directory
        self.chain = FakeChain()
        self.now = NOON
        self.keeper = None

    async def open(self, at=lambda step: None, token=UNFENCED):
        settings = BookkeeperSettings(confirmations=3, commit_seconds=3_600, token=token)
        self.keeper = await Bookkeeper.open(self.directory, settings)
        self.wallet = FakeWallet(self.chain, at)
        self.destinations = Destinations(self.keeper.store.engine, REGTEST)
        self.payer = Payer(self.keeper, self.wallet, self.destinations, lambda: self.now, SETTINGS)
        accept, secure = self.keeper.accept, self.keeper.secure

        def accepting(events):
            at("before accept")
            accept(events)
            at("after accept")

        async def securing():
            at("before secure")
            done = await secure()
            at("after secure")
            return done

        self.keeper.accept, self.keeper.secure = accepting, securing

    def earn(self, height, user="alice", value=100_000_000):
        name = f"{height:064x}"
        at = int(self.now * 1000)
        self.keeper.accept(
            [
                ShareAccepted(at, "alice", "rig", 1_000),
                ShareAccepted(at, "bob", "rig", 1_000),
                BlockFound(at, user, "rig", height, name, value, 900, b""),
                BlockResolved(at, name, True, ""),
                TipChanged(at, height, name),
                TipChanged(at, height + 2, f"t{height}"),
            ]
        )

    async def kill(self):
        self.keeper._log.close()

        async def never():
            return False

        self.keeper.commit = never
        await self.keeper.close()

    def balances(self, user):
        balances = self.keeper.ledger_balances
        return [balances.get(f"user:{user}:{kind}", 0) for kind in ("confirmed", "paying", "paid")]


@pytest.fixture
async def stage(tmp_path):
    stage = Stage(tmp_path)
    await stage.open()
    stage.earn(10)
    stage.destinations.set("alice", ALICE)
    yield stage
    await stage.keeper.close()


async def test_a_payout_goes_out_once_a_day_and_ends_when_it_has_arrived(stage):
    await stage.payer.step()
    assert stage.balances("alice") == [0, 49_000_000, 0]
    assert stage.balances("bob") == [49_000_000, 0, 0]  # who has named no address
    stage.chain.mine()
    await stage.payer.step()
    assert stage.balances("alice") == [0, 49_000_000, 0]
    stage.chain.mine()
    await stage.payer.step()
    assert stage.balances("alice") == [0, 0, 49_000_000]
    assert stage.keeper.profile("alice", stage.now).all_time_sats == 49_000_000
    stage.earn(20)
    await stage.payer.step()
    assert stage.balances("alice")[1] == 0  # not again today
    stage.now += DAY
    await stage.payer.step()
    assert stage.balances("alice") == [0, 49_000_000, 49_000_000]
    assert stage.keeper.ledger_balances["pool:fee"] == 4_000_000 - 2 * 100


async def test_the_hour_of_the_day_is_waited_for(stage):
    stage.now = NOON + DAY // 2 + 8 * 3_600
    await stage.payer.step()
    await stage.payer.step()
    assert len(stage.chain.paid) == 1  # of the day that began at nine the day before
    stage.chain.mine(2)
    await stage.payer.step()
    stage.earn(20)
    await stage.payer.step()
    assert stage.balances("alice")[1] == 0
    stage.now += 3_600
    await stage.payer.step()
    assert stage.balances("alice")[1] == 49_000_000


async def test_too_little_is_not_paid_and_each_user_may_ask_for_more(stage):
    stage.destinations.set("alice", ALICE, 49_000_001)
    stage.destinations.set("bob", BOB, 49_000_000)
    assert await stage.payer.pay_now() is not None
    assert stage.balances("alice") == [49_000_000, 0, 0]
    assert stage.balances("bob") == [0, 49_000_000, 0]
    assert await stage.payer.pay_now() is None  # one is under way


async def test_users_of_one_address_are_paid_together_and_booked_apart(stage):
    stage.destinations.set("bob", ALICE)
    await stage.payer.step()
    assert stage.chain.paid_to(ALICE) == 98_000_000
    assert stage.balances("alice")[1] == stage.balances("bob")[1] == 49_000_000


async def test_an_address_of_another_network_is_refused_or_later_left_out(stage):
    with pytest.raises(AddressError, match="regtest"):
        stage.destinations.set("bob", witness_address(0, bytes(20), MAINNET))
    with pytest.raises(ValueError, match="threshold"):
        stage.destinations.set("bob", BOB, 1)
    assert stage.destinations.of("bob") is None
    Destinations(stage.destinations.engine, MAINNET).set(
        "bob", witness_address(0, bytes(20), MAINNET)
    )
    await stage.payer.step()
    assert stage.balances("bob") == [49_000_000, 0, 0]
    assert stage.balances("alice")[1] == 49_000_000
    assert stage.destinations.clear("bob")
    assert not stage.destinations.clear("bob")


async def test_a_wallet_that_is_away_or_empty_is_asked_again(stage, monkeypatch):
    for trouble in (NodeUnavailable("away"), PaymentRefused("too few coins")):

        async def failing(*_, trouble=trouble):
            raise trouble

        with monkeypatch.context() as patched:
            patched.setattr(FakeWallet, "prepare", failing)
            await stage.payer.step()
            with pytest.raises(NotPaid, match=str(trouble)):
                await stage.payer.pay_now()
        assert stage.balances("alice") == [49_000_000, 0, 0]
    await stage.payer.step()
    assert stage.balances("alice")[1] == 49_000_000


async def test_a_database_that_is_away_holds_payouts_up_and_ends_nothing(stage, monkeypatch):
    def away(self):
        raise OperationalError("SELECT", {}, Exception("no such host"))

    with monkeypatch.context() as patched:
        patched.setattr(Destinations, "all", away)
        await stage.payer.step()
        with pytest.raises(NotPaid, match="no such host"):
            await stage.payer.pay_now()
    await stage.payer.step()
    assert stage.balances("alice")[1] == 49_000_000


async def test_without_a_journal_or_a_disk_nothing_is_sent(stage, monkeypatch):
    def full(events):
        raise JournalFull("no room")

    with monkeypatch.context() as patched:
        patched.setattr(stage.keeper, "accept", full)
        await stage.payer.step()
    assert stage.keeper.payouts_underway == []

    async def unable():
        return False

    with monkeypatch.context() as patched:
        patched.setattr(stage.keeper, "secure", unable)
        await stage.payer.step()
    assert stage.chain.sends == 0
    assert stage.balances("alice")[1] == 49_000_000
    await stage.payer.step()
    assert stage.chain.sends == 1


async def test_a_payout_whose_coins_another_took_for_good_is_due_again(stage):
    stage.chain.taken[0] = b"0:rival"
    stage.chain.depth[b"0:rival"] = 1
    stage.chain.paid[b"0:rival"] = {}
    await stage.payer.step()
    await stage.payer.step()
    assert stage.balances("alice") == [0, 49_000_000, 0]  # the rival may be orphaned yet
    stage.chain.mine()
    await stage.payer.step()
    assert stage.balances("alice") == [49_000_000, 0, 0]
    assert stage.keeper.ledger_balances["pool:fee"] == 2_000_000


async def test_an_operator_gives_up_what_the_network_never_saw_and_nothing_else(stage, monkeypatch):
    async def refused(self, raw):
        raise PaymentRefused("missing or spent")

    with monkeypatch.context() as patched:
        patched.setattr(FakeWallet, "send", refused)
        await stage.payer.step()
    (plan,) = stage.keeper.payouts_underway
    assert not await stage.payer.give_up("ab", "no such")
    assert await stage.payer.give_up(plan.txid_display, "coins were spent by hand")
    assert stage.balances("alice") == [49_000_000, 0, 0]
    txid = await stage.payer.pay_now()
    with pytest.raises(NotPaid, match="it will arrive"):
        await stage.payer.give_up(txid, "")


async def test_a_user_sees_payouts_by_the_day_they_were_planned(stage):
    await stage.payer.step()
    await stage.keeper.commit()
    today = stage.now // DAY * DAY
    (queued,) = await stage.keeper.payouts("alice", today, today)
    assert (queued.state, queued.sats, queued.address) == ("queued", 49_000_000, ALICE)
    assert (queued.planned_at, queued.resolved_at, queued.manual) == (stage.now, 0, False)
    stage.chain.mine(2)
    stage.now += 600
    await stage.payer.step()
    await stage.keeper.commit()
    (arrived,) = await stage.keeper.payouts("alice", today, today)
    assert (arrived.state, arrived.resolved_at) == ("confirmed", stage.now)
    assert await stage.keeper.payouts("alice", today - DAY, today - DAY) == []
    assert await stage.keeper.payouts("bob", today, today) == []


STEPS = 14
"""More than a payout has, so that the last runs see it through."""


@pytest.mark.parametrize("number", range(STEPS))
async def test_a_kill_at_any_step_pays_nobody_twice_and_nobody_less(tmp_path, number):
    stage = Stage(tmp_path)
    await stage.open()
    stage.earn(10)
    stage.destinations.set("alice", ALICE)
    stage.destinations.set("bob", BOB)
    await stage.kill()
    steps = []

    def kill_once(step):
        steps.append(step)
        if len(steps) == number + 1:
            raise Killed(step)

    await stage.open(kill_once)
    killed = False
    for _ in range(8):
        try:
            await stage.payer.step()
            stage.chain.mine()
        except Killed:
            killed = True
            await stage.kill()
            await stage.open(kill_once)
        paid = stage.chain.paid_to(ALICE)
        assert paid in (0, 49_000_000)
        due, underway, arrived = stage.balances("alice")
        assert due + underway + arrived == 49_000_000
        assert not (paid and due)  # what the network has is never due
    assert killed == (number < len(steps))
    assert stage.chain.paid_to(ALICE) == stage.chain.paid_to(BOB) == 49_000_000
    assert stage.balances("alice") == stage.balances("bob") == [0, 0, 49_000_000]
    await stage.keeper.close()


@pytest.fixture
async def leading(tmp_path):
    """A stage whose pool keeps the books in a term; `depose` begins the next one."""
    stage = Stage(tmp_path)
    await stage.open(token=7)
    stage.earn(10)
    stage.destinations.set("alice", ALICE)
    assert await stage.keeper.commit()
    stage.depose = lambda: Store(stage.keeper.store.engine, "pool", 8).load(BooksSettings())
    yield stage
    await stage.kill()


async def test_who_keeps_the_books_no_more_pays_nobody(leading):
    leading.depose()
    with pytest.raises(NotPaid, match="another process keeps the books"):
        await leading.payer.pay_now()
    with pytest.raises(NotLeader):
        await leading.payer.step()
    assert leading.chain.sends == 0


async def test_who_keeps_the_books_no_more_does_not_send_what_it_had_planned(leading):
    """The one that does may have given it up."""
    send = leading.wallet.send
    leading.wallet.send = away
    await leading.payer.step()
    assert leading.balances("alice")[1] == 49_000_000
    assert await leading.keeper.commit()
    leading.wallet.send = send
    leading.depose()
    with pytest.raises(NotLeader):
        await leading.payer.step()
    assert leading.chain.sends == 0
    (plan,) = leading.keeper.payouts_underway
    with pytest.raises(NotPaid, match="another process keeps the books"):
        await leading.payer.give_up(plan.txid_display, "its coins are gone")
    assert leading.balances("alice")[1] == 49_000_000


async def test_what_was_given_up_in_a_term_is_so_for_the_next(leading):
    leading.wallet.send = away
    await leading.payer.step()
    (plan,) = leading.keeper.payouts_underway
    assert await leading.payer.give_up(plan.txid_display, "its coins are gone")
    books, _ = Store(leading.keeper.store.engine, "pool", 8).load(BooksSettings())
    assert books.payouts.underway == []


async def away(raw):
    raise NodeUnavailable("away")
