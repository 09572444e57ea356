"""State changes are told once, and only those that a user does not know of."""

from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.readings import WorkerReading
from pithead.pool.watching import SNAPSHOT_SECONDS, changes, due

states = st.sampled_from(["ok", "low", "off", "dis"])


def reading(name, state, work_5m=3_000, work_24h=86_400):
    return WorkerReading(name, state, 0, work_5m, 0, work_24h, 0.0)


def test_a_worker_that_falls_silent_is_told_of():
    told, new = changes(
        {"rig1": "ok", "rig2": "ok"}, [reading("rig1", "off"), reading("rig2", "ok")]
    )
    assert [(each.worker, each.before, each.after) for each in told] == [("rig1", "ok", "off")]
    assert new == {"rig1": "off"}


def test_a_new_worker_is_remembered_without_a_word():
    assert changes({}, [reading("rig1", "ok")]) == ([], {"rig1": "ok"})


def test_switching_the_monitoring_is_no_alert():
    assert changes({"rig1": "ok"}, [reading("rig1", "dis")]) == ([], {"rig1": "dis"})
    assert changes({"rig1": "dis"}, [reading("rig1", "off")]) == ([], {"rig1": "off"})


@given(st.lists(st.dictionaries(st.sampled_from("abcd"), states), max_size=10))
def test_each_change_is_told_once_and_what_is_remembered_is_how_things_stand(history):
    known = {}
    for now in history:
        workers = [reading(name, state) for name, state in now.items()]
        told, new = changes(known, workers)
        assert all(known[each.worker] == each.before != each.after for each in told)
        known.update(new)
        assert {name: known[name] for name in now} == now
        assert changes(known, workers) == ([], {})


def test_snapshots_are_five_minutes_apart_and_missed_ones_are_not_made_up_for():
    assert due(0, 299.9) is None
    assert due(0, 300.0) == 300
    assert due(300, 10_000.0) == 9_900
    assert due(9_900, 9_900.0 + SNAPSHOT_SECONDS - 1) is None


def test_a_clock_set_back_is_no_reason_to_stop_looking():
    assert due(9_900, 600.0) == 600
