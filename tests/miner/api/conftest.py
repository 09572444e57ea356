"""Machines behind their REST API, in process and in virtual time."""

from dataclasses import dataclass, field

import httpx
import pytest

from pithead.miner.api.app import build_app
from pithead.miner.api.surroundings import surround
from tests.miner.api.calling import caller, make_caller
from tests.miner.api.living import REAL, api, make_api

__all__ = ["api", "bench", "caller", "client", "make_api", "make_bench", "make_caller"]


@dataclass
class Bench:
    """A rig and its application. `client` is one more client, with these headers."""

    rig: object
    app: object
    wall: float = field(default=0.0)

    def client(self, **headers):
        transport = httpx.ASGITransport(self.app, client=("127.0.0.1", 4711))
        return httpx.AsyncClient(
            transport=transport, base_url="http://miner/api/v1", headers=headers
        )

    async def token(self, password=""):
        async with self.client() as client:
            body = {"username": "root", "password": password}
            return (await client.post("/auth/login", json=body)).json()["token"]


@pytest.fixture
def make_bench(make_rig, tmp_path):
    """A machine that has mined for so many seconds; arguments are those of the rig."""

    def make(seconds=0, **arguments):
        rig = make_rig(**arguments)
        rig.pool()
        rig.run(seconds)
        bench = Bench(rig, None)
        around = surround(
            rig.miner, tmp_path / "miner", lambda: rig.now, rig.miner.settings, lambda: REAL
        )
        bench.app = build_app(rig.miner, around, lambda: rig.now, lambda: bench.wall)
        return bench

    return make


@pytest.fixture
def bench(make_bench):
    return make_bench(90)


@pytest.fixture
async def client(bench):
    async with bench.client(Authorization=await bench.token()) as client:
        yield client
