"""Which version of the API this is; the two transports count on their own."""

from typing import Annotated, ClassVar

from pithead.rpc.contract import U64, WHOLE, Http, Message, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class ApiVersionRequest(Message, frozen=True, kw_only=True):
    pass


class ApiVersion(Message, frozen=True, kw_only=True):
    major: Annotated[int, wire(1, "uint64", ge=0, le=U64)]
    minor: Annotated[int, wire(2, "uint64", ge=0, le=U64)]
    patch: Annotated[int, wire(3, "uint64", ge=0, le=U64)]
    pre: Annotated[str, wire(4, "string")] = ""
    build: Annotated[str, wire(5, "string")] = ""


class RestVersion(Message, frozen=True, kw_only=True):
    """The version over REST: three numbers and nothing else."""

    schema_name: ClassVar[str] = "ApiVersion"

    major: int
    minor: int
    patch: int


class ApiVersionService(Service, name="braiins.bos.ApiVersionService"):
    @rpc("GetApiVersion", None, needs_token=False)
    async def get_api_version(self, request: ApiVersionRequest) -> ApiVersion:
        """The version of the gRPC API."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "GetApiVersion",
        Http("GET", "/version/", "getApiVersion", answer=WHOLE),
        needs_token=False,
        over_grpc=False,
    )
    async def get_rest_version(self, request: ApiVersionRequest) -> RestVersion:
        """The version of the REST API."""
        raise Unimplemented(NOT_HERE)
