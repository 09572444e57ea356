"""Transactions, with and without their witness (BIP144)."""

from dataclasses import dataclass

from pithead.bitcoin.encoding import DecodeError, Reader, compact_size, with_length
from pithead.bitcoin.hashing import sha256d

NO_TXID_WIRE = bytes(32)
"""What a coinbase spends."""
NO_INDEX = 0xFFFFFFFF
FINAL_SEQUENCE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class TxIn:
    previous_txid_wire: bytes
    previous_index: int
    script: bytes = b""
    sequence: int = FINAL_SEQUENCE
    witness: tuple[bytes, ...] = ()

    def serialize(self) -> bytes:
        """Without the witness, which stands elsewhere in a transaction."""
        return (
            self.previous_txid_wire
            + self.previous_index.to_bytes(4, "little")
            + with_length(self.script)
            + self.sequence.to_bytes(4, "little")
        )

    @staticmethod
    def read(reader: Reader) -> "TxIn":
        return TxIn(reader.take(32), reader.unsigned(4), reader.sized_bytes(), reader.unsigned(4))


@dataclass(frozen=True, slots=True)
class TxOut:
    value_sats: int
    script: bytes

    def serialize(self) -> bytes:
        return self.value_sats.to_bytes(8, "little") + with_length(self.script)

    @staticmethod
    def read(reader: Reader) -> "TxOut":
        return TxOut(reader.unsigned(8), reader.sized_bytes())


@dataclass(frozen=True, slots=True)
class Transaction:
    version: int
    inputs: tuple[TxIn, ...]
    outputs: tuple[TxOut, ...]
    lock_time: int = 0

    @property
    def has_witness(self) -> bool:
        return any(each.witness for each in self.inputs)

    @property
    def txid_wire(self) -> bytes:
        return sha256d(self.serialize(witness=False))

    @property
    def wtxid_wire(self) -> bytes:
        return sha256d(self.serialize())

    def serialize(self, witness: bool = True) -> bytes:
        """The bytes of the wire; the witness form is used only where there is a witness."""
        body = compact_size(len(self.inputs)) + b"".join(each.serialize() for each in self.inputs)
        body += compact_size(len(self.outputs))
        body += b"".join(each.serialize() for each in self.outputs)
        if witness and self.has_witness:
            body = b"\x00\x01" + body + b"".join(map(_serialize_witness, self.inputs))
        return self.version.to_bytes(4, "little") + body + self.lock_time.to_bytes(4, "little")

    @staticmethod
    def parse(data: bytes) -> "Transaction":
        """Raises `DecodeError` unless the bytes are one transaction and nothing else."""
        reader = Reader(data)
        transaction = Transaction.read(reader)
        reader.end()
        return transaction

    @staticmethod
    def read(reader: Reader) -> "Transaction":
        """Takes one transaction off a reader; may raise `DecodeError`."""
        version = reader.unsigned(4)
        with_witness = reader.peek() == 0
        if with_witness and reader.take(2) != b"\x00\x01":
            raise DecodeError("a transaction without inputs")
        inputs = tuple(TxIn.read(reader) for _ in range(reader.count(41)))
        if not inputs:
            raise DecodeError("a transaction without inputs")
        outputs = tuple(TxOut.read(reader) for _ in range(reader.count(9)))
        if with_witness:
            inputs = tuple(_with_witness(each, reader) for each in inputs)
            if not any(each.witness for each in inputs):
                raise DecodeError("a witness form without a witness")
        return Transaction(version, inputs, outputs, reader.unsigned(4))


def _serialize_witness(spent: TxIn) -> bytes:
    return compact_size(len(spent.witness)) + b"".join(map(with_length, spent.witness))


def _with_witness(spent: TxIn, reader: Reader) -> TxIn:
    witness = tuple(reader.sized_bytes() for _ in range(reader.count(1)))
    return TxIn(
        spent.previous_txid_wire, spent.previous_index, spent.script, spent.sequence, witness
    )
