"""Quantities, each with its unit as the name of its field."""

from enum import IntEnum
from typing import Annotated

from pithead.rpc.contract import U32, U64, Message, wire


class DayOfWeek(IntEnum):
    UNSPECIFIED = 0
    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


class Timestamp(Message, frozen=True, kw_only=True):
    """A moment, unix time; protobuf's own `google.protobuf.Timestamp`."""

    seconds: Annotated[int, wire(1, "int64")]
    nanos: Annotated[int, wire(2, "int32", ge=0, le=999_999_999)] = 0

    @staticmethod
    def at(moment: float) -> "Timestamp":
        """Of unix seconds, to the nanosecond that a float knows."""
        seconds, part = divmod(moment, 1)
        return Timestamp(seconds=int(seconds), nanos=int(part * 1e9))


class MegaHashrate(Message, frozen=True, kw_only=True):
    megahash_per_second: Annotated[float, wire(1, "double")]


class GigaHashrate(Message, frozen=True, kw_only=True):
    gigahash_per_second: Annotated[float, wire(1, "double")]


class TeraHashrate(Message, frozen=True, kw_only=True):
    terahash_per_second: Annotated[float, wire(1, "double")]


class Frequency(Message, frozen=True, kw_only=True):
    hertz: Annotated[float, wire(1, "double")]


class Voltage(Message, frozen=True, kw_only=True):
    volt: Annotated[float, wire(1, "double")]


class Power(Message, frozen=True, kw_only=True):
    watt: Annotated[int, wire(1, "uint64", ge=0, le=U64)]


class PowerEfficiency(Message, frozen=True, kw_only=True):
    joule_per_terahash: Annotated[float, wire(1, "double")]


class Temperature(Message, frozen=True, kw_only=True):
    degree_c: Annotated[float, wire(1, "double")]


class BasesPoints(Message, frozen=True, kw_only=True):
    bsp: Annotated[int, wire(1, "uint32", ge=0, le=U32)]


class Hours(Message, frozen=True, kw_only=True):
    hours: Annotated[int, wire(1, "uint32", ge=0, le=U32)]
