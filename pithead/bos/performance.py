"""Performance: targets, the tuner, dynamic performance scaling, manual settings."""

from typing import Annotated, ClassVar

from msgspec import Meta

from pithead.bos.saving import SaveAction, Saving
from pithead.bos.tuning import (
    DPSHashrateTarget,
    DPSMode,
    DPSPowerTarget,
    DPSTarget,
    GetTunerStateResponseModeState,
    HashrateTargetProfile,
    MinerEfficiencyPoint,
    PerformanceMode,
    PowerTargetProfile,
    RelativeTargetReference,
    TunerState,
)
from pithead.bos.units import Hours, Power, TeraHashrate
from pithead.rpc.contract import U32, WHOLE, Http, Message, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class GetMinerEfficiencyProfileResponse(Message, frozen=True, kw_only=True):
    points: Annotated[tuple[MinerEfficiencyPoint, ...], wire(1)]


class GetTunerStateResponse(Message, frozen=True, kw_only=True):
    overall_tuner_state: Annotated[TunerState, wire(1, "enum")]
    mode_state: GetTunerStateResponseModeState | None = None


class ListTargetProfilesResponse(Message, frozen=True, kw_only=True):
    power_target_profiles: Annotated[tuple[PowerTargetProfile, ...], wire(1)]
    hashrate_target_profiles: Annotated[tuple[HashrateTargetProfile, ...], wire(2)]


class SetDefaultPowerTargetRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED


class SetPowerTargetRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    power_target: Annotated[Power | None, wire(2)] = None


class IncrementPowerTargetRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    power_target_increment: Annotated[Power | None, wire(2)] = None


class DecrementPowerTargetRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    power_target_decrement: Annotated[Power | None, wire(2)] = None


class SetPowerTargetResponse(Message, frozen=True, kw_only=True):
    power_target: Annotated[Power | None, wire(1)] = None


class SetRelativeTargetRequest(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "SetRelativeTargetRequestRest"

    save_action: Saving = SaveAction.UNSPECIFIED
    percentage: Annotated[float, wire(2, "double")]
    reference: Annotated[RelativeTargetReference, wire(3, "enum")]


class SetDefaultHashrateTargetRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED


class SetHashrateTargetRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    hashrate_target: Annotated[TeraHashrate | None, wire(2)] = None


class IncrementHashrateTargetRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    hashrate_target_increment: Annotated[TeraHashrate | None, wire(2)] = None


class DecrementHashrateTargetRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    hashrate_target_decrement: Annotated[TeraHashrate | None, wire(2)] = None


class SetHashrateTargetResponse(Message, frozen=True, kw_only=True):
    hashrate_target: Annotated[TeraHashrate | None, wire(1)] = None


class SetDPSRequest(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "SetDpsRequestRest"

    save_action: Saving = SaveAction.UNSPECIFIED
    enable: Annotated[bool | None, wire(2, "bool")] = None
    enable_shutdown: Annotated[bool | None, wire(3, "bool")] = None
    shutdown_duration: Annotated[Hours | None, wire(4, optional=True)] = None
    target: Annotated[DPSTarget | None, wire(5)] = None
    mode: Annotated[DPSMode | None, wire(6, "enum")] = None
    on_start_target_percent: Annotated[
        Annotated[int, Meta(ge=0, le=U32)] | None, wire(7, "uint32")
    ] = None


class SetDPSResponse(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "SetDpsResponse"

    enabled: Annotated[bool | None, wire(1, "bool")] = None
    shutdown_enabled: Annotated[bool | None, wire(2, "bool")] = None
    shutdown_duration: Annotated[Hours | None, wire(3, optional=True)] = None
    power_target: Annotated[DPSPowerTarget | None, wire(4)] = None
    hashrate_target: Annotated[DPSHashrateTarget | None, wire(5)] = None
    mode: Annotated[DPSMode | None, wire(6, "enum")] = None
    on_start_target_percent: Annotated[
        Annotated[int, Meta(ge=0, le=U32)] | None, wire(7, "uint32")
    ] = None


class SetPerformanceModeRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED
    mode: Annotated[PerformanceMode | None, wire(2)] = None


class SetQuickRampingRequest(Message, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "SetQuickRampingRequestRest"

    save_action: Saving = SaveAction.UNSPECIFIED
    up_s: Annotated[int, wire(2, "uint32", ge=0, le=U32)]
    down_s: Annotated[int, wire(3, "uint32", ge=0, le=U32)]


class QuickRampingResponse(Message, frozen=True, kw_only=True):
    up_s: Annotated[int, wire(1, "uint32", ge=0, le=U32)]
    down_s: Annotated[int, wire(2, "uint32", ge=0, le=U32)]


class SetDefaultQuickRampingRequest(Message, frozen=True, kw_only=True):
    save_action: Saving = SaveAction.UNSPECIFIED


class GetTunerStateRequest(Message, frozen=True, kw_only=True):
    pass


class ListTargetProfilesRequest(Message, frozen=True, kw_only=True):
    pass


class GetMinerEfficiencyProfileRequest(Message, frozen=True, kw_only=True):
    pass


class GetPerformanceModeRequest(Message, frozen=True, kw_only=True):
    pass


class RemoveTunedProfilesRequest(Message, frozen=True, kw_only=True):
    pass


class RemoveTunedProfilesResponse(Message, frozen=True, kw_only=True):
    pass


class PerformanceService(Service, name="braiins.bos.v1.PerformanceService"):
    @rpc("GetTunerState", Http("GET", "/performance/tuner-state", "getTunerState", answer=WHOLE))
    async def get_tuner_state(self, request: GetTunerStateRequest) -> GetTunerStateResponse:
        """How far the tuner is, and what it aims at."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "ListTargetProfiles",
        Http("GET", "/performance/target-profiles", "getTargetProfiles", answer=WHOLE),
    )
    async def list_target_profiles(
        self, request: ListTargetProfilesRequest
    ) -> ListTargetProfilesResponse:
        """The profiles the tuner has saved."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "GetMinerEfficiencyProfile",
        Http("GET", "/performance/efficiency-profile", "getEfficiencyProfile", answer=WHOLE),
    )
    async def get_miner_efficiency_profile(
        self, request: GetMinerEfficiencyProfileRequest
    ) -> GetMinerEfficiencyProfileResponse:
        """What the machine would do at other power targets."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetDefaultPowerTarget",
        Http(
            "PUT",
            "/performance/power-target/default",
            "setDefaultPowerTarget",
            answer="power_target",
        ),
    )
    async def set_default_power_target(
        self, request: SetDefaultPowerTargetRequest
    ) -> SetPowerTargetResponse:
        """Aim at the default power."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetPowerTarget",
        Http(
            "PUT",
            "/performance/power-target",
            "setPowerTarget",
            body="power_target",
            answer="power_target",
        ),
    )
    async def set_power_target(self, request: SetPowerTargetRequest) -> SetPowerTargetResponse:
        """Aim at this power."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "IncrementPowerTarget",
        Http(
            "PATCH",
            "/performance/power-target/increment",
            "incrementPowerTarget",
            body="power_target_increment",
            answer="power_target",
        ),
    )
    async def increment_power_target(
        self, request: IncrementPowerTargetRequest
    ) -> SetPowerTargetResponse:
        """Aim at this much more power."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "DecrementPowerTarget",
        Http(
            "PATCH",
            "/performance/power-target/decrement",
            "decrementPowerTarget",
            body="power_target_decrement",
            answer="power_target",
        ),
    )
    async def decrement_power_target(
        self, request: DecrementPowerTargetRequest
    ) -> SetPowerTargetResponse:
        """Aim at this much less power."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetRelativePowerTarget",
        Http(
            "PATCH",
            "/performance/power-target/relative",
            "relativePowerTarget",
            body=WHOLE,
            answer="power_target",
        ),
    )
    async def set_relative_power_target(
        self, request: SetRelativeTargetRequest
    ) -> SetPowerTargetResponse:
        """Aim at a percentage of a power."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetDefaultHashrateTarget",
        Http(
            "PUT",
            "/performance/hashrate-target/default",
            "setDefaultHashrateTarget",
            answer="hashrate_target",
        ),
    )
    async def set_default_hashrate_target(
        self, request: SetDefaultHashrateTargetRequest
    ) -> SetHashrateTargetResponse:
        """Aim at the default hashrate."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetHashrateTarget",
        Http(
            "PUT",
            "/performance/hashrate-target",
            "setHashrateTarget",
            body="hashrate_target",
            answer="hashrate_target",
        ),
    )
    async def set_hashrate_target(
        self, request: SetHashrateTargetRequest
    ) -> SetHashrateTargetResponse:
        """Aim at this hashrate."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "IncrementHashrateTarget",
        Http(
            "PATCH",
            "/performance/hashrate-target/increment",
            "incrementHashrateTarget",
            body="hashrate_target_increment",
            answer="hashrate_target",
        ),
    )
    async def increment_hashrate_target(
        self, request: IncrementHashrateTargetRequest
    ) -> SetHashrateTargetResponse:
        """Aim at this much more hashrate."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "DecrementHashrateTarget",
        Http(
            "PATCH",
            "/performance/hashrate-target/decrement",
            "decrementHashrateTarget",
            body="hashrate_target_decrement",
            answer="hashrate_target",
        ),
    )
    async def decrement_hashrate_target(
        self, request: DecrementHashrateTargetRequest
    ) -> SetHashrateTargetResponse:
        """Aim at this much less hashrate."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetRelativeHashrateTarget",
        Http(
            "PATCH",
            "/performance/hashrate-target/relative",
            "relativeHashrateTarget",
            body=WHOLE,
            answer="hashrate_target",
        ),
    )
    async def set_relative_hashrate_target(
        self, request: SetRelativeTargetRequest
    ) -> SetHashrateTargetResponse:
        """Aim at a percentage of a hashrate."""
        raise Unimplemented(NOT_HERE)

    @rpc("SetDPS", Http("PUT", "/performance/dps", "setDps", body=WHOLE, answer=WHOLE))
    async def set_dps(self, request: SetDPSRequest) -> SetDPSResponse:
        """Change dynamic performance scaling; what is left out keeps its value."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetPerformanceMode",
        Http("PUT", "/performance/mode", "setPerformanceMode", body="mode.mode", answer="mode"),
    )
    async def set_performance_mode(self, request: SetPerformanceModeRequest) -> PerformanceMode:
        """Tune to a target, or set frequency and voltage by hand."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "GetActivePerformanceMode",
        Http("GET", "/performance/mode", "getPerformanceMode", answer="mode"),
    )
    async def get_active_performance_mode(
        self, request: GetPerformanceModeRequest
    ) -> PerformanceMode:
        """The mode that is configured."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "RemoveTunedProfiles",
        Http("DELETE", "/performance/tuned-profiles", "removeTunedProfiles", status=204),
    )
    async def remove_tuned_profiles(
        self, request: RemoveTunedProfilesRequest
    ) -> RemoveTunedProfilesResponse:
        """Forget what the tuner has found; mining starts anew."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetQuickRamping",
        Http("PUT", "/performance/quick-ramping", "setQuickRamping", body=WHOLE, answer=WHOLE),
    )
    async def set_quick_ramping(self, request: SetQuickRampingRequest) -> QuickRampingResponse:
        """How fast power goes up on resume and down on pause."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetDefaultQuickRamping",
        Http("PUT", "/performance/quick-ramping/default", "setDefaultQuickRamping", answer=WHOLE),
    )
    async def set_default_quick_ramping(
        self, request: SetDefaultQuickRampingRequest
    ) -> QuickRampingResponse:
        """Ramp as the machine did when new."""
        raise Unimplemented(NOT_HERE)
