"""A running machine held to the tables of the contract: each operation over REST and over gRPC.

Two machines with the same past are asked alike, one over each transport, both through real sockets.
The answers have to fit the tables of messages, and one another; what the two have become is equal.
"""

import hashlib
import io
import json
import zipfile
from contextlib import AsyncExitStack, aclosing

import httpx
import pytest

from pithead.bos.miner import LogType, SupportArchiveFormat
from pithead.cli.serving import HttpServer, listen
from pithead.miner.api.app import build_apis
from pithead.miner.api.surroundings import surround
from pithead.rpc.grpcserver import GrpcServer
from tests.contract.facts import REST, RPCS, misfits
from tests.contract.transcription import json_of
from tests.miner.api.calling import connected
from tests.miner.api.examples import ENDINGS, READS, WRITES
from tests.miner.api.living import REAL
from tests.miner.api.twins import SAVE_AND_APPLY, Twin, Twins

pytestmark = pytest.mark.slow

IMAGE = b"...2027-01-05-0-0123abcd-27.01-plus\0" + b"firmware " * 20_000


@pytest.fixture
async def twins(make_rig, tmp_path):
    async with AsyncExitStack() as stack:
        twins = Twins(
            *[await make_twin(make_rig, tmp_path / name, stack) for name in ("rest", "grpc")]
        )
        twins.run(90)
        await twins.log_in()
        yield twins


async def make_twin(make_rig, directory, stack):
    rig = make_rig(model_name="Antminer S19 XP")
    rig.pool()
    around = surround(rig.miner, directory, lambda: rig.now, rig.miner.settings, lambda: REAL)
    apis = build_apis(rig.miner, around, lambda: rig.now, lambda: 0.0)
    listening = [listen("127.0.0.1", 0, "none") for _ in range(2)]
    ports = [each.getsockname()[1] for each in listening]
    rest, grpc = HttpServer(apis.http, listening[:1]), GrpcServer(apis.grpc)
    await rest.start()
    stack.push_async_callback(rest.stop)
    await grpc.open(listening[1])
    stack.callback(grpc.drop)
    http = httpx.AsyncClient(base_url=f"http://127.0.0.1:{ports[0]}/api/v1", timeout=30)
    await stack.enter_async_context(http)
    caller = await stack.enter_async_context(connected(rig, grpc, f"127.0.0.1:{ports[1]}"))
    stack.push_async_callback(around.logs.settled)
    return Twin(rig, around, caller, http)


async def test_every_operation_answers_by_the_tables_and_alike_over_both(twins):
    for example in READS + WRITES + READS:
        await twins.compare(example)
    for ask in (
        ask_for_the_status, ask_for_logs, ask_for_archives, ask_what_grpc_alone_has,
        ask_for_the_document, upgrade,
    ):  # fmt: skip
        await ask(twins)
    for example in ENDINGS:
        await twins.compare(example)
    assert not twins.wrong, "\n".join(twins.wrong)
    assert twins.rest == REST.keys(), "operations without an example"
    assert twins.rpcs == RPCS.keys(), "rpcs without an example"


async def ask_for_the_status(twins):
    """The streams tell the present status, and the pause when it comes."""
    grpc = twins.over_grpc.caller.call("MinerService", "GetMinerStatus")
    async with (
        twins.over_rest.http.stream("GET", "/miner/status") as plain,
        twins.over_rest.http.stream("GET", "/miner/status/detailed") as detailed,
        aclosing(plain.aiter_lines()) as statuses,
        aclosing(detailed.aiter_lines()) as reasons,
    ):
        for status, phase in ((2, "running"), (3, "stopped")):
            shown = json.loads(await anext(statuses))
            twins.wrong += misfits(shown, "GetMinerStatusResponse")
            assert shown == json_of(await grpc.read()) == {"status": status}
            reason = json.loads(await anext(reasons))["status"]
            while phase not in reason["status"]:
                reason = json.loads(await anext(reasons))["status"]  # it stops before it stands
            details = await twins.over_rest.http.get("/miner/details")
            assert details.json()["detailed_status"] == reason
            twins.over_rest.rig.miner.pause(twins.over_rest.rig.now)
            twins.over_grpc.rig.miner.pause(twins.over_grpc.rig.now)
            twins.run(30)
    grpc.cancel()
    assert detailed.headers["content-type"].startswith("application/x-ndjson")
    twins.rest |= {"getMinerStatus", "getMinerDetailedStatus"}
    twins.rpcs |= {"MinerService.GetMinerStatus"}


async def octets(twins, path, method, body, **request):
    """What both stream; REST's request has a body, this one or none."""
    http, caller = twins.over_rest.http, twins.over_grpc.caller
    answer = await http.request("GET", path, **({} if body is None else {"json": body}))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/octet-stream"
    pieces = [each.chunk_data async for each in caller.call("MinerService", method, **request)]
    return answer.content, b"".join(pieces)


async def ask_for_logs(twins):
    for kind in (each for each in LogType if each.value):
        path = f"/miner/log/{kind.name.lower()}"
        rest, grpc = await octets(twins, path, "GetLog", None, log_type=kind.value)
        assert rest.count(b"\n") >= (kind is not LogType.ERRORS), kind
        if kind is not LogType.BOSER:  # this one lists the requests
            assert rest == grpc, kind
    twins.rest |= {"getLog"}
    twins.rpcs |= {"MinerService.GetLog"}


async def ask_for_archives(twins):
    number = SupportArchiveFormat.ZIP.value  # REST has its name
    both = await octets(
        twins, "/miner/support-archive", "GetSupportArchive", {"format": "zip"}, format=number
    )
    rest, grpc = (zipfile.ZipFile(io.BytesIO(each)) for each in both)
    assert rest.testzip() is grpc.testzip() is None
    assert rest.namelist() == grpc.namelist() != []
    twins.rest |= {"getSupportArchive"}
    twins.rpcs |= {"MinerService.GetSupportArchive"}


async def ask_what_grpc_alone_has(twins):
    for wanted in (True, False):
        request = {"enable_immersion_mode": wanted, "save_action": SAVE_AND_APPLY}
        answer = await twins.ask_grpc("CoolingService.SetImmersionMode", request)
        assert answer == {"immersion_mode": wanted}


async def ask_for_the_document(twins):
    document = (await twins.over_rest.http.get("/docs/openapi.json")).json()
    described = [
        item["operationId"] for path in document["paths"].values() for item in path.values()
    ]
    assert sorted(described) == sorted(REST)
    twins.rest |= {"getOpenApiSchema"}


async def upgrade(twins):
    """The same image into both; both run its version afterwards."""
    told = {"size": len(IMAGE), "hash": hashlib.sha256(IMAGE).hexdigest()}
    told |= {"discard_settings": False, "disable_cleanup": False}
    files = [
        ("metadata", (None, json.dumps(told), "application/json")),
        ("data", ("chunk", IMAGE, "application/octet-stream")),
    ]
    answer = await twins.over_rest.http.post("/upgrade/system-upgrade", files=files)
    assert answer.status_code == 204, answer.text
    caller = twins.over_grpc.caller
    call, first = caller.prepare(RPCS["UpgradeService.SystemUpgrade"][2], "SystemUpgrade")
    pieces = [type(first)(metadata=told), type(first)(data=IMAGE)]
    response = await call(iter(pieces), metadata=(("authorization", caller.token),))
    assert json_of(response) == {"successful": True}
    twins.rest |= {"systemUpgrade"}
    twins.rpcs |= {"UpgradeService.SystemUpgrade"}
    twins.run(200)
    await twins.log_in()
    for twin in (twins.over_rest, twins.over_grpc):
        details = (await twin.http.get("/miner/details")).json()
        assert details["bos_version"]["current"] == "2027-01-05-0-0123abcd-27.01-plus"
