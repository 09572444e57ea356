"""The support archive of a machine: configuration without secrets, state, errors and logs.

`zip` is an ordinary zip, `bos` the same files as a gzipped tar. Making one takes some
milliseconds: not for the event loop.
"""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from pithead.miner.chronicle import LogKind, stamp
from pithead.miner.configuration import Settings
from pithead.miner.faults import Fault
from pithead.miner.snapshot import Snapshot

REDACTED = "***"
_SECRET = frozenset({"password"})


def contents(
    settings: Settings, seen: Snapshot, faults: tuple[Fault, ...], logs: Mapping[LogKind, bytes]
) -> dict[str, bytes]:
    """The files of the archive by name."""
    files = {
        "configuration.json": _pretty(redacted(msgspec.to_builtins(settings))),
        "state.json": _pretty(redacted(msgspec.to_builtins(seen, enc_hook=_plain))),
        "errors.json": _pretty([_fault(fault) for fault in faults]),
    }
    return files | {f"log/{kind}.log": content for kind, content in logs.items()}


def redacted(value: Any) -> Any:
    """The same without passwords."""
    match value:
        case dict():
            return {
                key: REDACTED if key in _SECRET and inner else redacted(inner)
                for key, inner in value.items()
            }
        case list() | tuple():
            return [redacted(inner) for inner in value]
        case _:
            return value


def zipped(files: Mapping[str, bytes], now: float) -> bytes:
    made = io.BytesIO()
    date = datetime.fromtimestamp(now, UTC).timetuple()[:6]
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, content)
    return made.getvalue()


def tarred(files: Mapping[str, bytes], now: float) -> bytes:
    made = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=made, mode="wb", mtime=now) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), int(now), 0o600
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


PACKERS: Mapping[str, Callable[[Mapping[str, bytes], float], bytes]] = {
    "unspecified": zipped,
    "zip": zipped,
    "bos": tarred,
}
"""By the name of the format; encrypted archives are not among them."""


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "timestamp": stamp(fault.at),
        "message": fault.message,
        "codes": [code.code for code in fault.codes],
        "components": [f"{each.name} {each.index}" for each in fault.components],
    }


def _pretty(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _plain(value: Any) -> Any:
    return str(value)
