"""Things to do at once."""

from typing import Annotated

from pithead.rpc.contract import Http, Message, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class StartResponse(Message, frozen=True, kw_only=True):
    already_running: Annotated[bool, wire(1, "bool")]


class RestartResponse(Message, frozen=True, kw_only=True):
    already_running: Annotated[bool, wire(1, "bool")]


class StopResponse(Message, frozen=True, kw_only=True):
    already_stopped: Annotated[bool, wire(1, "bool")]


class PauseMiningResponse(Message, frozen=True, kw_only=True):
    already_paused: Annotated[bool, wire(1, "bool")]


class ResumeMiningResponse(Message, frozen=True, kw_only=True):
    already_mining: Annotated[bool, wire(1, "bool")]


class SetLocateDeviceStatusRequest(Message, frozen=True, kw_only=True):
    enable: Annotated[bool, wire(1, "bool")]


class LocateDeviceStatusResponse(Message, frozen=True, kw_only=True):
    enabled: Annotated[bool, wire(1, "bool")]


class StartRequest(Message, frozen=True, kw_only=True):
    pass


class StopRequest(Message, frozen=True, kw_only=True):
    pass


class PauseMiningRequest(Message, frozen=True, kw_only=True):
    pass


class ResumeMiningRequest(Message, frozen=True, kw_only=True):
    pass


class RestartRequest(Message, frozen=True, kw_only=True):
    pass


class RebootRequest(Message, frozen=True, kw_only=True):
    pass


class RebootResponse(Message, frozen=True, kw_only=True):
    pass


class FactoryResetRequest(Message, frozen=True, kw_only=True):
    wipe_network: bool = False
    """REST alone: forget the configuration of the network, too."""


class FactoryResetResponse(Message, frozen=True, kw_only=True):
    pass


class GetLocateDeviceStatusRequest(Message, frozen=True, kw_only=True):
    pass


class ActionsService(Service, name="braiins.bos.v1.ActionsService"):
    @rpc("Start", Http("PUT", "/actions/start", "start", answer="already_running"))
    async def start(self, request: StartRequest) -> StartResponse:
        """Start the mining process."""
        raise Unimplemented(NOT_HERE)

    @rpc("Stop", Http("PUT", "/actions/stop", "stop", answer="already_stopped"))
    async def stop(self, request: StopRequest) -> StopResponse:
        """Stop the mining process; the APIs stay."""
        raise Unimplemented(NOT_HERE)

    @rpc("PauseMining", Http("PUT", "/actions/pause", "pauseMining", answer="already_paused"))
    async def pause_mining(self, request: PauseMiningRequest) -> PauseMiningResponse:
        """Stop hashing and keep the process, ready to go on."""
        raise Unimplemented(NOT_HERE)

    @rpc("ResumeMining", Http("PUT", "/actions/resume", "resumeMining", answer="already_mining"))
    async def resume_mining(self, request: ResumeMiningRequest) -> ResumeMiningResponse:
        """Hash again after a pause."""
        raise Unimplemented(NOT_HERE)

    @rpc("Restart", Http("PUT", "/actions/restart", "restart", answer="already_running"))
    async def restart(self, request: RestartRequest) -> RestartResponse:
        """Restart the mining process."""
        raise Unimplemented(NOT_HERE)

    @rpc("Reboot", Http("PUT", "/actions/reboot", "reboot", status=204))
    async def reboot(self, request: RebootRequest) -> RebootResponse:
        """Restart the whole machine: its APIs go away for a while."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "FactoryReset",
        Http(
            "PUT",
            "/actions/factory-reset",
            "factory_reset",
            status=204,
            query=("wipe_network",),
        ),
    )
    async def factory_reset(self, request: FactoryResetRequest) -> FactoryResetResponse:
        """Put every setting back to what it was when new, and reboot."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetLocateDeviceStatus",
        Http("PUT", "/actions/locate", "setLocateDeviceStatus", body="enable", answer="enabled"),
    )
    async def set_locate_device_status(
        self, request: SetLocateDeviceStatusRequest
    ) -> LocateDeviceStatusResponse:
        """Let the machine blink, or stop it."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "GetLocateDeviceStatus",
        Http("GET", "/actions/locate", "getLocateDeviceStatus", answer="enabled"),
    )
    async def get_locate_device_status(
        self, request: GetLocateDeviceStatusRequest
    ) -> LocateDeviceStatusResponse:
        """Whether the machine blinks to be found."""
        raise Unimplemented(NOT_HERE)
