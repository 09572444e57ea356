"""Block headers, whole blocks, and the commitment to witnesses (BIP141)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from pithead.bitcoin.encoding import DecodeError, Reader, compact_size
from pithead.bitcoin.hashing import sha256d
from pithead.bitcoin.merkle import merkle_root
from pithead.bitcoin.script import OP_RETURN, push
from pithead.bitcoin.transaction import Transaction

HEADER_SIZE = 80
MAX_BLOCK_SIZE = 4_000_000
"""No block is larger: four million weight units (BIP141), of which a byte takes at least one."""

WITNESS_RESERVED_VALUE = bytes(32)
"""The one element of a coinbase's witness; free by BIP141, all take zeros."""

_HEADER = struct.Struct("<I32s32sIII")
_COMMITMENT_MARK = bytes.fromhex("aa21a9ed")


@dataclass(frozen=True, slots=True)
class Header:
    version: int
    """As unsigned 32 bits, though Bitcoin Core prints it signed."""
    prev_hash_wire: bytes
    merkle_root_wire: bytes
    time: int
    bits: int
    nonce: int

    @property
    def hash_wire(self) -> bytes:
        return sha256d(self.pack())

    def pack(self) -> bytes:
        """The 80 bytes that are hashed."""
        return _HEADER.pack(
            self.version,
            self.prev_hash_wire,
            self.merkle_root_wire,
            self.time,
            self.bits,
            self.nonce,
        )

    @staticmethod
    def unpack(data: bytes) -> "Header":
        """Raises `DecodeError` unless there are 80 bytes."""
        if len(data) != HEADER_SIZE:
            raise DecodeError(f"a header has {HEADER_SIZE} bytes, not {len(data)}")
        return Header(*_HEADER.unpack(data))


@dataclass(frozen=True, slots=True)
class Block:
    header: Header
    transactions: tuple[Transaction, ...]
    """The coinbase first."""

    def serialize(self) -> bytes:
        body = b"".join(each.serialize() for each in self.transactions)
        return self.header.pack() + compact_size(len(self.transactions)) + body

    @staticmethod
    def parse(data: bytes) -> "Block":
        """Raises `DecodeError` unless the bytes are one block and nothing else."""
        if len(data) > MAX_BLOCK_SIZE:
            raise DecodeError(f"a block has at most {MAX_BLOCK_SIZE} bytes, not {len(data)}")
        reader = Reader(data)
        header = Header.unpack(reader.take(HEADER_SIZE))
        transactions = tuple(Transaction.read(reader) for _ in range(reader.count(60)))
        reader.end()
        return Block(header, transactions)

    @property
    def merkle_root_wire(self) -> bytes:
        """What the header should say."""
        return merkle_root([each.txid_wire for each in self.transactions])


def witness_commitment_script(other_wtxids_wire: Sequence[bytes]) -> bytes:
    """The coinbase output that commits to the witnesses of all transactions but the coinbase.

    The coinbase itself stands in the tree as zeros (BIP141).
    """
    root = merkle_root([bytes(32), *other_wtxids_wire])
    commitment = sha256d(root + WITNESS_RESERVED_VALUE)
    return bytes([OP_RETURN]) + push(_COMMITMENT_MARK + commitment)
