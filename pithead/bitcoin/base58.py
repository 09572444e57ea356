"""Base58Check: a version byte and a payload as text that survives handwriting."""

from pithead.bitcoin.hashing import sha256d

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
MAX_LENGTH = 120
"""Longer texts are refused unread: decoding takes time that grows with the square."""

_VALUES = {character: value for value, character in enumerate(ALPHABET)}


class Base58Error(ValueError):
    """The text is not Base58Check; the message says why."""


def encode(payload: bytes) -> str:
    """The text of a payload (its version byte included) with its checksum."""
    data = payload + sha256d(payload)[:4]
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(ALPHABET[digit])
    leading_zeros = len(data) - len(data.lstrip(b"\0"))
    return ALPHABET[0] * leading_zeros + "".join(reversed(digits))


def decode(text: str) -> bytes:
    """The payload of a text, version byte included; raises `Base58Error`."""
    if len(text) > MAX_LENGTH:
        raise Base58Error(f"longer than {MAX_LENGTH} characters")
    number = 0
    for character in text:
        if character not in _VALUES:
            raise Base58Error(f"{character!r} is not a character of base58")
        number = number * 58 + _VALUES[character]
    leading_zeros = len(text) - len(text.lstrip(ALPHABET[0]))
    data = bytes(leading_zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    payload, checksum = data[:-4], data[-4:]
    if len(data) < 5 or sha256d(payload)[:4] != checksum:
        raise Base58Error("the checksum is wrong")
    return payload
