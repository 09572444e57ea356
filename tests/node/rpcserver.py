"""A bitcoind of the tests: plays a transcript of a real one, or whatever faults a test wants.

A transcript has one JSON object a line: {"method", "params", "status", "answer"}, recorded from a
real bitcoind by `tests/node/recorder.py`. For equal calls the answers come in the order they were
recorded, the last one for ever.
"""

import asyncio
import json
from base64 import b64encode
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

RECORDED = Path(__file__).parent / "recorded"

LONG_POLL = "long poll"
"""Stands for a template that is asked for with a longpollid: such calls wait."""


@dataclass
class Answer:
    """The bytes of an HTTP answer, or the way one goes wrong."""

    status: int = 200
    body: bytes = b""
    never: bool = False
    cut: bool = False
    """The connection ends in the middle."""


def refusal(code, message, status=500):
    return Answer(status, json.dumps({"error": {"code": code, "message": message}}).encode())


@dataclass
class RpcServer:
    """Answers by method; whatever is called is remembered."""

    answers: dict = field(default_factory=dict)
    """By method, or by (method, params as JSON): a result, an Answer, an exception-like refusal,
    a list of these in turn, or a function of the params."""
    user: str = "user"
    password: str = "password"
    calls: list = field(default_factory=list)
    url: str = ""
    server: asyncio.Server | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)
    connections: set = field(default_factory=set)

    def called(self, method):
        return [params for name, params in self.calls if name == method]

    async def start(self, port=0):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def stop(self):
        self.server.close()
        for task in list(self.connections):
            task.cancel()
        await asyncio.gather(*self.connections, return_exceptions=True)
        await self.server.wait_closed()

    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self.connections.add(task)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.connections.discard(task)
            writer.close()

    async def _serve_one(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in head[1:] if ": " in line)
        asked = json.loads(await reader.readexactly(int(fields["content-length"])))
        wanted = "basic " + b64encode(f"{self.user}:{self.password}".encode()).decode().lower()
        if fields.get("authorization") != wanted:
            answer = Answer(401)
        else:
            self.calls.append((asked["method"], asked["params"]))
            answer = await self._answer(asked)
        if answer.never:
            await self.released.wait()
        data = (
            f"HTTP/1.1 {answer.status} Word\r\ncontent-length: {len(answer.body)}\r\n\r\n".encode()
            + answer.body
        )
        writer.write(data[: len(data) // 2] if answer.cut else data)
        await writer.drain()
        return not answer.cut

    async def _answer(self, asked):
        method, params = asked["method"], asked["params"]
        key = (method, json.dumps(params))
        if method == "getblocktemplate" and "longpollid" in params[0]:
            key = LONG_POLL
        found = self.answers.get(key, self.answers.get(method))
        if key == LONG_POLL and key not in self.answers:
            found = Answer(never=True)
        if callable(found):
            found = found(*params)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Answer):
            if not found.body.startswith(b'{"error"'):
                return found
            body = json.loads(found.body) | {"result": None, "id": asked["id"]}
            return Answer(found.status, json.dumps(body).encode(), found.never, found.cut)
        body = {"result": found, "error": None, "id": asked["id"]}
        return Answer(200, json.dumps(body).encode())


@asynccontextmanager
async def served(answers=None, **settings):
    server = RpcServer(answers or {}, **settings)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def transcript(name):
    """What was recorded, as the `answers` of a server."""
    answers = {}
    for line in (RECORDED / f"{name}.jsonl").read_text().splitlines():
        entry = json.loads(line)
        params = entry["params"]
        key = (entry["method"], json.dumps(params))
        if entry["method"] == "getblocktemplate" and "longpollid" in params[0]:
            continue
        if entry["answer"].get("error"):
            answer = Answer(
                entry["status"], json.dumps({"error": entry["answer"]["error"]}).encode()
            )
        else:
            answer = entry["answer"]["result"]
        answers.setdefault(key, []).append(answer)
    return answers
