"""The job book: every job new work, found until it expires, stale once the chain moved."""

import json

import pytest

from pithead.bitcoin.hashing import sha256d
from pithead.bitcoin.merkle import merkle_root
from pithead.pool.jobs import COUNTS, FORGOTTEN, JobBook, JobSettings

SETTINGS = JobSettings(payout_script=b"\x51", tag=b"/test/", expiry_seconds=300.0)


def test_both_lines_of_a_job_differ_in_the_last_word_alone(template):
    job = JobBook(SETTINGS, 1).open(template(), 0.0)
    line, clean = json.loads(job.line)["params"], json.loads(job.clean_line)["params"]
    assert line[:8] == clean[:8]
    assert (line[8], clean[8]) == (False, True)


def test_two_jobs_of_one_template_have_no_coinbase_in_common(template):
    book = JobBook(SETTINGS, 1)
    same = template()
    first, second = book.open(same, 0.0), book.open(same, 0.0)
    assert first.job.coinbase_prefix != second.job.coinbase_prefix
    assert first.job.job_id != second.job.job_id


def test_a_later_book_repeats_no_job_of_an_earlier_one(template):
    earlier = JobBook(SETTINGS, 1_700_000_000_000)
    later = JobBook(SETTINGS, 1_700_000_001_000)
    old, new = earlier.open(template(), 0.0), later.open(template(), 0.0)
    assert old.job.coinbase_prefix != new.job.coinbase_prefix
    assert later.find(old.job.job_id) is None


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4095])
def test_the_branch_folds_to_the_root_of_all_transactions(template, transaction, count):
    transactions = tuple(transaction(number) for number in range(count))
    job = JobBook(SETTINGS, 1).open(template(transactions=transactions), 0.0).job
    coinbase = job.coinbase(bytes(4), bytes(8))
    leaves = [sha256d(coinbase), *(each.txid_wire for each in transactions)]
    assert job.merkle_root_wire(bytes(4), bytes(8)) == merkle_root(leaves)


def test_another_job_of_the_same_template_has_the_same_branch(template, transaction):
    book = JobBook(SETTINGS, 1)
    first = book.open(template(transactions=tuple(transaction(n) for n in range(5))), 0.0)
    second = book.unlike(first.sequence, 1.0)
    assert second is not first
    assert second.job.branch == first.job.branch


def test_a_session_behind_the_latest_job_gets_that_one(template):
    book = JobBook(SETTINGS, 1)
    assert book.unlike(-1, 0.0) is None
    job = book.open(template(), 0.0)
    assert book.unlike(-1, 0.0) is job


def test_jobs_turn_stale_when_the_chain_moves_and_expire_with_age(template):
    book = JobBook(SETTINGS, 1)
    old = book.open(template(), 0.0)
    refreshed = book.open(template(), 30.0)
    assert not old.is_stale
    moved = template(prev_hash_wire=bytes(32))
    newer = book.open(moved, 60.0)
    assert (old.is_stale, refreshed.is_stale, newer.is_stale) == (True, True, False)
    book.open(moved, 300.0)
    assert book.find(old.job.job_id) is old
    book.open(moved, 301.0)
    assert book.find(old.job.job_id) is None
    assert book.find("no such job") is None


def test_a_chain_that_turns_back_makes_its_jobs_count_again(template):
    book = JobBook(SETTINGS, 1)
    job = book.open(template(), 0.0)
    book.open(template(prev_hash_wire=bytes(32)), 1.0)
    assert job.is_stale
    book.open(template(), 2.0)
    assert not job.is_stale


def test_a_forgotten_job_counts_for_nobody_who_still_holds_its_measure(template):
    book = JobBook(SETTINGS, 1)
    job = book.open(template(), 0.0)
    measure = job.measure(1 << 255, 8)
    assert (measure.state[0], job.is_forgotten) == (COUNTS, False)
    book.open(template(), 301.0)
    assert (measure.state[0], job.is_forgotten) == (FORGOTTEN, True)


def test_expired_jobs_are_forgotten(template):
    book = JobBook(SETTINGS, 100)
    for step in range(1000):
        book.open(template(), 30.0 * step)
    assert book.oldest_sequence == 1100 - 11


def test_bits_that_miners_may_roll_are_clear_however_a_node_signals(template):
    """As a node started with `-blockversion` does, or one whose soft fork had such a bit."""
    assert JobBook(SETTINGS, 1).open(template(version=0x3000_0014), 0.0).job.version == 0x2000_0014


def test_times_follow_the_template(template):
    job = JobBook(SETTINGS, 1).open(template(time=10_000, min_time=9_000), 0.0)
    assert (job.least_time, job.most_time) == (9_000, 17_200)


def test_the_latest_job_is_good_however_old(template):
    """A chain without news, or a node that is away: the miners have nothing else."""
    book = JobBook(SETTINGS, 1)
    job = book.open(template(), 0.0)
    assert book.find(job.job.job_id) is job
    book.open(template(), 10_000.0)
    assert book.find(job.job.job_id) is None


def test_while_paused_every_job_is_stale_and_none_is_given_out(template):
    book = JobBook(SETTINGS, 1)
    job = book.open(template(), 0.0)
    book.pause()
    assert job.is_stale
    assert book.unlike(-1, 1.0) is None
    assert book.find(job.job.job_id) is job
    newer = book.open(template(), 2.0)
    assert book.unlike(-1, 2.0) is newer
    assert (job.is_stale, newer.is_stale) == (False, False)
