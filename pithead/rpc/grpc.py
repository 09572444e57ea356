"""gRPC from a contract: a method per operation, the same objects behind it as behind REST."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing

import structlog
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError, StreamTerminatedError

from pithead.rpc import protobuf, reflection
from pithead.rpc.contract import Message, Operation, Service
from pithead.rpc.descriptors import Descriptors
from pithead.rpc.errors import RpcError, codes_of
from pithead.rpc.frames import LARGEST_PIECE, LARGEST_REQUEST, ByteStream, receive
from pithead.rpc.rest import Guard

log = structlog.get_logger(__name__)

Announced = Callable[[Message], Mapping[str, str]]
"""What a response puts into the initial metadata."""
Noting = Callable[[str, str, str], None]
"""Of a call that changes something or was refused: the client's address, the path, the status."""


class GrpcApi:
    """The methods of some services, and reflection over them."""

    def __init__(
        self,
        services: Iterable[Service],
        guard: Guard,
        descriptors: Descriptors,
        announced: Announced,
        note: Noting,
    ) -> None:
        self._methods = {
            path: Handler(
                told(answering, _Notes(note, path, is_read=True)),
                Cardinality.STREAM_STREAM,
                bytes,
                bytes,
            )
            for path, answering in reflection.methods(descriptors)
        }
        for service in services:
            for operation in service.operations():
                if operation.over_grpc:
                    method = _Method(service, operation, guard, descriptors, announced)
                    path = f"/{service.full_name}/{operation.name}"
                    self._methods[path] = method.handler(path, note)

    def __mapping__(self) -> dict[str, Handler]:
        """What the library asks of something that it can serve."""
        return self._methods


class _Method:
    """One operation behind one path."""

    __slots__ = (
        "_announced", "_call", "_guard", "_operation", "_request_class", "_response_class",
    )  # fmt: skip

    def __init__(
        self,
        service: Service,
        operation: Operation,
        guard: Guard,
        descriptors: Descriptors,
        announced: Announced,
    ) -> None:
        self._operation = operation
        self._guard = guard
        self._announced = announced
        self._call = getattr(service, operation.method)
        self._request_class = descriptors.message_class(operation.request)
        self._response_class = descriptors.message_class(operation.response)

    def handler(self, path: str, note: Noting) -> Handler:
        """For the library."""
        http = self._operation.http
        is_read = http is None or http.verb == "GET"
        answering = told(self._answer, _Notes(note, path, is_read=is_read))
        match self._operation.uploading, self._operation.streaming:
            case False, False:
                cardinality = Cardinality.UNARY_UNARY
            case False, True:
                cardinality = Cardinality.UNARY_STREAM
            case True, False:
                cardinality = Cardinality.STREAM_UNARY
            case _:
                cardinality = Cardinality.STREAM_STREAM
        return Handler(answering, cardinality, bytes, bytes)

    async def _answer(self, stream: ByteStream) -> None:
        if self._operation.needs_token:
            self._guard.check(_authorization(stream))
        if self._operation.uploading:
            await self._respond(stream, await self._call(self._pieces(stream)))
            return
        request = self._decoded(await receive(stream, LARGEST_REQUEST) or b"")
        if self._operation.streaming:
            await self._stream(stream, self._call(request))
        else:
            await self._respond(stream, await self._call(request))

    async def _respond(self, stream: ByteStream, response: Message) -> None:
        announced = self._announced(response)
        if announced:
            await stream.send_initial_metadata(metadata=announced)
        await stream.send_message(protobuf.encode(response, self._response_class))

    async def _stream(self, stream: ByteStream, responses: AsyncGenerator[Message, None]) -> None:
        async with aclosing(responses):
            async for response in responses:
                await stream.send_message(protobuf.encode(response, self._response_class))

    async def _pieces(self, stream: ByteStream) -> AsyncIterator[Message]:
        while (data := await receive(stream, LARGEST_PIECE)) is not None:
            yield self._decoded(data)

    def _decoded(self, data: bytes) -> Message:
        return protobuf.decode(data, self._operation.request, self._request_class)


def _authorization(stream: ByteStream) -> str | None:
    value = None if stream.metadata is None else stream.metadata.get("authorization")
    return value if isinstance(value, str) else None


class _Notes:
    """What is noted of the calls of one method."""

    __slots__ = ("_is_read", "_note", "_path")

    def __init__(self, note: Noting, path: str, *, is_read: bool) -> None:
        self._note = note
        self._path = path
        self._is_read = is_read

    def ended(self, stream: ByteStream, status: Status) -> None:
        if not self._is_read or status is not Status.OK:
            peer = stream.peer.addr()
            self._note(peer[0] if peer else "unknown", self._path, status.name)


def told(answering: reflection.Answering, notes: _Notes) -> reflection.Answering:
    """Let errors out as codes and sentences, and nothing else."""

    async def answer(stream: ByteStream) -> None:
        try:
            await answering(stream)
        except RpcError as error:
            status = Status[codes_of(error).grpc]
            notes.ended(stream, status)
            raise GRPCError(status, str(error)) from error
        except (GRPCError, StreamTerminatedError, TimeoutError):
            raise  # the library's own: the client went away, or its deadline is over
        except Exception as error:
            log.exception("an operation failed")
            notes.ended(stream, Status.INTERNAL)
            sentence = "internal error; the miner's log has the details"
            raise GRPCError(Status.INTERNAL, sentence) from error
        notes.ended(stream, Status.OK)

    return answer
