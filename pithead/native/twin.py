"""The C extensions' work in plain Python: used where there is none of them, and their oracle."""

from hashlib import sha256

MAX_SCAN = 1 << 24
"""Nonces in one scan at most: a bound for the time it takes and for its answer."""


def share_hash(
    coinbase_prefix: bytes,
    extranonce1: bytes,
    extranonce2: bytes,
    coinbase_suffix: bytes,
    branch: bytes,
    version: int,
    prev_hash_wire: bytes,
    time: int,
    bits: int,
    nonce: int,
) -> bytes:
    """The hash of the header over a coinbase and its merkle branch (hashes joined)."""
    if len(prev_hash_wire) != 32 or len(branch) % 32:
        raise ValueError("hashes have 32 bytes")
    coinbase = coinbase_prefix + extranonce1 + extranonce2 + coinbase_suffix
    root = sha256(sha256(coinbase).digest()).digest()
    for start in range(0, len(branch), 32):
        root = sha256(sha256(root + branch[start : start + 32]).digest()).digest()
    header = b"".join(
        (
            version.to_bytes(4, "little"),
            prev_hash_wire,
            root,
            time.to_bytes(4, "little"),
            bits.to_bytes(4, "little"),
            nonce.to_bytes(4, "little"),
        )
    )
    return sha256(sha256(header).digest()).digest()


def scan(header: bytes, start_nonce: int, count: int, target: int) -> list[int]:
    """The nonces whose header hash is at or below `target`, of `count` from `start_nonce` on.

    The nonce in the header is ignored. The range ends at 2**32, it does not wrap. The extension
    lets other threads run meanwhile.
    """
    if len(header) != 80 or count > MAX_SCAN:
        raise ValueError("a header has 80 bytes and a scan at most 2**24 nonces")
    if not (0 <= start_nonce < 1 << 32 and count >= 0 and 0 <= target < 1 << 256):
        raise OverflowError("nonce, count or target out of range")
    first_chunk = sha256(header[:64])
    rest = header[64:76]
    found = []
    for nonce in range(start_nonce, min(start_nonce + count, 1 << 32)):
        hashing = first_chunk.copy()
        hashing.update(rest + nonce.to_bytes(4, "little"))
        if int.from_bytes(sha256(hashing.digest()).digest(), "little") <= target:
            found.append(nonce)
    return found
