"""A job keeps the difficulty it was offered at."""

from pithead.pool.aims import Aims


def test_a_job_is_judged_by_the_last_change_before_it():
    aims = Aims()
    aims.change(4, 10, oldest=10)
    aims.change(64, 13, oldest=10)
    assert [aims.of(sequence).work for sequence in (10, 12, 13, 99)] == [4, 4, 64, 64]


def test_a_job_from_before_the_first_offer_has_none():
    aims = Aims()
    assert aims.of(1) is None
    aims.change(4, 10, oldest=1)
    assert aims.of(9) is None


def test_the_same_work_again_is_no_change():
    aims = Aims()
    assert aims.change(4, 10, oldest=10) is not None
    assert aims.change(4, 11, oldest=10) is None


def test_aims_of_forgotten_jobs_go_and_the_one_still_in_force_stays():
    aims = Aims()
    for sequence in range(1000):
        aims.change(4 + sequence % 2, sequence, oldest=max(0, sequence - 10))
    assert len(aims._from) <= 12
    assert aims.of(989).work == 5
    aims.change(9, 2000, oldest=1999)
    assert aims.of(1999).work == 5
