"""Reads `multipart/form-data` (RFC 7578) as it arrives: no part is ever held whole. Pure."""

import re
from dataclasses import dataclass
from enum import Enum, auto

LONGEST_HEADERS = 8 * 1024
"""Bytes of the headers of one part."""
MOST_PARTS = 100_000
"""A firmware of a hundred megabytes in chunks of a kilobyte."""
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s";,]{1,70}))', re.IGNORECASE)
_NAME = re.compile(rb'form-data\s*;(?:.*;)?\s*name=(?:"([^"]*)"|([^\s";]+))', re.IGNORECASE)


class BadForm(ValueError):
    """The bytes are no form; the message says why."""


@dataclass(frozen=True, slots=True)
class PartBegins:
    name: str


@dataclass(frozen=True, slots=True)
class PartData:
    """A piece of the part that began last."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnds:
    pass


Event = PartBegins | PartData | PartEnds


class _State(Enum):
    PREAMBLE = auto()
    DELIMITED = auto()
    HEADERS = auto()
    BODY = auto()
    END = auto()


def boundary_of(content_type: str) -> bytes:
    """Of a Content-Type header. Raises BadForm."""
    kind, _, rest = content_type.partition(";")
    found = _BOUNDARY.search(rest)
    if kind.strip().lower() != "multipart/form-data" or found is None:
        raise BadForm("the body has to be multipart/form-data with a boundary")
    return (found[1] or found[2]).encode("latin-1", "replace")


class FormReader:
    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # the first delimiter needs no line end before it
        self._state = _State.PREAMBLE
        self._parts = 0

    @property
    def has_ended(self) -> bool:
        """Whether the last delimiter has come."""
        return self._state is _State.END

    def feed(self, data: bytes) -> list[Event]:
        """What the next bytes bring. Raises BadForm."""
        self._buffer += data
        events: list[Event] = []
        while self._advance(events):
            pass
        return events

    def _advance(self, events: list[Event]) -> bool:
        """One step; False where more bytes are needed."""
        match self._state:
            case _State.PREAMBLE:
                return self._until_delimiter(None)
            case _State.DELIMITED:
                return self._after_delimiter()
            case _State.HEADERS:
                return self._headers(events)
            case _State.BODY:
                return self._until_delimiter(events)
            case _State.END:
                self._buffer.clear()
                return False

    def _until_delimiter(self, events: list[Event] | None) -> bool:
        at = self._buffer.find(self._delimiter)
        sure = at if at >= 0 else len(self._buffer) - len(self._delimiter) + 1
        if sure > 0:
            if events is not None:
                events.append(PartData(bytes(self._buffer[:sure])))
            del self._buffer[:sure]
        if at < 0:
            return False
        del self._buffer[: len(self._delimiter)]
        if events is not None:
            events.append(PartEnds())
        self._state = _State.DELIMITED
        return True

    def _after_delimiter(self) -> bool:
        if self._buffer.startswith(b"--"):
            self._state = _State.END
            return True
        line_end = self._buffer.find(b"\r\n")
        if line_end < 0:
            if bytes(self._buffer[:1]).strip(b"- \t\r") or len(self._buffer) > LONGEST_HEADERS:
                raise BadForm("a delimiter goes on where its line should end")
            return False
        if self._buffer[:line_end].strip(b" \t"):
            raise BadForm("a delimiter goes on where its line should end")
        del self._buffer[:line_end]  # the line end stays: it may be half of the blank line
        self._state = _State.HEADERS
        return True

    def _headers(self, events: list[Event]) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end > LONGEST_HEADERS or (end < 0 and len(self._buffer) > LONGEST_HEADERS):
            raise BadForm(f"the headers of a part have more than {LONGEST_HEADERS} bytes")
        if end < 0:
            return False
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise BadForm(f"more than {MOST_PARTS} parts")
        events.append(PartBegins(_name(bytes(self._buffer[:end]))))
        del self._buffer[: end + 4]
        self._state = _State.BODY
        return True


def _name(headers: bytes) -> str:
    for line in headers.split(b"\r\n"):
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"content-disposition":
            found = _NAME.search(value)
            if found is not None:
                return (found[1] if found[1] is not None else found[2]).decode("utf-8", "replace")
    raise BadForm("a part has no name")
