"""The network interface."""

from collections.abc import Callable

from pithead.bos import network as bos
from pithead.miner.miner import Miner
from pithead.miner.network import Interface, checked_address, checked_hostname
from pithead.miner.system_settings import StaticAddress


class Network(bos.NetworkService):
    def __init__(self, miner: Miner, interface: Callable[[], Interface]) -> None:
        self._miner = miner
        self._interface = interface

    async def get_network_info(
        self, request: bos.GetNetworkInfoRequest
    ) -> bos.GetNetworkInfoResponse:
        real, wanted = self._interface(), self._miner.settings.system.network
        protocol = bos.NetworkProtocol.STATIC if wanted else bos.NetworkProtocol.DHCP
        return bos.GetNetworkInfoResponse(
            name=real.name,
            mac_address=self._miner.identity.mac_address,
            hostname=self._miner.identity.hostname,
            protocol=protocol,
            dns_servers=wanted.dns_servers if wanted else real.dns_servers,
            networks=(bos.IpNetwork(address=real.address, netmask=real.netmask),),
            default_gateway=real.gateway,
        )

    async def get_network_configuration(
        self, request: bos.GetNetworkConfigurationRequest
    ) -> bos.GetNetworkConfigurationResponse:
        return bos.GetNetworkConfigurationResponse(network=self._configuration())

    async def set_network_configuration(
        self, request: bos.SetNetworkConfigurationRequest
    ) -> bos.SetNetworkConfigurationResponse:
        settings = self._miner.settings
        hostname, network = settings.hostname, settings.system.network
        if request.hostname is not None:
            hostname = checked_hostname(request.hostname)
        if request.protocol is not None:
            network = _wanted(request.protocol)
        self._miner.configure_network(hostname, network)
        return bos.SetNetworkConfigurationResponse(network=self._configuration())

    def _configuration(self) -> bos.NetworkConfiguration:
        kept = self._miner.settings.system.network
        if kept is None:
            protocol = bos.NetworkConfigurationProtocol(dhcp=bos.Dhcp())
        else:
            protocol = bos.NetworkConfigurationProtocol(
                static=bos.Static(
                    address=kept.address,
                    netmask=kept.netmask,
                    gateway=kept.gateway,
                    dns_servers=kept.dns_servers,
                )
            )
        return bos.NetworkConfiguration(protocol=protocol, hostname=self._miner.identity.hostname)


def _wanted(protocol: bos.SetNetworkConfigurationRequestProtocol) -> StaticAddress | None:
    """None: DHCP."""
    match protocol.chosen[1]:
        case bos.Static() as static:
            return checked_address(
                StaticAddress(static.address, static.netmask, static.gateway, static.dns_servers)
            )
        case _:
            return None
