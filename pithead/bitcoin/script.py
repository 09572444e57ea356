"""The little of Bitcoin script that mining needs: pushes, numbers and standard output scripts."""

OP_0 = 0x00
OP_PUSHDATA1 = 0x4C
OP_PUSHDATA2 = 0x4D
OP_1NEGATE = 0x4F
OP_1 = 0x51
OP_RETURN = 0x6A
OP_DUP = 0x76
OP_EQUAL = 0x87
OP_EQUALVERIFY = 0x88
OP_HASH160 = 0xA9
OP_CHECKSIG = 0xAC

ANYONE_CAN_SPEND = bytes([OP_1])
"""An output script that needs no key."""

MAX_PUSH = 520
"""The largest element consensus lets a script push (`MAX_SCRIPT_ELEMENT_SIZE`)."""


def push(data: bytes) -> bytes:
    """An instruction that puts these bytes on the stack, whole and unread as a number."""
    size = len(data)
    if size > MAX_PUSH:
        raise ValueError(f"a script pushes at most {MAX_PUSH} bytes, not {size}")
    if size < OP_PUSHDATA1:
        return bytes([size]) + data
    if size <= 0xFF:
        return bytes([OP_PUSHDATA1, size]) + data
    return bytes([OP_PUSHDATA2]) + size.to_bytes(2, "little") + data


def push_number(number: int) -> bytes:
    """The shortest instruction that puts a number on the stack.

    0, -1 and 1..16 have instructions of their own, and BIP34's check in Bitcoin Core expects
    them for low heights; others are little-endian with the sign in the topmost bit.
    """
    if number == 0:
        return bytes([OP_0])
    if number == -1 or 1 <= number <= 16:
        return bytes([OP_1 + number - 1])
    magnitude = abs(number)
    data = bytearray(magnitude.to_bytes(magnitude.bit_length() // 8 + 1, "little"))
    if number < 0:
        data[-1] |= 0x80
    return push(bytes(data))


def pay_to_pubkey_hash(pubkey_hash: bytes) -> bytes:
    return bytes([OP_DUP, OP_HASH160]) + push(pubkey_hash) + bytes([OP_EQUALVERIFY, OP_CHECKSIG])


def pay_to_script_hash(script_hash: bytes) -> bytes:
    return bytes([OP_HASH160]) + push(script_hash) + bytes([OP_EQUAL])


def pay_to_witness(version: int, program: bytes) -> bytes:
    """BIP141: a version of 0 to 16 and a program of 2 to 40 bytes."""
    return push_number(version) + push(program)


def witness_version(script: bytes) -> int | None:
    """The version of a BIP141 output script, None if it is not one."""
    if not 4 <= len(script) <= 42 or script[1] != len(script) - 2:
        return None
    if script[0] == OP_0:
        return 0
    return script[0] - OP_1 + 1 if OP_1 <= script[0] <= OP_1 + 15 else None


def dust_limit_sats(script: bytes) -> int:
    """The least value of an output that nodes relay, as Bitcoin Core's `policy.cpp` counts it.

    Three satoshis a byte for the output and for the input that would spend it one day: 67 bytes
    for a witness input, 148 for another. Data carriers are never spent.
    """
    if script[:1] == bytes([OP_RETURN]):
        return 0
    length_size = 1 if len(script) < 0xFD else 3
    spending_size = 67 if witness_version(script) is not None else 148
    return 3 * (8 + length_size + len(script) + spending_size)
