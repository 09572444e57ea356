"""The machine itself: identity, state, statistics, boards, errors, logs."""

from collections.abc import AsyncGenerator
from enum import IntEnum
from typing import Annotated, ClassVar

from msgspec import Meta

from pithead.bos.archives import GetSupportArchive
from pithead.bos.cooling import TemperatureSensor
from pithead.bos.detailed_status import MinerDetailedStatus
from pithead.bos.pool import PoolStats
from pithead.bos.saving import SaveAction, Saving
from pithead.bos.units import Frequency, GigaHashrate, Power, PowerEfficiency, Temperature, Voltage
from pithead.bos.work import WorkSolverStats
from pithead.rpc.contract import U32, U64, WHOLE, Http, Message, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class Platform(IntEnum):
    UNSPECIFIED = 0
    AM1_S9 = 1
    AM2_S17 = 2
    AM3_BBB = 3
    AM3_AML = 4
    STM32MP157C_II1_AM2 = 5
    CVITEK_BM1_AM2 = 6
    ZYNQ_BM3_AM2 = 7
    STM32MP157C_II2_BMM1 = 8


class ControlBoardSocFamily(IntEnum):
    UNSPECIFIED = 0
    CVITEK = 1
    BBB = 2
    AML = 3
    ZYNQ = 4
    BRAIINS = 5


class BosMode(IntEnum):
    UNSPECIFIED = 0
    UPGRADE = 1
    RECOVERY = 2
    SD = 3
    NAND = 4
    EMMC = 5


class MinerBrand(IntEnum):
    UNSPECIFIED = 0
    ANTMINER = 1
    WHATSMINER = 2


class MinerModel(IntEnum):
    UNSPECIFIED = 0
    ANTMINER_S9 = 1
    ANTMINER_X17 = 2
    ANTMINER_S17 = 3
    ANTMINER_S17_PLUS = 4
    ANTMINER_S17_PRO = 5
    ANTMINER_S17E = 6
    ANTMINER_T17 = 7
    ANTMINER_T17E = 8
    ANTMINER_T17_PLUS = 9
    ANTMINER_X19 = 10
    ANTMINER_S19 = 11
    ANTMINER_S19_PRO = 12
    ANTMINER_S19_PLUS = 13
    ANTMINER_S19J = 14
    ANTMINER_S19J_PRO = 15
    ANTMINER_S19A = 16
    ANTMINER_S19A_PRO = 17
    ANTMINER_S19XP = 18
    ANTMINER_T19 = 19
    ANTMINER_S19J_PRO_PLUS = 20


class MinerStatus(IntEnum):
    UNSPECIFIED = 0
    NOT_STARTED = 1
    NORMAL = 2
    PAUSED = 3
    SUSPENDED = 4
    RESTRICTED = 5


class SupportArchiveFormat(IntEnum):
    UNSPECIFIED = 0
    ZIP = 1
    BOS = 2
    ZIP_ENCRYPTED = 3


class LogType(IntEnum):
    UNSPECIFIED = 0
    ERRORS = 1
    BOSMINER = 2
    BOSER = 3
    MONITOR = 4
    SYSLOG = 5
    DMESG = 6


class MinerIdentity(Message, frozen=True, kw_only=True):
    brand: Annotated[MinerBrand, wire(1, "enum")]
    model: Annotated[MinerModel, wire(2, "enum")]
    name: Annotated[str, wire(3, "string")]
    miner_model: Annotated[str, wire(4, "string")]


class BosVersion(Message, frozen=True, kw_only=True):
    current: Annotated[str, wire(1, "string")]
    major: Annotated[str, wire(2, "string")]
    bos_plus: Annotated[bool, wire(3, "bool")]


class ErrorCode(Message, frozen=True, kw_only=True):
    code: Annotated[str, wire(1, "string")]
    reason: Annotated[str, wire(2, "string")]
    hint: Annotated[str, wire(3, "string")]


class Component(Message, frozen=True, kw_only=True):
    name: Annotated[str, wire(1, "string")]
    index: Annotated[int, wire(2, "uint32", ge=0, le=U32)]


class MinerError(Message, frozen=True, kw_only=True):
    timestamp: Annotated[str, wire(1, "string")]
    message: Annotated[str, wire(2, "string")]
    error_codes: Annotated[tuple[ErrorCode, ...], wire(3)]
    components: Annotated[tuple[Component, ...], wire(4)]


class GetMinerStatusResponse(Message, frozen=True, kw_only=True):
    status: Annotated[MinerStatus, wire(1, "enum")]


class PsuInfo(Message, frozen=True, kw_only=True):
    version: Annotated[Annotated[int, Meta(ge=0, le=U32)] | None, wire(1, optional=True)] = None
    fw_version: Annotated[Annotated[int, Meta(ge=0, le=U32)] | None, wire(2, optional=True)] = None
    serial_number: Annotated[str | None, wire(3, "string")] = None
    model_name: Annotated[str | None, wire(4, "string")] = None
    min_voltage: Annotated[Voltage | None, wire(5, optional=True)] = None
    max_voltage: Annotated[Voltage | None, wire(6, optional=True)] = None


class GetMinerDetailsResponse(Message, frozen=True, kw_only=True):
    uid: Annotated[str, wire(1, "string")]
    miner_identity: Annotated[MinerIdentity | None, wire(2)] = None
    platform: Annotated[Platform, wire(3, "enum")]
    bos_mode: Annotated[BosMode, wire(4, "enum")]
    bos_version: Annotated[BosVersion | None, wire(5)] = None
    hostname: Annotated[str, wire(6, "string")]
    mac_address: Annotated[str, wire(7, "string")]
    system_uptime: Annotated[int, wire(8, "uint64", ge=0, le=U64)]
    sticker_hashrate: Annotated[GigaHashrate | None, wire(9)] = None
    bosminer_uptime_s: Annotated[int, wire(10, "uint64", ge=0, le=U64)]
    system_uptime_s: Annotated[int, wire(11, "uint64", ge=0, le=U64)]
    status: Annotated[MinerStatus, wire(12, "enum")]
    kernel_version: Annotated[str, wire(13, "string")]
    psu_info: Annotated[PsuInfo | None, wire(14, optional=True)] = None
    control_board_soc_family: Annotated[ControlBoardSocFamily, wire(15, "enum")]
    serial_number: Annotated[str | None, wire(16, "string")] = None
    detailed_status: MinerDetailedStatus | None = None
    """REST alone."""
    is_pic_model: bool | None = None
    """REST alone: whether the boards have a voltage controller of their own."""


class MinerPowerStats(Message, frozen=True, kw_only=True):
    approximated_consumption: Annotated[Power | None, wire(1)] = None
    efficiency: Annotated[PowerEfficiency | None, wire(2)] = None


class GetMinerStatsResponse(Message, frozen=True, kw_only=True):
    pool_stats: Annotated[PoolStats | None, wire(1)] = None
    miner_stats: Annotated[WorkSolverStats | None, wire(2)] = None
    power_stats: Annotated[MinerPowerStats | None, wire(3)] = None


class GetErrorsResponse(Message, frozen=True, kw_only=True):
    errors: Annotated[tuple[MinerError, ...], wire(1)]


class Hashboard(Message, frozen=True, kw_only=True):
    id: Annotated[str, wire(1, "string")]
    enabled: Annotated[bool, wire(2, "bool")]
    chips_count: Annotated[Annotated[int, Meta(ge=0, le=U32)] | None, wire(3)] = None
    current_voltage: Annotated[Voltage | None, wire(4)] = None
    current_frequency: Annotated[Frequency | None, wire(5)] = None
    highest_chip_temp: Annotated[TemperatureSensor | None, wire(6)] = None
    board_temp: Annotated[Temperature | None, wire(7)] = None
    stats: Annotated[WorkSolverStats | None, wire(8)] = None
    model: Annotated[str | None, wire(9, "string")] = None
    lowest_inlet_temp: Annotated[Temperature | None, wire(10)] = None
    highest_outlet_temp: Annotated[Temperature | None, wire(11)] = None
    serial_number: Annotated[str | None, wire(12, "string")] = None
    board_name: Annotated[str | None, wire(13, "string")] = None
    chip_type: Annotated[str | None, wire(14, "string")] = None
    lowest_water_inlet_temp: Annotated[Temperature | None, wire(15, optional=True)] = None
    highest_water_outlet_temp: Annotated[Temperature | None, wire(16, optional=True)] = None


class GetSupportArchiveRequest(Message, frozen=True, kw_only=True):
    format: Annotated[SupportArchiveFormat, wire(1, "enum")]


class GetSupportArchiveResponse(Message, frozen=True, kw_only=True):
    chunk_data: Annotated[bytes, wire(1, "bytes")]


class GetLogRequest(Message, frozen=True, kw_only=True):
    log_type: Annotated[LogType, wire(1, "enum")]


class GetLogResponse(Message, frozen=True, kw_only=True):
    chunk_data: Annotated[bytes, wire(1, "bytes")]


class GetHashboardsResponse(Message, frozen=True, kw_only=True):
    hashboards: Annotated[tuple[Hashboard, ...], wire(1)]


class EnableHashboardsRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    hashboard_ids: Annotated[tuple[str, ...], wire(2, "string")]


class HashboardEnableState(Message, frozen=True, kw_only=True):
    id: Annotated[str, wire(1, "string")]
    is_enabled: Annotated[bool, wire(2, "bool")]


class EnableHashboardsResponse(Message, frozen=True, kw_only=True):
    hashboards: Annotated[tuple[HashboardEnableState, ...], wire(1)]


class DisableHashboardsRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    hashboard_ids: Annotated[tuple[str, ...], wire(2, "string")]


class DisableHashboardsResponse(Message, frozen=True, kw_only=True):
    hashboards: Annotated[tuple[HashboardEnableState, ...], wire(1)]


class UpdateHashboardsRequest(Message, frozen=True, kw_only=True):
    """REST's one form of enabling and disabling."""

    schema_name: ClassVar[str] = "UpdateHashboards"

    enable: bool
    hashboard_ids: tuple[str, ...]


class GetMinerDetailedStatusRequest(Message, frozen=True, kw_only=True):
    pass


class GetMinerDetailedStatusResponse(Message, frozen=True, kw_only=True):
    status: MinerDetailedStatus


class GetMinerStatusRequest(Message, frozen=True, kw_only=True):
    pass


class GetMinerDetailsRequest(Message, frozen=True, kw_only=True):
    pass


class GetMinerStatsRequest(Message, frozen=True, kw_only=True):
    pass


class GetErrorsRequest(Message, frozen=True, kw_only=True):
    pass


class GetHashboardsRequest(Message, frozen=True, kw_only=True):
    pass


class MinerService(Service, name="braiins.bos.v1.MinerService"):
    @rpc("GetMinerStatus", Http("GET", "/miner/status", "getMinerStatus", answer=WHOLE))
    def get_miner_status(
        self, request: GetMinerStatusRequest
    ) -> AsyncGenerator[GetMinerStatusResponse, None]:
        """The status now, then each change of it."""
        raise Unimplemented(NOT_HERE)

    @rpc("GetMinerDetails", Http("GET", "/miner/details", "getMinerDetails", answer=WHOLE))
    async def get_miner_details(self, request: GetMinerDetailsRequest) -> GetMinerDetailsResponse:
        """What machine this is, and how long it has been up."""
        raise Unimplemented(NOT_HERE)

    @rpc("GetMinerStats", Http("GET", "/miner/stats", "getMinerStats", answer=WHOLE))
    async def get_miner_stats(self, request: GetMinerStatsRequest) -> GetMinerStatsResponse:
        """Hashrate, power and what the pools took."""
        raise Unimplemented(NOT_HERE)

    @rpc("GetErrors", Http("GET", "/miner/errors", "getMinerErrors", answer=WHOLE))
    async def get_errors(self, request: GetErrorsRequest) -> GetErrorsResponse:
        """What has gone wrong."""
        raise Unimplemented(NOT_HERE)

    @rpc("GetHashboards", Http("GET", "/miner/hw/hashboards", "getHashboards", answer=WHOLE))
    async def get_hashboards(self, request: GetHashboardsRequest) -> GetHashboardsResponse:
        """Each board with its chips, temperatures and hashrate."""
        raise Unimplemented(NOT_HERE)

    @rpc("GetSupportArchive", None)
    def get_support_archive(
        self, request: GetSupportArchiveRequest
    ) -> AsyncGenerator[GetSupportArchiveResponse, None]:
        """Configuration, logs and state in one archive."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "GetSupportArchive",
        Http(
            "GET",
            "/miner/support-archive",
            "getSupportArchive",
            body=WHOLE,
            answer="chunk_data",
            media_type="application/octet-stream",
        ),
        over_grpc=False,
    )
    def get_support_archive_by_name(
        self, request: GetSupportArchive
    ) -> AsyncGenerator[GetSupportArchiveResponse, None]:
        """Configuration, logs and state in one archive."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "GetLog",
        Http(
            "GET",
            "/miner/log/{log_type}",
            "getLog",
            answer="chunk_data",
            media_type="application/octet-stream",
        ),
    )
    def get_log(self, request: GetLogRequest) -> AsyncGenerator[GetLogResponse, None]:
        """One of the logs."""
        raise Unimplemented(NOT_HERE)

    @rpc("EnableHashboards", None)
    async def enable_hashboards(self, request: EnableHashboardsRequest) -> EnableHashboardsResponse:
        """Power boards up."""
        raise Unimplemented(NOT_HERE)

    @rpc("DisableHashboards", None)
    async def disable_hashboards(
        self, request: DisableHashboardsRequest
    ) -> DisableHashboardsResponse:
        """Power boards down."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "UpdateHashboards",
        Http("PATCH", "/miner/hw/hashboards", "updateHashboards", body=WHOLE, answer=WHOLE),
        over_grpc=False,
    )
    async def update_hashboards(self, request: UpdateHashboardsRequest) -> EnableHashboardsResponse:
        """Power boards up or down."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "GetMinerDetailedStatus",
        Http(
            "GET",
            "/miner/status/detailed",
            "getMinerDetailedStatus",
            answer=WHOLE,
            media_type="application/x-ndjson",
        ),
        over_grpc=False,
    )
    def get_miner_detailed_status(
        self, request: GetMinerDetailedStatusRequest
    ) -> AsyncGenerator[GetMinerDetailedStatusResponse, None]:
        """The detailed status now, then each change of it."""
        raise Unimplemented(NOT_HERE)
