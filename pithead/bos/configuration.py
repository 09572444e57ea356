"""All that is configured, and within which limits."""

from typing import Annotated

from pithead.bos.cooling import CoolingConfiguration, CoolingConstraints
from pithead.bos.pool import PoolGroupConfiguration
from pithead.bos.tuning import (
    DPSConfiguration,
    DPSConstraints,
    HashboardConstraints,
    HashboardPerformanceConfiguration,
    TunerConfiguration,
    TunerConstraints,
)
from pithead.rpc.contract import WHOLE, Http, Message, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class GetMinerConfigurationResponse(Message, frozen=True, kw_only=True):
    pool_groups: Annotated[tuple[PoolGroupConfiguration, ...], wire(1)]
    temperature: Annotated[CoolingConfiguration | None, wire(2)] = None
    tuner: Annotated[TunerConfiguration | None, wire(3)] = None
    dps: Annotated[DPSConfiguration | None, wire(4)] = None
    hashboard_config: Annotated[HashboardPerformanceConfiguration | None, wire(5)] = None


class GetConstraintsResponse(Message, frozen=True, kw_only=True):
    tuner_constraints: Annotated[TunerConstraints | None, wire(1)] = None
    cooling_constraints: Annotated[CoolingConstraints | None, wire(2)] = None
    dps_constraints: Annotated[DPSConstraints | None, wire(3)] = None
    hashboards_constraints: Annotated[HashboardConstraints | None, wire(4)] = None


class GetMinerConfigurationRequest(Message, frozen=True, kw_only=True):
    pass


class GetConstraintsRequest(Message, frozen=True, kw_only=True):
    pass


class ConfigurationService(Service, name="braiins.bos.v1.ConfigurationService"):
    @rpc(
        "GetMinerConfiguration",
        Http("GET", "/configuration/miner", "getMinerConfiguration", answer=WHOLE),
    )
    async def get_miner_configuration(
        self, request: GetMinerConfigurationRequest
    ) -> GetMinerConfigurationResponse:
        """Everything that is configured."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "GetConstraints", Http("GET", "/configuration/constraints", "getConstraints", answer=WHOLE)
    )
    async def get_constraints(self, request: GetConstraintsRequest) -> GetConstraintsResponse:
        """Between which limits each value may be."""
        raise Unimplemented(NOT_HERE)
