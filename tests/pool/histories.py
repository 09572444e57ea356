"""Histories that a pool could see, at random, and what is to be seen of the books after them."""

from hypothesis import strategies as st

from pithead.pool.books import Books, BooksSettings
from pithead.pool.events import (
    BlockFound,
    BlockResolved,
    PriceSeen,
    Reached,
    ReferralSet,
    RulesChanged,
    ShareAccepted,
    TipChanged,
    WorkerForgotten,
)
from pithead.pool.rewards import Rules
from pithead.pool.standing import Standing

NOW = 1_700_000_000
USERS = ("alice", "bob", "carol")
SETTINGS = BooksSettings(confirmations=3)
RULES = [
    Rules(scheme=scheme, fee_ppm=fee, bonus_ppm=5_000, referral_ppm=2_500, window_ppm=window)
    for scheme in ("pplns", "fpps", "solo", "score")
    for fee, window in ((20_000, 2_000_000), (0, 70_000))
]

steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *["share"] * 3,
                "block",
                "tip",
                "answer",
                "refuse",
                "reorg",
                "rules",
                "price",
                "refer",
                "reach",
                "forget",
            ]
        ),
        st.sampled_from([0, 1, 400, 20_000, 61_000, 3_600_000, 30_000_000, -900, -3_600_000]),
        st.sampled_from(USERS),
        st.integers(1, 2**50),
    ),
    min_size=1,
    max_size=60,
)


def events_of(steps):
    """A history that a pool could see: clocks jump, blocks are refused and orphaned."""
    time_ms, height, events, open_blocks = NOW * 1000, 100, [], []
    for number, (kind, step, user, work) in enumerate(steps):
        time_ms += step
        match kind:
            case "share":
                events.append(ShareAccepted(time_ms, user, f"rig{work % 2}", work, work % 3 == 0))
            case "rules":
                events.append(RulesChanged(time_ms, RULES[work % len(RULES)]))
            case "price":
                events.append(PriceSeen(time_ms, height + 1, 10**9, work % 10**9, 2**44 + work % 9))
            case "reach":
                events.append(Reached(time_ms, f"front-{work % 2}", 1 + number // 20, work))
            case "forget":
                events.append(WorkerForgotten(time_ms, user, f"rig{work % 2}"))
            case "refer":
                events.append(ReferralSet(time_ms, user, USERS[work % 3]))
            case "block":
                name = f"{number:064x}"
                open_blocks.append(name)
                if work % 5:  # a stale share may be a block as well
                    events.append(ShareAccepted(time_ms, user, "rig0", work))
                events.append(
                    BlockFound(
                        time_ms,
                        user,
                        "rig0",
                        height + 1,
                        name,
                        10**9 + work,
                        work,
                        b"x",
                        work % 3 == 0,
                    )
                )
            case "tip":
                height += 1
                name = open_blocks[-1] if open_blocks and work % 2 else f"f{number:063x}"
                events.append(TipChanged(time_ms, height, name))
            case "answer" | "refuse" if open_blocks:
                name = open_blocks.pop(0)
                events.append(BlockResolved(time_ms, name, kind == "answer", ""))
            case "reorg":
                events.append(TipChanged(time_ms, height, f"e{number:063x}"))
    return events


def applied(events):
    books = Books(SETTINGS)
    for event in events:
        books.apply(event)
    return books


busy_steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *["share"] * 40,
                "block",
                "tip",
                "answer",
                "refuse",
                "rules",
                "price",
                "refer",
                "forget",
            ]
        ),
        st.sampled_from([*[0] * 20, 1, 7, 400, -1, -900, 1_000, 61_000, 30_000_000, -3_600_000]),
        st.sampled_from(USERS),
        st.integers(1, 2**50),
    ),
    min_size=20,
    max_size=80,
)


def by_name(workers):
    return sorted(workers, key=lambda worker: worker.name)


def seen(books, now):
    standing = Standing(books)
    standing.template_value_sats = 10**9
    return (
        [standing.pool(user, now) for user in USERS],
        [standing.profile(user, now) for user in USERS],
        [by_name(standing.workers(user, now)) for user in USERS],
        {account: sats for account, sats in books.ledger.balances.items() if sats},
    )
