"""Who a miner is and what it asks for: subscribe, authorize, configure and the rest."""

import pytest

from pithead.pool.events import ShareAccepted
from pithead.pool.extranonce import Extranonces, Server
from pithead.pool.front import Front


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


def test_a_resumed_session_goes_on_at_its_difficulty(stage):
    first = stage.miner()
    first.ask("mining.suggest_difficulty", 1e-6)
    first.session.end(stage.now)
    stage.now += 60
    again = stage.connect()
    again.ask("mining.subscribe", "ua", first.session_id)
    again.ask("mining.authorize", "alice.rig", "x")
    assert again.difficulties == first.difficulties[-1:]


def test_a_difficulty_suggested_by_a_resumed_miner_counts_more_than_the_last(stage):
    first = stage.miner()
    first.ask("mining.suggest_difficulty", 1e-6)
    first.session.end(stage.now)
    again = stage.connect()
    again.ask("mining.suggest_difficulty", 1e-7)
    again.ask("mining.subscribe", "ua", first.session_id)
    again.ask("mining.authorize", "alice.rig", "x")
    assert again.difficulties[0] < first.difficulties[-1] / 5


def test_a_second_subscribe_on_a_connection_gives_the_first_answer_again(stage):
    peer = stage.connect()
    assert peer.ask("mining.subscribe", "a")["result"] == peer.ask("mining.subscribe")["result"]
    assert stage.front.extranonces.held == 1


def test_a_full_front_end_says_so_and_closes(stage):
    stage.front = Front(stage.book, Extranonces(b"k", Server(24, 5), 4), lambda user: True)
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


def test_of_the_least_difficulties_of_several_workers_the_largest_holds(stage):
    peer = stage.miner(name="alice.one", password="d=1e-7")
    assert peer.difficulties[-1] == pytest.approx(1e-7, rel=0.01)
    peer.ask("mining.authorize", "alice.two", "d=1e-6")
    assert peer.difficulties[-1] == pytest.approx(1e-6, rel=0.01)
    peer.ask("mining.authorize", "alice.three", "x")
    peer.ask("mining.authorize", "alice.one", "d=1e-8")
    peer.ask("mining.ping")
    assert peer.difficulties[-1] == pytest.approx(1e-6, rel=0.01)


def test_a_worker_may_take_its_least_difficulty_back(stage):
    peer = stage.miner(name="alice.one", password="d=1e-6")
    peer.ask("mining.authorize", "alice.one", "x")
    for _ in range(4):
        stage.now += 30
        peer.offer(stage.open())
    assert peer.difficulties[-1] < 1e-7


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


def agent_says_braiins_os(stage, agent):
    peer = stage.connect()
    result = peer.ask("mining.subscribe", agent)["result"]
    peer.extranonce1 = bytes.fromhex(result[1])
    peer.ask("mining.authorize", "alice.rig", "x")
    assert peer.submit(peer.solve())["result"]
    (share,) = peer.events
    return share.braiins_os


def test_a_share_says_whether_the_miner_is_braiins_os_by_its_user_agent(stage):
    stage.open()
    assert agent_says_braiins_os(stage, "bosminer/23.08")
    assert agent_says_braiins_os(stage, "2026-02-13-0-db69f9bc-26.01-plus;bosminer-plus-tuner")
    assert not agent_says_braiins_os(stage, "cpuminer/2.5.1")
    assert not agent_says_braiins_os(stage, "bmminer/2.0.0")
