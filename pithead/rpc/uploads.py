"""A form as a stream of messages: REST's dress of an operation whose requests are a stream.

The request has one oneof. Each part of the form is named as one of its variants: a message comes
whole as JSON, bytes come in as many messages as they arrive in.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import msgspec

from pithead.rpc import multipart, shapes
from pithead.rpc.contract import Message
from pithead.rpc.errors import BadRequest, InvalidArgument, TooLarge

LARGEST_FORM = 1 << 30
LARGEST_MESSAGE = 64 * 1024


async def uploaded(
    chunks: AsyncIterator[bytes], boundary: bytes, kind: type[Message]
) -> AsyncGenerator[Message, None]:
    """The messages of a form. Raises BadRequest, InvalidArgument, TooLarge."""
    reader = multipart.FormReader(boundary)
    parts = _Parts(kind)
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > LARGEST_FORM:
            raise TooLarge(f"the form has more than {LARGEST_FORM} bytes")
        try:
            events = reader.feed(chunk)
        except multipart.BadForm as error:
            raise BadRequest(f"the body is not a form: {error}") from error
        for event in events:
            message = parts.take(event)
            if message is not None:
                yield message
    if not reader.has_ended:
        raise BadRequest("the form ends before its last delimiter")


class _Parts:
    """Puts the pieces of a form's parts together, where they are messages."""

    def __init__(self, kind: type[Message]) -> None:
        self._kind = kind
        (self._field,) = kind.__struct_fields__
        self._oneof: type[Message] = shapes.bare(shapes.field_type(kind, self._field))
        self._types = shapes.upload_parts(kind)
        self._name = ""
        self._text = b""

    def take(self, event: multipart.Event) -> Message | None:
        match event:
            case multipart.PartBegins(name=name):
                if name not in self._types:
                    raise InvalidArgument(
                        f"the form has a part {name[:80]!r}; {' and '.join(self._types)} are known"
                    )
                self._name, self._text = name, b""
                return None
            case multipart.PartData(data=data) if self._types[self._name] is bytes:
                return self._message(data)
            case multipart.PartData(data=data):
                self._text += data
                if len(self._text) > LARGEST_MESSAGE:
                    raise TooLarge(f"{self._name} has more than {LARGEST_MESSAGE} bytes")
                return None
            case multipart.PartEnds() if self._types[self._name] is not bytes:
                return self._message(self._decoded())
            case multipart.PartEnds():
                return None

    def _decoded(self) -> Any:
        try:
            return msgspec.json.decode(self._text, type=self._types[self._name])
        except msgspec.ValidationError as error:
            raise InvalidArgument(f"{self._name} does not fit: {error}") from error
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"{self._name} is not JSON: {error}") from error

    def _message(self, value: Any) -> Message:
        return self._kind(**{self._field: self._oneof(**{self._name: value})})
