"""The machine models there are, and how one is found by its name."""

from pithead.hardware.antminers import ANTMINERS
from pithead.hardware.machine_model import (
    CLOCK_MAX_HZ,
    CLOCK_MIN_HZ,
    BosMode,
    ControlBoard,
    Coolant,
    Curve,
    MachineModel,
    Platform,
    PowerSupply,
    SocFamily,
)

__all__ = [
    "CLOCK_MAX_HZ", "CLOCK_MIN_HZ", "DEFAULT_MODEL", "MODELS", "BosMode", "ControlBoard", "Coolant",
    "Curve", "MachineModel", "Platform", "PowerSupply", "SocFamily", "UnknownModel", "model_named",
]  # fmt: skip

MODELS = {model.name: model for model in ANTMINERS}
DEFAULT_MODEL = "Antminer S21"


class UnknownModel(Exception):
    """There is no such model; the message lists those there are."""


def model_named(name: str) -> MachineModel:
    """The model of this name, with or without its maker's and its last point, in any case."""
    wanted = _plain(name)
    for model in ANTMINERS:
        if _plain(model.name) == wanted:
            return model
    raise UnknownModel(f"{name!r} is none of: {', '.join(MODELS)}")


def _plain(name: str) -> str:
    return name.casefold().strip().removeprefix("antminer ").strip().rstrip(".")
