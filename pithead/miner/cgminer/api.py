"""From the bytes of a request to those of its answer."""

from collections.abc import Callable

import msgspec

from pithead.miner.cgminer import answers
from pithead.miner.cgminer.answers import Entry
from pithead.miner.cgminer.codes import Code, Refused
from pithead.miner.cgminer.pools import PoolChanges, PoolNumbers
from pithead.miner.cgminer.requests import read_request
from pithead.miner.condition import MinerStatus
from pithead.miner.miner import Miner
from pithead.miner.refusals import Refusal
from pithead.miner.snapshot import Snapshot

Read = Callable[[Snapshot], tuple[Code, str, list[Entry]]]
Change = Callable[[str | None, Snapshot], tuple[Code, str]]


class CgminerApi:
    """The commands of one machine. `answer` never raises on what a client sends."""

    def __init__(self, miner: Miner, clock: Callable[[], float]) -> None:
        self._miner = miner
        self._clock = clock
        self._numbers = PoolNumbers()
        changes = PoolChanges(miner, clock, self._numbers)
        self._always: dict[str, Read] = {
            "version": lambda seen: (Code.VERSION, "BOSer versions", answers.version(seen)),
            "config": lambda seen: (Code.CONFIG, "BOSer config", answers.config(seen)),
            "devdetails": lambda seen: (
                Code.DEVICE_DETAILS,
                "Device Details",
                answers.devdetails(seen),
            ),
            "coin": lambda seen: (Code.COIN, "BOSer coin", answers.coin(miner.chain_view())),
            "asccount": lambda seen: (
                Code.ASC_COUNT,
                "ASC count",
                [{"Count": len(seen.boards)}],
            ),
        }
        self._when_running: dict[str, Read] = {
            "summary": lambda seen: (Code.SUMMARY, "Summary", answers.summary(seen)),
            "devs": _devs,
            "edevs": _devs,
            "stats": lambda seen: (Code.STATS, "BOSer stats", answers.stats(seen)),
            "estats": lambda seen: (Code.STATS, "BOSer stats", answers.stats(seen)),
            "pools": self._pools,
            "temps": _temps,
            "fans": _fans,
            "tunerstatus": lambda seen: (
                Code.TUNER_STATUS,
                "Tuner Status",
                answers.tunerstatus(seen),
            ),
        }
        self._changes: dict[str, Change] = {
            "switchpool": changes.switch,
            "enablepool": changes.enable,
            "disablepool": changes.disable,
            "addpool": changes.add,
            "removepool": changes.remove,
        }

    def answer(self, request: bytes) -> bytes:
        """JSON and a NUL."""
        seen = self._miner.snapshot(self._clock())
        try:
            asked = read_request(request)
        except Refused as refused:
            whole = _refusal(refused, seen)
        else:
            if asked.is_joined:
                parts = {name: [self._joined(name, seen)] for name in asked.commands}
                whole = {**parts, "id": 1}
            else:
                whole = self._one(asked.commands[0], asked.parameter, seen)
        return msgspec.json.encode(whole) + b"\x00"

    def _joined(self, name: str, seen: Snapshot) -> Entry:
        """Commands that change something, or want a parameter, have to come alone."""
        if self._exists(name) and not (name in self._always or name in self._when_running):
            denied = Refused(Code.ACCESS_DENIED, f"Access denied to '{name}' command")
            return _refusal(denied, seen)
        return self._one(name, None, seen)

    def _one(self, name: str, parameter: str | None, seen: Snapshot) -> Entry:
        try:
            return self._done(name, parameter, seen)
        except Refused as refused:
            return _refusal(refused, seen)

    def _done(self, name: str, parameter: str | None, seen: Snapshot) -> Entry:
        if read := self._always.get(name):
            return _answer(name, *read(seen), seen)
        if name == "check":
            return self._check(parameter, seen)
        if not self._exists(name):
            raise Refused(Code.INVALID_COMMAND, "Invalid command")
        if seen.status is MinerStatus.NOT_STARTED:
            raise Refused(Code.NOT_READY, "Not ready")
        if read := self._when_running.get(name):
            return _answer(name, *read(seen), seen)
        if change := self._changes.get(name):
            return {"STATUS": [_status("S", *change(parameter, seen), seen)], "id": 1}
        if name == "asc":
            return self._asc(parameter, seen)
        return self._pause_or_resume(name, seen)

    def _exists(self, name: str) -> bool:
        known = {"check", "asc", "pause", "resume", *self._changes}
        return name in known or name in self._always or name in self._when_running

    def _pools(self, seen: Snapshot) -> tuple[Code, str, list[Entry]]:
        entries = answers.pools(self._numbers.of(seen), seen)
        return Code.POOLS, f"{len(entries)} Pool(s)", entries

    def _check(self, parameter: str | None, seen: Snapshot) -> Entry:
        if parameter is None:
            raise Refused(Code.MISSING_CHECK, "Missing check cmd")
        there = "Y" if self._exists(parameter) else "N"
        entry: Entry = {"Access": there, "Exists": there}
        return _answer("check", Code.CHECK, "Check command", [entry], seen)

    def _asc(self, parameter: str | None, seen: Snapshot) -> Entry:
        if parameter is None:
            raise Refused(Code.MISSING_ID, "Missing device id parameter")
        entries = answers.devs(seen)
        chosen = [entry for entry in entries if str(entry["ASC"]) == parameter]
        if not chosen:
            raise Refused(
                Code.INVALID_ASC,
                f"Invalid ASC id {parameter[:20]} - range is 0 - {len(entries) - 1}",
            )
        return _answer("asc", Code.ASC, f"ASC{parameter}", chosen, seen)

    def _pause_or_resume(self, name: str, seen: Snapshot) -> Entry:
        try:
            if name == "pause":
                self._miner.pause(self._clock())
                return _answer(name, Code.PAUSE, "Pause", [True], seen)
            self._miner.resume(self._clock())
            return _answer(name, Code.RESUME, "Resume", [True], seen)
        except Refusal as refusal:
            raise Refused(Code.NOT_READY, str(refusal)) from refusal


def _devs(seen: Snapshot) -> tuple[Code, str, list[Entry]]:
    return Code.DEVS, f"{len(seen.boards)} ASC(s)", answers.devs(seen)


def _temps(seen: Snapshot) -> tuple[Code, str, list[Entry]]:
    entries = answers.temps(seen)
    return Code.TEMPERATURES, f"{len(entries)} Temp(s)", entries


def _fans(seen: Snapshot) -> tuple[Code, str, list[Entry]]:
    return Code.FANS, f"{len(seen.fans)} Fan(s)", answers.fans(seen)


_SECTIONS = {"edevs": "DEVS", "estats": "STATS", "asccount": "ASCS"}
"""Where the list of a command is not called as the command is."""


def _answer(name: str, code: Code, message: str, entries: object, seen: Snapshot) -> Entry:
    section = _SECTIONS.get(name, name.upper())
    return {"STATUS": [_status("S", code, message, seen)], section: entries, "id": 1}


def _refusal(refused: Refused, seen: Snapshot) -> Entry:
    return {"STATUS": [_status(refused.severity, refused.code, refused.message, seen)], "id": 1}


def _status(severity: str, code: Code, message: str, seen: Snapshot) -> Entry:
    return {
        "STATUS": severity,
        "When": int(seen.at),
        "Code": int(code),
        "Msg": message,
        "Description": f"BOSer {answers.firmware(seen)}",
    }
