"""What machines say, in the units that people use, as cells of a table. Pure."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import msgspec
from msgspec import UNSET

from pithead.bos.units import (
    Frequency,
    GigaHashrate,
    Hours,
    Power,
    Temperature,
    TeraHashrate,
    Voltage,
)

Cell = str | int | float | bool | None
Row = dict[str, Cell]

Quantity = GigaHashrate | TeraHashrate | Power | Temperature | Frequency | Voltage | Hours | None

_UNITS: dict[type, str] = {
    GigaHashrate: "ths",
    TeraHashrate: "ths",
    Power: "w",
    Temperature: "c",
    Frequency: "mhz",
    Voltage: "v",
    Hours: "h",
}


def amount(quantity: Quantity) -> float | int | None:
    """In the unit that people use: TH/s, W, degrees C, MHz, V, hours."""
    match quantity:
        case None:
            return None
        case GigaHashrate(gigahash_per_second=value):
            return round(value / 1000, 3)
        case TeraHashrate(terahash_per_second=value):
            return round(value, 3)
        case Power(watt=watt):
            return watt
        case Temperature(degree_c=value):
            return round(value, 1)
        case Frequency(hertz=value):
            return round(value / 1e6, 1)
        case Voltage(volt=value):
            return round(value, 3)
        case Hours(hours=hours):
            return hours


def named(value: IntEnum | None) -> str | None:
    """An enum as people write it: `hashrate-target`."""
    return None if value is None else value.name.lower().replace("_", "-")


def flattened(message: Any) -> Row:
    """Any message as one row of what is there: names of fields joined with dots, quantities as
    their amount with its unit behind the name."""
    return dict(_flat("", message))


def _flat(name: str, value: Any) -> Iterable[tuple[str, Cell]]:
    if type(value) in _UNITS:
        yield f"{name}_{_UNITS[type(value)]}", amount(value)
    elif isinstance(value, IntEnum):
        yield name, named(value)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _flat(f"{name}.{field}".lstrip("."), getattr(value, field))
    elif isinstance(value, dict):
        for key, within in value.items():
            yield from _flat(f"{name}.{key}".lstrip("."), within)
    elif isinstance(value, tuple | list):
        yield name, " ".join(str(each) for each in value)
    elif value is not UNSET and value is not None:
        yield name, value
