"""`pithead pool --role node`: the node of a pool on several machines, and its templates.

Of those with the role one leads; only that one opens its chain, tells of work and takes blocks.
"""

import asyncio
from pathlib import Path

import click
import structlog

from pithead.cli.cannotstart import CannotStart
from pithead.cli.datadir import DataDirectory
from pithead.cli.ending import until_told_or_failed
from pithead.cli.farmtime import steady_wall
from pithead.cli.leading import Led, leadership
from pithead.cli.nodeside import NodeNotUsable, open_node
from pithead.cli.payoutside import farm_wallet
from pithead.cli.poolside import first_block_work
from pithead.cli.sections import Config
from pithead.node.kernel import KernelNode
from pithead.node.node import Node, NodeUnavailable
from pithead.pool.farwallet import WalletDesk
from pithead.pool.natsexchange import NatsExchange
from pithead.pool.relay import NodeDesk

log = structlog.get_logger(__name__)

LEASE = "node"
REFRESH_SECONDS = 30.0
"""Between two templates on one tip, as a pool that has its node asks for them."""
AGAIN_SECONDS = 1.0


async def serve_node(config: Config, exchange: NatsExchange, told: asyncio.Event) -> None:
    """Until told to stop. Raises CannotStart, LeadsNoMore, and what `open_node` raises."""
    if config.node.role != "node":
        raise CannotStart(
            'the books have the node: say --set node.role="node" to this process and to theirs'
        )
    seconds = config.exchange.lease_seconds
    async with leadership(exchange, LEASE, "has the node", seconds, told) as led:
        if led is not None:
            await _lead(config, exchange, led, told)


async def _lead(config: Config, exchange: NatsExchange, led: Led, told: asyncio.Event) -> None:
    with DataDirectory(Path(config.data.directory)) as data:
        node = await _open(config, data)
        try:
            desk = NodeDesk(node, exchange)
            await until_told_or_failed(told, _first(desk), led.lost())
            if told.is_set():
                return
            await desk.serve()
            if isinstance(node, KernelNode):
                await WalletDesk(farm_wallet(config, node), exchange).serve()
            log.info("node", kind=config.node.kind, data=str(data.path), token=led.token)
            click.echo(f"Node ({config.node.kind}); Ctrl-C stops")
            await until_told_or_failed(told, _follow(desk), _refresh(desk), led.lost())
        finally:
            await node.close()


async def _open(config: Config, data: DataDirectory) -> Node:
    wall = steady_wall()
    try:
        return await open_node(
            config, data.part("chain"), wall, wall, first_block_work(config, 0.0),
            lambda done, total: None,
        )  # fmt: skip
    except NodeNotUsable as error:
        raise CannotStart(str(error)) from error


async def _first(desk: NodeDesk) -> None:
    """Return once there is work."""
    while not await _renew(desk):  # noqa: ASYNC110
        await asyncio.sleep(AGAIN_SECONDS)


async def _follow(desk: NodeDesk) -> None:
    async for tip in desk.tips():
        if tip.is_best:
            await _renew(desk)


async def _refresh(desk: NodeDesk) -> None:
    while True:  # noqa: ASYNC110
        await asyncio.sleep(REFRESH_SECONDS if await _renew(desk) else AGAIN_SECONDS)


async def _renew(desk: NodeDesk) -> bool:
    """Whether there is a new template; all who listen are told of it."""
    try:
        await desk.template()
    except NodeUnavailable as error:
        log.warning("the node gives no template", why=str(error))
        return False
    return True
