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
    """The model of this name, with or without its maker's, in any case."""
    wanted = name.casefold().removeprefix("antminer ").strip()
    for model in ANTMINERS:
        if model.name.casefold().removeprefix("antminer ") == wanted:
            return model
    raise UnknownModel(f"{name!r} is none of: {', '.join(MODELS)}")
