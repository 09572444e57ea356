"""One node under watch: news of blocks by polls, long polls and ZMQ, and what happens without."""

import asyncio
from contextlib import aclosing

import zmq
import zmq.asyncio

from pithead.node.watched import WatchSettings
from tests.node.playednodes import name, opened, until
from tests.node.rpcserver import refusal


async def test_polls_tell_of_a_block_and_of_those_between(chain, servers):
    chain.follow(servers[0], name("a", 15))
    async with opened(servers[0]) as node, aclosing(node.tips()) as tips:
        assert (await anext(tips)).height == 15
        chain.follow(servers[0], name("a", 18))
        assert [(await anext(tips)).height for _ in range(3)] == [16, 17, 18]


async def test_a_long_poll_tells_of_a_block_and_its_template_is_used(chain, servers):
    (server, _), slow = servers, WatchSettings(poll_seconds=600.0)
    chain.follow(server, name("a", 15))
    async with opened(server, watch=slow) as node, aclosing(node.tips()) as tips:
        await anext(tips)
        await until(lambda: [p for p in server.called("getblocktemplate") if "longpollid" in p[0]])
        chain.follow(server, name("a", 16))
        server.news.set()
        assert (await anext(tips)).height == 16
        asked = server.called("getblocktemplate").count([{"rules": ["segwit"]}])
        assert (await node.template()).prev_hash_wire[::-1].hex() == name("a", 16)
        assert server.called("getblocktemplate").count([{"rules": ["segwit"]}]) == asked


async def test_zmq_tells_of_a_block(chain, servers):
    (server, _), slow = servers, WatchSettings(poll_seconds=600.0)
    chain.follow(server, name("a", 15))
    with zmq.asyncio.Context() as context, context.socket(zmq.PUB) as publisher:
        publisher.setsockopt(zmq.LINGER, 0)
        port = publisher.bind_to_random_port("tcp://127.0.0.1")
        endpoint = f"tcp://127.0.0.1:{port}"
        async with (
            opened(server, watch=slow, endpoint=endpoint) as node,
            aclosing(node.tips()) as tips,
        ):
            await anext(tips)
            await until(lambda: node._nodes[0]._news is not None)
            chain.follow(server, name("a", 16))
            reading = asyncio.create_task(anext(tips))
            for _ in range(1000):  # it takes a moment until somebody listens
                await publisher.send_multipart([b"hashblock", bytes(32), bytes(4)])
                await asyncio.wait([reading], timeout=0.01)
                if reading.done():
                    break
            assert reading.result().height == 16
            assert not [p for p in server.called("getblocktemplate") if "longpollid" in p[0]]


async def test_where_zmq_cannot_be_had_a_long_poll_takes_its_place(chain, servers):
    chain.follow(servers[0], name("a", 15))
    async with opened(servers[0], endpoint="nothing://here"):
        await until(
            lambda: [p for p in servers[0].called("getblocktemplate") if "longpollid" in p[0]]
        )


async def test_a_reader_of_tips_goes_on_when_the_nodes_are_back(chain, servers):
    (server, _) = servers
    chain.follow(server, name("a", 15))
    async with opened(server) as node, aclosing(node.tips()) as tips:
        await anext(tips)
        port = server.port
        await server.stop()
        await until(lambda: node._nodes[0].status is None)
        reading = asyncio.create_task(anext(tips))
        chain.follow(server, name("a", 16))
        await server.start(port)
        assert (await asyncio.wait_for(reading, 5)).height == 16


async def test_a_header_that_cannot_be_had_is_asked_for_again(chain, servers):
    (server, _) = servers
    chain.follow(server, name("a", 15))
    async with opened(server) as node, aclosing(node.tips({10: name("a", 10)})) as tips:
        good = server.answers["getblockheader"]
        server.answers["getblockheader"] = refusal(-5, "Block not found")
        reading = asyncio.create_task(anext(tips))
        await until(lambda: len(server.called("getblockheader")) > 2)
        server.answers["getblockheader"] = good
        assert (await asyncio.wait_for(reading, 5)).height == 11
