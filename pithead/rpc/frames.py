"""Messages of gRPC as bytes, of bounded size."""

import struct
from typing import Any

from grpclib.encoding.base import CodecBase
from grpclib.server import Stream

from pithead.rpc.errors import InvalidArgument, TooLarge, Unimplemented

LARGEST_REQUEST = 256 * 1024
"""As over REST."""
LARGEST_PIECE = 4 << 20
"""Of an upload; what gRPC implementations send at most unless told otherwise."""

_HEAD = struct.Struct(">BI")
"""Before each message: whether it is compressed, and its length."""

ByteStream = Stream[bytes, bytes]


class BytesCodec(CodecBase):
    """Messages are bytes to the library; what they mean is for the methods."""

    __content_subtype__ = "proto"

    def encode(self, message: Any, message_type: Any) -> bytes:
        assert isinstance(message, bytes)
        return message

    def decode(self, data: bytes, message_type: Any) -> bytes:
        return data


async def receive(stream: ByteStream, limit: int) -> bytes | None:
    """The next message; None when there are no more. The library itself has no limit.

    Raises InvalidArgument, TooLarge, Unimplemented.
    """
    reading = stream._stream.recv_data
    try:
        head = await reading(_HEAD.size)
        if not head:
            return None
        is_compressed, length = _HEAD.unpack(head)
        if is_compressed:
            raise Unimplemented("compressed messages are not read")
        if length > limit:
            raise TooLarge(f"the message has {length} bytes, {limit} are the most")
        return await reading(length)
    except AssertionError as error:  # what the library says of a stream that ends too early
        raise InvalidArgument("the message ends before its last byte") from error
