"""The load generator (`load.c`): built when it is needed, run on a core of its own."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import cores, pinned

SOURCE = Path(__file__).with_name("load.c")


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a round of submits."""

    accepted: int
    rejected: int
    per_second: float
    p50_us: float
    p99_us: float
    """From a submit to its answer."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When a new block reached the connections, in seconds of the monotonic clock."""

    first: float
    p50: float
    p99: float
    last: float


class Held:
    """Connections that stay open, subscribed and authorised."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def arrivals(self) -> Arrivals:
        """Waits until the next new block has reached every connection."""
        return Arrivals(**_read_report(self._process))


@dataclass(frozen=True, slots=True)
class Load:
    """The built program; it runs on the last core, so that a server may have the others."""

    program: Path

    def submit(self, port: int, connections: int, outstanding: int, seconds: float) -> Answered:
        """Keep so many submits unanswered on each of so many connections."""
        with pinned(cores()[-1]):
            process = self._start("submit", port, connections, outstanding, seconds)
        report, _ = process.communicate(timeout=seconds + 120)
        if process.returncode:
            raise RuntimeError(f"the load generator ended with {process.returncode}")
        return Answered(**json.loads(report))

    @contextmanager
    def hold(self, port: int, connections: int, reports: bool = False) -> Iterator[Held]:
        """Idle connections, ready when the block is entered."""
        with pinned(cores()[-1]):
            process = self._start("notify" if reports else "idle", port, connections)
        try:
            _read_report(process)
            yield Held(process)
        finally:
            process.communicate(timeout=60)

    def _start(self, *arguments: object) -> "subprocess.Popen[str]":
        command = [str(self.program), *map(str, arguments)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@contextmanager
def built() -> Iterator[Load | None]:
    """The load generator in a directory that goes away; None, and a word, without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        print("  skipped: the load generator needs a C compiler")
        yield None
        return
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "load"
        command = [compiler, "-O2", "-std=gnu11", str(SOURCE), "-o", str(program)]
        if subprocess.run(command, check=False).returncode:
            print("  skipped: the load generator builds on Linux only")
            yield None
            return
        yield Load(program)


def _read_report(process: "subprocess.Popen[str]") -> dict[str, float]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError("the load generator ended early")
    report: dict[str, float] = json.loads(line)
    return report
