"""Which rules hold: what an admin chose, until the configuration itself says something else."""

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.cli.governing import begin_governed
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.books import Books, BooksSettings
from pithead.pool.database import open_database
from pithead.pool.events import (
    BlockFound,
    BlockResolved,
    PriceSeen,
    RulesChanged,
    ShareAccepted,
    TipChanged,
)
from pithead.pool.rewards import Rules
from pithead.pool.rule_terms import changed, rules_of, terms_of
from pithead.pool.rulebook import PastRules, Rulebook
from pithead.pool.sharelog import ShareLog
from tests.cli.test_config import load

NOON = 1_700_000_000 // 86_400 * 86_400 + 43_200
FIRST, SECOND, THIRD = (
    Rules(fee_ppm=20_000), Rules(scheme="pplns", fee_ppm=15_000), Rules(scheme="fpps"),
)  # fmt: skip


@pytest.fixture
def book(database):
    engine = open_database(database)
    yield Rulebook(engine)
    engine.dispose()


def test_the_configuration_holds_until_something_is_chosen_and_again_when_it_is_taken_back(book):
    assert book.wanted().rules is None
    assert book.configure(FIRST) is None
    assert book.wanted().rules == FIRST
    book.choose(SECOND)
    assert book.wanted().rules == SECOND
    assert book.take_back()
    assert book.wanted().rules == FIRST
    assert not book.take_back()


def test_a_choice_outlives_restarts_until_the_configuration_changes(book):
    book.configure(FIRST)
    book.choose(SECOND)
    assert book.configure(FIRST) is None
    assert book.wanted().rules == SECOND
    assert book.configure(THIRD) == SECOND
    assert book.wanted().rules == THIRD
    assert book.configure(FIRST) is None  # nothing was chosen any more


def test_a_choice_made_before_the_first_start_holds(book):
    book.choose(SECOND)
    assert book.configure(FIRST) is None
    assert book.wanted().rules == SECOND


def test_terms_are_said_in_per_cent_and_kept_to_the_millionth():
    config = load({"pool.fee_percent": 1.2345, "pool.reward_scheme": "pplns"}, {}).pool
    rules = rules_of(config)
    assert (rules.fee_ppm, rules.scheme) == (12_345, "pplns")
    assert rules_of(terms_of(rules)) == rules
    assert changed(rules, {"fee_percent": 3.5, "reward_scheme": None}).fee_ppm == 35_000


@pytest.mark.parametrize(
    "change",
    [{"fee_percent": 100.1}, {"fee_percent": -1}, {"fee_percent": float("nan")},
     {"reward_scheme": "prop"}, {"referral_days": 0}, {"referral_days": 1.5},
     {"pplns_window": 0.0}],
)  # fmt: skip
def test_terms_out_of_bounds_are_refused(change):
    with pytest.raises(ValueError, match=r"Expected|Invalid|unknown"):
        changed(FIRST, change)


RULES = st.builds(
    Rules, scheme=st.sampled_from(["score", "pplns", "fpps", "solo"]),
    fee_ppm=st.sampled_from([0, 10_000, 20_000]), bonus_ppm=st.sampled_from([0, 5_000]),
)  # fmt: skip
steps = st.lists(
    st.one_of(
        st.tuples(st.just("choose"), RULES), st.tuples(st.just("configure"), RULES),
        st.tuples(st.just("work"), st.integers(1, 10**6)),
        st.tuples(st.just("block"), st.integers(1, 10**9)),
        st.tuples(st.sampled_from(["take back", "restart"]), st.none()),
    ),
    min_size=1, max_size=25,
)  # fmt: skip


@pytest.mark.slow
@given(steps)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_told_again_a_history_with_changes_in_its_midst_leaves_the_same_ledger(
    tmp_path_factory, steps
):
    """Each change is in the journal at its moment, whatever process it came from."""
    pool = _Pool(tmp_path_factory.mktemp("pool"))
    await pool.start()
    for kind, what in steps:
        await pool.step(kind, what)
        assert pool.keeper.rules == pool.expected
    balances, entries = dict(pool.keeper.ledger_balances), pool.keeper._books.ledger.entries
    await pool.keeper.commit()
    past = Rulebook(pool.keeper.store.engine).past()
    await pool.keeper.close()
    log = ShareLog(pool.directory / "journal", "pool")
    with contextlib.closing(log):
        events = [event for _, event in log.replay(None)]
    again = Books(BooksSettings(confirmations=3))
    again.apply_all(events)
    assert again.ledger.balances == balances
    assert again.ledger.entries == entries
    told = [PastRules(each.time_ms, each.rules) for each in events if type(each) is RulesChanged]
    assert past == told[::-1][:100]


class _Pool:
    """The books of a pool that is started again and again; knows what should be in force."""

    def __init__(self, directory):
        self.directory = directory
        self.configured, self.chosen = Rules(), None
        self.now, self.height = NOON, 10

    @property
    def expected(self):
        return self.chosen or self.configured

    async def start(self):
        self.keeper = await Bookkeeper.open(
            self.directory, BookkeeperSettings(confirmations=3, commit_seconds=3_600)
        )
        self.book = Rulebook(self.keeper.store.engine)
        begin_governed(self.book, self.configured, self.keeper, self.now)

    async def step(self, kind, what):
        self.now += 3_600
        if kind == "choose":
            self.chosen = what
            self.book.choose(what)
        elif kind == "take back":
            self.chosen = None
            self.book.take_back()
        elif kind == "work":
            self.work(what)
        elif kind == "block":
            self.block(what)
        else:
            if kind == "configure" and what != self.configured:
                self.configured, self.chosen = what, None
            await self.keeper.close()
            await self.start()
        self.keeper.govern(self.book.wanted().rules, self.now)

    def work(self, work):
        at = self.now * 1000
        self.keeper.accept(
            [PriceSeen(at, self.height + 1, 10**9, 5_000, 2**20),
             ShareAccepted(at, "alice", "rig", work, True), ShareAccepted(at, "bob", "rig", 500)]
        )  # fmt: skip

    def block(self, value):
        self.height += 1
        name, at = f"{self.height:064x}", self.now * 1000
        self.keeper.accept(
            [BlockFound(at, "alice", "rig", self.height, name, value, 900, b"x", True),
             BlockResolved(at, name, True, ""), TipChanged(at, self.height, name)]
        )  # fmt: skip
