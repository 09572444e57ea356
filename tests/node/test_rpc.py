"""Calls to a bitcoind over HTTP: what comes back, and what each way of failing is told as."""

import asyncio
from decimal import Decimal

import pytest

from pithead.node.node import NodeUnavailable
from pithead.node.rpc import RpcAddress, RpcClient, RpcLimits
from pithead.node.rpcwire import RpcError
from tests.node.rpcserver import Answer, refusal, served


@pytest.fixture
async def server():
    async with served() as made:
        yield made


@pytest.fixture
async def client(server):
    limits = RpcLimits(seconds=5.0, most_bytes=200_000)
    client = RpcClient(RpcAddress(server.url, "user", "password"), limits)
    yield client
    await client.close()


async def test_a_call_gives_the_result_as_the_type_asked_for(server, client):
    server.answers["getblockhash"] = "00ff"
    assert await client.call("getblockhash", 7, to=str) == "00ff"
    assert server.calls == [("getblockhash", [7])]


async def test_amounts_are_exact_decimals(server, client):
    server.answers["getbalance"] = 0.1
    assert await client.call("getbalance", to=Decimal) == Decimal("0.1")


async def test_a_long_answer_is_read_as_well(server, client):
    server.answers["getblock"] = "ab" * 90_000
    assert len(await client.call("getblock", to=str)) == 180_000


async def test_many_calls_at_once_each_get_their_own_answer(server, client):
    server.answers["echo"] = lambda number: number
    answers = await asyncio.gather(*(client.call("echo", n, to=int) for n in range(50)))
    assert answers == list(range(50))


async def test_the_nodes_own_refusal_carries_its_code_and_words(server, client):
    server.answers["getblockhash"] = refusal(-8, "Block height out of range")
    with pytest.raises(RpcError, match="getblockhash: Block height out of range") as raised:
        await client.call("getblockhash", 10**6, to=str)
    assert raised.value.code == -8


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal(-28, "Loading block index…"), "is still starting: Loading block index"),
        (Answer(403), "rpcallowip"),
        (Answer(503, b"Work queue depth exceeded"), "rpcworkqueue"),
        (Answer(500, b"Work queue depth exceeded"), "rpcworkqueue"),
        (Answer(503, b"<HTML>503 Service Unavailable"), "is shutting down"),
        (Answer(200, b"<html>"), "no JSON-RPC"),
        (Answer(200, b"\xff\xfe\x00"), "no JSON-RPC"),
        (Answer(404, b""), "no JSON-RPC"),
        (Answer(200, b'{"id": 999, "result": 1}'), "another's answer"),
        (Answer(200, b'{"error"' + b" " * 200_001), "more than 200000 bytes"),
        (Answer(200, b"1234567890", cut=True), "broke off"),
        ("a word", "not Bitcoin Core's"),
    ],
)
async def test_what_is_no_answer_is_told_in_words_that_help(server, client, answer, words):
    if isinstance(answer, Answer) and len(answer.body) > 200_000:
        answer.body = b" " * 200_001
    server.answers["getblockcount"] = answer
    with pytest.raises(NodeUnavailable, match=words) as raised:
        await client.call("getblockcount", to=int)
    assert str(raised.value).startswith(server.url)


async def test_a_node_that_does_not_answer_is_not_waited_for(server, client):
    server.answers["getblockcount"] = Answer(never=True)
    with pytest.raises(NodeUnavailable, match=r"did not answer getblockcount within 0.05 s"):
        await client.call("getblockcount", to=int, seconds=0.05)


async def test_a_node_that_is_not_there_is_told_with_what_to_look_at(server, client):
    await server.stop()
    with pytest.raises(NodeUnavailable, match="is bitcoind running there with server=1"):
        await client.call("getblockcount", to=int)
    await server.start()


async def test_after_the_end_of_a_client_the_node_is_away_to_who_still_calls(server):
    client = RpcClient(RpcAddress(server.url, "user", "password"))
    await client.close()
    with pytest.raises(NodeUnavailable, match="is closed"):
        await client.call("getblockcount", to=int)


async def test_a_wrong_password_is_told_without_telling_the_password(server):
    client = RpcClient(RpcAddress(server.url, "user", "s3cret"))
    with pytest.raises(NodeUnavailable, match="does not take the password") as raised:
        await client.call("getblockcount", to=int)
    assert "s3cret" not in str(raised.value) + repr(client.address)
    await client.close()


async def test_a_cookie_is_read_again_when_the_node_has_written_another(server, tmp_path):
    cookie = tmp_path / ".cookie"
    cookie.write_text("__cookie__:first")
    server.user, server.password = "__cookie__", "first"
    server.answers["getblockcount"] = 7
    client = RpcClient(RpcAddress(server.url, cookie_file=cookie))
    assert await client.call("getblockcount", to=int) == 7
    server.password = "second"
    with pytest.raises(NodeUnavailable, match="cookie_files"):
        await client.call("getblockcount", to=int)
    cookie.write_text("__cookie__:second\n")
    assert await client.call("getblockcount", to=int) == 7
    await client.close()


async def test_a_cookie_that_is_not_there_is_told_with_its_place(server, tmp_path):
    client = RpcClient(RpcAddress(server.url, cookie_file=tmp_path / ".cookie"))
    with pytest.raises(NodeUnavailable, match=r"no readable cookie in .*\.cookie"):
        await client.call("getblockcount", to=int)
    await client.close()
