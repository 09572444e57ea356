"""Whether what a pool listens on is free, and what it asks answers: ports and bitcoind."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from typing import Any

import httpx
import msgspec

from pithead.bitcoin.network import Network
from pithead.cli.finding import Finding, ok, problem, warning
from pithead.cli.nodesections import NodeSection
from pithead.cli.nodeside import near_addresses, network_of, node_addresses
from pithead.cli.sections import Config
from pithead.node.node import NodeUnavailable
from pithead.node.rpc import RpcLimits
from pithead.node.watched import NodeAddress, WatchedNode, WatchSettings

ANSWER_SECONDS = 3.0
MOST_BYTES = 64 * 1024
HELLO = b'{"id": 1, "method": "mining.subscribe", "params": ["pithead-doctor"]}\n'
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}
"""Where to ask what listens on every address."""


async def ports(config: Config) -> AsyncIterator[Finding]:
    """Each port is free, or answered by a pool, which is then taken for the one that is meant."""
    pool, admin = config.pool, config.admin
    wanted = [
        ("pool.stratum_port", pool.stratum_host, pool.stratum_port, _is_stratum),
        ("pool.api_port", pool.api_host, pool.api_port, _is_web),
        ("admin.port", admin.host, admin.port, _is_web),
    ]
    if pool.tls_certificate:
        wanted.append(
            ("pool.stratum_tls_port", pool.stratum_host, pool.stratum_tls_port, _is_anything)
        )
    for setting, host, port, is_pithead in wanted:
        place = f"{host}:{port}"
        why = _not_bound(host, port)
        if port == 0:
            yield ok(setting, "any port that is free is taken.")
        elif why is None:
            yield ok(setting, f"{place} is free.")
        elif await is_pithead(ANYWHERE.get(host, host), port):
            yield ok(setting, f"{place} is answered by a pool that runs.")
        else:
            yield problem(
                setting, f"{place} cannot be bound ({why}) and no pool answers there; stop what "
                f"has it, or choose another with {setting}.",
            )  # fmt: skip


def _not_bound(host: str, port: int) -> str | None:
    """Why; None where it could be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            return error.strerror or str(error)
    return None


async def _is_stratum(host: str, port: int) -> bool:
    """Whether a Stratum server greets back."""
    with suppress(OSError, TimeoutError, ValueError, msgspec.DecodeError):
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, limit=MOST_BYTES)
            with closing(writer):
                writer.write(HELLO)
                answer: Any = msgspec.json.decode(await reader.readline())
                return isinstance(answer, dict) and answer.get("id") == 1 and "result" in answer
    return False


async def _is_web(host: str, port: int) -> bool:
    """Whether an API of this program describes itself there."""
    place = f"[{host}]" if ":" in host else host
    with suppress(httpx.HTTPError, TimeoutError):
        async with (
            asyncio.timeout(ANSWER_SECONDS),
            httpx.AsyncClient(trust_env=False) as client,
            client.stream("GET", f"http://{place}:{port}/openapi.json") as answer,
        ):
            async for part in answer.aiter_bytes(MOST_BYTES):
                return b'"Pithead pool ' in part
    return False


async def _is_anything(host: str, port: int) -> bool:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return True
    return False


async def nodes(config: Config, wall: float) -> AsyncIterator[Finding]:
    """Every bitcoind; none for the embedded chain."""
    section = config.node
    if section.kind != "bitcoind":
        return
    usable = 0
    network = network_of(section)
    for address in node_addresses(section):
        finding = await _node(address, network, section, wall)
        usable += finding.level == "ok"
        yield finding
    for address in near_addresses(section):
        yield await _node(address, network, section, wall)
    if not usable:
        yield problem("bitcoind", "no node can be mined on, so the pool does not start.")


async def _node(
    address: NodeAddress, network: Network, section: NodeSection, wall: float
) -> Finding:
    limits = RpcLimits(seconds=section.timeout_seconds)
    settings = WatchSettings(section.poll_seconds, limits)
    node = WatchedNode(address, network, settings, lambda: wall, lambda: None)
    part = f"bitcoind {node.url}"
    try:
        await node.look()
        if node.seen is None:
            return problem(part, f"{node.why}.")
        if node.why is not None:
            return warning(part, f"{node.why}; nothing is mined on it until that is over.")
        await node.template()
        return ok(
            part, f"is on {node.seen.network_name}, synced to block {node.seen.height}, has "
            f"{node.seen.peers} peers and gives templates.",
        )  # fmt: skip
    except NodeUnavailable as error:
        return problem(part, f"{error}.")
    finally:
        await node.close()
