"""Runs ckpool, unchanged, on the first core, where somebody has built it; see docs/performance.md.

Every hash is a share to it, by its configuration alone: it starts at a difficulty of -1, and as
that is its least and its most too, its difficulty never changes.
"""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.measure import cores, pinned, processor_seconds
from bench.server import resident_bytes
from bench.standin import StandIn

START_SECONDS = 30.0
PAYOUT_ADDRESS = "1BitcoinEaterAddressDontSendf59kuE"
HELLO = b'{"id":1,"method":"mining.subscribe","params":["probe/1"]}\n'


def found() -> str | None:
    """The program: what the environment's `CKPOOL` names, or the one on the path."""
    return shutil.which(os.environ.get("CKPOOL") or "ckpool")


def configuration(rpc_port: int, port: int, logs: Path) -> dict[str, object]:
    """It is told of blocks (`notify`) and does not poll; what is not said here is as it comes."""
    rpc = {"url": f"127.0.0.1:{rpc_port}", "auth": "user", "pass": "pass", "notify": True}
    difficulty = dict.fromkeys(("mindiff", "startdiff", "highdiff", "maxdiff"), -1)
    return {
        "btcd": [rpc], "serverurl": [f"127.0.0.1:{port}"], "logdir": str(logs),
        "btcaddress": PAYOUT_ADDRESS, **difficulty,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ckpool:
    """It runs, in one process of several threads."""

    process: "subprocess.Popen[bytes]"
    port: int
    stand_in: StandIn
    notices: Path
    """The socket on which its own `notifier` tells it of a block."""

    def memory(self) -> float:
        return resident_bytes(self.process.pid)

    def processor(self) -> float:
        return processor_seconds(self.process.pid)

    def block(self) -> float:
        with socket.socket(socket.AF_UNIX) as notifier:
            notifier.connect(str(self.notices))
            moment = self.stand_in.grow()
            notifier.sendall((6).to_bytes(4, "little") + b"update")
        return moment


@contextmanager
def mining(program: str, stand_in: StandIn, *options: str) -> Iterator[Ckpool]:
    """A ckpool that gives work; it and its files are gone at the end."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config, sockets = directory / "ckpool.conf", directory / "sockets"
        settings = configuration(stand_in.server_port, port, directory / "logs")
        config.write_text(json.dumps(settings))
        command = [program, "-c", str(config), "-s", str(sockets), *options]
        quiet = subprocess.DEVNULL
        with pinned(cores()[0]):
            process = subprocess.Popen(command, stdout=quiet, stderr=quiet)
        try:
            _wait_for_work(process, port)
            yield Ckpool(process, port, stand_in, sockets / "stratifier")
        finally:
            process.kill()  # its orderly end takes seconds, and nothing is kept
            process.wait()


def _wait_for_work(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
                probe.sendall(HELLO)
                if b"mining.notify" in probe.recv(4096):
                    return
        except OSError:
            pass  # not yet
        time.sleep(0.1)
    raise RuntimeError(f"ckpool gave no work within {START_SECONDS:g} s")
