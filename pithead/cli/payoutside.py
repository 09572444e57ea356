"""Paying users out, as a running part of the pool."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from pithead.cli.nodeside import network_of, node_addresses
from pithead.cli.sections import Config
from pithead.node.corewallet import CoreWallet, CoreWalletSettings
from pithead.node.farmwallet import FarmWallet
from pithead.node.kernel import KernelNode
from pithead.node.node import Node
from pithead.node.payments import PaymentWallet
from pithead.node.rpc import RpcClient
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.destinations import Destinations
from pithead.pool.exchange import Exchange
from pithead.pool.farwallet import FarWallet
from pithead.pool.payer import Payer, PayerSettings

FARM_SATS_PER_VBYTE = 2


@dataclass(slots=True)
class PayoutPart:
    """Runs until `stop`. What is under way then goes on with the next start."""

    payer: Payer | None
    """None where the configuration names no wallet."""
    _task: asyncio.Task[None] | None = None
    _rpc: RpcClient | None = None

    @classmethod
    def open(
        cls,
        config: Config,
        node: Node,
        keeper: Bookkeeper,
        clock: Callable[[], float],
        exchange: Exchange | None = None,
    ) -> "PayoutPart":
        """The embedded chain may be at the other end of an exchange."""
        wallet, rpc = _wallet(config, node, exchange)
        if wallet is None:
            return cls(None)
        destinations = Destinations(keeper.store.engine, network_of(config.node))
        section = config.payouts
        settings = PayerSettings(
            threshold_sats=config.pool.send_threshold_sats,
            hour_utc=section.hour_utc,
            confirmations=section.confirmations,
            most_payments=section.most_payments,
        )
        payer = Payer(keeper, wallet, destinations, clock, settings)
        return cls(payer, asyncio.create_task(payer.run()), rpc)

    @property
    def tasks(self) -> Sequence[asyncio.Task[None]]:
        return () if self._task is None else (self._task,)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._rpc is not None:
            await self._rpc.close()


def farm_wallet(config: Config, node: KernelNode) -> FarmWallet:
    """That of the embedded chain."""
    return FarmWallet(node, config.payouts.sats_per_vbyte or FARM_SATS_PER_VBYTE)


def _wallet(
    config: Config, node: Node, exchange: Exchange | None
) -> tuple[PaymentWallet | None, RpcClient | None]:
    section = config.payouts
    if isinstance(node, KernelNode):
        return farm_wallet(config, node), None
    if config.node.kind == "embedded" and exchange is not None:
        return FarWallet(exchange), None
    if not section.wallet:
        return None, None
    return core_wallet(config)


def core_wallet(config: Config) -> tuple[CoreWallet, RpcClient]:
    """The wallet that the configuration names, and what is to be closed after it."""
    section = config.payouts
    address = node_addresses(config.node)[0].rpc
    rpc = RpcClient(replace(address, url=f"{address.url}/wallet/{quote(section.wallet)}"))
    settings = CoreWalletSettings(
        sats_per_vbyte=section.sats_per_vbyte, most_fee_sats=section.most_fee_sats
    )
    return CoreWallet(rpc, settings), rpc
