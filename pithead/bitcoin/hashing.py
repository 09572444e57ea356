"""Double SHA-256, and the two byte orders a hash is written in."""

from hashlib import sha256


def sha256d(data: bytes) -> bytes:
    """SHA-256 of the SHA-256: 32 bytes in wire order."""
    return sha256(sha256(data).digest()).digest()


def display_from_wire(hash_wire: bytes) -> str:
    """The hex that people and RPCs see: the bytes of the wire reversed."""
    return hash_wire[::-1].hex()


def wire_from_display(hash_display: str) -> bytes:
    """Raises `ValueError` unless it is 64 hex digits."""
    if len(hash_display) != 64:
        raise ValueError(f"a hash has 64 hex digits, not {len(hash_display)}")
    hash_wire = bytes.fromhex(hash_display)[::-1]
    if len(hash_wire) != 32:
        raise ValueError("a hash has hex digits only")
    return hash_wire
