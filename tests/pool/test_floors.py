"""The least difficulty that an account wants of a worker, and what becomes of it on the wire."""

from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.floors import AccountFloors, Floors
from pithead.pool.names import Worker
from pithead.pool.vardiff import work_of_difficulty

EIGHT = 8 / work_of_difficulty(1)
"""The difficulty of shares of eight hashes; those of a stage have four."""
names = st.sampled_from(["a", "b", "c"])
difficulties = st.floats(1e-6, 1e9)


def asked(peer):
    """The work of a share that a peer was told last."""
    return work_of_difficulty(peer.difficulties[-1])


def log_in(stage, name):
    stage.open()
    peer = stage.connect()
    peer.log_in(name)
    return peer


def test_a_worker_that_comes_is_held_to_what_its_account_wants(stage):
    stage.front.floors.hold({("alice", "rig"): EIGHT})
    assert asked(log_in(stage, "alice.rig")) == 8
    assert asked(log_in(stage, "alice.other")) == 4
    assert asked(log_in(stage, "bob.rig")) == 4


def test_a_connected_worker_is_held_to_it_within_a_tick_and_to_no_more_afterwards(stage):
    peer = log_in(stage, "alice.rig")
    stage.front.floors.hold({("alice", "rig"): EIGHT})
    peer.tick()
    assert asked(peer) == 8
    assert peer.tick() == []


def test_the_largest_of_all_wishes_on_a_connection_holds(stage):
    stage.front.floors.hold({("alice", "rig"): EIGHT, ("alice", "two"): 2 * EIGHT})
    peer = log_in(stage, "alice.rig")
    peer.ask("mining.authorize", "alice.two", "x")
    assert asked(peer) == 16
    peer.ask("mining.authorize", "alice.three", f"d={4 * EIGHT}")
    assert asked(peer) == 32


def test_a_share_may_be_as_easy_as_the_pool_likes_once_the_account_wants_nothing(stage):
    stage.front.floors.hold({("alice", "rig"): EIGHT})
    peer = log_in(stage, "alice.rig")
    stage.front.floors.hold({})
    peer.tick()
    session = peer.session
    assert session.work == 8  # as it is: vardiff goes from here
    stage.now += 600
    peer.offer(stage.open())
    assert session.work < 8


def test_no_share_is_asked_to_prove_more_than_a_block(stage):
    stage.front.floors.hold({("alice", "rig"): 1e12})
    job_work = stage.open().block_work
    assert asked(log_in(stage, "alice.rig")) <= job_work


@given(
    st.dictionaries(st.tuples(names, names), difficulties),
    st.dictionaries(names, difficulties),
    st.sets(st.tuples(names, names)),
)
def test_the_least_is_the_largest_of_what_is_wished_of_those_who_are_there(wanted, wishes, present):
    accounts, floors = AccountFloors(), Floors()
    accounts.hold(wanted)
    for name, difficulty in wishes.items():
        floors.wish(name, difficulty)
    floors.settle(accounts, [Worker(*each) for each in present])
    all_of_them = [*wishes.values(), *(wanted[each] for each in present & wanted.keys())]
    assert floors.least == max(map(work_of_difficulty, all_of_them), default=0)
    assert not floors.is_old(accounts)
    assert not floors.settle(accounts, [Worker(*each) for each in present])


def test_the_same_told_again_is_no_news():
    accounts = AccountFloors()
    accounts.hold({("a", "b"): 5.0})
    before = accounts.generation
    accounts.hold({("a", "b"): 5.0})
    assert accounts.generation == before
    accounts.hold({})
    assert accounts.generation != before
