"""A pool of several machines, joined by NATS, any part of it killed while it is mined at: each
answered share counts once."""

import os
import signal

import pytest

from tests.machines import several_machines

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


async def test_a_front_end_and_the_books_on_two_machines_credit_what_is_answered(tmp_path):
    async with several_machines(tmp_path) as pool:
        leader, front = pool.accounting(), pool.front
        await front.begin()  # it waits for work
        await leader.begin()
        await leader.serves()
        await front.serves()
        pool.mine()
        await pool.more_shares()
        await pool.stop(leader)
        await pool.each_share_counted_once()


async def test_the_leader_then_the_front_end_are_killed_and_another_takes_over(tmp_path):
    async with several_machines(tmp_path, with_database=True) as pool:
        first, second, front = pool.accounting(), pool.accounting(), pool.front
        await pool.start(first, second)
        await first.end(signal.SIGKILL)
        await pool.more_shares()  # nobody keeps the books meanwhile
        await second.serves()
        await pool.more_shares()
        await front.end(signal.SIGKILL)
        await front.begin()
        await front.serves()
        await pool.more_shares()
        assert len(list((pool.books / "pool" / "former-journals").iterdir())) == 1
        await pool.stop(second)
        await pool.each_share_counted_once()


async def test_shares_wait_on_disk_while_nats_is_away_and_miners_are_answered(tmp_path):
    async with several_machines(tmp_path) as pool:
        pool.settings["exchange.lease_seconds"] = 120
        leader, front = pool.accounting(), pool.front
        front.settings |= pool.settings
        await pool.start(leader)
        pool.nats.stop()
        await pool.more_shares(30)
        await front.says("shares wait here")
        pool.nats.start()
        await front.says("the books can be reached again")
        await pool.more_shares()
        await pool.stop(leader)
        await pool.each_share_counted_once()


async def test_a_leader_that_was_paused_for_too_long_ends_with_a_word_and_writes_no_more(tmp_path):
    """Frozen as a whole machine may be: when it goes on, another keeps the books."""
    async with several_machines(tmp_path, with_database=True) as pool:
        first, second = pool.accounting(), pool.accounting("other-books")
        await pool.start(first, second)
        os.kill(first.process.pid, signal.SIGSTOP)
        await second.serves()
        os.kill(first.process.pid, signal.SIGCONT)
        assert await first.ended() == 1, first.said()
        assert "keeps the books no more" in first.said()
        await pool.more_shares()
        await pool.stop(second)
        pool.books = second.directory
        await pool.each_share_counted_once()


async def test_a_second_front_end_with_the_same_number_says_so_and_does_not_start(tmp_path):
    async with several_machines(tmp_path) as pool:
        leader = pool.accounting()
        await pool.start(leader)
        second = pool.machine("second", "stratum", **pool.numbered(3))
        await second.begin()
        assert await second.ended() == 2, second.said()
        assert "server_number 3 is that of another front end" in second.said()
        await pool.front.end(signal.SIGKILL)
        await second.begin()  # on the machine that takes the place of the one that died
        await second.serves()
        await second.end(signal.SIGTERM)
        await pool.front.begin()
        await pool.front.serves()
        await pool.more_shares()
        await pool.stop(leader)
        await pool.each_share_counted_once()
