"""A small contract that has one of everything: lamps in a house."""

import asyncio
from collections.abc import AsyncGenerator
from enum import IntEnum
from typing import Annotated, ClassVar

import httpx
from msgspec import UNSET, UnsetType
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from pithead.rpc import rest
from pithead.rpc.contract import U32, WHOLE, Http, Message, Oneof, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, NotFound, Unauthenticated, Unimplemented

BASE = "/api/v1"
TOKEN = "sesame"


class Room(IntEnum):
    UNSPECIFIED = 0
    HALL = 1
    CELLAR = 2


class Saved(IntEnum):
    UNSPECIFIED = 0
    APPLIED = 2


class Steady(Message, frozen=True, kw_only=True):
    lumen: Annotated[int, wire(1, "uint32", ge=0, le=U32)]


class Blinking(Message, frozen=True, kw_only=True):
    hertz: Annotated[float, wire(1, "double")]


class LampLight(Oneof, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "Light"

    steady: Annotated[Steady | UnsetType, wire(3)] = UNSET
    blinkinglight: Annotated[Blinking | UnsetType, wire(4, name="blinking_light")] = UNSET


class Lamp(Message, frozen=True, kw_only=True):
    uid: Annotated[str | None, wire(1, "string")] = None
    name: Annotated[str, wire(2, "string")]
    light: LampLight | None = None


class AddLampRequest(Message, frozen=True, kw_only=True):
    saved: Annotated[Saved, wire(1, "enum", rest=Saved.APPLIED)] = Saved.UNSPECIFIED
    lamp: Annotated[Lamp | None, wire(2)] = None


class AddLampResponse(Message, frozen=True, kw_only=True):
    lamp: Annotated[Lamp | None, wire(1)] = None


class ChangeLampRequest(Message, frozen=True, kw_only=True):
    lamp: Annotated[Lamp | None, wire(1)] = None


class ListLampsRequest(Message, frozen=True, kw_only=True):
    dark: Annotated[bool | None, wire(1, "bool")] = None


class ListLampsResponse(Message, frozen=True, kw_only=True):
    lamps: Annotated[tuple[Lamp, ...], wire(1)]


class RemoveLampRequest(Message, frozen=True, kw_only=True):
    uid: Annotated[str, wire(1, "string")]


class RemoveLampResponse(Message, frozen=True, kw_only=True):
    pass


class SetLightRequest(Message, frozen=True, kw_only=True):
    lamp: Annotated[Lamp | None, wire(1)] = None


class DimRequest(Message, frozen=True, kw_only=True):
    saved: Annotated[Saved, wire(1, "enum", rest=Saved.APPLIED)] = Saved.UNSPECIFIED
    ratio: Annotated[float | None, wire(2, "double")]
    """None for the default; leaving it out is an error."""


class DimResponse(Message, frozen=True, kw_only=True):
    ratio: Annotated[float | None, wire(1, "double")] = None


class RoomRequest(Message, frozen=True, kw_only=True):
    room: Annotated[Room, wire(1, "enum")]


class Change(Message, frozen=True, kw_only=True):
    number: Annotated[int, wire(1, "uint32", ge=0, le=U32)]


class Film(Message, frozen=True, kw_only=True):
    chunk: Annotated[bytes, wire(1, "bytes")]


class DoorRequest(Message, frozen=True, kw_only=True):
    pass


class DoorResponse(Message, frozen=True, kw_only=True):
    is_open: Annotated[bool, wire(1, "bool")]


class LampService(Service, name="house.v1.LampService"):
    @rpc("ListLamps", Http("GET", "/lamps/", "listLamps", answer="lamps", query=("dark",)))
    async def list_lamps(self, request: ListLampsRequest) -> ListLampsResponse:
        """All lamps, or those that are dark."""
        raise Unimplemented(NOT_HERE)

    @rpc("AddLamp", Http("POST", "/lamps/", "addLamp", body="lamp", answer="lamp", status=201))
    async def add_lamp(self, request: AddLampRequest) -> AddLampResponse:
        """Hang up a lamp.

        And more words, which are not its summary.
        """
        raise Unimplemented(NOT_HERE)

    @rpc("ChangeLamp", Http("PUT", "/lamps/{uid}", "changeLamp", body="lamp", answer="lamp"))
    async def change_lamp(self, request: ChangeLampRequest) -> AddLampResponse:
        """Replace a lamp."""
        raise Unimplemented(NOT_HERE)

    @rpc("RemoveLamp", Http("DELETE", "/lamps/{uid}", "removeLamp", status=204))
    async def remove_lamp(self, request: RemoveLampRequest) -> RemoveLampResponse:
        """Take a lamp down."""
        raise Unimplemented(NOT_HERE)

    @rpc("SetLight", Http("PUT", "/light", "setLight", body="lamp.light", answer="light"))
    async def set_light(self, request: SetLightRequest) -> Lamp:
        """How the lamp of the hall shines."""
        raise Unimplemented(NOT_HERE)

    @rpc("Dim", Http("PATCH", "/dim", "dim", body=WHOLE, answer=WHOLE))
    async def dim(self, request: DimRequest) -> DimResponse:
        """Dim all lamps."""
        raise Unimplemented(NOT_HERE)

    @rpc("Watch", Http("GET", "/changes/{room}", "watch", answer=WHOLE))
    def watch(self, request: RoomRequest) -> AsyncGenerator[Change, None]:
        """What changes in a room."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "Record",
        Http("GET", "/film", "film", answer="chunk", media_type="application/octet-stream"),
    )
    def film(self, request: DoorRequest) -> AsyncGenerator[Film, None]:
        """What the camera saw."""
        raise Unimplemented(NOT_HERE)

    @rpc("Open", Http("PUT", "/door", "openDoor", answer="is_open"), needs_token=False)
    async def open_door(self, request: DoorRequest) -> DoorResponse:
        """Open the door to anybody."""
        raise Unimplemented(NOT_HERE)

    @rpc("Demolish", Http("PUT", "/demolish", "demolish", status=204))
    async def demolish(self, request: DoorRequest) -> DoorResponse:
        """Nobody has implemented this."""
        raise Unimplemented(NOT_HERE)

    @rpc("Ring", None)
    async def ring(self, request: DoorRequest) -> DoorResponse:
        """Over gRPC alone."""
        raise Unimplemented(NOT_HERE)


class House(LampService):
    """Does as it is told and remembers the messages it got."""

    def __init__(self):
        self.asked = []
        self.changes = asyncio.Queue()
        self.watchers = 0

    async def list_lamps(self, request):
        self.asked.append(request)
        return ListLampsResponse(lamps=(Lamp(name="one"),))

    async def add_lamp(self, request):
        self.asked.append(request)
        return AddLampResponse(lamp=request.lamp)

    async def change_lamp(self, request):
        self.asked.append(request)
        return AddLampResponse(lamp=request.lamp)

    async def remove_lamp(self, request):
        self.asked.append(request)
        if request.uid != "1":
            raise NotFound(f"there is no lamp {request.uid}")
        return RemoveLampResponse()

    async def set_light(self, request):
        self.asked.append(request)
        return request.lamp

    async def dim(self, request):
        self.asked.append(request)
        return DimResponse(ratio=request.ratio)

    async def watch(self, request):
        self.asked.append(request)
        if request.room is Room.CELLAR:
            raise NotFound("nobody looks into the cellar")
        self.watchers += 1
        try:
            while (change := await self.changes.get()) is not None:
                yield Change(number=change)
        finally:
            self.watchers -= 1

    async def film(self, request):
        yield Film(chunk=b"\x00\xff")
        yield Film(chunk=b"{\n")

    async def open_door(self, request):
        self.asked.append(request)
        raise ZeroDivisionError("secret of the house")

    async def ring(self, request):
        return DoorResponse(is_open=True)


class Doorman:
    """Knows one token."""

    def check(self, authorization):
        if authorization != TOKEN:
            raise Unauthenticated("no token")


def app_of(house):
    app = Starlette(
        routes=rest.routes([house], Doorman(), BASE),
        exception_handlers={HTTPException: rest.no_such_route},
    )
    app.router.redirect_slashes = False
    return app


def client_of(house, token=TOKEN):
    headers = {"Authorization": token} if token else {}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app_of(house)),
        base_url=f"http://house{BASE}",
        headers=headers,
    )
