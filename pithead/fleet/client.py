"""The public REST API of one Braiins OS machine, as a client: bounded in time and size.

A call gives the answer or raises `MachineError`. The token is got at the first call that needs one
and kept; where the machine does not know it any more (it was restarted, or an hour went by), one
more login is tried.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import msgspec

from pithead.bos.authentication import LoginResponse
from pithead.bos.configuration import GetConstraintsResponse
from pithead.bos.miner import (
    GetErrorsResponse,
    GetHashboardsResponse,
    GetMinerDetailsResponse,
    GetMinerStatsResponse,
)
from pithead.bos.performance import GetTunerStateResponse
from pithead.bos.pool import PoolGroup
from pithead.bos.version import RestVersion
from pithead.fleet.connections import Answer, BrokenOff, Connections, Request, Unreachable
from pithead.fleet.ranges import Place

Result = TypeVar("Result")
Verb = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

BASE_PATH = "/api/v1"
_MOST_SENTENCE = 400
"""Characters of what a machine says is wrong."""


class MachineError(Exception):
    """A machine did not do what it was asked; the message says which machine, and why."""

    def __init__(self, place: Place, message: str, status: int | None = None) -> None:
        """`status`: what it answered; None where it cannot be reached or speaks no such API."""
        super().__init__(f"{place}: {message}")
        self.place = place
        self.message = message
        """Without the place; where the machine answered, its own sentence."""
        self.status = status


@dataclass(frozen=True, slots=True)
class Login:
    """What opens a machine: a token that lasts, or else a user and a password."""

    username: str = "root"
    password: str = field(default="", repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Limits:
    """Wall seconds and bytes."""

    connect_seconds: float = 3.0
    seconds: float = 10.0
    """For a whole call."""
    most_bytes: int = 4 * 1024 * 1024


class MachineClient:
    """One machine. Calls may run at the same time; belongs to the loop that uses it."""

    def __init__(
        self,
        place: Place,
        login: Login | None = None,
        limits: Limits | None = None,
        http: Connections | None = None,
    ) -> None:
        """`http`: one that many machines share and that its owner closes; see `shared_http`."""
        self.place = place
        self._login = login or Login()
        self._limits = limits or Limits()
        self._shares_http = http is not None
        self._http = http or shared_http()
        self._token = self._login.token
        self._logging_in = asyncio.Lock()

    async def __aenter__(self) -> "MachineClient":
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        if not self._shares_http:
            await self._http.aclose()

    async def get(self, path: str) -> Any:
        """The JSON at a path below `/api/v1`, such as `/miner/details`. Raises MachineError."""
        return await self.ask("GET", path)

    async def put(self, path: str, body: object = msgspec.UNSET) -> Any:
        return await self.ask("PUT", path, body)

    async def patch(self, path: str, body: object = msgspec.UNSET) -> Any:
        return await self.ask("PATCH", path, body)

    async def post(self, path: str, body: object = msgspec.UNSET) -> Any:
        return await self.ask("POST", path, body)

    async def delete(self, path: str, body: object = msgspec.UNSET) -> Any:
        return await self.ask("DELETE", path, body)

    async def ask(self, verb: Verb, path: str, body: object = msgspec.UNSET) -> Any:
        """What it answers, as Python has JSON; None where there is no body. Raises MachineError.

        A body may be anything that msgspec encodes: the messages of `pithead.bos` too.
        """
        return self._decoded(await self._authorised(verb, path, body), Any)

    async def ask_as(
        self, kind: type[Result], verb: Verb, path: str, body: object = msgspec.UNSET
    ) -> Result:
        """The answer as a message of the contract. Raises MachineError."""
        return self._decoded(await self._authorised(verb, path, body), kind)

    async def raw(self, path: str) -> bytes:
        """The bytes of an answer that is no JSON, such as a log. Raises MachineError."""
        return await self._authorised("GET", path, msgspec.UNSET)

    async def version(self) -> RestVersion:
        """The version of its API; needs no login. Raises MachineError."""
        return self._decoded(await self._answer("GET", "/version/", None), RestVersion)

    async def details(self) -> GetMinerDetailsResponse:
        return await self.ask_as(GetMinerDetailsResponse, "GET", "/miner/details")

    async def stats(self) -> GetMinerStatsResponse:
        return await self.ask_as(GetMinerStatsResponse, "GET", "/miner/stats")

    async def errors(self) -> GetErrorsResponse:
        return await self.ask_as(GetErrorsResponse, "GET", "/miner/errors")

    async def hashboards(self) -> GetHashboardsResponse:
        return await self.ask_as(GetHashboardsResponse, "GET", "/miner/hw/hashboards")

    async def tuner_state(self) -> GetTunerStateResponse:
        return await self.ask_as(GetTunerStateResponse, "GET", "/performance/tuner-state")

    async def constraints(self) -> GetConstraintsResponse:
        return await self.ask_as(GetConstraintsResponse, "GET", "/configuration/constraints")

    async def pool_groups(self) -> tuple[PoolGroup, ...]:
        return await self.ask_as(tuple[PoolGroup, ...], "GET", "/pools/")

    def decoded(self, said: Any, kind: type[Result]) -> Result:
        """What `get` gave, as a message of the contract. Raises MachineError."""
        return self._decoded(msgspec.json.encode(said), kind)

    async def _authorised(self, verb: Verb, path: str, body: object) -> bytes:
        content = None if body is msgspec.UNSET else msgspec.json.encode(body)
        token = self._token or await self._log_in(None)
        try:
            return await self._answer(verb, path, content, token)
        except MachineError as error:
            if error.status != 401 or self._login.token is not None:
                raise
        return await self._answer(verb, path, content, await self._log_in(token))

    async def _log_in(self, stale: str | None) -> str:
        """One login however many calls wait for it: `stale` is the token that stopped working."""
        async with self._logging_in:
            if self._token is None or self._token == stale:
                self._token = None
                said = {"username": self._login.username, "password": self._login.password}
                answer = await self._answer("POST", "/auth/login", msgspec.json.encode(said))
                self._token = self._decoded(answer, LoginResponse).token
            return self._token

    async def _answer(
        self, verb: Verb, path: str, content: bytes | None, token: str | None = None
    ) -> bytes:
        headers = [("accept", "application/json, */*"), ("accept-encoding", "identity")]
        if content is not None:
            headers.append(("content-type", "application/json"))
        if token is not None:
            headers.append(("authorization", token))
        request = Request(verb, BASE_PATH + quote(path, safe="/?=&,:%"), headers, content)
        limits = self._limits
        try:
            async with asyncio.timeout(limits.seconds):
                answer = await self._http.ask(
                    self.place, request, limits.connect_seconds, limits.most_bytes
                )
        except Unreachable as error:
            raise MachineError(self.place, "cannot be reached") from error
        except TimeoutError as error:
            late = f"did not answer within {limits.seconds:g} s"
            raise MachineError(self.place, late) from error
        except BrokenOff as error:
            raise MachineError(self.place, f"broke off the answer ({error})") from error
        if not 200 <= answer.status < 300:
            raise MachineError(self.place, _sentence(answer), answer.status)
        return answer.body

    def _decoded(self, answer: bytes, kind: type[Result]) -> Result:
        if not answer and kind is Any:
            return None  # type: ignore[return-value]  # an answer without a body: 204
        try:
            return msgspec.json.decode(answer, type=kind)
        except (ValueError, RecursionError) as error:
            raise MachineError(
                self.place, f"its answer is not that of a Braiins OS machine ({error})"
            ) from error


def shared_http(most_connections: int = 100) -> Connections:
    """For the clients of many machines; close it when they are done with."""
    return Connections(most_connections)


def _sentence(answer: Answer) -> str:
    """Its own words where it has any: printable, in one line, not for ever."""
    text = answer.body[: 4 * _MOST_SENTENCE].decode(errors="replace")
    said = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    if not said or said.startswith("<"):
        said = "".join(filter(str.isprintable, answer.reason)) or "no reason given"
    return f"{said[:_MOST_SENTENCE]} (status {answer.status})"
