"""How real miners begin, line by line as their sources send them, and what they need to hear.

Sources: cpuminer 2.5.1 (util.c, cpu-miner.c), bfgminer (util.c, miner.c), ESP-Miner of 2026-08
(components/stratum/stratum_api.c, main/tasks/stratum_v1_task.c). The order of cgminer's version
rolling builds is that of BIP310: configure first, and the very next line has to answer it.
"""

import json

import pytest

from pithead.work.share import Solution


def say(peer, line):
    return peer.send(line + b"\n")


def what(lines):
    """Ids of answers and methods of pushes, in the order they came."""
    return [line["id"] if "result" in line else line["method"] for line in lines]


def log_in(peer, transcript):
    """Play a start-up sequence; each step is a segment and what has to come back for it."""
    for segment, expected in transcript:
        lines = say(peer, segment)
        assert what(lines) == expected, segment
        for line in lines:
            if isinstance(line.get("result"), list):
                peer.extranonce1 = bytes.fromhex(line["result"][1])
                peer.session_id = line["result"][0][1][1]


WORK = ["mining.set_difficulty", "mining.notify"]


def test_cpuminer(stage):
    """It takes the line after subscribe for the answer, and numbers every share 4."""
    stage.open()
    peer = stage.connect()
    log_in(
        peer,
        [
            (b'{"id": 1, "method": "mining.subscribe", "params": ["cpuminer/2.5.1"]}', [1]),
            (b'{"id": 2, "method": "mining.authorize", "params": ["alice.cpu", "x"]}', [2, *WORK]),
        ],
    )
    for _ in range(2):
        solution = peer.solve()
        (answer,) = say(
            peer,
            b'{"method": "mining.submit", '
            b'"params": ["alice.cpu", "%s", "%s", "%08x", "%08x"], "id":4}'
            % (
                peer.job.job.job_id.encode(),
                solution.extranonce2.hex().encode(),
                solution.time,
                solution.nonce,
            ),
        )
        assert answer == {"id": 4, "result": True, "error": None}


def test_cpuminer_comes_back_with_its_session(stage):
    stage.open()
    first = stage.connect().log_in()
    first.session.end(stage.now)
    peer = stage.connect()
    params = json.dumps(["cpuminer/2.5.1", first.session_id]).encode()
    log_in(peer, [(b'{"id": 1, "method": "mining.subscribe", "params": %s}' % params, [1])])
    assert peer.extranonce1 == first.extranonce1


def test_bfgminer(stage):
    """It hints with null ids, which get no answer, and names requests with texts."""
    stage.open()
    peer = stage.connect()
    target = b"0000000fffff" + b"f" * 52
    log_in(
        peer,
        [
            (b'{"id": null, "method": "mining.suggest_target", "params": ["%s"]}' % target, []),
            (
                b'{"id":null,"method":"mining.capabilities","params":[{"notify":[],'
                b'"set_difficulty":{},"set_goal":[],"malgo":{"SHA256d":{}}}]}',
                [],
            ),
            (b'{"id": 0, "method": "mining.subscribe", "params": ["bfgminer/5.5.0"]}', [0]),
            (b'{"id": "xnsub", "method": "mining.extranonce.subscribe", "params": []}', ["xnsub"]),
            (
                b'{"id": "auth", "method": "mining.authorize", "params": ["alice.bfg", "x"]}',
                ["auth", *WORK],
            ),
            (b'{"id": null, "method": "mining.suggest_difficulty", "params": [1]}', WORK),
            (
                b'{"params": ["3e8"], "id": "txlist3e8", "method": "mining.get_transactions"}',
                ["txlist3e8"],
            ),
        ],
    )
    assert peer.difficulties[0] == pytest.approx(1 / 16, rel=1e-4)
    assert peer.difficulties[1] == 1
    assert peer.close_reason is None


BITAXE = (
    b'{"id":1,"method":"mining.configure","params":[["version-rolling"],'
    b'{"version-rolling.mask":"ffffffff"}]}',
    b'{"id":2,"method":"mining.subscribe","params":["bitaxe/BM1370/v2.10.1"]}',
    b'{"id":3,"method":"mining.authorize","params":["alice.axe","x"]}',
)


@pytest.mark.parametrize("together", [True, False])
def test_bitaxe(stage, together):
    """It sends all three at once, then suggests a difficulty when it is let in."""
    stage.open()
    peer = stage.connect()
    if together:
        log_in(peer, [(b"\n".join(BITAXE), [1, 2, 3, *WORK])])
    else:
        log_in(peer, list(zip(BITAXE, ([1], [2], [3, *WORK]), strict=True)))
    log_in(
        peer,
        [
            (b'{"id":4,"method":"mining.suggest_difficulty","params":[1000]}', [4, *WORK]),
            (b'{"id":5,"method":"mining.extranonce.subscribe","params":[]}', [5]),
        ],
    )
    assert peer.difficulties[-1] == 1000
    # It begins at extranonce2 zero with every job: no two jobs may be the same work.
    assert peer.jobs[0][2] != peer.jobs[1][2]
    assert peer.jobs[1][8] is True


@pytest.mark.parametrize("signalled", [0x20000000, 0x30000000])
def test_bitaxe_sends_the_bits_it_flipped_as_a_sixth_parameter(stage, signalled):
    """Its chips set bits, and what it tells is where that differs from the version of the job."""
    stage.open(version=signalled)
    peer = stage.connect()
    log_in(peer, [(b"\n".join(BITAXE), [1, 2, 3, *WORK])])
    told = int(peer.jobs[-1][5], 16)
    solution = peer.solve(version=told | 0x10B6A000)
    (answer,) = say(
        peer,
        b'{"id":6,"method":"mining.submit","params":["alice.axe","%s","%s","%08x","%08x","%08x"]}'
        % (
            peer.job.job.job_id.encode(),
            solution.extranonce2.hex().encode(),
            solution.time,
            solution.nonce,
            solution.version ^ told,
        ),
    )
    assert answer["result"] is True


def test_a_refusal_has_its_text_where_firmwares_look_for_it(stage):
    """ESP-Miner and cgminer read the second element of an array; cpuminer needs a result."""
    stage.open()
    peer = stage.connect()
    log_in(peer, [(b"\n".join(BITAXE), [1, 2, 3, *WORK])])
    answer = peer.submit(Solution(bytes(8), 1, 0, 0x20000000), name="alice.axe")
    assert answer["result"] is False
    assert answer["error"][1] == "Time out of range"


def test_cgminer_with_version_rolling(stage):
    """It reads one line after configure, and leaves a pool that does not grant it there."""
    stage.open()
    peer = stage.connect()
    (answer,) = say(
        peer,
        b'{"id": 0, "method": "mining.configure", "params": [["version-rolling"], '
        b'{"version-rolling.min-bit-count": 2, "version-rolling.mask": "00fff000"}]}',
    )
    assert answer["id"] == 0
    assert answer["result"]["version-rolling"] is True
    assert len(answer["result"]["version-rolling.mask"]) == 8
    log_in(
        peer,
        [
            (b'{"id": 1, "method": "mining.subscribe", "params": ["cgminer/4.12.0"]}', [1]),
            (b'{"id": 2, "method": "mining.authorize", "params": ["alice.s9", "x"]}', [2, *WORK]),
        ],
    )
