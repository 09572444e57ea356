"""The licence of the firmware."""

from collections.abc import Callable

from pithead.bos import license as bos
from pithead.bos.units import BasesPoints
from pithead.miner import licence
from pithead.miner.licence import Kind, Licence
from pithead.miner.miner import Miner


class License(bos.LicenseService):
    def __init__(self, miner: Miner, clock: Callable[[], float]) -> None:
        self._miner = miner
        self._clock = clock

    async def get_license_state(
        self, request: bos.GetLicenseStateRequest
    ) -> bos.GetLicenseStateResponse:
        return bos.GetLicenseStateResponse(state=_state(self._miner.licence(self._clock())))

    async def apply_contract_key(
        self, request: bos.ApplyContractKeyRequest
    ) -> bos.ApplyContractKeyResponse:
        kept = self._miner.settings.system.licence
        keeps = request.keep_existing is True
        changed = licence.apply_key(kept, request.contract_key, keeps, self._clock())
        if changed is not None and changed is not kept:
            self._miner.change_system(licence=changed)
        return bos.ApplyContractKeyResponse(successful=changed is not None)


def _state(seen: Licence) -> bos.GetLicenseStateResponseState:
    kind = bos.LicenseType.STANDARD if seen.contract is None else bos.LicenseType.CUSTOM
    name = licence.STANDARD_NAME if seen.contract is None else seen.contract.name
    fee = BasesPoints(bsp=0 if seen.contract is None else seen.contract.fee_bsp)
    match seen.kind:
        case Kind.NONE:
            return bos.GetLicenseStateResponseState(
                none=bos.NoneLicense(time_to_restricted=seen.seconds_left)
            )
        case Kind.LIMITED:
            return bos.GetLicenseStateResponseState(limited=bos.LimitedLicense())
        case Kind.VALID:
            return bos.GetLicenseStateResponseState(
                valid=bos.ValidLicense(
                    type=kind,
                    contract_name=name,
                    time_to_restricted=seen.seconds_left,
                    dev_fee=fee,
                )
            )
        case Kind.EXPIRED:
            return bos.GetLicenseStateResponseState(
                expired=bos.ExpiredLicense(type=kind, contract_name=name, dev_fee=fee)
            )
