"""Starts the pools under test on the first core, and asks them."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from bench.measure import cores, pinned, processor_seconds

Kind = Literal["pool", "baseline"]


class Served(Protocol):
    """A pool under test."""

    @property
    def port(self) -> int: ...

    def memory(self) -> float:
        """Resident bytes."""

    def processor(self) -> float:
        """Seconds of processor time so far."""

    def block(self) -> float:
        """Tells it of a new block; the moment, in seconds of the monotonic clock."""


Opening = Callable[[], AbstractContextManager[Served]]
"""Starts a pool under test, which is gone at the end."""


@dataclass(frozen=True, slots=True)
class Server:
    """A pool under test in its own process."""

    process: "subprocess.Popen[str]"
    port: int

    def memory(self) -> float:
        """Resident bytes."""
        return self._ask("memory")

    def processor(self) -> float:
        return processor_seconds(self.process.pid)

    def block(self) -> float:
        """Tells it of a new block; the moment, in seconds of the monotonic clock."""
        return self._ask("block")

    def _ask(self, question: str) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return read_number(self.process)


@contextmanager
def serving(kind: Kind, *options: str) -> Iterator[Server]:
    """A pool that listens, with books of its own; gone at the end."""
    command = [sys.executable, "-m", "bench.server", kind, *options]
    with pinned(cores()[0]):
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    try:
        yield Server(process, int(read_number(process)))
    finally:
        process.communicate(timeout=60)


def read_number(process: "subprocess.Popen[str]") -> float:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("the pool under test ended early")
    return float(json.loads(line))
