"""The support archive of a machine: configuration without secrets, state, errors and logs.

`zip` is an ordinary zip, `bos` the same files as a gzipped tar, `zipencrypted` a zip whose files
are encrypted with AES-256 as WinZip does it (its names are not). Making one takes some
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
import pyzipper  # type: ignore[import-untyped]

from pithead.miner.chronicle import LogKind, stamp
from pithead.miner.configuration import Settings
from pithead.miner.faults import Fault
from pithead.miner.snapshot import Snapshot

REDACTED = "***"
_SECRET = frozenset({"password"})
LARGEST_LOG = 1 << 20
"""Bytes of one log, the newest: an archive stays small whatever has grown on the disk."""


def contents(
    settings: Settings, seen: Snapshot, faults: tuple[Fault, ...], logs: Mapping[LogKind, bytes]
) -> dict[str, bytes]:
    """The files of the archive by name."""
    files = {
        "configuration.json": _pretty(redacted(msgspec.to_builtins(settings))),
        "state.json": _pretty(redacted(msgspec.to_builtins(seen, enc_hook=_plain))),
        "errors.json": _pretty([_fault(fault) for fault in faults]),
    }
    return files | {f"log/{kind}.log": content[-LARGEST_LOG:] for kind, content in logs.items()}


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
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(_entry(zipfile.ZipInfo, name, now), content)
    return made.getvalue()


def encrypted(files: Mapping[str, bytes], now: float, password: str) -> bytes:
    """A zip that opens with this password in 7-Zip, WinZip and the archive tools of desktops."""
    made = io.BytesIO()
    with pyzipper.AESZipFile(
        made, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(password.encode())
        for name, content in files.items():
            archive.writestr(_entry(pyzipper.zipfile_aes.AESZipInfo, name, now), content)
    return made.getvalue()


def _entry(kind: type[Any], name: str, now: float) -> Any:
    """A file of either sort of zip, for its owner alone."""
    entry = kind(name, datetime.fromtimestamp(now, UTC).timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


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
"""By the name of the format; `encrypted` needs a password, too."""


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
