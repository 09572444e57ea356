"""Real NATS servers with JetStream, of the tests' own: on loopback, ended by their process ids."""

import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

BINARY = Path(sys.executable).parent / "nats-server"
START_SECONDS = 30


def free_ports(count):
    """Ports nobody listens on now. Another may take one before it is used: then a start fails."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class NatsServer:
    """One server; its store stays in the directory when it is killed and started again."""

    def __init__(self, directory, port, more=""):
        self.directory, self.port = directory, port
        self.url = f"nats://127.0.0.1:{port}"
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "server.conf").write_text(
            f'listen: "127.0.0.1:{port}"\n'
            f'jetstream {{ store_dir: "{directory}/store", max_file_store: 1GB }}\n{more}\n'
        )
        self._process = None

    def start(self):
        with (self.directory / "log").open("ab") as log:
            command = [BINARY, "-c", self.directory / "server.conf"]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                text = (self.directory / "log").read_text()
                assert self._process.poll() is None, text
                assert time.monotonic() < deadline, text
                time.sleep(0.02)

    def kill(self):
        self._signal(signal.SIGKILL)

    def freeze(self):
        """It is there and says nothing any more."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def stop(self):
        self._signal(signal.SIGTERM)

    def _signal(self, number):
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.send_signal(number)
            self._process.wait()


def _skip_without_it():
    if not BINARY.exists():
        pytest.skip("no nats-server")


@contextmanager
def running_nats(directory, more=""):
    """One server; `more` is text of its configuration."""
    _skip_without_it()
    server = NatsServer(directory, free_ports(1)[0], more).start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def running_cluster(directory, size=3):
    """Servers that know each other, by name n0, n1, n2."""
    _skip_without_it()
    ports, routes = free_ports(size), free_ports(size)
    known = ", ".join(f'"nats://127.0.0.1:{route}"' for route in routes)
    servers = {
        f"n{number}": NatsServer(
            directory / f"n{number}",
            port,
            f"server_name: n{number}\n"
            f'cluster {{ name: c, listen: "127.0.0.1:{routes[number]}", routes: [{known}] }}',
        )
        for number, port in enumerate(ports)
    }
    try:
        for server in servers.values():
            server.start()
        yield servers
    finally:
        for server in servers.values():
            server.kill()
