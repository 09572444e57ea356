"""The official gRPC client, which knows of a machine what reflection tells it."""

import socket
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from grpclib.reflection.v1 import reflection_pb2 as v1

from pithead.miner.api.app import build_apis
from pithead.miner.api.surroundings import surround
from pithead.rpc.grpcserver import GrpcServer
from tests.miner.api.living import REAL

V1 = "braiins.bos.v1"


@dataclass
class Caller:
    """A channel, and the messages as reflection tells them."""

    rig: object
    server: GrpcServer
    address: str
    channel: grpc.aio.Channel
    pool: DescriptorPool
    token: str | None = None
    wall: float = 0.0

    def prepare(self, service, method, **fields):
        described = self.pool.FindServiceByName(service).methods_by_name[method]
        request = message_factory.GetMessageClass(described.input_type)
        response = message_factory.GetMessageClass(described.output_type)
        kind = ("stream" if described.client_streaming else "unary") + (
            "_stream" if described.server_streaming else "_unary"
        )
        call = getattr(self.channel, kind)(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=response.FromString,
        )
        return call, request(**fields)

    def call(self, service, method, /, token=None, **fields):
        call, request = self.prepare(f"{V1}.{service}", method, **fields)
        token = self.token if token is None else token
        metadata = (("authorization", token),) if token else ()
        return call(request, metadata=metadata)

    async def log_in(self, password=""):
        self.token = (await self.call(
            "AuthenticationService", "Login", username="root", password=password
        )).token  # fmt: skip


async def reflected(channel, version=v1, package="grpc.reflection.v1"):
    """What services there are, and a pool with everything they need."""
    call = channel.stream_stream(
        f"/{package}.ServerReflection/ServerReflectionInfo",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=version.ServerReflectionResponse.FromString,
    )()

    async def ask(**question):
        await call.write(version.ServerReflectionRequest(**question))
        return await call.read()

    listed = await ask(list_services="")
    services = [each.name for each in listed.list_services_response.service]
    files = {}

    def take(response):
        for data in response.file_descriptor_response.file_descriptor_proto:
            file = FileDescriptorProto.FromString(data)
            files[file.name] = file

    for name in services:
        if name.startswith("braiins"):
            take(await ask(file_containing_symbol=name))
    while missing := {need for file in files.values() for need in file.dependency} - set(files):
        for name in missing:
            take(await ask(file_by_filename=name))
    nothing = await ask(file_containing_symbol="braiins.Nothing")
    assert nothing.error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    return services, _pool_of(files)


def _pool_of(files):
    pool = DescriptorPool()
    added = set()

    def add(name):
        if name not in added:
            added.add(name)
            for need in files[name].dependency:
                add(need)
            pool.AddSerializedFile(files[name].SerializeToString())

    for name in files:
        add(name)
    return pool


@asynccontextmanager
async def connected(rig, server, address):
    """A caller of the server at this address."""
    async with grpc.aio.insecure_channel(address) as channel:
        _, pool = await reflected(channel)
        yield Caller(rig, server, address, channel, pool)


@pytest.fixture
async def make_caller(make_rig, tmp_path):
    """A machine that has mined for so many seconds, its gRPC API on a free port."""
    async with AsyncExitStack() as stack:

        async def make(seconds=90, **arguments):
            rig = make_rig(**arguments)
            rig.pool()
            rig.run(seconds)
            around = surround(
                rig.miner, tmp_path / "rig", lambda: rig.now, rig.miner.settings, lambda: REAL
            )
            caller = Caller(rig, None, "", None, None)
            apis = build_apis(rig.miner, around, lambda: rig.now, lambda: caller.wall)
            caller.server = GrpcServer(apis.grpc)
            listening = socket.create_server(("127.0.0.1", 0))
            caller.address = "{}:{}".format(*listening.getsockname())
            await caller.server.open(listening)
            stack.callback(caller.server.drop)
            caller.channel = await stack.enter_async_context(
                grpc.aio.insecure_channel(caller.address)
            )
            _, caller.pool = await reflected(caller.channel)
            stack.push_async_callback(around.logs.settled)
            return caller

        yield make


@pytest.fixture
async def caller(make_caller):
    caller = await make_caller()
    await caller.log_in()
    return caller
