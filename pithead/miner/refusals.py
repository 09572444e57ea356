"""Why a miner does not do what it is told.

Refusal
- OutsideLimits: a target that this machine cannot have
- BadPool: an address that is none
"""

from pithead.rpc.errors import InvalidArgument, PreconditionFailed


class Refusal(Exception):
    """The machine stays as it was; the message is for its operator."""


class OutsideLimits(Refusal, PreconditionFailed):
    pass


class BadPool(Refusal, InvalidArgument):
    pass
