"""Records exchanges with real bitcoinds as the transcripts under `recorded/`.

    BITCOIND=/path/to/bitcoind python -m tests.node.recorder

Each transcript is what one story needs: the calls the pool makes, in their own words, and what a
real node answered. Passwords and addresses of machines are not in it.
"""

import asyncio
import base64
import json
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec

from pithead.bitcoin.block import Block
from pithead.bitcoin.network import REGTEST, SIGNET
from pithead.bitcoin.script import ANYONE_CAN_SPEND
from pithead.bitcoin.transaction import Transaction, TxIn, TxOut
from pithead.node.blocktemplate import TemplateAnswer, read_template, template_request
from pithead.node.wallet import WALLET_SCRIPT
from tests.node.mining import mine
from tests.node.realnode import BITCOIND, RealNode, until
from tests.node.rpcserver import RECORDED

SEGWIT = template_request(REGTEST)


class Recorder:
    """Calls one node as the pool does and writes down what comes back."""

    def __init__(self, node):
        self.node = node
        self.lines = []

    async def call(self, method, *params):
        asked = {"jsonrpc": "1.0", "id": 1, "method": method, "params": params}
        cookie = base64.b64encode(self.node.address.cookie_file.read_bytes()).decode()
        async with httpx.AsyncClient(trust_env=False) as client:
            response = await client.post(
                self.node.address.url, json=asked, headers={"authorization": f"Basic {cookie}"}
            )
        answer = response.json()
        self.lines.append(
            {"method": method, "params": params, "status": response.status_code, "answer": answer}
        )
        return answer["result"]

    async def look(self):
        await self.call("getblockchaininfo")
        await self.call("getconnectioncount")
        best = self.lines[-2]["answer"]["result"]["bestblockhash"]
        await self.call("getblockheader", best)

    def write(self, name):
        text = "".join(json.dumps(line) + "\n" for line in self.lines)
        (RECORDED / f"{name}.jsonl").write_text(text)
        sys.stdout.write(f"{name}: {len(self.lines)} exchanges, {len(text)} bytes\n")


async def template_of(recorder):
    answer = await recorder.call("getblocktemplate", SEGWIT)
    return read_template(msgspec.convert(answer, TemplateAnswer), REGTEST)


def spend(coin, fee, script=WALLET_SCRIPT):
    return Transaction(
        2,
        (TxIn(coin.txid_wire, 0, witness=(ANYONE_CAN_SPEND,)),),
        (TxOut(coin.outputs[0].value_sats - fee, script),),
    )


async def blocks(directory):
    """Templates empty and full, and every answer to a block."""
    node = RealNode(directory)
    await node.start()
    recorder = Recorder(node)
    quiet = Recorder(node)
    coins = []
    for _ in range(103):
        raw = mine(await template_of(quiet))
        await quiet.call("submitblock", raw.hex())
        coins.append(Block.parse(raw).transactions[0])
    await recorder.look()
    template = await template_of(recorder)
    raw, other = mine(template, b"one"), mine(template, b"two")
    hash_display = Block.parse(raw).header.hash_wire[::-1].hex()
    greedy = mine(template, value_sats=999_999_999_999)
    for block in (
        greedy,
        greedy,
        raw,
        raw,
        other,
        mine(template, bits=0x1D00FFFF),
        mine(template, prev_hash_wire=b"\x01" * 32),
        mine(template, time=1_000_000_000),
        bytes(80),
    ):
        await recorder.call("submitblock", block.hex())
    await recorder.call("preciousblock", hash_display)
    await recorder.call("preciousblock", "00" * 32)
    await recorder.call("getblockhash", 1_000_000)
    await recorder.call("getblockhash", template.height)
    await recorder.call("getblockheader", "00" * 32)
    parent = None
    for coin in coins[:2]:
        parent = spend(coin, 10_000)
        await quiet.call("sendrawtransaction", parent.serialize().hex())
    await quiet.call("sendrawtransaction", spend(parent, 20_000).serialize().hex())
    found = await until(lambda: template_of(quiet), good=lambda found: found.transactions)
    full = await template_of(recorder)
    assert full.transactions == found.transactions
    await recorder.look()
    await node.stop()
    recorder.write("regtest")


async def reorganisation(directory):
    """Headers of two branches: three blocks of one, then four of another."""
    node = RealNode(directory)
    await node.start()
    quiet, recorder = Recorder(node), Recorder(node)
    fork = await template_of(quiet)
    branches = []
    for name, count in (("one", 3), ("two", 4)):
        template, branch = fork, []
        for step in range(count):
            raw = mine(template, f"{name}{step}".encode())
            await quiet.call("submitblock", raw.hex())
            parent = Block.parse(raw).header
            branch.append(parent.hash_wire[::-1].hex())
            template = replace(
                template, height=template.height + 1, prev_hash_wire=parent.hash_wire,
                time=template.time + 1,
            )  # fmt: skip
        branches.append(branch)
        await recorder.look()
        for each in branch:
            await recorder.call("getblockheader", each)
    await node.stop()
    recorder.write("reorganisation")


async def networks(directory):
    """Fresh nodes of the signets, without peers and with all their blocks still to come."""
    for chain, options, name in (
        ("signet", (), "signet"),
        ("signet", ("-signetchallenge=51",), "signet-open"),
    ):
        node = RealNode(directory / name, chain, ("-connect=0", *options))
        await node.start()
        recorder = Recorder(node)
        await recorder.look()
        await recorder.call("getblocktemplate", template_request(SIGNET))
        await node.stop()
        recorder.write(name)


async def starting(directory):
    """A node that still loads its blocks."""
    node = RealNode(directory)
    await node.start()
    await node.stop()
    await node.start(wait=False)
    recorder = Recorder(node)
    for _ in range(10_000):
        with suppress(httpx.HTTPError, FileNotFoundError, ValueError):
            await recorder.call("getblockchaininfo")
            if recorder.lines[-1]["answer"]["error"]:
                break
            recorder.lines.clear()
        await asyncio.sleep(0)
    await node.stop()
    if recorder.lines:
        recorder.write("starting")


async def main():
    if BITCOIND is None:
        sys.exit("there is no bitcoind: set BITCOIND to the path of one")
    with tempfile.TemporaryDirectory() as directory:
        for story in (blocks, reorganisation, networks, starting):
            await story(Path(directory) / story.__name__)


if __name__ == "__main__":
    asyncio.run(main())
