"""The socket of a gRPC API, and what strangers send it."""

import asyncio
import contextlib
import socket

import grpc
import h2.config
import h2.connection
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.bos.protos import ROOT_PACKAGE, proto_file
from pithead.bos.version import ApiVersion, ApiVersionService
from pithead.rpc import grpcserver
from pithead.rpc.descriptors import Descriptors
from pithead.rpc.errors import Unauthenticated
from pithead.rpc.grpc import GrpcApi
from pithead.rpc.grpcserver import GrpcServer

PATH = "/braiins.bos.ApiVersionService/GetApiVersion"
VERSION = b"\x08\x01"


class Version(ApiVersionService):
    async def get_api_version(self, request):
        return ApiVersion(major=1, minor=0, patch=0)


class Broken(ApiVersionService):
    async def get_api_version(self, request):
        raise RuntimeError("a secret of the inside")


class Nobody:
    def check(self, authorization):
        raise Unauthenticated("nobody may")


@contextlib.asynccontextmanager
async def serving(service):
    """The server, and where it listens."""
    descriptors = Descriptors([type(service)], proto_file, ROOT_PACKAGE)
    api = GrpcApi([service], Nobody(), descriptors, lambda _: {}, lambda *_: None)
    server = GrpcServer(api)
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    await server.open(listening)
    try:
        yield port
    finally:
        server.drop()


async def ask(port):
    own = [("grpc.use_local_subchannel_pool", 1)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=own) as channel:
        return await channel.unary_unary(PATH)(b"")


async def send(port, data):
    """All of it, then wait for the end that the server makes, or end it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        writer.write(data)
        writer.write_eof()
        await reader.read()
    writer.close()


def opening():
    """A client's first bytes, and the connection to make more with."""
    config = h2.config.H2Configuration(
        client_side=True, header_encoding="latin-1", validate_outbound_headers=False,
        normalize_outbound_headers=False,
    )  # fmt: skip
    connection = h2.connection.H2Connection(config)
    connection.initiate_connection()
    return connection


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [":method", ":path", "content-type", "te", "grpc-timeout", "x-bin", "\xff"]
        ),
        st.sampled_from(
            ["POST", "GET", PATH, "application/grpc", "trailers", "1S", "9" * 40, "%%%", "\xff"]
        ),
    ),
    min_size=1,
    max_size=8,
)
QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUICK
@given(st.lists(st.binary(max_size=40) | st.just(opening().data_to_send()), max_size=4))
def test_any_bytes_leave_the_others_served(pieces):
    async def play():
        async with serving(Version()) as port:
            await send(port, b"".join(pieces))
            assert await ask(port) == VERSION

    asyncio.run(play())


@QUICK
@given(HEADERS, st.binary(max_size=20))
def test_any_headers_and_any_body_leave_the_others_served(headers, body):
    async def play():
        connection = opening()
        connection.send_headers(1, headers)
        connection.send_data(1, body, end_stream=True)
        async with serving(Version()) as port:
            await send(port, connection.data_to_send())
            assert await ask(port) == VERSION

    asyncio.run(play())


async def test_what_fails_inside_is_an_internal_error_and_tells_nothing():
    async with serving(Broken()) as port:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await ask(port)
    assert failure.value.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in failure.value.details()


async def test_who_says_nothing_is_sent_away(monkeypatch):
    monkeypatch.setattr(grpcserver, "PATIENCE_SECONDS", 0.05)
    async with serving(Version()) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionResetError):
            while await reader.read(100):
                pass
        writer.close()
