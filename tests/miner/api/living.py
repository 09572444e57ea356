"""A machine, its API, its logs and a client that is logged in, in process and in virtual time."""

import contextlib
from dataclasses import dataclass

import httpx
import pytest

from pithead.miner.api.app import build_app
from pithead.miner.api.surroundings import surround
from pithead.miner.network import Interface

REAL = Interface("lo", "127.0.0.9", "255.0.0.0", "127.0.0.1", ("127.0.0.53",))


@dataclass
class Api:
    """A machine, its API and a client that is logged in. `run` lets the machine live."""

    rig: object
    around: object
    client: httpx.AsyncClient
    wall: float = 0.0

    @property
    def miner(self):
        return self.rig.miner

    def run(self, seconds, step=0.5):
        for _ in range(round(seconds / step)):
            self.rig.run(step, step)
            self.around.step(self.rig.now)

    async def log_in(self, password=""):
        body = {"username": "root", "password": password}
        return await self.client.post("/auth/login", json=body, headers={"Authorization": ""})

    async def get(self, path, **arguments):
        return await self.client.get(path, **arguments)

    async def put(self, path, **arguments):
        return await self.client.put(path, **arguments)

    async def patch(self, path, **arguments):
        return await self.client.patch(path, **arguments)

    async def details(self):
        return (await self.get("/miner/details")).json()


@pytest.fixture
async def make_api(make_rig, tmp_path):
    """Build an `Api`; arguments are those of the rig."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(log_in=True, with_pool=True, **arguments):
            rig = make_rig(**arguments)
            if with_pool:
                rig.pool()
            api = Api(rig, None, None)
            api.around = surround(
                rig.miner, tmp_path / "rig", lambda: rig.now, rig.miner.settings, lambda: REAL
            )
            app = build_app(rig.miner, api.around, lambda: rig.now, lambda: api.wall)
            transport = httpx.ASGITransport(app, client=("127.0.0.1", 4711))
            api.client = await stack.enter_async_context(
                httpx.AsyncClient(transport=transport, base_url="http://rig/api/v1")
            )
            if log_in:
                token = (await api.log_in()).json()["token"]
                api.client.headers["Authorization"] = token
            stack.push_async_callback(api.around.logs.settled)
            return api

        yield make


@pytest.fixture
async def api(make_api):
    """A machine that has mined for two minutes."""
    api = await make_api()
    api.run(120)
    return api
