"""Who a miner is and what it asks for: subscribe, authorize, configure and the rest."""

import json

import pytest

from pithead.pool.events import ShareAccepted
from pithead.pool.extranonce import Extranonces
from pithead.pool.front import Front

MASK = "1fffe000"


def is_error(answer, code):
    """An array of three whose second element is a text, and a result that is no yes."""
    error = answer["error"]
    return (
        not answer["result"]
        and isinstance(error, list)
        and len(error) == 3
        and error[0] == code
        and isinstance(error[1], str)
    )


# Subscribe


@pytest.mark.parametrize(
    "params",
    [[], ["ua/1.0"], ["ua/1.0", None], ["ua", "sess", "host", 3333], [None]],
)
def test_subscribe_gives_an_extranonce_whatever_the_miner_says_of_itself(stage, params):
    answer = stage.connect().ask("mining.subscribe", *params)
    subscriptions, extranonce1, extranonce2_size = answer["result"]
    assert answer["error"] is None
    assert len(bytes.fromhex(extranonce1)) == 4
    assert extranonce2_size == 8
    assert [name for name, _ in subscriptions] == ["mining.set_difficulty", "mining.notify"]


def test_a_known_session_id_gets_the_same_extranonce_again(stage):
    stage.open()
    first = stage.connect().log_in()
    first.session.end(stage.now)
    stage.now += 60
    again = stage.connect().ask("mining.subscribe", "ua", first.session_id)
    assert again["result"][1] == first.extranonce1.hex()


def test_a_foreign_or_expired_session_id_gets_another(stage):
    stage.open()
    first = stage.connect().log_in()
    first.session.end(stage.now)
    wrong = first.session_id[:-1] + ("0" if first.session_id[-1] != "0" else "1")
    for claim in (wrong, "", "x" * 200, "é" * 24):
        answer = stage.connect().ask("mining.subscribe", "ua", claim)
        assert answer["result"][1] != first.extranonce1.hex()
    stage.now += 901
    answer = stage.connect().ask("mining.subscribe", "ua", first.session_id)
    assert answer["result"][1] != first.extranonce1.hex()


def test_a_second_subscribe_on_a_connection_gives_the_first_answer_again(stage):
    peer = stage.connect()
    assert peer.ask("mining.subscribe", "a")["result"] == peer.ask("mining.subscribe")["result"]
    assert stage.front.extranonces.held == 1


def test_a_full_front_end_says_so_and_closes(stage):
    stage.front = Front(stage.book, Extranonces(b"k", b"abc", 4), lambda user: True)
    for _ in range(256):
        stage.connect().ask("mining.subscribe")
    peer = stage.connect()
    assert is_error(peer.ask("mining.subscribe"), 20)
    assert peer.close_reason


# Authorize


def test_authorize_may_come_first_and_work_starts_with_the_subscription(stage):
    stage.open()
    peer = stage.connect()
    assert peer.ask("mining.authorize", "alice.rig", "x")["result"] is True
    assert peer.jobs == []
    peer.ask("mining.subscribe")
    assert len(peer.jobs) == 1


@pytest.mark.parametrize(
    "params", [["u.w"], ["u.w", None], ["u.w", "x"], ["u.w", "x", "extra"], ["u.w", 7]]
)
def test_authorize_takes_any_password(stage, params):
    assert stage.connect().ask("mining.authorize", *params)["result"] is True


@pytest.mark.parametrize(
    ("name", "user", "worker"),
    [
        ("u", "u", "[auto]"),
        ("u.", "u", "[auto]"),
        ("u.a.b", "u", "a.b"),
        ("Al_1.r-2", "Al_1", "r-2"),
    ],
)
def test_the_name_before_the_first_dot_is_the_user(stage, name, user, worker):
    peer = stage.miner(name=name)
    peer.submit(peer.solve(), name=name)
    assert peer.events == [ShareAccepted(int(stage.now * 1000), user, worker, 4)]


@pytest.mark.parametrize(
    "params",
    [
        [""],
        [".w"],
        [123],
        [],
        ["u" * 129],
        ["u\x07"],
        ["../x"],
        ["u./x"],
        ["<script>"],
        ["u.<script>"],
        ["u.\N{HAMMER}"],
        ["u'--"],
        ["u w"],
    ],
)
def test_a_name_that_is_not_plainly_harmless_is_refused(stage, params):
    stage.open()
    peer = stage.connect()
    peer.ask("mining.subscribe")
    assert is_error(peer.ask("mining.authorize", *params), 24)
    assert peer.close_reason is None
    assert peer.jobs == []


def test_an_object_for_parameters_is_refused_as_a_name(stage):
    line = b'{"id":1,"method":"mining.authorize","params":{"user":"alice"}}\n'
    (answer,) = stage.connect().send(line)
    assert is_error(answer, 24)


def test_a_handful_of_refused_names_closes_the_connection(stage):
    peer = stage.connect()
    for _ in range(4):
        peer.ask("mining.authorize", "")
        assert peer.close_reason is None
    peer.ask("mining.authorize", "")
    assert peer.close_reason == "too many bad requests"


def test_two_workers_on_one_connection_are_credited_by_the_name_in_the_submit(stage):
    peer = stage.miner(name="alice.one")
    assert peer.ask("mining.authorize", "bob.two")["result"] is True
    assert len(peer.jobs) == 1
    for name in ("alice.one", "bob.two"):
        assert peer.submit(peer.solve(), name=name)["result"] is True
    assert [(event.user, event.worker) for event in peer.events] == [
        ("alice", "one"),
        ("bob", "two"),
    ]


def test_a_user_the_pool_does_not_admit_gets_no_work(stage):
    stage.open()
    stage.admitted = lambda user: user == "alice"
    peer = stage.connect()
    peer.ask("mining.subscribe")
    assert is_error(peer.ask("mining.authorize", "mallory.rig"), 24)
    assert peer.jobs == []
    assert peer.ask("mining.authorize", "alice.rig")["result"] is True
    assert len(peer.jobs) == 1


def test_the_workers_of_one_connection_are_bounded(make_stage):
    peer = make_stage(most_workers=3).connect()
    for number in range(3):
        assert peer.ask("mining.authorize", f"u.{number}")["result"] is True
    assert is_error(peer.ask("mining.authorize", "u.3"), 24)
    assert peer.ask("mining.authorize", "u.0")["result"] is True


@pytest.mark.parametrize(
    ("password", "work"),
    [
        ("x", 4),
        ("d=1e-7", 430),
        ("x,d=1e-7", 430),
        ("d=1e-7;x", 430),
        ("D=1E-7", 430),
        ("d=0", 4),
        ("d=-5", 4),
        ("d=NaN", 4),
        ("d=1e400", 4),
        ("d=", 4),
        ("pad=1", 4),
    ],
)
def test_a_difficulty_in_the_password_is_the_least_one(stage, password, work):
    peer = stage.miner(password=password)
    peer.submit(peer.solve(work=430))
    assert peer.events[0].work == work


# Ids


@pytest.mark.parametrize("text", ["1", '"xnsub"', "2.5", "1e400", "-0", "9" * 60, '"\\u00e9"'])
def test_an_id_is_echoed_byte_for_byte(stage, text):
    line = b'{"id": %s, "method": "mining.subscribe", "params": []}\n' % text.encode()
    reply = stage.connect().session.receive(line, stage.now, stage.wall).reply
    assert reply.startswith(b'{"id":%s,"result":' % text.encode())


@pytest.mark.parametrize("method", ["mining.subscribe", "mining.capabilities", "mining.submit"])
@pytest.mark.parametrize("start", [b'{"id":null,', b"{"])
def test_a_request_without_an_id_gets_no_answer(stage, method, start):
    assert stage.connect().send(start + b'"method":"%s","params":[]}\n' % method.encode()) == []


@pytest.mark.parametrize("text", ["{}", "[1]", "[" * 900 + "]" * 900])
def test_an_id_that_is_no_scalar_is_an_error_without_an_id(stage, text):
    line = b'{"id": %s, "method": "mining.subscribe", "params": []}\n' % text.encode()
    (answer,) = stage.connect().send(line)
    assert answer["id"] is None
    assert is_error(answer, 20)


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
