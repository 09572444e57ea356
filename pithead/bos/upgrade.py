"""Upgrades of the firmware."""

from collections.abc import AsyncIterator
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, UnsetType

from pithead.bos.units import DayOfWeek, Timestamp
from pithead.rpc.contract import U32, U64, WHOLE, Http, Message, Oneof, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class UpgradeTime(Message, frozen=True, kw_only=True):
    hours: Annotated[int, wire(1, "uint32", ge=0, le=U32)]
    minutes: Annotated[int, wire(2, "uint32", ge=0, le=U32)]
    seconds: Annotated[Annotated[int, Meta(ge=0, le=U32)] | None, wire(3, "uint32")] = None


class DailySchedule(Message, frozen=True, kw_only=True):
    time: Annotated[UpgradeTime | None, wire(1, optional=True)] = None


class WeeklySchedule(Message, frozen=True, kw_only=True):
    day_of_week: Annotated[DayOfWeek | None, wire(1, "enum")] = None
    time: Annotated[UpgradeTime | None, wire(2, optional=True)] = None


class MonthlySchedule(Message, frozen=True, kw_only=True):
    day_of_month: Annotated[Annotated[int, Meta(ge=0, le=U32)] | None, wire(1, "uint32")] = None
    time: Annotated[UpgradeTime | None, wire(2, optional=True)] = None


class AutoUpgradeScheduleScheduleType(Oneof, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "ScheduleType"

    daily: Annotated[DailySchedule | UnsetType, wire(1)] = UNSET
    weekly: Annotated[WeeklySchedule | UnsetType, wire(2)] = UNSET
    monthly: Annotated[MonthlySchedule | UnsetType, wire(3)] = UNSET


class AutoUpgradeSchedule(Message, frozen=True, kw_only=True):
    schedule_type: AutoUpgradeScheduleScheduleType | None = None


class UpdateAutoUpgradeConfigRequest(Message, frozen=True, kw_only=True):
    enabled: Annotated[bool, wire(1, "bool")]
    schedule: Annotated[AutoUpgradeSchedule | None, wire(2, optional=True)] = None


class UpdateAutoUpgradeConfigResponse(Message, frozen=True, kw_only=True):
    enabled: Annotated[bool, wire(1, "bool")]
    next_execution: Annotated[Timestamp | None, wire(2, optional=True)] = None


class GetAutoUpgradeStatusResponse(Message, frozen=True, kw_only=True):
    enabled: Annotated[bool, wire(1, "bool")]
    schedule: Annotated[AutoUpgradeSchedule | None, wire(2, optional=True)] = None
    next_execution: Annotated[Timestamp | None, wire(3, optional=True)] = None
    last_execution: Annotated[Timestamp | None, wire(4, optional=True)] = None


class SystemUpgradeMetadata(Message, frozen=True, kw_only=True):
    size: Annotated[int, wire(1, "uint64", ge=0, le=U64)]
    hash: Annotated[str, wire(2, "string")]
    discard_settings: Annotated[bool, wire(3, "bool")]
    disable_cleanup: Annotated[bool, wire(4, "bool")]


class SystemUpgradeRequestPayload(Oneof, frozen=True, kw_only=True):
    metadata: Annotated[SystemUpgradeMetadata | UnsetType, wire(1)] = UNSET
    data: Annotated[bytes | UnsetType, wire(2, "bytes")] = UNSET


class SystemUpgradeRequest(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "SystemUpgradeRequestRest"

    payload: SystemUpgradeRequestPayload | None = None


class SystemUpgradeResponse(Message, frozen=True, kw_only=True):
    successful: Annotated[bool, wire(1, "bool")]


class RestoreStockResponse(Message, frozen=True, kw_only=True):
    successful: Annotated[bool, wire(1, "bool")]


class GetAutoUpgradeStatusRequest(Message, frozen=True, kw_only=True):
    pass


class RestoreStockRequest(Message, frozen=True, kw_only=True):
    pass


class UpgradeService(Service, name="braiins.bos.v1.UpgradeService"):
    @rpc(
        "UpdateAutoUpgradeConfig",
        Http("PATCH", "/upgrade/auto-upgrade", "updateAutoUpgradeConfig", body=WHOLE, answer=WHOLE),
    )
    async def update_auto_upgrade_config(
        self, request: UpdateAutoUpgradeConfigRequest
    ) -> UpdateAutoUpgradeConfigResponse:
        """When to look for a new firmware and install it."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "GetAutoUpgradeStatus",
        Http("GET", "/upgrade/auto-upgrade", "getAutoUpgradeStatus", answer=WHOLE),
    )
    async def get_auto_upgrade_status(
        self, request: GetAutoUpgradeStatusRequest
    ) -> GetAutoUpgradeStatusResponse:
        """Whether upgrades are automatic, and when the next one is."""
        raise Unimplemented(NOT_HERE)

    @rpc("SystemUpgrade", Http("POST", "/upgrade/system-upgrade", "systemUpgrade", status=204))
    async def system_upgrade(
        self, requests: AsyncIterator[SystemUpgradeRequest]
    ) -> SystemUpgradeResponse:
        """Install the firmware image that is sent."""
        raise Unimplemented(NOT_HERE)

    @rpc("RestoreStock", Http("POST", "/upgrade/restore-stock", "restoreStock", status=204))
    async def restore_stock(self, request: RestoreStockRequest) -> RestoreStockResponse:
        """Go back to the manufacturer's firmware."""
        raise Unimplemented(NOT_HERE)
