"""Bech32 (BIP173) and Bech32m (BIP350): text with a checksum that finds any four wrong characters.

prefix | "1" | data, five bits a character | six characters of checksum
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
MAX_LENGTH = 90

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_CHECKSUM_LENGTH = 6
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


class Checksum(IntEnum):
    """What the polynomial of a whole text comes to."""

    BECH32 = 1
    BECH32M = 0x2BC830A3


class Bech32Error(ValueError):
    """The text is not Bech32 of either kind; the message says why."""


def encode(prefix: str, values: Sequence[int], checksum: Checksum) -> str:
    """The text of five-bit values behind a lower-case prefix."""
    remainder = _polymod([*_expand(prefix), *values, *[0] * _CHECKSUM_LENGTH]) ^ checksum
    tail = (remainder >> 5 * place & 31 for place in reversed(range(_CHECKSUM_LENGTH)))
    return prefix + "1" + "".join(ALPHABET[value] for value in (*values, *tail))


def decode(text: str) -> tuple[str, list[int], Checksum]:
    """The prefix, the five-bit values and the kind of a text; raises `Bech32Error`."""
    if len(text) > MAX_LENGTH:
        raise Bech32Error(f"longer than {MAX_LENGTH} characters")
    if not all(33 <= ord(character) <= 126 for character in text):
        raise Bech32Error("a character that is not printable ASCII")
    if text != text.lower() and text != text.upper():
        raise Bech32Error("upper and lower case mixed")
    prefix, separator, data = text.lower().rpartition("1")
    if not separator:
        raise Bech32Error("no separator '1'")
    if not prefix:
        raise Bech32Error("nothing before the separator '1'")
    for character in data:
        if character not in _VALUES:
            raise Bech32Error(f"{character!r} is not a character of bech32")
    if len(data) < _CHECKSUM_LENGTH:
        raise Bech32Error("too short for a checksum")
    values = [_VALUES[character] for character in data]
    remainder = _polymod([*_expand(prefix), *values])
    if remainder not in (Checksum.BECH32, Checksum.BECH32M):
        raise Bech32Error("the checksum is wrong")
    return prefix, values[:-_CHECKSUM_LENGTH], Checksum(remainder)


def values_from_bytes(data: bytes) -> list[int]:
    """Eight bits at a time into five bits at a time, zeros at the end."""
    size = (len(data) * 8 + 4) // 5
    number = int.from_bytes(data, "big") << size * 5 - len(data) * 8
    return [number >> 5 * place & 31 for place in reversed(range(size))]


def bytes_from_values(values: Sequence[int]) -> bytes:
    """The way back; raises `Bech32Error` unless the rest is less than five bits, all zero."""
    size, rest = divmod(len(values) * 5, 8)
    number = 0
    for value in values:
        number = number << 5 | value
    if rest >= 5:
        raise Bech32Error("padding of more than four bits")
    if number & (1 << rest) - 1:
        raise Bech32Error("padding that is not zero")
    return (number >> rest).to_bytes(size, "big")


def _expand(prefix: str) -> list[int]:
    codes = prefix.encode("ascii")
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _polymod(values: Iterable[int]) -> int:
    """The remainder of the values, as a polynomial, by the generator of BIP173."""
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATORS):
            if top >> bit & 1:
                remainder ^= generator
    return remainder
