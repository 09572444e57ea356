"""What a miner asks for beside a job: extensions, difficulties, and methods this pool has not."""

import json

import pytest

from tests.pool.test_session_login import is_error

MASK = "1fffe000"


# Configure


def configure(peer, *params):
    return peer.ask("mining.configure", *params)["result"]


@pytest.mark.parametrize(
    ("asked", "granted"), [("ffffffff", MASK), ("00c00000", "00c00000"), ("1fffe000", MASK)]
)
def test_version_rolling_is_granted_for_the_bits_both_sides_allow(stage, asked, granted):
    assert configure(stage.connect(), ["version-rolling"], {"version-rolling.mask": asked}) == {
        "version-rolling": True,
        "version-rolling.mask": granted,
    }


def test_a_mask_without_a_common_bit_is_refused(stage):
    answer = configure(stage.connect(), ["version-rolling"], {"version-rolling.mask": "00000001"})
    assert answer == {"version-rolling": False}


def test_more_bits_than_can_be_granted_are_refused_with_a_reason(stage):
    options = {"version-rolling.mask": "00ffe000", "version-rolling.min-bit-count": 16}
    answer = configure(stage.connect(), ["version-rolling"], options)
    assert "11 of 16" in answer["version-rolling"]


@pytest.mark.parametrize(
    ("params", "answer"),
    [
        ([["version-rolling"]], {"version-rolling": True, "version-rolling.mask": MASK}),
        ([[], {}], {}),
        ([["flux-capacitor"], {}], {"flux-capacitor": False}),
        ([["subscribe-extranonce"], {}], {"subscribe-extranonce": True}),
    ],
)
def test_every_extension_asked_for_is_answered(stage, params, answer):
    assert configure(stage.connect(), *params) == answer


@pytest.mark.parametrize(
    "params",
    [
        "{}",
        '"x"',
        "null",
        "[[1]]",
        '[["version-rolling"],{"version-rolling.mask":"0x1"}]',
        '[["version-rolling"],{"version-rolling.mask":7}]',
        json.dumps([["x"] * 17]),
    ],
)
def test_a_configure_out_of_form_is_an_error_and_no_end(stage, params):
    peer = stage.connect()
    line = b'{"id":1,"method":"mining.configure","params":%s}\n' % params.encode()
    (answer,) = peer.send(line)
    assert is_error(answer, 20)
    assert peer.close_reason is None


@pytest.mark.parametrize("value", [0, -1, "2048", None])
def test_a_minimum_difficulty_that_is_none_is_refused(stage, value):
    options = {"minimum-difficulty.value": value}
    assert configure(stage.connect(), ["minimum-difficulty"], options) == {
        "minimum-difficulty": False
    }


def test_a_minimum_difficulty_holds_from_the_next_job_on(stage):
    peer = stage.miner()
    answer = configure(peer, ["minimum-difficulty"], {"minimum-difficulty.value": 2048})
    assert answer == {"minimum-difficulty": True}
    assert peer.difficulties[-1] >= 2048
    assert len(peer.jobs) == 2


def test_configure_is_answered_on_the_next_line_before_between_and_after_the_login(stage):
    """`ask` holds the very next line to be the answer."""
    stage.open()
    peer = stage.connect()
    for method, params in (
        ("mining.configure", [["version-rolling"], {}]),
        ("mining.subscribe", []),
        ("mining.configure", [["version-rolling"], {}]),
        ("mining.authorize", ["alice"]),
        ("mining.configure", [["version-rolling"], {}]),
    ):
        assert peer.ask(method, *params, id=method)["error"] is None


# Wishes


def test_extranonce_changes_may_be_subscribed_with_a_text_for_an_id(stage):
    peer = stage.miner()
    assert peer.ask("mining.extranonce.subscribe", id="xnsub")["result"] is True


@pytest.mark.parametrize(
    ("wish", "work"),
    [(1e-6, 4295), ("1e-6", 4295), (1e-12, 1), (0, 1), (-1, 1), (1e30, 10**6), (10**400, 10**6)],
)
def test_a_suggested_difficulty_is_taken_within_bounds(stage, template, wish, work):
    stage.book.open(template(block_target=(1 << 256) // 10**6 - 1), stage.now)
    peer = stage.miner()
    assert peer.ask("mining.suggest_difficulty", wish)["result"] is True
    assert peer.difficulties[-1] * 4294967296 == pytest.approx(work, rel=0.001)
    assert len(peer.jobs) == 2
    assert peer.jobs[1][8] is True


def test_a_difficulty_suggested_before_the_login_is_that_of_the_first_job(stage):
    stage.open()
    peer = stage.connect()
    peer.ask("mining.suggest_difficulty", 1e-6)
    peer.log_in()
    assert len(peer.difficulties) == 1
    assert peer.difficulties[0] * 4294967296 == pytest.approx(4295, rel=0.001)


def test_a_suggested_target_is_the_difficulty_it_stands_for(stage):
    peer = stage.miner()
    target = ((1 << 256) // 1000 - 1).to_bytes(32, "big").hex()
    assert peer.ask("mining.suggest_target", target)["result"] is True
    assert peer.difficulties[-1] * 4294967296 == pytest.approx(1000, rel=0.001)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("mining.suggest_difficulty", []),
        ("mining.suggest_difficulty", ["much"]),
        ("mining.suggest_difficulty", ["nan"]),
        ("mining.suggest_difficulty", ["1e999"]),
        ("mining.suggest_target", ["00"]),
        ("mining.suggest_target", ["0" * 64]),
        ("mining.suggest_target", ["zz" * 32]),
    ],
)
def test_a_wish_that_is_no_number_is_an_error_and_changes_nothing(stage, method, params):
    peer = stage.miner()
    assert is_error(peer.ask(method, *params), 20)
    assert len(peer.difficulties) == 1


def test_suggestions_are_taken_six_times_a_minute_and_no_more(stage):
    peer = stage.miner()
    for number in range(6):
        assert peer.ask("mining.suggest_difficulty", 1e-6 * (number + 2))["result"] is True
    assert is_error(peer.ask("mining.suggest_difficulty", 1), 20)
    stage.wall += 61
    assert peer.ask("mining.suggest_difficulty", 1)["result"] is True


@pytest.mark.parametrize(
    "method",
    ["mining.get_transactions", "mining.multi_version", "mining.capabilities", "", "x" * 99],
)
def test_an_unknown_method_is_answered_and_the_connection_kept(stage, method):
    peer = stage.connect()
    assert is_error(peer.ask(method), 20)
    assert peer.close_reason is None


def test_a_ping_is_answered(stage):
    assert stage.connect().ask("mining.ping")["result"] == "pong"


def test_an_answer_to_nothing_asked_is_passed_over(stage):
    peer = stage.connect()
    assert peer.send(b'{"id":1,"result":"cgminer/4","error":null}\n') == []
    assert peer.close_reason is None
