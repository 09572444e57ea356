"""The port of the cgminer API and those who do not know its rules."""

import asyncio
import itertools
import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.cli.serving import listen
from pithead.miner.cgminer.api import CgminerApi
from pithead.miner.cgminer.server import CgminerServer
from tests.miner.conftest import Rig

READS = (
    "version", "config", "devdetails", "coin", "asccount", "summary", "devs", "edevs", "stats",
    "estats", "pools", "temps", "fans", "tunerstatus",
)  # fmt: skip
CHANGES = ("switchpool", "enablepool", "disablepool", "addpool", "removepool", "pause", "resume")
OTHERS = ("check", "asc", "quit", "privileged", "restart", "VERSION", "versio", "version ", "ü")
COMMANDS = st.sampled_from(READS + CHANGES + OTHERS) | st.text(max_size=20)
PARAMETERS = (
    st.none()
    | st.integers()
    | st.booleans()
    | st.floats()
    | st.text(max_size=40)
    | st.lists(st.integers(), max_size=2)
    | st.sampled_from(["0", "1", "-1", "00", "1,2", "a,b,c", "stratum+tcp://a:1,b,c", "1" * 400])
)
ASKED = st.fixed_dictionaries(
    {"command": COMMANDS | st.lists(COMMANDS, max_size=6).map("+".join)},
    optional={"parameter": PARAMETERS, "id": st.integers(), "api": st.text(max_size=3)},
).map(lambda request: json.dumps(request).encode())


@st.composite
def damaged(draw):
    """A request with some of its bytes lost, doubled or changed."""
    request = bytearray(draw(ASKED))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(request)))
        end = draw(st.integers(start, min(len(request), start + 4)))
        request[start:end] = draw(st.binary(max_size=4))
    return bytes(request)


ANY = ASKED | damaged() | st.binary(max_size=300) | st.integers(1, 3000).map(lambda n: b"[" * n)


@pytest.fixture(scope="module")
def rig():
    rig = Rig(targets=(("stratum+tcp://127.0.0.1:1", "alice"), ("stratum+tcp://127.0.0.1:2", "b")))
    rig.pool(1)
    rig.pool(2)
    rig.run(60)
    return rig


@pytest.fixture(scope="module")
def api(rig):
    return CgminerApi(rig.miner, lambda: rig.now)


def check_answer(answer):
    """Its form is one of two, whatever was asked; gives the statuses in it."""
    assert answer.endswith(b"}\x00")
    assert answer.count(b"\x00") == 1
    whole = json.loads(answer[:-1])
    assert whole.pop("id") == 1
    parts = [whole] if "STATUS" in whole else [part for (part,) in whole.values()]
    statuses = [status for part in parts for status in part["STATUS"]]
    for status in statuses:
        assert status.keys() == {"STATUS", "When", "Code", "Msg", "Description"}
        assert status["STATUS"] in ("S", "E", "W", "I")
        assert isinstance(status["Code"], int)
    return statuses


@settings(deadline=None)
@given(request=ANY)
def test_every_answer_has_the_form_of_one_and_a_refusal_changes_nothing(api, rig, request):
    before = rig.miner.settings
    statuses = check_answer(api.answer(request))
    if all(status["STATUS"] != "S" for status in statuses):
        assert rig.miner.settings == before


@pytest.mark.parametrize("command", READS)
def test_reading_changes_nothing(api, rig, command):
    before = rig.miner.settings
    api.answer(json.dumps({"command": command, "parameter": "0"}).encode())
    assert rig.miner.settings == before


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=ANY.filter(bool), cuts=st.lists(st.integers(1, 300), max_size=4))
async def test_over_the_socket_whatever_is_sent_in_whatever_pieces_is_answered_once(
    api, request, cuts
):
    """One who stops amid a request is answered when he says that he has done."""
    cuts = {cut for cut in cuts if cut < len(request) and request[cut - 1] not in b"}\n\x00"}
    bound = listen("127.0.0.1", 0, "")
    server = CgminerServer(api.answer)
    await server.open(bound)
    try:
        reader, writer = await asyncio.open_connection(*bound.getsockname())
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start, end in itertools.pairwise(sorted({0, len(request), *cuts})):
            writer.write(request[start:end])
            await asyncio.sleep(0)
        writer.write_eof()
        check_answer(await reader.read())
        writer.close()
    finally:
        server.close()
