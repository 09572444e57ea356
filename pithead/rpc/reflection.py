"""Server reflection, v1 and v1alpha: clients ask what there is, and get the descriptors."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from grpclib.const import Status
from grpclib.reflection.v1 import reflection_pb2 as v1
from grpclib.reflection.v1alpha import reflection_pb2 as v1alpha

from pithead.rpc.descriptors import Descriptors
from pithead.rpc.errors import InvalidArgument
from pithead.rpc.frames import LARGEST_REQUEST, ByteStream, receive

Answering = Callable[[ByteStream], Awaitable[None]]


def methods(descriptors: Descriptors) -> Iterator[tuple[str, Answering]]:
    """The path and the answer of each version; the two differ in their name alone."""
    for version in (v1, v1alpha):
        descriptor = version.DESCRIPTOR.services_by_name["ServerReflection"]
        answering = _Reflection(descriptors, descriptor.full_name, version)
        yield f"/{descriptor.full_name}/ServerReflectionInfo", answering.answer


class _Reflection:
    def __init__(self, descriptors: Descriptors, own_name: str, version: Any) -> None:
        self._pool = descriptors.pool
        self._services = [*(each.full_name for each in descriptors.services), own_name]
        self._pb = version

    async def answer(self, stream: ByteStream) -> None:
        while (data := await receive(stream, LARGEST_REQUEST)) is not None:
            try:
                request = self._pb.ServerReflectionRequest.FromString(data)
            except DecodeError as error:
                raise InvalidArgument("the request is not one of reflection") from error
            response = self._response(request)
            response.valid_host = request.host
            response.original_request.CopyFrom(request)
            await stream.send_message(response.SerializeToString())

    def _response(self, request: Any) -> Any:
        try:
            match request.WhichOneof("message_request"):
                case "list_services":
                    return self._listed()
                case "file_by_filename":
                    return self._file(self._pool.FindFileByName(request.file_by_filename))
                case "file_containing_symbol":
                    symbol = request.file_containing_symbol
                    return self._file(self._pool.FindFileContainingSymbol(symbol))
                case "all_extension_numbers_of_type":
                    name = request.all_extension_numbers_of_type
                    return self._no_extensions(self._pool.FindMessageTypeByName(name).full_name)
                case "file_containing_extension":
                    return self._refused(Status.NOT_FOUND, "there are no extensions")
                case _:
                    return self._refused(Status.INVALID_ARGUMENT, "nothing was asked")
        except KeyError:
            return self._refused(Status.NOT_FOUND, "there is nothing of that name")

    def _listed(self) -> Any:
        services = [self._pb.ServiceResponse(name=name) for name in self._services]
        return self._pb.ServerReflectionResponse(
            list_services_response=self._pb.ListServiceResponse(service=services)
        )

    def _file(self, file: Any) -> Any:
        found = self._pb.FileDescriptorResponse(file_descriptor_proto=[file.serialized_pb])
        return self._pb.ServerReflectionResponse(file_descriptor_response=found)

    def _no_extensions(self, name: str) -> Any:
        return self._pb.ServerReflectionResponse(
            all_extension_numbers_response=self._pb.ExtensionNumberResponse(base_type_name=name)
        )

    def _refused(self, code: Status, sentence: str) -> Any:
        return self._pb.ServerReflectionResponse(
            error_response=self._pb.ErrorResponse(error_code=code.value, error_message=sentence)
        )
