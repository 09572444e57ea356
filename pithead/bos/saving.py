"""What several services share: whether a change is only kept or applied at once."""

from enum import IntEnum


class SaveAction(IntEnum):
    UNSPECIFIED = 0
    SAVE = 1
    SAVE_AND_APPLY = 2
    SAVE_AND_FORCE_APPLY = 3
