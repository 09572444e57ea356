"""Shares and what becomes of them."""

import json

import pytest

from pithead.bitcoin.block import Block
from pithead.bitcoin.target import expected_hashes, target_for_work, target_from_difficulty
from pithead.pool.events import BlockFound, ShareAccepted, ShareRejected
from pithead.work.judge import hash_solution
from pithead.work.share import Solution

MASK = 0x1FFFE000


def rolling(peer):
    peer.ask("mining.configure", ["version-rolling"], {"version-rolling.mask": "ffffffff"})
    return peer


def fields_of(peer):
    """The parameters of a good submit, to be spoilt one at a time."""
    solution = peer.solve()
    return [
        "alice.rig",
        peer.job.job.job_id,
        solution.extranonce2.hex(),
        f"{solution.time:08x}",
        f"{solution.nonce:08x}",
    ]


def reasons(peer):
    return [event.reason for event in peer.events if isinstance(event, ShareRejected)]


def credited(peer):
    return sum(event.work for event in peer.events if isinstance(event, ShareAccepted))


def test_a_good_share_is_credited_once_at_its_jobs_work(stage):
    peer = stage.miner()
    answer = peer.submit(peer.solve(), id=99)
    assert answer == {"id": 99, "result": True, "error": None}
    assert peer.events == [ShareAccepted(int(stage.now * 1000), "alice", "rig", 4)]


def test_the_same_share_again_is_a_duplicate_in_upper_case_too(stage):
    peer = stage.miner()
    solution = peer.solve(extranonce2=bytes.fromhex("abcdefabcdefabcd"))
    peer.submit(solution)
    assert peer.submit(solution)["error"][0] == 22
    params = fields_of(peer)
    params[2] = "ABCDEFABCDEFABCD"
    params[4] = f"{solution.nonce:08X}"
    assert peer.ask("mining.submit", *params)["error"][0] == 22
    assert credited(peer) == 4
    assert reasons(peer) == ["duplicate", "duplicate"]


def test_a_share_from_another_connection_with_the_resumed_extranonce_is_a_duplicate(stage):
    first = stage.miner()
    solution = first.solve()
    first.submit(solution)
    second = stage.connect()
    answer = second.ask("mining.subscribe", "ua", first.session_id)
    assert answer["result"][1] == first.extranonce1.hex()
    second.ask("mining.authorize", "alice.rig")
    assert second.submit(solution, first.job)["error"][0] == 22
    assert second.submit(first.solve())["result"] is True


@pytest.mark.parametrize("place", [2, 3, 4])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + "?",
        lambda text: text + "00",
        lambda text: text[:-1],
        lambda text: text[:-2],
        lambda text: "0x" + text[2:],
        lambda text: " " + text[1:],
        lambda text: "  " + text[2:],
        lambda text: text[:-2] + "\n ",
        lambda text: text[:-1] + "g",
        lambda text: text[:-1] + "\N{FULLWIDTH DIGIT ONE}",
        lambda text: "+" + text[1:],
        lambda text: "",
        lambda text: text.replace("0", "_", 1),
    ],
)
def test_hex_that_is_not_exactly_the_protocols_is_never_credited(stage, place, spoil):
    peer = stage.miner()
    params = fields_of(peer)
    params[place] = spoil(params[place])
    assert peer.ask("mining.submit", *params)["error"][0] == 20
    assert credited(peer) == 0
    assert reasons(peer) == ["malformed"]


@pytest.mark.parametrize("bits", ["", "2000", "0x002000", "000020000", "0000200g", 8192])
def test_version_bits_that_are_not_eight_hex_digits_are_malformed(stage, bits):
    peer = rolling(stage.miner())
    assert peer.ask("mining.submit", *fields_of(peer), bits)["error"][0] == 20


@pytest.mark.parametrize(
    "params",
    [
        "null",
        "{}",
        "[]",
        "7",
        '"x"',
        "[1,2,3,4,5]",
        '["a","b","c","d"]',
        "[null,null,null,null,null]",
        json.dumps(["x"] * 20),
        "[" * 900 + "]" * 900,
        "[" * 2000 + "]" * 2000,
    ],
)
def test_parameters_of_any_other_form_are_an_error_and_no_crash(stage, params):
    peer = stage.miner()
    (answer,) = peer.send(b'{"id":5,"method":"mining.submit","params":%s}\n' % params.encode())
    assert answer["error"][0] == 20
    assert peer.close_reason is None


def test_the_sixth_parameter_may_be_null(stage):
    peer = stage.miner()
    assert peer.ask("mining.submit", *fields_of(peer), None)["result"] is True


# Versions


def test_bits_inside_the_mask_are_merged_into_the_jobs_version(stage):
    stage.open(version=0x20006000)
    peer = rolling(stage.miner())
    rolled = (0x20006000 & ~MASK) | 0x00C00000
    assert peer.submit(peer.solve(version=rolled), bits="00c00000")["result"] is True


def test_another_version_with_the_same_nonce_is_another_share(stage):
    peer = rolling(stage.miner())
    job = peer.job.job
    found = []
    for nonce in range(10_000):
        both = [Solution(bytes(8), job.time, nonce, 0x20000000 | bits) for bits in (0, 0x2000)]
        hashes = [hash_solution(job, peer.extranonce1, solution) for solution in both]
        if all(int.from_bytes(each, "little") <= target_for_work(4) for each in hashes):
            found = both
            break
    assert peer.submit(found[0], bits="00000000")["result"] is True
    assert peer.submit(found[1], bits="00002000")["result"] is True
    assert peer.submit(found[1], bits="00002000")["error"][0] == 22


@pytest.mark.parametrize("bits", ["00000001", "80000000", "20002000"])
def test_bits_outside_the_mask_are_refused(stage, bits):
    peer = rolling(stage.miner())
    assert peer.submit(peer.solve(), bits=bits)["error"][0] == 20
    assert reasons(peer) == ["version-outside-mask"]


def test_no_bits_though_negotiated_leave_the_jobs_version_as_it_is(stage):
    peer = rolling(stage.miner())
    assert peer.submit(peer.solve())["result"] is True


def test_without_negotiation_only_zero_bits_are_taken(stage):
    peer = stage.miner()
    assert peer.submit(peer.solve(), bits="00000000")["result"] is True
    assert peer.submit(peer.solve(), bits="00002000")["error"][0] == 20


# Times


@pytest.mark.parametrize(
    ("offset", "code"), [(0, None), (-1, None), (-600, None), (-601, 20), (7200, None), (7201, 20)]
)
def test_times_from_what_the_chain_takes_to_two_hours_ahead_are_good(stage, offset, code):
    """The template's least time is 600 s before its own."""
    peer = stage.miner()
    answer = peer.submit(peer.solve(time=peer.job.job.time + offset))
    assert (answer["error"] or [None])[0] == code


# Jobs


def test_an_unknown_job_is_not_found(stage):
    peer = stage.miner()
    params = fields_of(peer)
    params[1] = "ffffff"
    assert peer.ask("mining.submit", *params)["error"][0] == 21
    assert reasons(peer) == ["unknown-job"]


def test_a_job_of_the_block_before_is_stale(stage):
    peer = stage.miner()
    old = peer.job
    peer.offer(stage.open(prev_hash_wire=bytes(32), height=201))
    assert peer.submit(peer.solve(old), old)["error"] == [21, "Stale share", None]
    assert reasons(peer) == ["stale"]


def test_a_share_that_races_the_new_block_is_judged_by_the_order_of_arrival(stage):
    """The book turns when the template comes, whoever has been told of it by then."""
    peer = stage.miner()
    old = peer.job
    assert peer.submit(peer.solve(), old)["result"] is True
    stage.now += 0.05
    stage.open(prev_hash_wire=bytes(32), height=201)
    assert peer.submit(peer.solve(old), old)["error"][0] == 21


def test_an_older_job_of_the_same_block_is_good_until_it_expires(stage):
    peer = stage.miner()
    old = peer.job
    for _ in range(10):
        stage.now += 30
        peer.offer(stage.open())
    assert peer.submit(peer.solve(old), old)["result"] is True
    stage.now += 1
    stage.open()
    assert peer.submit(peer.solve(old), old)["error"][0] == 21


# Targets


@pytest.mark.parametrize("difficulty", [1, 0.001, 16384, 2**40])
def test_a_hash_equal_to_the_target_is_good_and_one_above_is_not(stage, monkeypatch, difficulty):
    stage.open(block_target=1)
    peer = stage.miner()
    peer.ask("mining.suggest_difficulty", difficulty)
    assert peer.difficulties[-1] == pytest.approx(difficulty, rel=1e-6)
    assert isinstance(peer.difficulties[-1], type(difficulty))
    target = target_from_difficulty(peer.difficulties[-1])
    for proof, code in ((target, None), (target + 1, 23)):
        # No machine finds this hash: the judge's arithmetic is what is under test.
        monkeypatch.setattr(
            "pithead.pool.shares.hash_solution",
            lambda job, extranonce1, solution, proof=proof: proof.to_bytes(32, "little"),
        )
        answer = peer.submit(Solution(bytes(8), peer.job.job.time, 1, 0x20000000))
        assert (answer["error"] or [None])[0] == code
    assert credited(peer) == expected_hashes(target)


# Who


def test_a_worker_that_was_not_authorised_is_refused(stage):
    peer = stage.miner()
    for name in ("bob.rig", "alice", "alice.other", ""):
        assert peer.submit(peer.solve(), name=name)["error"][0] == 24
    assert peer.events == []


def test_a_submit_before_the_subscription_is_refused(stage):
    stage.open()
    peer = stage.connect()
    peer.ask("mining.authorize", "alice.rig")
    answer = peer.ask("mining.submit", "alice.rig", "3e8", "00" * 8, "65" * 4, "00" * 4)
    assert answer["error"][0] == 25


# Blocks


@pytest.fixture
def easy(stage, template):
    """A chain whose block takes 16 hashes."""
    stage.book.open(template(block_target=target_for_work(16)), stage.now)
    return stage


def test_a_block_comes_after_its_share_with_all_the_chain_needs(easy):
    peer = easy.miner()
    assert peer.submit(peer.solve(work=16))["result"] is True
    share, found = peer.events
    assert isinstance(share, ShareAccepted)
    assert isinstance(found, BlockFound)
    assert (found.user, found.worker, found.height) == ("alice", "rig", 200)
    assert (found.value_sats, found.block_work) == (50 * 10**8, 16)
    block = Block.parse(found.block)
    assert block.header.hash_wire[::-1].hex() == found.hash_display
    assert int(found.hash_display, 16) <= target_for_work(16)


def test_a_block_is_a_block_even_below_the_jobs_own_difficulty(stage, template):
    """A job offered when blocks were harder: its share target is harder than a block now."""
    hard = template(block_target=target_for_work(1000))
    stage.book.open(hard, stage.now)
    peer = stage.miner(password="d=1")
    assert expected_hashes(target_from_difficulty(peer.difficulties[0])) == 1000
    job = stage.book.latest
    object.__setattr__(job, "template", template(block_target=target_for_work(16)))
    assert peer.submit(peer.solve(work=16, above=1000))["result"] is True
    assert isinstance(peer.events[-1], BlockFound)


def test_a_stale_block_earns_nothing_but_is_still_tried(easy, template):
    peer = easy.miner()
    old = peer.job
    easy.book.open(template(prev_hash_wire=bytes(32), height=201), easy.now)
    assert peer.submit(peer.solve(old, work=16), old)["error"][0] == 21
    refused, found = peer.events
    assert refused.reason == "stale"
    assert isinstance(found, BlockFound)


def test_a_block_outside_the_time_window_is_still_tried(easy):
    peer = easy.miner()
    solution = peer.solve(work=16, time=peer.job.job.time + 7201)
    assert peer.submit(solution)["error"][0] == 20
    assert isinstance(peer.events[-1], BlockFound)


def test_a_block_handed_in_twice_is_one_block(easy):
    peer = easy.miner()
    solution = peer.solve(work=16)
    peer.submit(solution)
    assert peer.submit(solution)["error"][0] == 22
    assert sum(isinstance(event, BlockFound) for event in peer.events) == 1
