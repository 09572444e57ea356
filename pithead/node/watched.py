"""One bitcoind under watch: its state looked at again and again, and at once when there is news.

News of a block comes over ZMQ where the node publishes it, else over a long poll for a template.
Both only wake the watch, which asks the node itself; and where neither is heard, the next look is
never more than `poll_seconds` away.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import structlog
import zmq
import zmq.asyncio

from pithead.bitcoin.network import Network
from pithead.node.blocktemplate import TemplateAnswer, template_request
from pithead.node.health import ChainAnswer, NodeStatus, objection, status_of
from pithead.node.node import NodeUnavailable
from pithead.node.rpc import RpcAddress, RpcClient, RpcLimits
from pithead.node.rpcwire import RpcError
from pithead.node.trail import Link
from pithead.node.verdicts import NoAnswer, Verdict, verdict_of, verdict_of_error

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
SUBMIT_SECONDS = 30.0
LONG_POLL_SECONDS = 3600.0
"""bitcoind holds a long poll until there is news, and keeps a thread for one that is given up."""
PUSHED_SECONDS = 5.0
"""How long a template that a long poll brought is as good as a fresh one."""
_MOST_ZMQ_BYTES = 1_000


@dataclass(frozen=True, slots=True)
class NodeAddress:
    rpc: RpcAddress
    zmq: str = ""
    """Where it publishes `hashblock` (`tcp://host:port`); empty for a long poll."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """In wall seconds."""

    poll_seconds: float = 1.0
    limits: RpcLimits = field(default_factory=RpcLimits)


class _HeaderAnswer(msgspec.Struct, frozen=True):
    hash: str
    height: int
    time: int
    previousblockhash: str = ""


class WatchedNode:
    """Owns the client of one node. `on_change` is called when what it says of itself changes."""

    def __init__(
        self,
        address: NodeAddress,
        network: Network,
        settings: WatchSettings,
        wall: Callable[[], float],
        on_change: Callable[[], None],
    ) -> None:
        self.rpc = RpcClient(address.rpc, settings.limits)
        self.seen: NodeStatus | None = None
        """What it last said of itself; None while it does not answer."""
        self.why: str | None = "has not been asked yet"
        """Why it is not mined on; None where it is."""
        self._address = address
        self._endpoint = address.zmq
        self._network = network
        self._settings = settings
        self._wall = wall
        self._on_change = on_change
        self._wake = asyncio.Event()
        self._watch: asyncio.Task[None] | None = None
        self._news: asyncio.Task[None] | None = None
        self._pushed: tuple[float, TemplateAnswer] | None = None

    @property
    def url(self) -> str:
        return self._address.rpc.url

    @property
    def status(self) -> NodeStatus | None:
        """None for a node that is not to be mined on now."""
        return self.seen if self.why is None else None

    @property
    def is_of_network(self) -> bool:
        """False where it is known to be on another network."""
        return self.seen is None or self.seen.network_name == self._network.name

    # Watching

    async def look(self) -> None:
        """Ask the node how it is."""
        before = (self.seen, self.why)
        try:
            answer = await self.rpc.call("getblockchaininfo", to=ChainAnswer, seconds=LOOK_SECONDS)
            peers = await self.rpc.call("getconnectioncount", to=int, seconds=LOOK_SECONDS)
            self.seen = status_of(answer, peers)
            why = objection(self.seen, self._network)
            self.why = why and f"{self.url} {why}"
        except (NodeUnavailable, RpcError, ValueError) as error:
            self.seen, self.why = None, str(error)
        if self.why != before[1]:
            self._tell()
        if (self.seen, self.why) != before:
            self._on_change()

    def start(self) -> None:
        """Watch from now on, until closed."""
        self._watch = asyncio.create_task(self._keep_looking())

    def wake(self) -> None:
        """Look at once: something has happened."""
        self._wake.set()

    async def close(self) -> None:
        tasks = [task for task in (self._watch, self._news) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.rpc.close()

    def _tell(self) -> None:
        if self.why is None:
            log.info("a node can be mined on", node=self.url)
        else:
            log.warning("a node cannot be mined on", why=self.why)

    async def _keep_looking(self) -> None:
        while True:
            self._wake.clear()
            await self.look()
            self._keep_hearing()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll_seconds):
                    await self._wake.wait()

    def _keep_hearing(self) -> None:
        """News is waited for while the node answers; one that is gone might never break off."""
        if self.seen is None:
            if self._news is not None and not self._endpoint:
                self._news.cancel()
        elif self._news is None or self._news.done():
            self._news = asyncio.create_task(self._hear())

    def _hear(self) -> Coroutine[object, object, None]:
        return self._subscribe() if self._endpoint else self._long_poll()

    async def _subscribe(self) -> None:
        """Hear of blocks over ZMQ, which finds the node again by itself when it comes back."""
        with zmq.asyncio.Context() as context, context.socket(zmq.SUB) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.MAXMSGSIZE, _MOST_ZMQ_BYTES)
            socket.setsockopt(zmq.SUBSCRIBE, b"hashblock")
            try:
                socket.connect(self._endpoint)
                while True:
                    await socket.recv_multipart()
                    self._wake.set()
            except zmq.ZMQError as error:
                log.warning("blocks are heard of by long polls instead of ZMQ", node=self.url,
                            endpoint=self._endpoint, why=str(error))  # fmt: skip
                self._endpoint = ""

    async def _long_poll(self) -> None:
        """Hear of blocks, and of fees, by questions that are answered when there is news."""
        longpollid = ""
        while True:
            try:
                answer = await self._ask_template(longpollid)
            except (NodeUnavailable, RpcError) as error:
                log.debug("a long poll brought nothing", node=self.url, why=str(error))
                return
            if longpollid or self.seen is None or _is_news(answer, self.seen):
                self._pushed = (self._wall(), answer)
                self._wake.set()
            longpollid = answer.longpollid
            if not longpollid:
                return

    # Asking

    async def _ask_template(self, longpollid: str = "") -> TemplateAnswer:
        return await self.rpc.call(
            "getblocktemplate",
            template_request(self._network, longpollid),
            to=TemplateAnswer,
            seconds=LONG_POLL_SECONDS if longpollid else None,
        )

    async def template(self) -> TemplateAnswer:
        """A template of this moment, unchecked. Raises NodeUnavailable."""
        pushed, self._pushed = self._pushed, None
        if pushed is not None and self.seen is not None:
            at, answer = pushed
            is_fresh = self._wall() - at < PUSHED_SECONDS
            if is_fresh and answer.previousblockhash == self.seen.best_display:
                return answer
        try:
            return await self._ask_template()
        except RpcError as error:
            raise NodeUnavailable(f"{self.url} gives no template: {error}") from error

    async def submit(self, block_hex: str) -> Verdict:
        """The node's judgement of a block."""
        try:
            answer = await self.rpc.call(
                "submitblock", block_hex, to=object, seconds=SUBMIT_SECONDS
            )
        except RpcError as error:
            return verdict_of_error(error)
        except NodeUnavailable as error:
            return NoAnswer(str(error))
        return verdict_of(answer)

    async def prefer(self, hash_display: str) -> None:
        """Have the node hold a block for the first of its height, as far as it can."""
        try:
            await self.rpc.call("preciousblock", hash_display, to=object)
        except (NodeUnavailable, RpcError) as error:
            log.warning("a node does not prefer a block of the pool", node=self.url,
                        hash=hash_display, why=str(error))  # fmt: skip

    async def link(self, hash_display: str) -> Link:
        """A block of any branch. Raises NodeUnavailable."""
        try:
            answer = await self.rpc.call("getblockheader", hash_display, to=_HeaderAnswer)
        except RpcError as error:
            raise NodeUnavailable(f"{self.url} has no block {hash_display}: {error}") from error
        return Link(answer.height, answer.hash, answer.previousblockhash, answer.time)

    async def hash_at(self, height: int) -> str | None:
        """The best chain's block at a height, None above the tip. Raises NodeUnavailable."""
        try:
            return await self.rpc.call("getblockhash", height, to=str)
        except RpcError:
            return None


def _is_news(answer: TemplateAnswer, seen: NodeStatus) -> bool:
    return answer.previousblockhash != seen.best_display
