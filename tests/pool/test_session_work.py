"""What a session pushes: difficulties and jobs, in which order and to whom."""

import pytest

from pithead.bitcoin.block import Block
from pithead.bitcoin.target import expected_hashes, target_from_difficulty
from pithead.bitcoin.transaction import Transaction
from pithead.pool.vardiff import VardiffSettings


def work_of(difficulty):
    return expected_hashes(target_from_difficulty(difficulty))


def test_nothing_is_pushed_before_authorize_then_a_difficulty_and_a_clean_job(stage):
    job = stage.open()
    peer = stage.connect()
    assert peer.offer(job) == []
    assert len(peer.send(b'{"id":1,"method":"mining.subscribe","params":[]}\n')) == 1
    assert peer.offer(job) == []
    line = b'{"id":2,"method":"mining.authorize","params":["alice"]}\n'
    answer, difficulty, notify = peer.send(line)
    assert answer == {"id": 2, "result": True, "error": None}
    assert difficulty["method"] == "mining.set_difficulty"
    assert difficulty["id"] is None
    assert notify["method"] == "mining.notify"
    assert notify["params"][8] is True


def test_pushes_come_after_all_the_answers_of_a_segment(stage):
    stage.open()
    segment = (
        b'{"id":1,"method":"mining.configure","params":[["version-rolling"],{}]}\n'
        b'{"id":2,"method":"mining.subscribe","params":[]}\n'
        b'{"id":3,"method":"mining.authorize","params":["alice"]}\n'
        b'{"id":4,"method":"mining.extranonce.subscribe","params":[]}\n'
    )
    lines = stage.connect().send(segment)
    assert [line["id"] for line in lines] == [1, 2, 3, 4, None, None]


def test_a_miner_that_comes_before_the_first_template_gets_the_first_job(stage):
    peer = stage.connect().log_in()
    assert peer.jobs == []
    difficulty, notify = peer.offer(stage.open())
    assert difficulty["method"] == "mining.set_difficulty"
    assert notify["params"][8] is True


def test_a_new_block_is_a_clean_job_and_a_refresh_is_not(stage):
    peer = stage.miner()
    (refresh,) = peer.offer(stage.open(time=int(stage.now) + 30))
    assert refresh["params"][8] is False
    (clean,) = peer.offer(stage.open(prev_hash_wire=bytes(32), height=201))
    assert clean["params"][8] is True


def test_no_two_jobs_are_the_same_work(stage):
    peer = stage.miner()
    peer.offer(stage.open())
    first, second = peer.jobs
    assert first[0] != second[0]
    assert first[2] != second[2]


def test_a_job_is_offered_once_and_none_older_after_it(stage):
    peer = stage.miner()
    older = stage.open()
    newer = stage.open()
    assert len(peer.offer(newer)) == 1
    assert peer.offer(newer) == []
    assert peer.offer(older) == []


def test_numbers_are_eight_hex_digits_and_the_previous_hash_goes_by_swapped_words(stage):
    stage.open(version=0x2, bits=0x1D00FFFF, time=0xABCDE, min_time=0)
    peer = stage.miner()
    _, prev_hash, _, _, branch, version, bits, time, _ = peer.jobs[0]
    assert prev_hash.startswith("03020100" + "07060504")
    assert (version, bits, time) == ("00000002", "1d00ffff", "000abcde")
    assert branch == []


@pytest.mark.parametrize("height", [1, 16, 17, 127, 128, 32767, 32768, 8388607])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_the_block_of_what_was_sent_is_whole_at_every_height(
    stage, template, transaction, height, count
):
    transactions = tuple(transaction(number) for number in range(count))
    stage.book.open(
        template(height=height, transactions=transactions, block_target=1 << 255), stage.now
    )
    peer = stage.miner()
    peer.submit(peer.solve())
    block = Block.parse(peer.events[-1].block)
    coinbase = block.transactions[0]
    assert block.header.merkle_root_wire == block.merkle_root_wire
    assert len(block.transactions) == count + 1
    assert sum(output.value_sats for output in coinbase.outputs) == 50 * 10**8
    assert 2 <= len(coinbase.inputs[0].script) <= 100
    assert Transaction.parse(coinbase.serialize()) == coinbase


def test_a_difficulty_change_comes_before_a_new_job_and_old_jobs_keep_theirs(stage):
    peer = stage.miner()
    old_job = peer.job
    (old,) = peer.difficulties
    peer.ask("mining.suggest_difficulty", old * 16)
    assert len(peer.jobs) == 2
    assert peer.submit(peer.solve(old_job, work=4, above=64), old_job)["result"] is True
    assert peer.submit(peer.solve(work=64))["result"] is True
    assert [event.work for event in peer.events] == [4, 64]


def test_a_share_of_the_new_job_at_the_old_difficulty_is_refused(stage):
    peer = stage.miner()
    peer.ask("mining.suggest_difficulty", peer.difficulties[0] * 16)
    answer = peer.submit(peer.solve(work=4, above=64))
    assert answer["error"][0] == 23


def test_a_thousand_shares_a_second_raise_the_difficulty_instead_of_a_ban(stage):
    peer = stage.miner()
    for _ in range(16):
        stage.now += 0.001
        assert peer.submit(peer.solve(peer.job, work=work_of(peer.difficulties[-1])))["result"]
    assert work_of(peer.difficulties[-1]) > 100
    assert len(peer.jobs) == len(peer.difficulties)
    assert peer.close_reason is None


def test_sessions_that_need_new_work_together_share_one_new_job(stage):
    peers = [stage.miner() for _ in range(5)]
    for peer in peers:
        peer.ask("mining.suggest_difficulty", 1e-6)
    assert len({peer.jobs[-1][0] for peer in peers}) == 1


def test_no_share_is_asked_to_prove_more_than_a_block(stage, template):
    stage.book.open(template(block_target=(1 << 256) // 50 - 1), stage.now)
    peer = stage.miner()
    peer.ask("mining.suggest_difficulty", 1000)
    assert work_of(peer.difficulties[-1]) == 50
    easier = stage.book.open(template(block_target=(1 << 256) // 20 - 1), stage.now)
    peer.offer(easier)
    assert work_of(peer.difficulties[-1]) == 20


def test_a_quiet_pool_still_says_something_every_45_seconds(stage):
    peer = stage.miner()
    silence = longest = 0
    for _ in range(600):
        stage.wall += 1
        stage.now += 1
        silence = 0 if peer.tick() else silence + 1
        longest = max(longest, silence)
    assert longest <= 45
    assert len({job[0] for job in peer.jobs}) == len(peer.jobs) >= 14
    assert [job[8] for job in peer.jobs[1:]] == [False] * (len(peer.jobs) - 1)


def test_on_a_fast_clock_no_job_expires_before_a_newer_one_is_there(stage):
    """At 100 times the speed of the wall a tick a second comes every 100 s."""
    peer = stage.miner()
    for _ in range(20):
        stage.wall += 1
        stage.now += 100
        peer.tick()
        assert peer.submit(peer.solve())["result"] is True


def test_a_silent_miner_gets_easier_jobs(stage, template):
    peer = stage.miner()
    peer.ask("mining.suggest_difficulty", 1e-6)
    for _ in range(4):
        stage.now += 30
        peer.offer(stage.open())
    assert work_of(peer.difficulties[-1]) < 4295 / 100


def test_a_clock_that_jumps_an_hour_does_not_change_the_difficulty(make_stage):
    for jump in (-3600, 3600):
        stage = make_stage()
        peer = stage.miner()
        stage.now += jump
        peer.offer(stage.open())
        assert len(peer.difficulties) == 1


def test_a_first_difficulty_is_that_of_the_settings():
    assert VardiffSettings().first_work == 1 << 44
