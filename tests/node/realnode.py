"""Real bitcoinds for tests and recordings, where there is one: BITCOIND, or `bitcoind` on PATH."""

import asyncio
import os
import shutil
import socket
from dataclasses import dataclass, field
from pathlib import Path

from pithead.node.node import NodeUnavailable
from pithead.node.rpc import RpcAddress, RpcClient, RpcLimits
from pithead.node.rpcwire import RpcError
from pithead.node.watched import NodeAddress

BITCOIND = os.environ.get("BITCOIND") or shutil.which("bitcoind")
START_SECONDS = 60


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


async def until(ask, seconds=20, good=lambda answer: True):
    """The first answer that is good; a node that is away is asked again."""
    for _ in range(seconds * 20):
        try:
            if good(answer := await ask()):
                return answer
        except NodeUnavailable:
            pass
        await asyncio.sleep(0.05)
    raise AssertionError("nothing good came in time")


@dataclass
class RealNode:
    """One bitcoind in a directory of its own, from `start` to `stop`."""

    directory: Path
    chain: str = "regtest"
    options: tuple[str, ...] = ()
    rpc_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    zmq_port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None
    client: RpcClient | None = None

    @property
    def address(self):
        folder = "" if self.chain == "main" else self.chain
        cookie = self.directory / folder / ".cookie"
        return RpcAddress(f"http://127.0.0.1:{self.rpc_port}", cookie_file=cookie)

    def at(self, with_zmq=False):
        return NodeAddress(self.address, f"tcp://127.0.0.1:{self.zmq_port}" if with_zmq else "")

    async def start(self, wait=True):
        self.directory.mkdir(parents=True, exist_ok=True)
        self.process = await asyncio.create_subprocess_exec(
            BITCOIND, f"-chain={self.chain}", f"-datadir={self.directory}", "-server",
            f"-rpcport={self.rpc_port}", f"-port={self.port}", f"-bind=127.0.0.1:{self.port}",
            f"-zmqpubhashblock=tcp://127.0.0.1:{self.zmq_port}", "-dnsseed=0", "-fixedseeds=0",
            "-listenonion=0", "-printtoconsole=0", "-dbcache=16", *self.options,
        )  # fmt: skip
        self.client = RpcClient(self.address, RpcLimits(seconds=START_SECONDS))
        if wait:
            await until(lambda: self.call("getblockcount"), START_SECONDS)

    async def call(self, method, *params):
        return await self.client.call(method, *params, to=object)

    async def stop(self, at_once=False):
        if self.process is None:
            return
        if at_once:
            self.process.kill()
        else:
            self.process.terminate()
        await self.process.wait()
        self.process = None
        await self.client.close()

    async def connect(self, other):
        """Peers from now on."""
        await self.call("addnode", f"127.0.0.1:{other.port}", "onetry")
        await until(lambda: self.call("getconnectioncount"), good=bool)

    async def agree(self, other):
        """Wait until both have the same tip."""
        best = await other.call("getbestblockhash")
        await until(lambda: self.call("getbestblockhash"), good=lambda found: found == best)


async def call_or_error(node, method, *params):
    """The result, or the error: for calls that are made to be refused."""
    try:
        return await node.call(method, *params)
    except RpcError as error:
        return error
