import json
from urllib.request import Request, urlopen

import msgspec
import pytest

from bench.node import START_HEIGHT, TRANSACTIONS
from bench.standin import standing_in
from pithead.bitcoin.network import MAINNET
from pithead.node.bitcoind import BitcoindNode, BitcoindSettings
from pithead.node.blocktemplate import TemplateAnswer, read_template
from pithead.node.rpc import RpcAddress
from pithead.node.watched import NodeAddress


@pytest.fixture
def stand_in():
    with standing_in() as server:
        yield server


def test_its_template_stands_up_to_the_checks_of_one_of_mainnet(stand_in):
    answer = msgspec.json.decode(stand_in.result("getblocktemplate", []), type=TemplateAnswer)
    template = read_template(answer, MAINNET)
    assert template.height == START_HEIGHT + 1
    assert len(template.transactions) == TRANSACTIONS


async def test_a_pool_over_it_hears_of_a_new_block_and_has_work_on_it(stand_in):
    address = NodeAddress(RpcAddress(stand_in.url, "user", "pass"), stand_in.news)
    node = await BitcoindNode.open([address], BitcoindSettings(MAINNET), lambda: 0.0)
    try:
        tips = node.tips()
        assert (await anext(tips)).height == START_HEIGHT
        stand_in.grow()
        tip = await anext(tips)
        template = await node.template()
    finally:
        await node.close()
    assert (tip.height, template.height) == (START_HEIGHT + 1, START_HEIGHT + 2)
    assert template.prev_hash_wire == bytes.fromhex(tip.hash_display)[::-1]


def test_a_call_as_ckpool_makes_it_is_answered_in_one_line(stand_in):
    question = b'{"method": "validateaddress", "params": ["1BitcoinEater"]}\n'
    with urlopen(Request(stand_in.url, question)) as answer:
        (line,) = answer.read().splitlines()
    assert json.loads(line) == {"result": {"isvalid": True}, "error": None, "id": 0}
