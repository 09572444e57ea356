"""The vitals of a pool of several processes."""

from pithead.pool.counts import Counts, Vitals
from pithead.pool.reports import report_of, together


def vitals(**changes):
    fields = {
        "connections": 0, "most_connections": 10, "share_works": [], "template_age": 1.0,
        "has_work": True, "has_failed": False, "journal_problem": "", "counts": Counts(),
    }  # fmt: skip
    return Vitals(**(fields | changes))


def test_what_can_be_summed_is_and_of_the_rest_the_worst_counts():
    own = vitals()
    reports = [
        report_of("one", vitals(connections=2, share_works=[5, 9], template_age=7.0), {"a": 2}),
        report_of("two", vitals(connections=1, share_works=[7], journal_problem="full"), {"a": 1}),
    ]
    whole = together(own, reports, own.counts)
    assert (whole.connections, whole.most_connections) == (3, 20)
    assert whole.share_works == [5, 7, 9]
    assert whole.template_age == 7.0
    assert whole.journal_problem == "full"
    assert whole.has_work
    assert whole.counts is own.counts


def test_there_is_work_where_the_books_and_one_front_end_have_it():
    with_work, without = (
        report_of("one", vitals(), {}),
        report_of("two", vitals(has_work=False), {}),
    )
    assert together(vitals(), [with_work, without], Counts()).has_work
    assert not together(vitals(), [without], Counts()).has_work
    assert not together(vitals(), [], Counts()).has_work
    assert not together(vitals(has_work=False), [with_work], Counts()).has_work
