"""Records a first session in two real terminals, and draws it: docs/images/start.cast, start.svg.

python -m website.session

A farm is started in one shell and asked from another; what both show is kept as it comes, with
the keys as a person would press them. The second shell has the screen while it is typed into.
"""

import codecs
import fcntl
import json
import os
import pty
import re
import selectors
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from website.film import draw, read

IMAGES = Path(__file__).parents[1] / "docs/images"
COLUMNS, ROWS = 104, 16
KEY_SECONDS = 0.045
TITLE = "A farm is started, and asked from another terminal"
PROMPT = "$ "
LONGEST_SECONDS = 600.0
WHOLE = re.compile(r"\x1b(?:\[[0-9;?]*|\][^\x07\x1b]*)?$")
"""A sequence that is not over."""
CLEAR = "\x1b[2J\x1b[H"

COMMANDS = (
    "TOKEN=$(pithead token create alice)",
    'curl -s 127.0.0.1:8080/accounts/profile/json/btc/ -H "SlushPool-Auth-Token: $TOKEN" '
    "| jq -c '.btc | {hash_rate_5m, ok_workers, confirmed_reward}'",
    "pithead miner get summary --json | jq -c '.[] | {machine, hashrate_ths, power_w, chip_c}'",
    "pithead miner set power-target 3000 miner-0",
)


class Recording:
    """Events as asciicast v2 has them; seconds since it began."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.events: list[tuple[float, str, str]] = []
        self.ready = selectors.DefaultSelector()
        """Every terminal, with what takes what it shows: none has to wait for another."""

    def watch(self, seconds: float) -> None:
        """Keep what is shown for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            for key, _ in self.ready.select(left):
                key.data()

    def add(self, data: str, kind: str = "o") -> None:
        self.events.append((round(time.monotonic() - self._began, 3), kind, data))


class Shell:
    """bash in a terminal of its own."""

    def __init__(self, recording: Recording, directory: Path) -> None:
        self._recording = recording
        self.is_shown = True
        self._said = ""
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe("bash", ["bash", "--norc", "--noprofile"], _environment(directory))
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("4H", ROWS, COLUMNS, 0, 0))
        recording.ready.register(self._terminal, selectors.EVENT_READ, self._take)

    def wait_for(self, pattern: str) -> None:
        """Until what it shows since the last call has it."""
        until = time.monotonic() + LONGEST_SECONDS
        while not (found := re.search(pattern, self._said)):
            if time.monotonic() > until:
                raise TimeoutError(f"{pattern!r} was not shown: {self._said[-2000:]!r}")
            self._recording.watch(0.1)
        self._said = self._said[found.end() :]

    def type(self, line: str) -> None:
        for key in line:
            os.write(self._terminal, key.encode())
            self._recording.watch(KEY_SECONDS)
        self._recording.watch(0.4)
        self._said = ""
        os.write(self._terminal, b"\r")

    def press(self, key: bytes) -> None:
        os.write(self._terminal, key)

    def end(self) -> None:
        self._recording.ready.unregister(self._terminal)
        os.kill(self.pid, signal.SIGHUP)
        os.close(self._terminal)
        os.waitpid(self.pid, 0)

    def _take(self) -> None:
        text = self._rest + self._decoder.decode(os.read(self._terminal, 65_536))
        cut = WHOLE.search(text)
        self._rest = text[cut.start() :] if cut else ""
        text = text[: cut.start()] if cut else text
        self._said += text
        if self.is_shown and text:
            self._recording.add(text)


def _environment(directory: Path) -> dict[str, str]:
    """That of a person who has just activated the virtual environment; settings may be given."""
    plain = directory / ".inputrc"
    plain.write_text("set enable-bracketed-paste off\n")
    kept = {key: value for key, value in os.environ.items() if key.startswith("PITHEAD_")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    looks = {"PS1": PROMPT, "TERM": "xterm-256color", "LANG": "C.UTF-8", "INPUTRC": str(plain)}
    return {**kept, **looks, "PATH": path}


@contextmanager
def shell(recording: Recording, directory: Path) -> Iterator[Shell]:
    opened = Shell(recording, directory)
    try:
        opened.wait_for(re.escape(PROMPT))
        yield opened
    finally:
        opened.end()


def record(directory: Path) -> Recording:
    recording = Recording()
    with shell(recording, directory) as farm:
        farm.type("pithead up")
        farm.wait_for("as the pool sees it")
        recording.watch(11)
        farm.is_shown = False
        _ask(recording, directory)
        recording.add(CLEAR)
        farm.is_shown = True
        recording.watch(10)
        recording.add("still", "m")
        farm.press(b"\x03")
        farm.wait_for(r"stopped; state is kept in")
        recording.watch(1)
    return recording


def _ask(recording: Recording, directory: Path) -> None:
    recording.add(CLEAR)
    with shell(recording, directory) as other:
        for command in COMMANDS:
            other.type(command)
            other.wait_for(r"\n" + re.escape(PROMPT))
            recording.watch(1.5)


def cast(recording: Recording) -> str:
    """Waits longer than a second and a half are shortened by whoever shows it."""
    head = {
        "version": 2, "width": COLUMNS, "height": ROWS, "title": TITLE, "idle_time_limit": 1.5,
        "env": {"TERM": "xterm-256color", "SHELL": "bash"},
    }  # fmt: skip
    lines = [json.dumps(head), *(json.dumps(event) for event in recording.events)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as where:
        text = cast(record(Path(where)))
    (IMAGES / "start.cast").write_text(text)
    (IMAGES / "start.svg").write_text(draw(read(text.splitlines())))
