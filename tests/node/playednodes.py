"""Bitcoinds that are played, one chain for all of them, and the port over them."""

import asyncio
import json
from contextlib import asynccontextmanager

from pithead.bitcoin.network import REGTEST
from pithead.node.bitcoind import BitcoindNode, BitcoindSettings
from pithead.node.node import NodeUnavailable
from pithead.node.rpc import RpcAddress, RpcLimits
from pithead.node.watched import NodeAddress, WatchSettings
from tests.node.rpcserver import transcript

NOW = 1_800_000_000.0
QUICK = WatchSettings(poll_seconds=0.02, limits=RpcLimits(seconds=5.0))
BLOCK_HEADER_ONLY = bytes(68) + int(NOW).to_bytes(4, "little") + bytes(8)
"""Enough of a block for nodes that are played."""


def address(server, endpoint=""):
    return NodeAddress(RpcAddress(server.url, server.user, server.password), endpoint)


@asynccontextmanager
async def opened(*servers, network=REGTEST, watch=QUICK, now=NOW, endpoint="", **settings):
    node = await BitcoindNode.open(
        [address(each, endpoint) for each in servers],
        BitcoindSettings(network, watch=watch, **settings),
        lambda: now,
    )
    try:
        yield node
    finally:
        await node.close()


async def until(condition):
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("did not come true")


async def eventually(ask, good):
    for _ in range(1000):
        try:
            if good(answer := await ask()):
                return answer
        except NodeUnavailable:
            pass
        await asyncio.sleep(0.005)
    raise AssertionError("nothing good came")


class PlayedChain:
    """A chain of headers that any number of servers tell of."""

    def __init__(self):
        self.blocks = {}
        self.template = transcript("regtest")[template_key()][-1]

    def add(self, name, height, parent):
        self.blocks[name] = {
            "hash": name, "height": height, "time": int(NOW) + height, "previousblockhash": parent,
        }  # fmt: skip

    def follow(self, server, name, work=None, **info):
        """Have a server's best chain end in a block."""
        block = self.blocks[name]
        server.answers |= {
            "getblockchaininfo": {
                "chain": "regtest", "blocks": block["height"], "headers": block["height"],
                "bestblockhash": name, "chainwork": f"{work or block['height']:064x}",
                "initialblockdownload": False,
            } | info,
            "getconnectioncount": 8,
            "getblockheader": lambda name: self.blocks[name],
            "getblocktemplate": self.template
            | {"previousblockhash": name, "longpollid": f"{name}1"},
            "preciousblock": None,
        }  # fmt: skip
        server.answers.setdefault("submitblock", None)


def template_key():
    return ("getblocktemplate", json.dumps([{"rules": ["segwit"]}]))


def name(branch, height):
    return f"{branch}{height:02d}".rjust(64, "0")


def link_up(chain, branch, first, last, parent):
    for height in range(first, last + 1):
        chain.add(name(branch, height), height, parent)
        parent = name(branch, height)
