"""The network interface."""

from enum import IntEnum
from typing import Annotated

from msgspec import UNSET, UnsetType

from pithead.rpc.contract import WHOLE, Http, Message, Oneof, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class NetworkProtocol(IntEnum):
    UNSPECIFIED = 0
    DHCP = 1
    STATIC = 2


class Static(Message, frozen=True, kw_only=True):
    address: Annotated[str, wire(1, "string")]
    netmask: Annotated[str, wire(2, "string")]
    gateway: Annotated[str, wire(3, "string")]
    dns_servers: Annotated[tuple[str, ...], wire(4, "string")]


class Dhcp(Message, frozen=True, kw_only=True):
    pass


class NetworkConfigurationProtocol(Oneof, frozen=True, kw_only=True):
    dhcp: Annotated[Dhcp | UnsetType, wire(1)] = UNSET
    static: Annotated[Static | UnsetType, wire(2)] = UNSET


class NetworkConfiguration(Message, frozen=True, kw_only=True):
    protocol: NetworkConfigurationProtocol | None = None
    hostname: Annotated[str, wire(3, "string")]


class GetNetworkConfigurationResponse(Message, frozen=True, kw_only=True):
    network: Annotated[NetworkConfiguration | None, wire(1)] = None


class SetNetworkConfigurationRequestProtocol(Oneof, frozen=True, kw_only=True):
    dhcp: Annotated[Dhcp | UnsetType, wire(1)] = UNSET
    static: Annotated[Static | UnsetType, wire(2)] = UNSET


class SetNetworkConfigurationRequest(Message, frozen=True, kw_only=True):
    protocol: SetNetworkConfigurationRequestProtocol | None = None
    hostname: Annotated[str | None, wire(3, "string")] = None


class SetNetworkConfigurationResponse(Message, frozen=True, kw_only=True):
    network: Annotated[NetworkConfiguration | None, wire(1)] = None


class IpNetwork(Message, frozen=True, kw_only=True):
    address: Annotated[str, wire(1, "string")]
    netmask: Annotated[str, wire(2, "string")]


class GetNetworkInfoResponse(Message, frozen=True, kw_only=True):
    name: Annotated[str, wire(1, "string")]
    mac_address: Annotated[str | None, wire(2, "string")] = None
    hostname: Annotated[str | None, wire(3, "string")] = None
    protocol: Annotated[NetworkProtocol | None, wire(4, "enum")] = None
    dns_servers: Annotated[tuple[str, ...], wire(5, "string")]
    networks: Annotated[tuple[IpNetwork, ...], wire(6)]
    default_gateway: Annotated[str | None, wire(7, "string")] = None


class GetNetworkConfigurationRequest(Message, frozen=True, kw_only=True):
    pass


class GetNetworkInfoRequest(Message, frozen=True, kw_only=True):
    pass


class NetworkService(Service, name="braiins.bos.v1.NetworkService"):
    @rpc(
        "GetNetworkConfiguration",
        Http("GET", "/network/configuration", "getNetworkConfiguration", answer="network"),
    )
    async def get_network_configuration(
        self, request: GetNetworkConfigurationRequest
    ) -> GetNetworkConfigurationResponse:
        """How the interface is configured."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "SetNetworkConfiguration",
        Http(
            "PATCH",
            "/network/configuration",
            "updateNetworkConfiguration",
            body=WHOLE,
            answer="network",
        ),
    )
    async def set_network_configuration(
        self, request: SetNetworkConfigurationRequest
    ) -> SetNetworkConfigurationResponse:
        """Configure the interface; what is left out keeps its value."""
        raise Unimplemented(NOT_HERE)

    @rpc("GetNetworkInfo", Http("GET", "/network/", "getNetwork", answer=WHOLE))
    async def get_network_info(self, request: GetNetworkInfoRequest) -> GetNetworkInfoResponse:
        """What addresses the machine has now."""
        raise Unimplemented(NOT_HERE)
