"""REST as a client of the store in `parcels.py` meets it."""

import asyncio
import json

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from pithead.rpc import rest
from pithead.rpc.errors import BadRequest
from pithead.rpc.rest import BODY_LIMIT_BYTES
from tests.rpc.parcels import Store, app_of


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def app(store):
    return app_of(store)


@pytest.fixture
async def client(app):
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://store/v1", headers={"Authorization": "open"}
    ) as client:
        yield client


@pytest.fixture
def ask(client):
    """A request with a body that is sent as JSON."""

    async def ask(verb, path, body=b""):
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"}
        return await client.request(verb, path, content=content, headers=headers)

    return ask


def is_a_sentence(response):
    text = response.text
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.endswith("\n")
    assert text.count("\n") == 1
    return len(text) > 10


# --- bodies ---


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"watt=3",
        b'{"gram": 1}x',
        b'"gram',
        b"3 4",
        b'{"gram": "a"',
        b'{"gram": NaN}',
        b"\xff",
        b'{"note":"\xff","gram":1}',
    ],
)
async def test_a_body_that_is_not_json_is_400(ask, body, store):
    response = await ask("PUT", "/weight", body)
    assert response.status_code == 400
    assert is_a_sentence(response)
    assert store.seen == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "gram"),
        ({"gram": "3"}, "$.gram"),
        ({"gram": 3.5}, "$.gram"),
        ({"gram": True}, "$.gram"),
        ({"gram": None}, "$.gram"),
        ({"gram": -1}, "$.gram"),
        ({"gram": 2**32}, "$.gram"),
        ({"gram": 2**70}, "$.gram"),
        ({"gram": 1, "note": 3}, "$.note"),
        ([], "object"),
        (b"null", "object"),
        (b"3", "object"),
    ],
)
async def test_json_of_the_wrong_shape_is_422_and_says_where(ask, body, place, store):
    response = await ask("PUT", "/weight", body)
    assert response.status_code == 422, response.text
    assert place in response.text
    assert is_a_sentence(response)
    assert store.seen == []


@pytest.mark.parametrize("number", [b"3.0", b"3e0", b"30.0e-1"])
async def test_a_whole_number_may_be_written_with_a_point(ask, number, store):
    """To JSON Schema, and so to the document, it is an integer like any other."""
    assert (await ask("PUT", "/weight", b'{"gram": %b}' % number)).status_code == 200
    assert [each.weight.gram for each in store.seen] == [3]


async def test_a_body_of_another_kind_is_415(client):
    response = await client.put("/weight", data={"gram": 3})
    assert response.status_code == 415
    assert "application/x-www-form-urlencoded" in response.text
    assert is_a_sentence(response)


@pytest.mark.parametrize("kind", ["application/json", "application/JSON; charset=utf-8"])
async def test_a_parameter_of_the_content_type_does_no_harm(client, kind):
    response = await client.put("/weight", content=b'{"gram":3}', headers={"Content-Type": kind})
    assert response.status_code == 200


async def test_a_body_without_a_content_type_is_taken_for_json(client):
    request = client.build_request("PUT", "/weight", content=b'{"gram":3}')
    assert (await client.send(request)).status_code == 200


async def test_a_body_that_does_not_come_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(rest, "BODY_SECONDS", 0.05)
    sent = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive():
        if sent:
            return sent.pop()
        return await asyncio.get_running_loop().create_future()

    with pytest.raises(BadRequest, match=r"not whole after 0\.05 seconds"):
        await rest.read_bounded(Request({"type": "http"}, receive), 100)


async def test_too_long_a_body_is_413_whether_or_not_its_length_is_told(client, ask, store):
    async def endless():
        for _ in range(BODY_LIMIT_BYTES // 1024 + 2):
            yield b" " * 1024

    headers = {"Content-Type": "application/json"}
    for content in (b" " * (BODY_LIMIT_BYTES + 1), endless()):
        response = await client.put("/weight", content=content, headers=headers)
        assert response.status_code == 413
        assert is_a_sentence(response)
    assert store.seen == []
    padded = b" " * (BODY_LIMIT_BYTES - 10) + b'{"gram":3}'
    assert (await ask("PUT", "/weight", padded)).status_code == 200


async def test_unknown_fields_are_ignored_and_absent_is_null_in_the_answer(ask):
    response = await ask("PUT", "/weight", {"gram": 3, "of_a_newer_client": [1, {"a": 2}]})
    assert response.status_code == 200
    assert response.json() == {"gram": 3, "note": None}
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    assert (await ask("PUT", "/weight", {"gram": 3, "note": None})).json()["note"] is None


async def test_a_nest_without_end_is_refused_without_harm(ask):
    for body in (b"[" * 100_000, b'{"x":' * 40_000):
        assert (await ask("PUT", "/weight", body)).status_code == 400


async def test_a_field_that_rest_does_not_have_has_its_fixed_value_whatever_is_sent(ask, store):
    assert (await ask("PATCH", "/weight", {"gram": 1})).json() == 2
    assert (await ask("PUT", "/parcels/batch", {"up": 1})).json() == "2 1 none"
    body = {"up": 1, "word": "now", "save": "nonsense"}
    assert (await ask("PUT", "/parcels/batch", body)).json() == "2 1 now"
    assert (await ask("PUT", "/parcels/batch", {})).status_code == 422


# --- oneofs ---


async def test_a_oneof_stands_bare_as_the_body_and_named_in_a_whole_answer(ask, store):
    response = await ask("PUT", "/shape", {"box": {"side": 2}})
    assert response.json() == {"shape": {"box": {"side": 2.0}}}
    assert store.seen[0].shape.shape.chosen == ("box", store.seen[0].shape.shape.box)
    response = await ask("PUT", "/shape", {"bigball": {"gram": 2}})
    assert response.json() == {"shape": {"bigball": {"gram": 2, "note": None}}}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"big_ball": {"gram": 1}},
        {"box": {"side": 1}, "bigball": {"gram": 1}},
        {"box": None},
        {"box": {}},
        b"null",
    ],
)
async def test_a_oneof_has_exactly_one_of_its_variants(ask, body, store):
    response = await ask("PUT", "/shape", body)
    assert response.status_code == 422
    assert is_a_sentence(response)
    assert store.seen == []


# --- paths, queries, verbs ---


async def test_a_uid_of_the_path_goes_into_the_message_of_the_body(ask, store):
    response = await ask("PUT", "/parcels/x%20y", {"names": ["a"], "uid": "other", "colour": 2})
    assert response.json() == {"uid": "x y", "names": ["a"], "colour": 2, "size": None}
    assert store.seen[0].save == 2
    assert (await ask("PUT", "/parcels/x", {"names": ["a"], "colour": 9})).status_code == 422
    assert (await ask("PUT", "/parcels/x", {"names": ["a"], "size": -1})).status_code == 422


async def test_a_fixed_path_goes_before_one_with_a_uid(ask):
    assert (await ask("PUT", "/parcels/batch", {"up": 1})).json() == "2 1 none"


@pytest.mark.parametrize(
    ("query", "wipe"),
    [("", False), ("?wipe=true", True), ("?wipe=1", True), ("?wipe=false", False)],
)
async def test_a_query_has_its_type_and_its_default(client, store, query, wipe):
    response = await client.delete("/parcels/a" + query)
    assert response.status_code == 204
    assert response.content == b""
    assert store.seen[0].wipe is wipe


async def test_a_query_that_does_not_fit_is_422(client, store):
    response = await client.delete("/parcels/a?wipe=perhaps")
    assert response.status_code == 422
    assert "wipe" in response.text
    assert store.seen == []


async def test_errors_of_the_service_have_their_status_and_their_sentence(client, ask):
    response = await client.delete("/parcels/b")
    assert response.status_code == 404
    assert response.text == "no parcel has the uid b\n"
    response = await ask("PUT", "/weight", {"gram": 1001})
    assert response.status_code == 412
    assert response.text == "gram 1001 is above the maximum of 1000\n"


async def test_every_path_answers_with_and_without_its_last_slash_and_never_redirects(client, ask):
    for path in ("/parcels", "/parcels/"):
        assert (await client.get(path)).json() == "all"
    for path in ("/weight", "/weight/"):
        assert (await ask("PUT", path, {"gram": 1})).status_code == 200
    for path in ("/parcels/a", "/parcels/a/"):
        assert (await client.delete(path)).status_code == 204


@pytest.mark.parametrize(
    ("verb", "path", "allowed"),
    [
        ("POST", "/weight", {"PUT", "PATCH"}),
        ("GET", "/weight/", {"PUT", "PATCH"}),
        ("DELETE", "/parcels", {"GET", "HEAD", "POST"}),
        ("PATCH", "/parcels/a", {"PUT", "DELETE"}),
        ("PUT", "/watch", {"GET", "HEAD"}),
        ("OPTIONS", "/weight", {"PUT", "PATCH"}),
    ],
)
async def test_another_verb_is_405_and_all_that_are_allowed_are_named(client, verb, path, allowed):
    response = await client.request(verb, path)
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed
    assert is_a_sentence(response)


@pytest.mark.parametrize("path", ["/none", "/weight/x", "/parcels/a/b", "//weight", "/missing"])
async def test_an_unknown_path_is_404_in_words(client, path):
    response = await client.get(path)
    assert response.status_code == 404
    assert is_a_sentence(response)


async def test_without_a_token_nothing_is_read_and_the_answer_is_401(client, store):
    for verb, path in (("PUT", "/weight"), ("DELETE", "/parcels/a"), ("GET", "/watch")):
        response = await client.request(verb, path, content=b"{", headers={"Authorization": "no"})
        assert response.status_code == 401
        assert is_a_sentence(response)
    assert (await client.get("/parcels", headers={"Authorization": ""})).status_code == 200
    assert store.seen == []


async def test_head_is_as_get_without_a_body_and_does_not_begin_a_stream(client, store):
    response = await client.head("/parcels")
    assert response.status_code == 200
    response = await client.head("/watch")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "application/x-ndjson"
    assert store.closed == 0


# --- streams ---


async def test_a_stream_is_one_json_object_a_line_and_is_closed_at_its_end(client, store):
    response = await client.get("/watch")
    assert response.headers["content-type"] == "application/x-ndjson"
    lines = response.text.splitlines()
    assert [json.loads(line)["gram"] for line in lines] == [0, 1, 2]
    assert store.closed == 1


async def test_bytes_stream_as_they_are_and_an_enum_in_the_path_is_its_name(client, store):
    response = await client.get("/read/red")
    assert response.content == b"\x00\xffred"
    assert response.headers["content-type"] == "application/octet-stream"
    assert store.seen[0].colour == 1


@pytest.mark.parametrize("name", ["green", "1", "unspecified", "RED"])
async def test_a_name_that_the_enum_does_not_have_is_404_and_tells_which_there_are(client, name):
    response = await client.get(f"/read/{name}")
    assert response.status_code == 404
    assert "red, dark_blue" in response.text


async def test_what_fails_before_the_first_part_of_a_stream_has_its_status(client):
    response = await client.get("/read/dark_blue")
    assert response.status_code == 404
    assert response.text == "the blue one is not here\n"


# --- faults ---


async def test_a_fault_of_the_program_is_500_and_tells_no_details(client):
    response = await client.put("/break")
    assert response.status_code == 500
    assert is_a_sentence(response)
    assert "1234" not in response.text
    assert "RuntimeError" not in response.text


SOME_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["gram", "note", "box", "bigball", "side", "names", "uid", "up"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
).map(lambda data: json.dumps(data).encode())


@given(
    body=st.binary(max_size=60) | SOME_JSON,
    where=st.sampled_from(
        [("PUT", "/weight"), ("PUT", "/shape"), ("PUT", "/parcels/a"), ("POST", "/parcels"),
         ("PUT", "/parcels/batch")]
    ),
)  # fmt: skip
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_body_whatsoever_makes_a_fault(app, body, where):
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://store/v1") as client:
        response = await client.request(
            *where,
            content=body,
            headers={"Authorization": "open", "Content-Type": "application/json"},
        )
    assert response.status_code in (200, 201, 400, 412, 422)
    if response.status_code >= 400:
        assert is_a_sentence(response)
