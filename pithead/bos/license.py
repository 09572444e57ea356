"""The licence of the firmware."""

from enum import IntEnum
from typing import Annotated, ClassVar

from msgspec import UNSET, UnsetType

from pithead.bos.units import BasesPoints
from pithead.rpc.contract import U32, WHOLE, Http, Message, Oneof, Service, rpc, wire
from pithead.rpc.errors import NOT_HERE, Unimplemented


class LicenseType(IntEnum):
    UNSPECIFIED = 0
    STANDARD = 1
    CUSTOM = 2


class NoneLicense(Message, frozen=True, kw_only=True):
    time_to_restricted: Annotated[int, wire(1, "uint32", ge=0, le=U32)]


class ValidLicense(Message, frozen=True, kw_only=True):
    type: Annotated[LicenseType, wire(1, "enum")]
    contract_name: Annotated[str, wire(2, "string")]
    time_to_restricted: Annotated[int, wire(3, "uint32", ge=0, le=U32)]
    dev_fee: Annotated[BasesPoints | None, wire(4)] = None


class ExpiredLicense(Message, frozen=True, kw_only=True):
    type: Annotated[LicenseType, wire(1, "enum")]
    contract_name: Annotated[str, wire(2, "string")]
    dev_fee: Annotated[BasesPoints | None, wire(3)] = None


class LimitedLicense(Message, frozen=True, kw_only=True):
    pass


class GetLicenseStateResponseState(Oneof, frozen=True, kw_only=True):
    schema_name: ClassVar[str] = "State"

    none: Annotated[NoneLicense | UnsetType, wire(1)] = UNSET
    limited: Annotated[LimitedLicense | UnsetType, wire(2)] = UNSET
    valid: Annotated[ValidLicense | UnsetType, wire(3)] = UNSET
    expired: Annotated[ExpiredLicense | UnsetType, wire(4)] = UNSET


class GetLicenseStateResponse(Message, frozen=True, kw_only=True):
    state: GetLicenseStateResponseState | None = None


class ApplyContractKeyRequest(Message, frozen=True, kw_only=True):
    contract_key: Annotated[str, wire(1, "string")]
    keep_existing: bool | None = None
    """REST alone: leave a contract that is in force as it is."""


class ApplyContractKeyResponse(Message, frozen=True, kw_only=True):
    successful: Annotated[bool, wire(1, "bool")]


class GetLicenseStateRequest(Message, frozen=True, kw_only=True):
    pass


class LicenseService(Service, name="braiins.bos.v1.LicenseService"):
    @rpc("GetLicenseState", Http("GET", "/license/license", "getLicenseState", answer=WHOLE))
    async def get_license_state(self, request: GetLicenseStateRequest) -> GetLicenseStateResponse:
        """The licence in force."""
        raise Unimplemented(NOT_HERE)

    @rpc(
        "ApplyContractKey",
        Http("PUT", "/license/apply-contract-key", "applyContractKey", body=WHOLE, answer=WHOLE),
    )
    async def apply_contract_key(
        self, request: ApplyContractKeyRequest
    ) -> ApplyContractKeyResponse:
        """Put in a contract key; it takes effect at the next start."""
        raise Unimplemented(NOT_HERE)
