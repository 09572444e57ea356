"""One machine as a client sees it: the real API over a socket, and strangers that are none."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from pithead.bos.units import Power
from pithead.fleet.client import Limits, Login, MachineClient, MachineError, shared_http
from pithead.fleet.ranges import Place
from tests.served_machines import serving


@pytest.fixture
def machines(tmp_path):
    with serving(tmp_path) as machines:
        yield machines


@asynccontextmanager
async def stranger(answer):
    """Something that reads a request and says `answer`; None: never says anything."""
    ended = asyncio.Event()

    async def talk(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await ended.wait()
        else:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield Place("127.0.0.1", server.sockets[0].getsockname()[1])
    finally:
        ended.set()
        server.close()


async def test_it_logs_in_once_and_reads_the_messages_of_the_contract(machines):
    served = machines.start(90)
    async with MachineClient(served.place) as client:
        assert (await client.version()).major == 1
        assert ("POST", "/auth/login") not in served.asked
        details, stats, *_ = await asyncio.gather(
            client.details(), client.stats(), client.errors(), client.hashboards(),
            client.tuner_state(), client.constraints(), client.pool_groups(),
        )  # fmt: skip
    assert details.miner_identity.miner_model == "Antminer S21"
    assert stats.power_stats.approximated_consumption.watt > 0
    assert served.asked.count(("POST", "/auth/login")) == 1


async def test_what_is_put_takes_effect_and_the_answer_comes_back(machines):
    served = machines.start(90)
    async with MachineClient(served.place) as client:
        assert await client.put("/performance/power-target", Power(watt=3000)) == {"watt": 3000}
        mode = await client.get("/performance/mode")
        assert await client.put("/actions/reboot") is None
    assert mode["tunermode"]["target"]["powertarget"]["power_target"] == {"watt": 3000}


async def test_a_token_that_the_machine_has_forgotten_is_renewed(machines):
    served = machines.start()
    async with MachineClient(served.place) as client:
        await client.details()
        served.wall += 3 * 3600
        await client.details()
    assert served.asked.count(("POST", "/auth/login")) == 2


async def test_a_wrong_password_is_told_in_the_words_of_the_machine(machines):
    served = machines.start()
    async with MachineClient(served.place, Login(password="wrong")) as client:
        with pytest.raises(MachineError, match="password") as refused:
            await client.details()
    assert refused.value.status == 401
    assert str(served.place) in str(refused.value)
    assert "wrong" not in repr(Login(password="wrong"))


async def test_a_fixed_token_is_sent_and_never_traded_for_a_login(machines):
    served = machines.start()
    async with MachineClient(served.place, Login(token="nonsense")) as client:
        with pytest.raises(MachineError, match="token is not known"):
            await client.details()
    assert ("POST", "/auth/login") not in served.asked


async def test_a_refusal_carries_the_sentence_and_the_status(machines):
    served = machines.start()
    async with MachineClient(served.place) as client:
        with pytest.raises(MachineError, match="980 to 8155 W") as refused:
            await client.put("/performance/power-target", Power(watt=1))
    assert refused.value.status == 412


async def test_nobody_there_is_told(unused_tcp_port):
    async with MachineClient(Place("127.0.0.1", unused_tcp_port)) as client:
        with pytest.raises(MachineError, match="cannot be reached") as refused:
            await client.version()
    assert refused.value.status is None


OK = b"HTTP/1.1 200 OK\r\ncontent-length: "


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "broke off"),
        (b"", "broke off"),
        (OK + b"7\r\n\r\n<html/>", "not that of a Braiins OS machine"),
        (OK + b"2\r\n\r\n{}", "not that of a Braiins OS machine"),
        (OK + b"9000\r\n\r\n" + b" " * 9000, "more than 4096 bytes"),
        (OK + b"9\r\n\r\n{}", "broke off"),
        (b"HTTP/1.1 503 Gone Away\r\ncontent-length: 6\r\n\r\n<html>", r"Gone Away \(status 503\)"),
        (b"HTTP/1.1 412 No\r\ncontent-length: 8\r\n\r\nno\x1b[31m\n", r"no \[31m \(status 412\)"),
        (None, "did not answer within 0.2 s"),
    ],
)
async def test_strangers_are_an_error_and_nothing_worse(answer, said):
    limits = Limits(seconds=0.2 if answer is None else 10, most_bytes=4096)
    async with stranger(answer) as place, shared_http() as http:
        client = MachineClient(place, limits=limits, http=http)
        with pytest.raises(MachineError, match=said):
            await client.version()


async def test_deeply_nested_json_is_an_error():
    depth = b"[" * 200_000
    answer = OK + str(len(depth)).encode() + b"\r\n\r\n" + depth
    async with stranger(answer) as place, MachineClient(place, Login(token="t")) as client:
        with pytest.raises(MachineError, match="not that of"):
            await client.get("/anything")
