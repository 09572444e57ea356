"""Good requests that have been damaged: the answer is a sentence, and nothing has changed."""

import asyncio
import copy
import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pithead.miner.api.app import build_app
from pithead.miner.api.surroundings import surround
from tests.contract.facts import REST, SCHEMAS
from tests.miner.api.examples import NOTHING, WRITES
from tests.miner.api.living import REAL
from tests.miner.conftest import Rig

pytestmark = pytest.mark.slow

GOOD = [each for each in WRITES if each.body is not NOTHING and each.password is None]
FIELDS = sorted({name for schema in SCHEMAS["schemas"].values() for name in schema})
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, -1, 2**31, 2**32, 2**53 + 1, 2**63, 2**64, 10**400, 1e308, 0.1, -0.0])
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "\x00", "\ud800", "a" * 5000, "stratum+tcp://[::1]:0", "255.255.0.255"])
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(data, way=()):
    """The way to each value in it."""
    yield way
    match data:
        case dict():
            inside = data.items()
        case list():
            inside = enumerate(data)
        case _:
            inside = ()
    for key, value in inside:
        yield from places(value, (*way, key))


@st.composite
def damaged(draw):
    """One of the good requests with a value that is another, is lost, or is there many times."""
    example = draw(st.sampled_from(GOOD))
    body = copy.deepcopy(example.body)
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(list(places(body)))) or (None,)
        if last is None:
            body = draw(ANYTHING)
            continue
        there = body
        for key in way:
            there = there[key]
        match draw(st.integers(0, 5)):
            case 0:
                del there[last]
            case 1 if isinstance(there, list):
                there *= draw(st.sampled_from([2, 40, 400]))
            case _:
                there[last] = draw(ANYTHING)
    return example, body


@pytest.fixture(scope="module")
def rig():
    rig = Rig(model_name="Antminer S19 XP")
    rig.pool()
    rig.run(60)
    return rig


@pytest.fixture(scope="module")
def app(rig, tmp_path_factory):
    around = surround(
        rig.miner, tmp_path_factory.mktemp("rig"), lambda: rig.now, rig.miner.settings, lambda: REAL
    )
    return build_app(rig.miner, around, lambda: rig.now, lambda: 0.0)


@pytest.fixture(scope="module")
def token(app):
    body = {"username": "root", "password": ""}
    _, told = asyncio.run(answer_of(app, "POST", "/auth/login", body))
    return told["token"]


async def answer_of(app, verb, path, body, **headers):
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 4711))
    content = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    async with httpx.AsyncClient(transport=transport, base_url="http://rig/api/v1") as client:
        answer = await client.request(verb, path, content=content, headers=headers)
    is_json = answer.headers.get("content-type") == "application/json"
    return answer, answer.json() if is_json else answer.text


@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_a_damaged_request_gets_a_sentence_and_changes_nothing(app, rig, token, request_and_body):
    example, body = request_and_body
    verb, path, *_ = REST[example.operation_id]
    before = rig.miner.settings
    answer, told = asyncio.run(
        answer_of(app, verb, path.format(**example.path), body, Authorization=token)
    )
    if answer.is_success:
        rig.run(1)  # it lives on with what it was told
        return
    assert answer.status_code in (400, 401, 404, 409, 412, 413, 422, 429), told
    assert told.count("\n") == 1
    assert rig.miner.settings == before
