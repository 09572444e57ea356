"""Limits and defaults of the values that can be set."""

from typing import Annotated

from pithead.bos.units import Frequency, Hours, Power, Temperature, TeraHashrate, Voltage
from pithead.rpc.contract import U32, Message, wire


class UInt32Constraints(Message, frozen=True, kw_only=True):
    default: Annotated[int, wire(1, "uint32", ge=0, le=U32)]
    min: Annotated[int, wire(2, "uint32", ge=0, le=U32)]
    max: Annotated[int, wire(3, "uint32", ge=0, le=U32)]


class DoubleConstraints(Message, frozen=True, kw_only=True):
    default: Annotated[float, wire(1, "double")]
    min: Annotated[float, wire(2, "double")]
    max: Annotated[float, wire(3, "double")]


class PowerConstraints(Message, frozen=True, kw_only=True):
    default: Annotated[Power | None, wire(1)] = None
    min: Annotated[Power | None, wire(2)] = None
    max: Annotated[Power | None, wire(3)] = None


class HashrateConstraints(Message, frozen=True, kw_only=True):
    default: Annotated[TeraHashrate | None, wire(1)] = None
    min: Annotated[TeraHashrate | None, wire(2)] = None
    max: Annotated[TeraHashrate | None, wire(3)] = None


class TemperatureConstraints(Message, frozen=True, kw_only=True):
    default: Annotated[Temperature | None, wire(1)] = None
    min: Annotated[Temperature | None, wire(2)] = None
    max: Annotated[Temperature | None, wire(3)] = None


class BooleanConstraint(Message, frozen=True, kw_only=True):
    default: Annotated[bool, wire(1, "bool")]


class DurationConstraints(Message, frozen=True, kw_only=True):
    default: Annotated[Hours | None, wire(1)] = None
    min: Annotated[Hours | None, wire(2)] = None
    max: Annotated[Hours | None, wire(3)] = None


class FrequencyConstraints(Message, frozen=True, kw_only=True):
    default: Annotated[Frequency | None, wire(1)] = None
    min: Annotated[Frequency | None, wire(2)] = None
    max: Annotated[Frequency | None, wire(3)] = None


class VoltageConstraints(Message, frozen=True, kw_only=True):
    default: Annotated[Voltage | None, wire(1)] = None
    min: Annotated[Voltage | None, wire(2)] = None
    max: Annotated[Voltage | None, wire(3)] = None
