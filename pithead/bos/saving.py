"""What several services share: whether a change is only kept or applied at once."""

from enum import IntEnum
from typing import Annotated

from pithead.rpc.contract import wire


class SaveAction(IntEnum):
    UNSPECIFIED = 0
    SAVE = 1
    SAVE_AND_APPLY = 2
    SAVE_AND_FORCE_APPLY = 3


Saving = Annotated[SaveAction, wire(1, "enum", rest=SaveAction.SAVE_AND_APPLY)]
"""A field of gRPC alone: REST always saves and applies."""
