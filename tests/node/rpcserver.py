"""A bitcoind of the tests: plays a transcript of a real one, or whatever faults a test wants.

A transcript has one JSON object a line: {"method", "params", "status", "answer"}, recorded from a
real bitcoind by `tests/node/recorder.py`. For equal calls the answers come in the order they were
recorded, the last one for ever.
"""

import asyncio
import json
import socket
from base64 import b64encode
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

RECORDED = Path(__file__).parent / "recorded"


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
    port: int = 0
    listening: socket.socket | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it to have one long poll answered."""
    connections: dict = field(default_factory=dict)
    """The task of each, and its writer, or its socket until it has one."""

    def called(self, method):
        return [params for name, params in self.calls if name == method]

    async def start(self, port=0):
        self.listening = socket.create_server(("127.0.0.1", port))
        self.listening.setblocking(False)
        self.port = self.listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        asyncio.get_running_loop().add_reader(self.listening, self._accept)

    async def stop(self):
        """Every connection ends, and nobody is listening any more."""
        asyncio.get_running_loop().remove_reader(self.listening)
        self.listening.close()
        ends = dict(self.connections)
        for task in ends:
            task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
        writers = [end for end in ends.values() if isinstance(end, asyncio.StreamWriter)]
        await asyncio.gather(*(each.wait_closed() for each in writers), return_exceptions=True)

    def _accept(self):
        connected, _ = self.listening.accept()
        task = asyncio.create_task(self._serve(connected))
        self.connections[task] = connected
        task.add_done_callback(self._ended)

    def _ended(self, task):
        end = self.connections.pop(task)
        if isinstance(end, asyncio.StreamWriter):
            end.transport.abort()
        else:
            end.close()

    async def _serve(self, connected):
        reader, writer = await asyncio.open_connection(sock=connected)
        self.connections[asyncio.current_task()] = writer
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self._serve_one(reader, writer):
                pass
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
            await asyncio.Event().wait()
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
            await self.news.wait()
            self.news.clear()
            key = method
        found = self.answers.get(key, self.answers.get(method))
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


def transcript(name, only_last=False):
    """What was recorded, as the `answers` of a server: all of it in turn, or how it ended."""
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
        told = answers.setdefault(key, [])
        if only_last:
            told.clear()
        told.append(answer)
    return answers
