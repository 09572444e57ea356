"""What a machine says of its troubles: errors, logs, the support archive."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from pithead.bos import miner as bos
from pithead.bos.archives import GetSupportArchive
from pithead.miner import archive
from pithead.miner.api.archive_password import archive_password
from pithead.miner.api.status import Streams
from pithead.miner.chronicle import KINDS, LogKind, stamp
from pithead.miner.faults import Fault
from pithead.miner.logbook import LogBook
from pithead.miner.miner import Miner
from pithead.rpc.errors import InvalidArgument, Unavailable

CHUNK_BYTES = 64 * 1024

_KINDS: dict[bos.LogType, LogKind] = {
    bos.LogType.ERRORS: "errors",
    bos.LogType.BOSMINER: "bosminer",
    bos.LogType.BOSER: "boser",
    bos.LogType.MONITOR: "monitor",
    bos.LogType.SYSLOG: "syslog",
    bos.LogType.DMESG: "dmesg",
}
_FORMATS = {
    bos.SupportArchiveFormat.UNSPECIFIED: "unspecified",
    bos.SupportArchiveFormat.ZIP: "zip",
    bos.SupportArchiveFormat.BOS: "bos",
    bos.SupportArchiveFormat.ZIP_ENCRYPTED: "zipencrypted",
}


class Reports(bos.MinerService):
    def __init__(
        self, miner: Miner, logs: LogBook, directory: Path, clock: Callable[[], float]
    ) -> None:
        """`directory` has the files of the machine."""
        self._miner = miner
        self._streams = Streams(miner)
        self._logs = logs
        self._directory = directory
        self._clock = clock

    async def get_errors(self, request: bos.GetErrorsRequest) -> bos.GetErrorsResponse:
        return bos.GetErrorsResponse(errors=tuple(map(_error, self._miner.faults.all())))

    async def get_log(self, request: bos.GetLogRequest) -> AsyncGenerator[bos.GetLogResponse, None]:
        kind = _KINDS.get(request.log_type)
        if kind is None:
            raise InvalidArgument("log_type has to be one of those named")
        content = await self._logs.read(kind)
        for chunk in _chunks(content):
            yield bos.GetLogResponse(chunk_data=chunk)

    async def get_support_archive(
        self, request: bos.GetSupportArchiveRequest
    ) -> AsyncGenerator[bos.GetSupportArchiveResponse, None]:
        for chunk in _chunks(await self._archive(_FORMATS[request.format])):
            yield bos.GetSupportArchiveResponse(chunk_data=chunk)

    async def get_support_archive_by_name(
        self, request: GetSupportArchive
    ) -> AsyncGenerator[bos.GetSupportArchiveResponse, None]:
        for chunk in _chunks(await self._archive(request.format)):
            yield bos.GetSupportArchiveResponse(chunk_data=chunk)

    async def _archive(self, name: str) -> bytes:
        now = self._clock()
        seen, faults = self._miner.snapshot(now), self._miner.faults.all()
        settings = self._miner.settings
        logs = {kind: await self._logs.read(kind) for kind in KINDS}

        def make() -> bytes:
            files = archive.contents(settings, seen, faults, logs)
            if name == "zipencrypted":
                return archive.encrypted(files, now, archive_password(self._directory))
            return archive.PACKERS[name](files, now)

        try:
            return await asyncio.to_thread(make)
        except (OSError, ValueError) as error:
            raise Unavailable(f"the archive could not be made: {error}") from error


def _error(fault: Fault) -> bos.MinerError:
    return bos.MinerError(
        timestamp=stamp(fault.at),
        message=fault.message,
        error_codes=tuple(
            bos.ErrorCode(code=code.code, reason=code.reason, hint=code.hint)
            for code in fault.codes
        ),
        components=tuple(
            bos.Component(name=each.name, index=each.index) for each in fault.components
        ),
    )


def _chunks(content: bytes) -> list[bytes]:
    """In pieces; at least one, so that an empty log is an empty answer."""
    return [content[at : at + CHUNK_BYTES] for at in range(0, len(content), CHUNK_BYTES)] or [b""]
