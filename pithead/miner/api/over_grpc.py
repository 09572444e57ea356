"""The services of a machine over gRPC."""

from collections.abc import Sequence
from functools import cache

from pithead.bos.authentication import LoginResponse
from pithead.bos.protos import ROOT_PACKAGE, proto_file
from pithead.miner.chronicle import Chronicle
from pithead.rpc.contract import Message, Service
from pithead.rpc.descriptors import Descriptors
from pithead.rpc.grpc import GrpcApi
from pithead.rpc.rest import Guard


def grpc_api(services: Sequence[Service], guard: Guard, chronicle: Chronicle) -> GrpcApi:
    """The same objects as behind REST; the same calls are written into the log."""

    def note(client: str, path: str, status: str) -> None:
        chronicle.request(f"{client} {path} {status}")

    descriptors = _descriptors(tuple(map(type, services)))
    return GrpcApi(services, guard, descriptors, _announced, note)


@cache
def _descriptors(services: tuple[type[Service], ...]) -> Descriptors:
    """One pool for all machines of a process."""
    return Descriptors(services, proto_file, ROOT_PACKAGE)


def _announced(response: Message) -> dict[str, str]:
    """Clients read the token of a login from the metadata, and send it back in the same entry."""
    return {"authorization": response.token} if isinstance(response, LoginResponse) else {}
