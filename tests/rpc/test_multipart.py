from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.rpc.multipart import (
    LONGEST_HEADERS,
    BadForm,
    FormReader,
    PartBegins,
    PartData,
    PartEnds,
    boundary_of,
)


def form(*parts, boundary=b"xyz", end=b"--\r\n"):
    return (
        b"".join(
            b"--" + boundary + b'\r\nContent-Disposition: form-data; name="' + name.encode()
            + b'"\r\n\r\n' + data + b"\r\n"
            for name, data in parts
        )
        + b"--" + boundary + end
    )  # fmt: skip


def read(data, cuts=(), boundary=b"xyz"):
    """Name and content of each part, as fed in pieces."""
    reader, parts = FormReader(boundary), []
    edges = [0, *sorted(cuts), len(data)]
    for start, end in pairwise(edges):
        for event in reader.feed(data[start:end]):
            match event:
                case PartBegins(name=name):
                    parts.append((name, b""))
                case PartData(data=piece):
                    parts[-1] = (parts[-1][0], parts[-1][1] + piece)
    return reader.has_ended, parts


names = st.text(st.characters(codec="utf-8", exclude_characters='"\r\n'), max_size=10)
contents = st.binary(max_size=60).filter(lambda data: b"\r\n--xyz" not in b"\r\n" + data)


@given(st.lists(st.tuples(names, contents), max_size=4), st.data())
def test_every_form_is_read_however_it_is_cut(parts, data):
    whole = form(*parts)
    cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=8))
    assert read(whole, cuts) == (True, parts)


def test_a_form_byte_by_byte():
    whole = form(("metadata", b"{}"), ("data", b"\r\n--xy\r\n-"), ("data", b""))
    assert read(whole, range(len(whole))) == (
        True,
        [("metadata", b"{}"), ("data", b"\r\n--xy\r\n-"), ("data", b"")],
    )


def test_a_part_is_handed_on_before_it_is_whole():
    reader = FormReader(b"xyz")
    reader.feed(form(("data", b""), end=b"")[: -len(b"\r\n--xyz")])
    (event,) = reader.feed(b"a" * 100_000)
    assert isinstance(event, PartData)
    assert len(event.data) > 99_000
    assert isinstance(reader.feed(b"\r\n--xyz--")[-1], PartEnds)
    assert reader.has_ended


def test_a_preamble_an_epilogue_and_other_headers_are_passed_over():
    whole = (
        b"hello\r\n--xyz  \r\nContent-Type: application/json\r\n"
        b"content-disposition: form-data; filename=f; name=data\r\n\r\nabc\r\n--xyz--\r\nbye"
    )
    assert read(whole) == (True, [("data", b"abc")])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"--xyzabc\r\n", "delimiter"),
        (b"--xyz\r\n\r\n\r\nabc", "no name"),
        (b"--xyz\r\nContent-Disposition: form-data\r\n\r\nabc", "no name"),
        (b"--xyz\r\nA: " + b"a" * 2 * LONGEST_HEADERS, "headers"),
        (b"--xyz" + b" " * 2 * LONGEST_HEADERS, "delimiter"),
    ],
)
def test_what_is_no_form_is_refused(data, words):
    with pytest.raises(BadForm, match=words):
        read(data)


@given(st.lists(st.binary(max_size=50) | st.just(b"\r\n--xyz") | st.just(b"\r\n\r\n")))
def test_no_bytes_break_the_reader(pieces):
    reader = FormReader(b"xyz")
    try:
        for piece in pieces:
            reader.feed(piece)
    except BadForm:
        pass


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=xyz", b"xyz"),
        ('Multipart/Form-Data; charset=utf-8; Boundary="a b"', b"a b"),
    ],
)
def test_the_boundary_is_read(content_type, boundary):
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=x"]
)
def test_a_body_of_another_kind_is_refused(content_type):
    with pytest.raises(BadForm, match="multipart/form-data"):
        boundary_of(content_type)
