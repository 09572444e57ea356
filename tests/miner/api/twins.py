"""Two machines with the same past, one asked over REST, the other over gRPC, both over sockets."""

import json
from dataclasses import dataclass, field

import grpc
import httpx
import msgspec

from tests.contract.facts import REST, REST_ALONE, RPCS, misfits, response_of
from tests.contract.transcription import fields_of, json_of, message_of
from tests.miner.api.calling import Caller
from tests.miner.api.examples import NOTHING

SAVE_AND_APPLY = 2
REST_VERSION = {"major": 1, "minor": 7, "patch": 0}
GRPC_VERSION = {"major": 1, "minor": 11, "patch": 0, "pre": "", "build": ""}


@dataclass
class Twin:
    """One machine with both of its APIs on sockets, asked over one of them."""

    rig: object
    around: object
    caller: Caller
    http: httpx.AsyncClient

    def run(self, seconds):
        for _ in range(round(seconds * 2)):
            self.rig.run(0.5)
            self.around.step(self.rig.now)

    async def log_in(self, password):
        await self.caller.log_in(password)
        self.http.headers["Authorization"] = self.caller.token


@dataclass
class Twins:
    """Two machines with the same past, and what has been asked of them."""

    over_rest: Twin
    over_grpc: Twin
    rest: set = field(default_factory=set)
    rpcs: set = field(default_factory=set)
    wrong: list = field(default_factory=list)

    def run(self, seconds):
        self.over_rest.run(seconds)
        self.over_grpc.run(seconds)

    async def log_in(self, password=""):
        await self.over_rest.log_in(password)
        await self.over_grpc.log_in(password)

    async def ask_rest(self, example):
        """The status and the JSON of the answer."""
        verb, path, name, _, _, status, *_ = REST[example.operation_id]
        more = {} if example.body is NOTHING else {"json": example.body}
        answer = await self.over_rest.http.request(
            verb, path.format(**example.path), params=example.query, **more
        )
        if str(answer.status_code) != status:
            self.wrong.append(f"{name}: {answer.status_code} {answer.text.strip()}, not {status}")
            return None
        self.rest.add(name)
        return json.loads(answer.content) if answer.content else None

    async def ask_grpc(self, rpc, request):
        """The JSON that stands for the answer."""
        service, method = RPCS[rpc][2], RPCS[rpc][4]
        caller = self.over_grpc.caller
        call, kind = caller.prepare(service, method)
        message = message_of(type(kind).DESCRIPTOR, request)
        try:
            answer = await call(message, metadata=(("authorization", caller.token),))
        except grpc.aio.AioRpcError as error:
            self.wrong.append(f"{rpc}: {error.code()} {error.details()}")
            return None
        self.rpcs.add(rpc)
        return json_of(answer)

    def request_of(self, rpc, example):
        """The gRPC request that says what the example says."""
        service, method = RPCS[rpc][2], RPCS[rpc][4]
        described = self.over_grpc.caller.pool.FindServiceByName(service).methods_by_name[method]
        fields = fields_of(described.input_type)
        request = example.grpc
        if request is None:
            request = {} if example.body is NOTHING else example.body
            if not isinstance(request, dict) or not request.keys() <= fields:
                (inside,) = fields - {"save_action"}
                request = {inside: request}
        return request | ({"save_action": SAVE_AND_APPLY} if "save_action" in fields else {})

    async def compare(self, example):
        """Ask both, and note what does not fit."""
        name = example.operation_id
        rpc = example.rpc or REST[name][3]
        shown = await self.ask_rest(example)
        whole = await self.ask_grpc(rpc, self.request_of(rpc, example))
        if whole is not None:
            response = response_of(rpc)
            self.wrong += [f"{name} over gRPC: {each}" for each in misfits(whole, response)]
            if shown == REST_VERSION:
                shown = GRPC_VERSION  # the one answer that is another over either by design
            again = whole_of(shown, whole, name, response)
            self.wrong += [f"{name} over REST: {each}" for each in misfits(again, response)]
            apart = REST_ALONE.get(response, set()) | example.random
            self.wrong += differences(without(again, apart), without(whole, example.random), name)
        if not self.wrong:
            mine, other = (self.over_rest.rig.miner.settings, self.over_grpc.rig.miner.settings)
            self.wrong += differences(
                msgspec.to_builtins(mine), msgspec.to_builtins(other), f"settings after {name}"
            )
        self.run(example.then)
        if example.password is not None:
            await self.log_in(example.password)


def whole_of(shown, whole, name, response):
    """The message that a part shown by REST stands for; which part it is, the table says."""
    answer = REST[name][6]
    if answer == "-":
        return whole  # REST shows nothing of it
    if answer.endswith("Response") or answer.startswith("{"):
        return shown
    (field,) = whole
    return {field: shown}


def without(message, names):
    return {field: value for field, value in message.items() if field not in names}


def differences(shown, expected, where):
    """Where two JSON values differ, types included but for whole numbers of a double."""
    if isinstance(shown, dict) and isinstance(expected, dict) and shown.keys() == expected.keys():
        pairs = [(shown[key], expected[key], f"{where}.{key}") for key in shown]
    elif isinstance(shown, list) and isinstance(expected, list) and len(shown) == len(expected):
        pairs = [
            (*pair, f"{where}[{n}]") for n, pair in enumerate(zip(shown, expected, strict=True))
        ]
    elif shown == expected and isinstance(shown, bool) == isinstance(expected, bool):
        return []
    else:
        return [f"{where}: {shown!r} over REST, {expected!r} over gRPC"]
    return [each for pair in pairs for each in differences(*pair)]
