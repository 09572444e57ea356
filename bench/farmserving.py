"""Starts a farm under test on the first core, and asks it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.measure import cores, pinned
from bench.serving import read_number


@dataclass(frozen=True, slots=True)
class FarmServer:
    process: "subprocess.Popen[str]"
    where: dict[str, Any]
    """`host`, `token`, and ports: of `machine`, and of the bare application for each path; where
    all `machines` have their APIs."""

    def ask(self, question: str) -> float:
        """`memory` in bytes, `cpu` in seconds, `accepted` shares, `now` in farm time."""
        assert self.process.stdin is not None
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return read_number(self.process)


@contextmanager
def farm_of(machines: int) -> Iterator[FarmServer]:
    """A farm that runs; gone at the end."""
    command = [sys.executable, "-m", "bench.farmserver", str(machines)]
    with pinned(cores()[0]):
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the farm under test ended early")
        yield FarmServer(process, json.loads(line))
    finally:
        process.communicate(timeout=120)
