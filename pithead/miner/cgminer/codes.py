"""The numbers and words of cgminer's answers, those BOSminer added from 200 on. Pure.

From cgminer's API-README and source, and the published examples of BOSminer.
"""

from enum import IntEnum


class Code(IntEnum):
    POOLS = 7
    NO_POOLS = 8
    DEVS = 9
    SUMMARY = 11
    INVALID_COMMAND = 14
    MISSING_ID = 15
    VERSION = 22
    INVALID_JSON = 23
    MISSING_COMMAND = 24
    MISSING_POOL_ID = 25
    INVALID_POOL_ID = 26
    SWITCH_POOL = 27
    CONFIG = 33
    ACCESS_DENIED = 45
    ENABLE_POOL = 47
    DISABLE_POOL = 48
    ALREADY_ENABLED = 49
    ALREADY_DISABLED = 50
    LAST_ENABLED_POOL = 51
    MISSING_POOL_DETAILS = 52
    INVALID_POOL_DETAILS = 53
    TOO_MANY_POOLS = 54
    ADD_POOL = 55
    LAST_POOL = 66
    ACTIVE_POOL = 67
    REMOVE_POOL = 68
    DEVICE_DETAILS = 69
    STATS = 70
    MISSING_CHECK = 71
    CHECK = 72
    COIN = 78
    ASC_COUNT = 104
    ASC = 106
    INVALID_ASC = 107
    TEMPERATURE_CONTROL = 200
    TEMPERATURES = 201
    FANS = 202
    TUNER_STATUS = 203
    PAUSE = 204
    RESUME = 205
    NOT_READY = 206
    """The words are those of live machines; their number is not known, this one is our own."""


class Refused(Exception):
    """A command was not done: its code, a sentence, and `I` where it was so already, else `E`."""

    def __init__(self, code: Code, message: str, severity: str = "E") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.severity = severity
