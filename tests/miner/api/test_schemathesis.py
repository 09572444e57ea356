"""schemathesis believes the OpenAPI document and looks for an answer that is not as it says.

Good requests and bad ones are made up from the document alone. Each operation has a machine of its
own; where it ends the machine, or its sessions, each request has one.
"""

import asyncio

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from pithead.miner.api.app import build_app
from pithead.miner.api.surroundings import surround
from tests.contract.facts import REST
from tests.miner.api.living import REAL
from tests.miner.conftest import Rig

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

STREAMS = {"getMinerStatus", "getMinerDetailedStatus"}
"""These never end."""
ENDING = {"reboot", "factory_reset", "restoreStock", "systemUpgrade", "setPassword"}
CONFIG = {
    "generation": {"allow-extra-parameters": False},  # a query that means nothing is ignored
    "checks": {
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "401", "404", "409", "412", "429"]
        }
    },
}
OF_THE_FORM = "the body does not fit"
"""How the sentence of a 422 begins where the document is at stake, not the sense of the values."""
EXAMPLES = 30


def machine(directory):
    """The application of a machine that mines, and a token for it."""
    rig = Rig()
    rig.pool()
    rig.run(20)
    around = surround(rig.miner, directory, lambda: rig.now, rig.miner.settings, lambda: REAL)
    app = build_app(rig.miner, around, lambda: rig.now, lambda: 0.0)

    async def settled(scope, receive, send):
        """Each request has a loop of its own here, so none leaves work to the next."""
        await app(scope, receive, send)
        await around.logs.settled()

    return settled, asyncio.run(log_in(settled))


async def log_in(app):
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://miner") as client:
        body = {"username": "root", "password": ""}
        return (await client.post("/api/v1/auth/login", json=body)).json()["token"]


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    app, _ = machine(tmp_path_factory.mktemp("described"))
    config = schemathesis.Config.from_dict(CONFIG)
    return schemathesis.openapi.from_asgi("/api/v1/docs/openapi.json", app, config=config)


@pytest.mark.parametrize("name", sorted(REST.keys() - STREAMS))
def test_no_request_gets_an_answer_that_the_document_does_not_know(document, name, tmp_path):
    operation = document.find_operation_by_id(name)
    made = iter(range(10**6))
    kept = None if name in ENDING else machine(tmp_path / "one")
    requests = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests)
    def ask(case):
        app, token = kept or machine(tmp_path / str(next(made)))
        case.operation.app = app
        response = case.call(headers={"Authorization": token})
        excluded = []
        if response.status_code == 422 and not response.text.startswith(OF_THE_FORM):
            excluded.append(positive_data_acceptance)
        case.validate_response(response, excluded_checks=excluded)

    ask()
