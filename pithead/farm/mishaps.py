"""What can happen to a simulated machine, as data: each kind with what it needs to be known.

Boards and fans are numbered as the machine's APIs number them: boards from 1, fans from 0.
"""

import re
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta, Struct, ValidationError

from pithead.hardware.models import Coolant, MachineModel
from pithead.miner.pool_url import PoolAddress, read_pool_url

BoardNumber = Annotated[int, Meta(ge=1, le=16, description="The board, from 1.")]
ChipCount = Annotated[int, Meta(ge=1, le=1000)]
Volts = Annotated[float, Meta(gt=0, le=5)]


class BadMishap(ValueError):
    """This cannot happen to this machine; the message says why."""


class Mishap(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """One kind of trouble."""


class FanStops(Mishap, frozen=True, tag="fan_stops"):
    """One fan turns no more, whatever it is told."""

    fan: Annotated[int, Meta(ge=0, le=15, description="Its position, from 0.")]


class BoardDies(Mishap, frozen=True, tag="board_dies"):
    """A board does not answer and hashes no more."""

    board: BoardNumber


class ChipsFail(Mishap, frozen=True, tag="chips_fail"):
    """Chips of a board, the worst first, answer no more."""

    board: BoardNumber
    chips: Annotated[ChipCount, Meta(description="How many.")]


class ChipsDegrade(Mishap, frozen=True, tag="chips_degrade"):
    """Chips of a board, the worst first, need more voltage than before and hash wrongly."""

    board: BoardNumber
    more_v: Annotated[Volts, Meta(description="Volts they need beyond what they did.")]
    chips: Annotated[ChipCount, Meta(description="How many; all without it.")] | None = None


class SensorFails(Mishap, frozen=True, tag="sensor_fails"):
    """The temperature sensors of a board answer no more."""

    board: BoardNumber


class VoltageSags(Mishap, frozen=True, tag="voltage_sags"):
    """A board gets less voltage than the power supply gives."""

    board: BoardNumber
    missing_v: Annotated[Volts, Meta(description="Volts lost on the way.")]


class HotAir(Mishap, frozen=True, tag="hot_air"):
    """What the machine takes in is warmer than what surrounds it."""

    kelvin: Annotated[float, Meta(gt=0, le=80)]


class PowerCut(Mishap, frozen=True, tag="power_cut"):
    """No mains: the machine is dark, and boots when they are back."""


class NetworkCut(Mishap, frozen=True, tag="network_cut"):
    """The machine reaches no pool."""

    apis: Annotated[
        bool, Meta(description="Whether the machine's own APIs are out of reach as well.")
    ] = True


class PoolCut(Mishap, frozen=True, tag="pool_cut"):
    """The machine does not reach a pool, while all else goes on."""

    url: (
        Annotated[
            str, Meta(max_length=1024, description="As the machine has it; every pool without it.")
        ]
        | None
    ) = None


AnyMishap = (
    FanStops | BoardDies | ChipsFail | ChipsDegrade | SensorFails | VoltageSags | HotAir | PowerCut
    | NetworkCut | PoolCut
)  # fmt: skip

KINDS: tuple[type[Mishap], ...] = AnyMishap.__args__


NAMES = tuple(str(kind.__struct_config__.tag) for kind in KINDS)
"""Of all kinds, in files and on the wire."""


_OF_KIND = re.compile(r"(field `kind`( - at `[$.a-z]+`)?|[.]kind`)$")


def kind_of(mishap: AnyMishap) -> str:
    """Its name in files and on the wire."""
    return str(mishap.__struct_config__.tag)


def kinds_for(error: ValidationError) -> str:
    """The end of a sentence on what was wrong with a wish for a mishap: which kinds there are,
    where the wish had none or another."""
    is_so = _OF_KIND.search(str(error)) is not None
    return f"; the kinds are {', '.join(NAMES)}" if is_so else ""


def check(mishap: AnyMishap, model: MachineModel) -> None:
    """Raises BadMishap where a machine of this model has no such part."""
    match mishap:
        case FanStops(fan=fan) if fan >= model.fans:
            has = f"fans 0 to {model.fans - 1}" if model.fans else "no fans"
            raise BadMishap(f"{model.name} has {has}, and no fan {fan}")
        case HotAir() if model.coolant is not Coolant.AIR:
            raise BadMishap(f"{model.name} is not cooled with air; set its ambient instead")
        case PoolCut(url=str(url)):
            _address(url)
        case (
            BoardDies(board=board) | ChipsFail(board=board) | ChipsDegrade(board=board)
            | SensorFails(board=board) | VoltageSags(board=board)
        ) if board > model.boards:  # fmt: skip
            raise BadMishap(f"{model.name} has boards 1 to {model.boards}, and no board {board}")
        case ChipsFail(chips=int(chips)) | ChipsDegrade(chips=int(chips)) if (
            chips > model.chips_per_board
        ):
            raise BadMishap(
                f"a board of {model.name} has {model.chips_per_board} chips, and not {chips}"
            )


def _address(url: str) -> PoolAddress:
    try:
        return read_pool_url(url)
    except ValueError as error:
        raise BadMishap(str(error)) from None


@dataclass(frozen=True, slots=True)
class BoardDamage:
    """All that is wrong with one board."""

    is_dead: bool = False
    has_sensor: bool = True
    lost_chips: int = 0
    aged_chips: int = 0
    more_v: float = 0.0
    sag_v: float = 0.0


@dataclass(frozen=True, slots=True)
class Damage:
    """All that is wrong with a machine and round it."""

    boards: tuple[BoardDamage, ...]
    stopped_fans: frozenset[int] = frozenset()
    heat_k: float = 0.0
    has_power: bool = True
    is_cut: bool = False
    is_deaf: bool = False
    lost_pools: frozenset[PoolAddress | None] = frozenset()


def damage_of(mishaps: tuple[AnyMishap, ...], model: MachineModel) -> Damage:
    """What they come to together: heat, volts and chips add up, all else holds once."""
    boards = tuple(
        _board_damage([each for each in mishaps if getattr(each, "board", None) == number], model)
        for number in range(1, model.boards + 1)
    )
    cuts = [each for each in mishaps if isinstance(each, NetworkCut)]
    pools = [each.url for each in mishaps if isinstance(each, PoolCut)]
    return Damage(
        boards=boards,
        stopped_fans=frozenset(each.fan for each in mishaps if isinstance(each, FanStops)),
        heat_k=sum(each.kelvin for each in mishaps if isinstance(each, HotAir)),
        has_power=not any(isinstance(each, PowerCut) for each in mishaps),
        is_cut=bool(cuts),
        is_deaf=any(each.apis for each in cuts),
        lost_pools=frozenset(None if url is None else _address(url) for url in pools),
    )


def _board_damage(mishaps: list[AnyMishap], model: MachineModel) -> BoardDamage:
    aged = [each for each in mishaps if isinstance(each, ChipsDegrade)]
    return BoardDamage(
        is_dead=any(isinstance(each, BoardDies) for each in mishaps),
        has_sensor=not any(isinstance(each, SensorFails) for each in mishaps),
        lost_chips=sum(each.chips for each in mishaps if isinstance(each, ChipsFail)),
        aged_chips=max((each.chips or model.chips_per_board for each in aged), default=0),
        more_v=sum(each.more_v for each in aged),
        sag_v=sum(each.missing_v for each in mishaps if isinstance(each, VoltageSags)),
    )
