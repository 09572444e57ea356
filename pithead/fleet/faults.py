"""Faults and chips of simulated machines: the farm's admin API, handed through for who watches its
fleet."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from pithead.fleet.contract import MachineChips

SECONDS = 5.0
MOST_BYTES = 1024 * 1024
_STRANGE = "the farm's admin API answers something else"


class FaultError(Exception):
    """The farm refused, or cannot be asked; the message is its own sentence where it has one."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class FaultDesk:
    def __init__(self, admin: Callable[[], str]) -> None:
        """`admin`: `http://host:port` of the admin API now; empty where there is none."""
        self._admin = admin

    @property
    def is_there(self) -> bool:
        return bool(self._admin())

    async def kinds(self) -> dict[str, Any]:
        """A JSON schema for each kind of fault, by its name. Raises FaultError."""
        document = await self._ask("GET", "/openapi.json")
        schemas: dict[str, Any] = document["components"]["schemas"]
        found = {}
        for schema in schemas.values():
            tags = schema.get("properties", {}).get("kind", {}).get("enum", [])
            if len(tags) == 1:
                found[tags[0]] = schema
        return found

    async def chips(self, name: str) -> MachineChips:
        """What each of a machine's chips does now."""
        told = await self._ask("GET", f"/machines/{_part(name)}/chips")
        try:
            return msgspec.convert(told, MachineChips)
        except msgspec.ValidationError as error:
            raise FaultError(_STRANGE, 502) from error

    async def on(self, name: str) -> Any:
        """What holds on a machine."""
        return await self._ask("GET", f"/machines/{_part(name)}/faults")

    async def call_down(self, name: str, fault: object) -> Any:
        return await self._ask("POST", f"/machines/{_part(name)}/faults", fault)

    async def clear(self, name: str, fault: str | None) -> None:
        """One, or all that hold now."""
        end = "" if fault is None else f"/{_part(fault)}"
        await self._ask("DELETE", f"/machines/{_part(name)}/faults{end}")

    async def _ask(self, verb: str, path: str, body: object = None) -> Any:
        admin = self._admin()
        if not admin:
            raise FaultError("these machines are not simulated by a farm that is known here", 404)
        content = None if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} if content is not None else {}
        try:
            async with asyncio.timeout(SECONDS), httpx.AsyncClient(trust_env=False) as http:
                request = http.stream(verb, admin + path, content=content, headers=headers)
                async with request as answer:
                    received = await _bounded(answer)
        except (httpx.HTTPError, TimeoutError) as error:
            raise FaultError("the farm's admin API does not answer", 504) from error
        if not answer.is_success:
            raise FaultError(received.decode(errors="replace")[:400].strip(), answer.status_code)
        try:
            return msgspec.json.decode(received) if received else None
        except ValueError as error:
            raise FaultError(_STRANGE, 502) from error


async def _bounded(answer: httpx.Response) -> bytes:
    received = bytearray()
    async for part in answer.aiter_bytes():
        received += part
        if len(received) > MOST_BYTES:
            raise FaultError("the farm's admin API answers without end", 502)
    return bytes(received)


def _part(name: str) -> str:
    return quote(name, safe="")
