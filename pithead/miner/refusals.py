"""Why a miner does not do what it is told.

Refusal
- OutsideLimits: a target that this machine cannot have
- BadPool: an address that is none
- NotRunning: the mining process is stopped
- SystemBusy: another system task runs
- BadSetting: a value that cannot be one
- NotSupported: this hardware cannot do that
- CannotDisable: boards without a voltage controller of their own
"""

from pithead.rpc.errors import Busy, InvalidArgument, PreconditionFailed, Unimplemented


class Refusal(Exception):
    """The machine stays as it was; the message is for its operator."""


class OutsideLimits(Refusal, PreconditionFailed):
    pass


class BadPool(Refusal, InvalidArgument):
    pass


class NotRunning(Refusal, PreconditionFailed):
    pass


class SystemBusy(Refusal, Busy):
    pass


class BadSetting(Refusal, InvalidArgument):
    pass


class NotSupported(Refusal, Unimplemented):
    pass


class CannotDisable(Refusal, PreconditionFailed):
    pass
