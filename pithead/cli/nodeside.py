"""Which chain a pool stands on: the embedded one or bitcoind, and where its blocks pay to."""

from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from pithead.bitcoin.address import AddressError, script_for_address
from pithead.bitcoin.network import MAINNET, NETWORKS, REGTEST, SIGNET, TESTNET4, Network
from pithead.cli.nodesections import NodeSection
from pithead.cli.sections import Config
from pithead.node.bitcoind import BitcoindNode, BitcoindSettings
from pithead.node.kernel import KernelNode, KernelSettings, Progress
from pithead.node.nearby import NodeWithNearby
from pithead.node.node import Node, NodeUnavailable
from pithead.node.retarget import RetargetSettings
from pithead.node.rpc import RpcAddress, RpcLimits
from pithead.node.wallet import WALLET_SCRIPT, FeeSettings
from pithead.node.watched import NodeAddress, WatchedNode, WatchSettings

RPC_PORTS = {MAINNET.name: 8332, TESTNET4.name: 48332, SIGNET.name: 38332, REGTEST.name: 18443}
"""Where bitcoind listens by default."""

MOST_CLOCK_LAG_SECONDS = 60.0


class NodeNotUsable(Exception):
    """The chain cannot be mined on as configured; the message says what to put right."""


def network_of(section: NodeSection) -> Network:
    return NETWORKS[section.network] if section.kind == "bitcoind" else REGTEST


def payout_script(config: Config) -> bytes:
    """Where blocks pay to, for the network in use. Raises NodeNotUsable."""
    address = config.pool.payout_address
    if not address:
        if config.node.kind == "bitcoind":
            raise NodeNotUsable(
                "[pool] payout_address is empty: blocks have to pay to an address of "
                f"{config.node.network}"
            )
        return WALLET_SCRIPT
    try:
        return script_for_address(address, network_of(config.node))
    except AddressError as error:
        raise NodeNotUsable(f"[pool] payout_address: {error}") from error


async def open_node(
    config: Config,
    directory: Path,
    clock: Callable[[], float],
    wall: Callable[[], float],
    first_block_work: int,
    progress: Progress,
) -> Node:
    """The chain as configured. Raises NodeNotUsable, ChainInUse, BlockFileDamaged."""
    if config.node.kind == "embedded":
        settings = _kernel_settings(config, first_block_work)
        return await KernelNode.open(directory, settings, clock, progress)
    _check_world(config, clock, wall)
    try:
        return await BitcoindNode.open(
            node_addresses(config.node), _bitcoind_settings(config.node, first_block_work), wall
        )
    except NodeUnavailable as error:
        raise NodeNotUsable(str(error)) from error


def node_addresses(section: NodeSection) -> list[NodeAddress]:
    """The nodes in the order of the configuration, defaults filled in."""
    urls = section.urls or (f"http://127.0.0.1:{RPC_PORTS[section.network]}",)
    endpoints = ["" if each == "none" else each for each in section.zmq]
    endpoints += [""] * (len(urls) - len(endpoints))
    found = _rpc_addresses(urls, section.cookie_files, section.network)
    return [NodeAddress(each, endpoint) for each, endpoint in zip(found, endpoints, strict=True)]


def near_addresses(section: NodeSection) -> list[NodeAddress]:
    """Those that are only given blocks."""
    found = _rpc_addresses(section.near_urls, section.near_cookie_files, section.network)
    return [NodeAddress(each) for each in found]


def with_nearby(far: Node, section: NodeSection, wall: Callable[[], float]) -> Node:
    """The node of a front end, which gives blocks to those nearby, too."""
    watch = _watch_settings(section)
    near = [
        WatchedNode(each, network_of(section), watch, wall, lambda: None)
        for each in near_addresses(section)
    ]
    return NodeWithNearby(far, near, wall) if near else far


def _rpc_addresses(
    urls: Sequence[str], cookie_files: Sequence[str], network_name: str
) -> list[RpcAddress]:
    cookies = [Path(each) for each in cookie_files] or [_default_cookie(network_name)]
    if len(cookies) == 1:
        cookies *= len(urls)
    return [_rpc_address(url, cookie) for url, cookie in zip(urls, cookies, strict=True)]


def _default_cookie(network_name: str) -> Path:
    folder = "" if network_name == MAINNET.name else network_name
    return Path.home() / ".bitcoin" / folder / ".cookie"


def _rpc_address(url: str, cookie: Path) -> RpcAddress:
    """The password leaves the URL, which is shown in logs and messages."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    bare = urlunsplit((parts.scheme, place, parts.path, "", ""))
    if parts.username is None:
        return RpcAddress(bare, cookie_file=cookie)
    return RpcAddress(bare, unquote(parts.username), unquote(parts.password or ""))


def _bitcoind_settings(section: NodeSection, first_block_work: int) -> BitcoindSettings:
    network = network_of(section)
    return BitcoindSettings(
        network=network,
        least_block_work=(section.regtest_block_work or first_block_work)
        if network is REGTEST
        else 1,
        watch=_watch_settings(section),
    )


def _watch_settings(section: NodeSection) -> WatchSettings:
    return WatchSettings(section.poll_seconds, RpcLimits(seconds=section.timeout_seconds))


def _check_world(config: Config, clock: Callable[[], float], wall: Callable[[], float]) -> None:
    """A real chain has the world's time, and real hashes."""
    if config.farm.speed != 1:
        raise NodeNotUsable(
            f"[farm] speed is {config.farm.speed:g}: with bitcoind time is the world's, so it has "
            "to be 1"
        )
    if abs(clock() - wall()) > MOST_CLOCK_LAG_SECONDS:
        raise NodeNotUsable(
            "farm time is not the world's in this data directory, which bitcoind needs; start "
            "in a new one with farm.speed = 1"
        )
    if config.node.network != REGTEST.name and config.pool.work_scale != 1:
        raise NodeNotUsable(
            f"[pool] work_scale is {config.pool.work_scale}: on {config.node.network} every hash "
            "is real, so it has to be 1"
        )


def _kernel_settings(config: Config, first_block_work: int) -> KernelSettings:
    return KernelSettings(
        first_block_work=first_block_work,
        retarget=RetargetSettings(interval_ms=round(config.pool.block_interval_seconds * 1000)),
        fees=FeeSettings(block_value_sats=config.chain.block_value_sats),
    )
