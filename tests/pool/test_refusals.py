from pithead.pool.events import ShareAccepted, ShareRejected
from pithead.pool.refusals import Refusals, Remedy
from tests.pool.test_session_miners import say

ACCEPTED = ShareAccepted(0, "alice", "rig", 1)
REJECTED = ShareRejected(0, "alice", "rig", "low-difficulty", 1)


def test_each_remedy_comes_once_and_in_order():
    refusals = Refusals()
    refusals.note([REJECTED], 0.0)
    told = [(wall, refusals.due(float(wall))) for wall in range(300)]
    assert [each for each in told if each[1]] == [
        (60, Remedy.NEW_WORK),
        (120, Remedy.RECONNECT),
        (180, Remedy.CLOSE),
    ]


def test_one_accepted_share_ends_the_run():
    refusals = Refusals()
    refusals.note([REJECTED], 0.0)
    refusals.note([REJECTED, ACCEPTED], 59.0)
    assert refusals.due(100.0) is None
    refusals.note([REJECTED], 100.0)
    assert refusals.due(159.0) is None
    assert refusals.due(160.0) is Remedy.NEW_WORK


def test_a_miner_that_sends_nothing_is_left_alone():
    assert Refusals().due(1e9) is None


def test_a_session_of_refused_shares_gets_new_work_then_a_reconnect_then_the_door(stage):
    stage.open()
    peer = stage.connect()
    say(peer, b'{"id":1,"method":"mining.subscribe","params":[]}')
    say(peer, b'{"id":2,"method":"mining.authorize","params":["alice.rig","x"]}')
    say(peer, b'{"id":3,"method":"mining.submit","params":["alice.rig","77","00","00","00"]}')
    bad = b'{"id":4,"method":"mining.submit","params":["alice.rig","ffff",'
    say(peer, bad + b'"0000000000000000","00000000","00000000"]}')
    heard = []
    for wall in range(200):
        turn = peer.session.tick(stage.now, stage.wall + wall)
        if b"client.reconnect" in turn.reply:
            heard.append((wall, "reconnect"))
        elif b'"mining.notify"' in turn.reply and b"true]" in turn.reply:
            heard.append((wall, "new work"))
        if turn.close_reason:
            heard.append((wall, turn.close_reason))
            break
    assert heard == [(60, "new work"), (120, "reconnect"), (180, "nothing but refused shares")]
