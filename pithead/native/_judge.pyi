"""The C extension; without SHA instructions `USABLE` is False and the functions are missing."""

USABLE: bool

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
    /,
) -> bytes: ...
def scan(header: bytes, start_nonce: int, count: int, target: int, /) -> list[int]: ...
