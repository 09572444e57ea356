"""Cuts a stream of bytes into lines, however the network split it, within a bound."""

SERVER_LINE_LIMIT = 8 * 1024
"""The longest line a pool reads. Real requests stay below 1 KiB, so eight are generous."""

CLIENT_LINE_LIMIT = 64 * 1024
"""The longest line a miner reads. A notify with 13 branches has 2 to 3 kB; a coinbase that pays
hundreds of outputs has tens of kB, and no miner known takes more than 16 kB of it."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class LineTooLong(Exception):
    """The peer sent more than the limit without ending a line; `lines` came whole before it."""

    def __init__(self, limit: int, lines: list[bytes]) -> None:
        super().__init__(f"a line of more than {limit} bytes")
        self.lines = lines


class LineBuffer:
    """Keeps the unfinished end of the stream, never more than `limit` bytes of it.

    A line ends at a line feed. A carriage return before it, empty lines and a byte order mark at
    the head of the stream are dropped.
    """

    __slots__ = ("_at_head", "_limit", "_rest")

    def __init__(self, limit: int = SERVER_LINE_LIMIT) -> None:
        self._limit = limit
        self._rest = b""
        self._at_head = True

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that `data` completed. Raises LineTooLong, after which the stream is over."""
        if self._rest:
            data = self._rest + data
        elif self._is_one_line(data):
            return [data[:-1]]
        whole = data.split(b"\n")
        self._rest = whole.pop()
        lines: list[bytes] = []
        for line in whole:
            if len(line) > self._limit:
                raise LineTooLong(self._limit, lines)
            if self._at_head:
                self._at_head = False
                line = line.removeprefix(_BYTE_ORDER_MARK)
            if line := line.rstrip(b"\r"):
                lines.append(line)
        if len(self._rest) > self._limit:
            raise LineTooLong(self._limit, lines)
        return lines

    def _is_one_line(self, data: bytes) -> bool:
        """What most reads bring: a whole line with nothing to drop but its end."""
        end = len(data) - 1
        return (
            0 < end <= self._limit
            and data.find(b"\n") == end
            and data[end - 1] != 13
            and not self._at_head
        )

    @property
    def holds_part(self) -> bool:
        """True while a line has begun and not ended."""
        return bool(self._rest)
