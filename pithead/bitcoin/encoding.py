"""Bitcoin's integers and lengths on the wire, and a reader that never looks beyond its bytes."""

MAX_COMPACT_SIZE = 0x02000000
"""The largest count Bitcoin Core reads (`MAX_SIZE` in its `serialize.h`): 32 MiB."""


class DecodeError(ValueError):
    """The bytes are not what they should be; the message says where they stop being it."""


def compact_size(number: int) -> bytes:
    """A count in its only accepted, shortest form."""
    if number < 0xFD:
        return number.to_bytes(1, "little")
    if number <= 0xFFFF:
        return b"\xfd" + number.to_bytes(2, "little")
    if number <= 0xFFFFFFFF:
        return b"\xfe" + number.to_bytes(4, "little")
    return b"\xff" + number.to_bytes(8, "little")


def with_length(data: bytes) -> bytes:
    """The bytes behind their compact size."""
    return compact_size(len(data)) + data


class Reader:
    """Takes values off the front of some bytes; every method may raise `DecodeError`."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def position(self) -> int:
        return self._position

    @property
    def remaining(self) -> int:
        return len(self._data) - self._position

    def take(self, size: int) -> bytes:
        if size > self.remaining:
            raise DecodeError(f"{size} bytes wanted at {self._position}, {self.remaining} left")
        start = self._position
        self._position += size
        return self._data[start : self._position]

    def peek(self) -> int:
        """The next byte, which stays."""
        if not self.remaining:
            raise DecodeError(f"a byte wanted at {self._position}, none left")
        return self._data[self._position]

    def unsigned(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")

    def compact_size(self) -> int:
        """A count; a longer form than needed is refused, as Bitcoin Core does."""
        first = self.unsigned(1)
        if first < 0xFD:
            return first
        size = 1 << (first - 0xFC)
        number = self.unsigned(size)
        if number < (0xFD, 0x10000, 0x100000000)[first - 0xFD]:
            raise DecodeError(f"a longer count than needed before {self._position}")
        if number > MAX_COMPACT_SIZE:
            raise DecodeError(f"a count of {number} before {self._position}")
        return number

    def count(self, least_item_size: int) -> int:
        """How many items follow; refused if so many cannot fit into what is left."""
        number = self.compact_size()
        if number * least_item_size > self.remaining:
            raise DecodeError(f"{number} items cannot follow at {self._position}")
        return number

    def sized_bytes(self) -> bytes:
        """Bytes behind their compact size."""
        return self.take(self.compact_size())

    def end(self) -> None:
        """Claims that nothing is left."""
        if self.remaining:
            raise DecodeError(f"{self.remaining} bytes too many at {self._position}")
