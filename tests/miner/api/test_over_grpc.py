"""A machine behind its gRPC API on a real socket, asked by the official client."""

import asyncio
import hashlib
import socket
from contextlib import suppress

import grpc
import pytest
from grpclib.reflection.v1 import reflection_pb2 as v1
from grpclib.reflection.v1alpha import reflection_pb2 as v1alpha

from pithead.bos.miner import LogType
from pithead.miner.api import status
from tests.miner.api.calling import V1, reflected


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await call
    return refusal.value.code(), refusal.value.details()


async def test_the_version_is_told_without_a_token(make_caller):
    caller = await make_caller(0)
    call, request = caller.prepare("braiins.bos.ApiVersionService", "GetApiVersion")
    version = await call(request)
    assert (version.major, version.minor, version.patch) == (1, 11, 0)


async def test_a_login_brings_the_token_in_the_metadata_first_and_in_the_body(make_caller):
    caller = await make_caller(0)
    call = caller.call("AuthenticationService", "Login", username="root", password="")
    metadata = list(await call.initial_metadata())
    response = await call
    assert metadata[0] == ("authorization", response.token)
    assert response.timeout_s == 3600


@pytest.mark.parametrize("token", ["", "nonsense", "Bearer nonsense", "Bearer"])
async def test_without_a_live_token_the_answer_is_unauthenticated(make_caller, token):
    caller = await make_caller(0)
    code, details = await refused(caller.call("MinerService", "GetMinerDetails", token))
    assert code is grpc.StatusCode.UNAUTHENTICATED
    assert "log in" in details


async def test_a_token_ends_after_an_hour_without_use(caller):
    caller.wall += 3601
    code, _ = await refused(caller.call("MinerService", "GetMinerDetails"))
    assert code is grpc.StatusCode.UNAUTHENTICATED


async def test_a_token_may_come_after_the_word_bearer(caller):
    await caller.call("MinerService", "GetMinerDetails", f"Bearer {caller.token}")


async def test_a_wrong_password_is_unauthenticated(make_caller):
    caller = await make_caller(0)
    call = caller.call("AuthenticationService", "Login", username="root", password="guess")
    assert await refused(call) == (grpc.StatusCode.UNAUTHENTICATED, "wrong user or password")


async def test_the_machine_tells_of_itself_what_it_is_and_does(caller):
    details = await caller.call("MinerService", "GetMinerDetails")
    assert details.miner_identity.name == "Antminer S21"
    assert details.system_uptime_s >= 90
    stats = await caller.call("MinerService", "GetMinerStats")
    assert stats.power_stats.approximated_consumption.watt > 1000
    boards = (await caller.call("MinerService", "GetHashboards")).hashboards
    assert [board.id for board in boards] == ["1", "2", "3"]
    assert all(board.chips_count.value == 108 for board in boards)
    assert all(board.stats.real_hashrate.HasField("last_5s") for board in boards)


async def test_pools_are_shown_and_replaced(caller):
    groups = (await caller.call("PoolService", "GetPoolGroups")).pool_groups
    assert groups[0].pools[0].url == "stratum+tcp://127.0.0.1:1"
    assert groups[0].pools[0].stats.accepted_shares > 0
    assert groups[0].WhichOneof("strategy") == "quota"
    wanted = {
        "name": "Other",
        "fixed_share_ratio": {"value": 1.0},
        "pools": [{"url": "stratum+tcp://127.0.0.1:2", "user": "bob.rig", "enabled": True}],
    }
    kept = await caller.call("PoolService", "SetPoolGroups", save_action=2, pool_groups=[wanted])
    assert kept.pool_groups[0].fixed_share_ratio.value == 1.0
    assert kept.pool_groups[0].HasField("uid")
    assert caller.rig.miner.pool_groups()[0].pools[0].user == "bob.rig"


async def test_a_power_target_is_set_and_one_outside_the_limits_is_refused(caller):
    call = caller.call(
        "PerformanceService", "SetPowerTarget", save_action=3, power_target={"watt": 3000}
    )
    assert (await call).power_target.watt == 3000
    call = caller.call(
        "PerformanceService", "SetPowerTarget", save_action=3, power_target={"watt": 60_000}
    )
    code, details = await refused(call)
    assert code is grpc.StatusCode.FAILED_PRECONDITION
    assert "60000" in details.replace(" ", "")


async def test_a_request_without_its_message_is_an_invalid_argument(caller):
    code, _ = await refused(caller.call("PerformanceService", "SetPowerTarget", save_action=2))
    assert code is grpc.StatusCode.INVALID_ARGUMENT


async def test_bytes_that_are_no_message_are_an_invalid_argument(caller):
    call = caller.channel.unary_unary(f"/{V1}.PerformanceService/SetPowerTarget")
    code, _ = await refused(call(b"\x12\x7f\x01", metadata=(("authorization", caller.token),)))
    assert code is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_message_that_is_too_large_is_not_read(caller):
    call = caller.channel.unary_unary(f"/{V1}.AuthenticationService/Login")
    code, _ = await refused(call(b"\x0a" + bytes(300_000)))
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_what_there_is_not_is_unimplemented(caller):
    call = caller.channel.unary_unary(f"/{V1}.PoolService/DigGold")
    code, _ = await refused(call(b"", metadata=(("authorization", caller.token),)))
    assert code is grpc.StatusCode.UNIMPLEMENTED


async def test_the_stream_of_the_status_tells_the_present_one_and_each_change(caller):
    call = caller.call("MinerService", "GetMinerStatus")
    first = await call.read()
    await caller.call("ActionsService", "PauseMining")
    caller.rig.run(30)
    second = await call.read()
    assert (first.status, second.status) == (2, 3)
    call.cancel()


@pytest.mark.parametrize(
    ("version", "package"), [(v1, "grpc.reflection.v1"), (v1alpha, "grpc.reflection.v1alpha")]
)
async def test_reflection_lists_the_services_and_describes_all_they_need(
    make_caller, version, package
):
    caller = await make_caller(0)
    services, pool = await reflected(caller.channel, version, package)
    assert f"{V1}.MinerService" in services
    assert f"{package}.ServerReflection" in services
    field = pool.FindMessageTypeByName(f"{V1}.Power").fields_by_name["watt"]
    assert field.number == 1


async def test_an_image_is_sent_in_a_stream_and_runs_after_the_reboot(caller):
    image = b"...2027-01-05-0-0123abcd-27.01-plus\0" + b"firmware " * 20_000
    call, request = caller.prepare(f"{V1}.UpgradeService", "SystemUpgrade")
    kind = type(request)
    hashed = hashlib.sha256(image).hexdigest()
    pieces = [kind(metadata={"size": len(image), "hash": hashed})] + [
        kind(data=image[start : start + 50_000]) for start in range(0, len(image), 50_000)
    ]
    answer = await call(iter(pieces), metadata=(("authorization", caller.token),))
    assert answer.successful
    caller.rig.run(200)
    await caller.log_in()
    details = await caller.call("MinerService", "GetMinerDetails")
    assert details.bos_version.current == "2027-01-05-0-0123abcd-27.01-plus"


async def test_an_image_that_comes_without_a_token_or_out_of_order_is_refused(caller):
    call, request = caller.prepare(f"{V1}.UpgradeService", "SystemUpgrade")
    pieces = [type(request)(data=b"firmware")]
    code, _ = await refused(call(iter(pieces)))
    assert code is grpc.StatusCode.UNAUTHENTICATED
    code, details = await refused(call(iter(pieces), metadata=(("authorization", caller.token),)))
    assert (code, details) == (grpc.StatusCode.INVALID_ARGUMENT, "metadata has to come first")


async def test_the_log_is_streamed_with_the_calls_that_changed_something(caller):
    await caller.call("ActionsService", "PauseMining")
    await refused(caller.call("MinerService", "GetMinerDetails", "nonsense"))
    log = caller.call("MinerService", "GetLog", log_type=LogType.BOSER)
    pieces = [piece.chunk_data async for piece in log]
    lines = b"".join(pieces).decode().splitlines()
    calls = [line.split(" INFO ")[1] for line in lines if "/braiins.bos" in line]
    assert calls == [
        f"127.0.0.1 /{V1}.AuthenticationService/Login OK",
        f"127.0.0.1 /{V1}.ActionsService/PauseMining OK",
        f"127.0.0.1 /{V1}.MinerService/GetMinerDetails UNAUTHENTICATED",
    ]


async def test_a_machine_that_goes_down_cuts_its_connections_and_comes_back(caller):
    host, port = caller.address.split(":")
    call = caller.call("MinerService", "GetMinerStatus")
    await call.read()
    caller.server.close()
    with pytest.raises(grpc.aio.AioRpcError) as cut:
        await call.read()
    assert cut.value.code() is grpc.StatusCode.UNAVAILABLE
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(host, int(port))
    await caller.server.open(socket.create_server((host, int(port))))
    own = [("grpc.use_local_subchannel_pool", 1)]  # the other one waits before it tries again
    async with grpc.aio.insecure_channel(caller.address, options=own) as channel:
        services, _ = await reflected(channel)
    assert f"{V1}.PoolService" in services


async def test_a_connection_too_many_is_closed_at_once(make_caller, monkeypatch):
    monkeypatch.setattr("pithead.rpc.grpcserver.MOST_CONNECTIONS", 1)
    caller = await make_caller(0)
    host, port = caller.address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with suppress(ConnectionResetError):  # seen as this where the greeting was not read yet
        assert len(await reader.read()) < 100  # no more than the greeting of the protocol
    writer.close()


async def test_a_reader_of_the_status_too_many_is_told_that_there_are_too_many(caller, monkeypatch):
    monkeypatch.setattr(status, "MOST_STREAMS", 1)
    first = caller.call("MinerService", "GetMinerStatus")
    await first.read()
    second = caller.call("MinerService", "GetMinerStatus")
    code, details = await refused(second.read())
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "1 readers" in details
    first.cancel()


async def test_logins_after_too_many_wrong_ones_are_told_to_wait(make_caller):
    caller = await make_caller(0)
    for _ in range(10):
        await refused(caller.call("AuthenticationService", "Login", username="root", password="x"))
    code, details = await refused(caller.log_in())
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "60 seconds" in details
