"""Requests over connections that are kept: each sends the next when its answer is there.

`python -m bench.webload` reads one line of JSON and prints how many requests a second were
answered. It runs in a process of its own, on a core of its own.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import cast

import httptools
import uvloop

from bench.measure import cores, pinned


@dataclass(frozen=True, slots=True)
class Task:
    host: str
    port: int
    verb: str
    path: str
    token: str
    body: str
    connections: int
    seconds: float

    def request(self) -> bytes:
        head = (
            f"{self.verb} {self.path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Authorization: {self.token}\r\n"
        )
        if self.body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n"
        return f"{head}\r\n{self.body}".encode()


class _Connection(asyncio.Protocol):
    """One client: at most one request under way."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._transport: asyncio.WriteTransport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self.answered = 0
        self.failed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is no subclass
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        if self._parser.get_status_code() == 200:
            self.answered += 1
        else:
            self.failed += 1
        self._parser = httptools.HttpResponseParser(self)
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _send(self) -> None:
        if self._transport is not None:
            self._transport.write(self._request)


async def _work(task: Task) -> float:
    loop = asyncio.get_running_loop()
    request = task.request()
    made = [
        await loop.create_connection(lambda: _Connection(request), task.host, task.port)
        for _ in range(task.connections)
    ]
    connections = [connection for _, connection in made]
    await asyncio.sleep(task.seconds / 4)
    before, began = sum(each.answered for each in connections), time.perf_counter()
    await asyncio.sleep(task.seconds)
    answered = sum(each.answered for each in connections) - before
    seconds = time.perf_counter() - began
    for connection in connections:
        connection.close()
    if failed := sum(each.failed for each in connections):
        raise RuntimeError(f"{failed} requests were refused")
    return answered / seconds


def rate(task: Task) -> float:
    """Answered requests a second."""
    with pinned(cores()[-1]):
        done = subprocess.run(
            [sys.executable, "-m", "bench.webload"],
            input=json.dumps(asdict(task)),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=60 + task.seconds * 2,
        )
    return float(json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(uvloop.run(_work(Task(**json.loads(sys.stdin.readline()))))))
