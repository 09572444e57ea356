"""A small contract with every form of body, answer, path and query, and a store that serves it."""

from collections.abc import AsyncGenerator
from enum import IntEnum
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from pithead.rpc import rest
from pithead.rpc.contract import U32, WHOLE, Http, Message, Oneof, Service, rpc, wire
from pithead.rpc.errors import (
    NOT_HERE,
    NotFound,
    PreconditionFailed,
    Unauthenticated,
    Unimplemented,
)


class Colour(IntEnum):
    UNSPECIFIED = 0
    RED = 1
    DARK_BLUE = 2


class Weight(Message, frozen=True, kw_only=True):
    gram: Annotated[int, wire(1, "uint32", ge=0, le=U32)]
    note: Annotated[str | None, wire(2, "string")] = None


class Box(Message, frozen=True, kw_only=True):
    side: Annotated[float, wire(1, "double")]


class ShapeShape(Oneof, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "AnyShape"

    box: Annotated[Box | UnsetType, wire(2)] = UNSET
    bigball: Annotated[Weight | UnsetType, wire(3, name="big_ball")] = UNSET


class Shape(Message, frozen=True, kw_only=True):
    shape: ShapeShape | None = None


class SetWeightRequest(Message, frozen=True, kw_only=True):
    save: Annotated[int, wire(1, "uint32", rest=2)] = 0
    weight: Annotated[Weight | None, wire(2)] = None


class WeightResponse(Message, frozen=True, kw_only=True):
    weight: Annotated[Weight | None, wire(1)] = None
    save: int = 0


class SetShapeRequest(Message, frozen=True, kw_only=True):
    shape: Annotated[Shape | None, wire(1)] = None


class Parcel(Message, frozen=True, kw_only=True):
    uid: Annotated[str | None, wire(1, "string")] = None
    names: Annotated[tuple[str, ...], wire(2, "string")]
    colour: Annotated[Colour | None, wire(3, "enum")] = None
    size: Annotated[Annotated[int, Meta(ge=0, le=U32)] | None, wire(4, "uint32")] = None


class UpdateParcelRequest(Message, frozen=True, kw_only=True):
    save: Annotated[int, wire(1, "uint32", rest=2)] = 0
    parcel: Annotated[Parcel | None, wire(2)] = None


class ParcelResponse(Message, frozen=True, kw_only=True):
    parcel: Annotated[Parcel | None, wire(1)] = None


class SendParcelRequest(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "SendParcelRest"

    save: Annotated[int, wire(1, "uint32", rest=2)] = 0
    up: Annotated[int, wire(2, "uint32", ge=0, le=U32)]
    word: Annotated[str, wire(3, "string")] = "none"


class SentResponse(Message, frozen=True, kw_only=True):
    said: Annotated[str, wire(1, "string")]


class RemoveRequest(Message, frozen=True, kw_only=True):
    uid: Annotated[str, wire(1, "string")]
    wipe: bool = False


class ReadRequest(Message, frozen=True, kw_only=True):
    colour: Annotated[Colour, wire(1, "enum")]


class Chunk(Message, frozen=True, kw_only=True):
    data: Annotated[bytes, wire(1, "bytes")]


class Empty(Message, frozen=True, kw_only=True):
    pass


class StoreService(Service, name="test.Store"):
    @rpc("SetWeight", Http("PUT", "/weight", "setWeight", body="weight", answer="weight"))
    async def set_weight(self, request: SetWeightRequest) -> WeightResponse:
        """Set it."""
        raise Unimplemented(NOT_HERE)

    @rpc("PatchWeight", Http("PATCH", "/weight", "patchWeight", body="weight", answer="save"))
    async def patch_weight(self, request: SetWeightRequest) -> WeightResponse:
        """Patch it."""
        raise Unimplemented(NOT_HERE)

    @rpc("SetShape", Http("PUT", "/shape", "setShape", body="shape.shape", answer=WHOLE))
    async def set_shape(self, request: SetShapeRequest) -> Shape:
        """Shape it."""
        raise Unimplemented(NOT_HERE)

    @rpc("Update", Http("PUT", "/parcels/{uid}", "update", body="parcel", answer="parcel"))
    async def update(self, request: UpdateParcelRequest) -> ParcelResponse:
        """Replace one."""
        raise Unimplemented(NOT_HERE)

    @rpc("Remove", Http("DELETE", "/parcels/{uid}", "remove", status=204, query=("wipe",)))
    async def remove(self, request: RemoveRequest) -> Empty:
        """Remove one."""
        raise Unimplemented(NOT_HERE)

    @rpc("Send", Http("PUT", "/parcels/batch", "send", body=WHOLE, answer="said"))
    async def send(self, request: SendParcelRequest) -> SentResponse:
        """Send all."""
        raise Unimplemented(NOT_HERE)

    @rpc("List", Http("GET", "/parcels/", "list", answer="said"), needs_token=False)
    async def list_all(self, request: Empty) -> SentResponse:
        """List them."""
        raise Unimplemented(NOT_HERE)

    @rpc("Create", Http("POST", "/parcels/", "create", body=WHOLE, answer=WHOLE, status=201))
    async def create(self, request: Parcel) -> Parcel:
        """Create one."""
        raise Unimplemented(NOT_HERE)

    @rpc("Watch", Http("GET", "/watch", "watch", answer=WHOLE, media_type="application/x-ndjson"))
    def watch(self, request: Empty) -> AsyncGenerator[Weight, None]:
        """Watch it."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "Read",
        Http("GET", "/read/{colour}", "read", answer="data", media_type="application/octet-stream"),
    )
    def read(self, request: ReadRequest) -> AsyncGenerator[Chunk, None]:
        """Read it."""
        raise Unimplemented(NOT_HERE)

    @rpc("Break", Http("PUT", "/break", "break", answer=WHOLE))
    async def break_it(self, request: Empty) -> Empty:
        """Fall over a fault of the program."""
        raise Unimplemented(NOT_HERE)

    @rpc("Missing", Http("GET", "/missing", "missing", answer=WHOLE))
    async def missing(self, request: Empty) -> Empty:
        """Nobody implements it."""
        raise Unimplemented(NOT_HERE)

    @rpc("OverGrpc", None)
    async def over_grpc(self, request: Empty) -> Empty:
        """Not over REST."""
        raise Unimplemented(NOT_HERE)


class Store(StoreService):
    def __init__(self):
        self.seen = []
        self.closed = 0

    async def set_weight(self, request):
        self.seen.append(request)
        if request.weight.gram == 1001:
            raise PreconditionFailed("gram 1001 is above the maximum of 1000")
        return WeightResponse(weight=request.weight)

    async def patch_weight(self, request):
        return WeightResponse(save=request.save)

    async def set_shape(self, request):
        self.seen.append(request)
        return request.shape

    async def update(self, request):
        self.seen.append(request)
        return ParcelResponse(parcel=request.parcel)

    async def remove(self, request):
        self.seen.append(request)
        if request.uid != "a":
            raise NotFound(f"no parcel has the uid {request.uid}")
        return Empty()

    async def send(self, request):
        self.seen.append(request)
        return SentResponse(said=f"{request.save} {request.up} {request.word}")

    async def list_all(self, request):
        return SentResponse(said="all")

    async def create(self, request):
        return request

    async def watch(self, request):
        try:
            for gram in range(3):
                yield Weight(gram=gram)
        finally:
            self.closed += 1

    async def read(self, request):
        self.seen.append(request)
        if request.colour is Colour.DARK_BLUE:
            raise NotFound("the blue one is not here")
        yield Chunk(data=b"\x00\xff")
        yield Chunk(data=b"red")

    async def break_it(self, request):
        raise RuntimeError("the secret is 1234")

    async def over_grpc(self, request):
        return Empty()


class OneToken:
    def check(self, authorization):
        if authorization != "open":
            raise Unauthenticated("there is no live token")


def app_of(store):
    app = Starlette(
        routes=rest.routes([store], OneToken(), "/v1"),
        exception_handlers={HTTPException: rest.no_such_route},
    )
    app.router.redirect_slashes = False
    return app
