"""BIP310: which extensions a miner asks for and what a pool grants.

An answer has an entry per extension: true where it is granted, false where it is unknown or
nothing of it is possible, a string where the miner's own demand cannot be met.
"""

from dataclasses import dataclass, field

import msgspec

from pithead.stratum.messages import Malformed, open_part
from pithead.stratum.requests import Configure

VERSION_ROLLING_MASK = 0x1FFFE000
"""The bits of the header version that BIP320 leaves to miners."""

_ALL_BITS = 0xFFFFFFFF
_text = msgspec.json.Decoder(str)
_integer = msgspec.json.Decoder(int)
_number = msgspec.json.Decoder(int | float)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a miner's configure comes to."""

    answer: dict[str, bool | str] = field(default_factory=dict)
    version_mask: int | None = None
    """The bits this miner may roll, None where it did not ask or was refused."""
    minimum_difficulty: int | float | None = None
    extranonce_changes: bool = False


def negotiate(configure: Configure, offered_mask: int = VERSION_ROLLING_MASK) -> Agreement:
    """Grant what can be granted. Raises Malformed where an option has the wrong form."""
    answer: dict[str, bool | str] = {}
    mask: int | None = None
    difficulty: int | float | None = None
    changes = False
    for extension in configure.extensions:
        match extension:
            case "version-rolling":
                mask = _negotiate_mask(configure.options, offered_mask, answer)
            case "minimum-difficulty":
                difficulty = _read_minimum_difficulty(configure.options)
                answer[extension] = difficulty is not None
            case "subscribe-extranonce":
                changes = answer[extension] = True
            case _:
                answer[extension] = False
    return Agreement(answer, mask, difficulty, changes)


def _negotiate_mask(
    options: dict[str, msgspec.Raw], offered: int, answer: dict[str, bool | str]
) -> int | None:
    mask = offered & _read_mask(options)
    if not mask:
        answer["version-rolling"] = False
        return None
    wanted = 0
    if "version-rolling.min-bit-count" in options:
        wanted = open_part(_integer, options["version-rolling.min-bit-count"])
    if mask.bit_count() < wanted:
        answer["version-rolling"] = f"only {mask.bit_count()} of {wanted} bits can be rolled"
        return None
    answer["version-rolling"] = True
    answer["version-rolling.mask"] = f"{mask:08x}"
    return mask


def _read_mask(options: dict[str, msgspec.Raw]) -> int:
    """The mask asked for; all bits where none is named, as BIP310 has it."""
    if "version-rolling.mask" not in options:
        return _ALL_BITS
    text = open_part(_text, options["version-rolling.mask"])
    try:
        raw = bytes.fromhex(text.zfill(8))
    except ValueError:
        raise Malformed("a mask has 8 hex digits") from None
    if len(text) > 8 or len(raw) != 4:
        raise Malformed("a mask has 8 hex digits")
    return int.from_bytes(raw, "big")


def _read_minimum_difficulty(options: dict[str, msgspec.Raw]) -> int | float | None:
    try:
        value = open_part(_number, options["minimum-difficulty.value"])
    except (KeyError, Malformed):
        return None
    return value if value > 0 else None
