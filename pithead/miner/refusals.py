"""Why a miner does not do what it is told.

Refusal
- OutsideLimits: a target that this machine cannot have
- BadPool: an address that is none
"""


class Refusal(Exception):
    """The machine stays as it was; the message is for its operator."""


class OutsideLimits(Refusal):
    pass


class BadPool(Refusal):
    pass
