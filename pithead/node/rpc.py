"""Calls to one bitcoind, or anything that speaks its JSON-RPC: bounded in time and size.

Nothing here knows of mining. A call either gives a result of the type that was asked for, or
raises `RpcError` (the node says no) or `NodeUnavailable` (it does not answer; the message names
the node, says why, and what to do).
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeVar

import httpx

from pithead.node.node import NodeUnavailable
from pithead.node.rpcwire import question, read_answer

Result = TypeVar("Result")

CONNECT_SECONDS = 5.0
MOST_CALLS = 12
"""At the same time; more wait here. bitcoind turns away what its queue of 16 has no room for."""
_MOST_COOKIE_BYTES = 1_000
_OFF_LOOP_BYTES = 64 * 1024
"""Longer answers are decoded on another thread, so that the loop does not wait for them."""
_KEEP_SECONDS = 10.0
"""bitcoind closes a connection after 30 s without a call; a call must not meet that."""


@dataclass(frozen=True, slots=True)
class RpcAddress:
    """Where a node listens, and what it takes for a password."""

    url: str
    """`http://host:port`, with `/wallet/name` where calls are for one wallet."""
    user: str = ""
    password: str = field(default="", repr=False)
    cookie_file: Path | None = None
    """Read for each connection that needs it: bitcoind writes another at every start."""


@dataclass(frozen=True, slots=True)
class RpcLimits:
    """Wall seconds and bytes."""

    seconds: float = 10.0
    most_bytes: int = 32 * 1024 * 1024
    """A template of a full block has some 10 MiB."""


class RpcClient:
    """One node. All calls may run at the same time; belongs to the loop that uses it."""

    def __init__(self, address: RpcAddress, limits: RpcLimits | None = None) -> None:
        self.address = address
        self._limits = limits or RpcLimits()
        self._numbers = count(1)
        self._http = httpx.AsyncClient(
            trust_env=False,
            limits=httpx.Limits(max_connections=MOST_CALLS, keepalive_expiry=_KEEP_SECONDS),
        )
        self._auth: httpx.BasicAuth | None = None
        if address.cookie_file is None:
            self._auth = httpx.BasicAuth(address.user, address.password)

    async def call(
        self,
        method: str,
        *params: object,
        to: type[Result],
        seconds: float | None = None,
    ) -> Result:
        """The result of a call as `to` (what msgspec takes for a type; Decimal for amounts).

        Raises RpcError, NodeUnavailable. After NodeUnavailable the call may have been carried out.
        """
        if self._http.is_closed:
            raise NodeUnavailable(f"the connection to {self.address.url} is closed")
        number = next(self._numbers)
        body = question(number, method, params)
        try:
            status, answer = await self._exchange(method, body, seconds or self._limits.seconds)
            if status == 401 and self._forget_cookie():  # the node was started again
                status, answer = await self._exchange(method, body, seconds or self._limits.seconds)
            if len(answer) < _OFF_LOOP_BYTES:
                return read_answer(number, method, status, answer, to)
            return await asyncio.to_thread(read_answer, number, method, status, answer, to)
        except NodeUnavailable as error:
            raise NodeUnavailable(f"{self.address.url} {error}") from error

    async def close(self) -> None:
        await self._http.aclose()

    async def _exchange(self, method: str, body: bytes, seconds: float) -> tuple[int, bytes]:
        async with self._answering(method, seconds):
            request = self._http.stream(
                "POST",
                self.address.url,
                content=body,
                headers={"content-type": "application/json", "accept-encoding": "identity"},
                auth=self._auth or self._read_cookie(),
                timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
            )
            async with request as response:
                return response.status_code, await self._bounded(response, method)

    async def _bounded(self, response: httpx.Response, method: str) -> bytes:
        most = self._limits.most_bytes
        body = bytearray()
        async for part in response.aiter_raw():
            body += part
            if len(body) > most:
                raise NodeUnavailable(f"answered {method} with more than {most} bytes")
        return bytes(body)

    @asynccontextmanager
    async def _answering(self, method: str, seconds: float) -> AsyncIterator[None]:
        """What may go wrong on the way, in words."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except httpx.ConnectError as error:
            raise NodeUnavailable(
                "cannot be reached; is bitcoind running there with server=1, and is this its "
                "rpcport?"
            ) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise NodeUnavailable(f"did not answer {method} within {seconds:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise NodeUnavailable(
                f"broke off {method} ({str(error) or type(error).__name__}): it has stopped, or it "
                "is no bitcoind's RPC port"
            ) from error

    def _read_cookie(self) -> httpx.BasicAuth:
        path = self.address.cookie_file
        assert path is not None, "without a cookie file there is a password"
        try:
            with path.open("rb") as file:
                text = os.fsdecode(file.read(_MOST_COOKIE_BYTES)).strip()
        except OSError as error:
            raise NodeUnavailable(
                f"has no readable cookie in {path} ({error.strerror}); bitcoind writes it while "
                "it runs: name its place in [node] cookie_files, or give user:password in "
                "[node] urls"
            ) from error
        user, _, password = text.partition(":")
        self._auth = httpx.BasicAuth(user, password)
        return self._auth

    def _forget_cookie(self) -> bool:
        """Whether there may be a newer password than the one used last."""
        if self.address.cookie_file is None:
            return False
        self._auth = None
        return True
