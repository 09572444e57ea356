import contextlib
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.proxy import SIGNATURE, Handed, NotProxied, read_header

V1 = b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 3333\r\n"
V1_6 = b"PROXY TCP6 2001:db8::7 2001:db8::1 56324 3333\r\n"


def v2(source="192.0.2.7", command=0x21, family=0x11, extra=b""):
    kind = socket.AF_INET6 if ":" in source else socket.AF_INET
    both = socket.inet_pton(kind, source) * 2 + struct.pack(">HH", 56324, 3333) + extra
    return SIGNATURE + struct.pack(">BBH", command, family, len(both)) + both


@pytest.mark.parametrize(
    ("header", "address"),
    [
        (V1, "192.0.2.7"),
        (V1_6, "2001:db8::7"),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
        (v2(), "192.0.2.7"),
        (v2("2001:db8::7", family=0x21), "2001:db8::7"),
        (v2(extra=b"\x03\x00\x04abcd"), "192.0.2.7"),
        (v2(command=0x20), None),
    ],
)
def test_a_header_says_whose_connection_it_is_wherever_it_is_cut(header, address):
    for cut in range(len(header)):
        assert read_header(header[:cut]) is None
    assert read_header(header) == Handed(address, b"")
    assert read_header(header + b'{"id":1}\n') == Handed(address, b'{"id":1}\n')


@pytest.mark.parametrize(
    "data",
    [
        b'{"id":1,"method":"mining.subscribe"}\n',
        b"PROXY TCP4 192.0.2.777 198.51.100.1 1 2\r\n",
        b"PROXY TCP4 192.0.2.7\r\n",
        b"PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n",
        b"PROXY " + b"x" * 200,
        v2(command=0x31),
        v2(family=0x12),
        SIGNATURE + struct.pack(">BBH", 0x21, 0x11, 2000),
        SIGNATURE + struct.pack(">BBH", 0x21, 0x11, 4) + b"abcd",
    ],
)
def test_anything_else_is_not_proxied(data):
    with pytest.raises(NotProxied):
        read_header(data)


@given(st.binary(max_size=300), st.sampled_from([b"", b"PROXY ", SIGNATURE]))
def test_no_bytes_do_harm(data, start):
    with contextlib.suppress(NotProxied):
        read_header(start + data)
