"""What a process has credited and refused."""

from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.counts import Counts
from pithead.pool.events import ShareAccepted, ShareRejected, TipChanged

ACCEPTED = st.builds(ShareAccepted, st.just(1), st.just("a"), st.just("r"), st.integers(1, 2**80))
REJECTED = st.builds(
    ShareRejected, st.just(1), st.just("a"), st.just("r"), st.sampled_from(["stale", "low"]),
    st.integers(0, 2**80),
)  # fmt: skip
OTHERS = st.just(TipChanged(1, 7, "ab"))


@given(st.lists(st.lists(ACCEPTED | REJECTED | OTHERS)))
def test_every_event_is_counted_once_however_they_come(batches):
    counts = Counts()
    for batch in batches:
        counts.add(batch)
    events = [event for batch in batches for event in batch]
    accepted = [event for event in events if isinstance(event, ShareAccepted)]
    rejected = [event for event in events if isinstance(event, ShareRejected)]
    assert counts.events == len(events)
    assert counts.accepted == len(accepted)
    assert counts.accepted_work == sum(event.work for event in accepted)
    assert counts.rejected.total() == len(rejected)
    for reason in ("stale", "low"):
        mine = [event.work for event in rejected if event.reason == reason]
        assert (counts.rejected[reason], counts.rejected_work[reason]) == (len(mine), sum(mine))
