"""The API of signed-in users over a real pool's books, and who asks it."""

from base64 import b32decode
from dataclasses import dataclass, field

import httpx
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from starlette.applications import Starlette

from pithead.bitcoin.network import REGTEST
from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeping import Bookkeeper, BookkeeperSettings
from pithead.pool.destinations import Destinations
from pithead.pool.events import ShareAccepted
from pithead.pool.groups import Groups
from pithead.pool.logins import Logins
from pithead.pool.notices import Notices
from pithead.pool.second_factors import STEP_SECONDS, SecondFactors, code_at
from pithead.pool.worker_settings import WorkerSettings
from pithead.pooladmin.money import MoneyAdmin
from pithead.pooladmin.service import PoolAdmin
from pithead.poolapi.bans import Bans
from pithead.poolapi.settings import ApiSettings
from pithead.poolapi.streams import Streams
from pithead.selfservice.app import selfservice_routes
from pithead.selfservice.contract import ME
from pithead.selfservice.document import CSRF_HEADER
from pithead.selfservice.service import SelfService

NOW = 1_700_000_000.0
PASSWORD = "correct horse"
SIGN_IN = {"user": "alice", "password": PASSWORD}


@dataclass
class Site:
    """The API over a real pool's books."""

    wall: float = NOW
    streams: Streams = field(default_factory=Streams)

    def open(self, keeper):
        engine = keeper.store.engine
        api_settings = ApiSettings(work_scale=1_000)
        self.accounts = Accounts(keeper.store)
        for user in ("alice", "bob"):
            self.accounts.create_user(user)
        self.logins = Logins(engine, lambda: self.wall)
        self.logins._hasher = PasswordHasher.from_parameters(CHEAPEST)
        self.logins.factors = SecondFactors(engine, lambda: self.wall, memory_kib=32)
        self.logins.set_password("alice", PASSWORD)
        self.notices = Notices(engine)
        pool = PoolAdmin(
            None, keeper, self.accounts, Groups(engine), WorkerSettings(engine), self.notices,
            Bans.of(api_settings), 1_000, lambda: NOW, lambda: self.wall, self.logins,
        )  # fmt: skip
        self.destinations = Destinations(engine, REGTEST)
        money = MoneyAdmin(keeper, self.accounts, self.destinations, None, lambda: NOW)
        service = SelfService.of(pool, money, api_settings)
        routes = selfservice_routes(service, self.logins, lambda: self.wall, self.streams)
        self.app = Starlette(routes=routes)

    def client(self, address="192.0.2.1", scheme="http"):
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://pool{ME}")


@pytest.fixture
async def site(tmp_path):
    keeper = await Bookkeeper.open(tmp_path, BookkeeperSettings(commit_seconds=3_600))
    keeper.accept(
        [ShareAccepted(int(NOW - 300 + n) * 1000, "alice", "rig1", 100) for n in range(1, 300)]
    )
    keeper.accept([ShareAccepted(int(NOW) * 1000 - 1, "bob", "secret-rig", 100)])
    made = Site()
    made.open(keeper)
    yield made
    await keeper.close()


@pytest.fixture
async def alice(site):
    """Signed in, with the token of her session sent along."""
    async with site.client() as client:
        answer = await client.post("/session", json=SIGN_IN)
        assert answer.status_code == 200, answer.text
        client.headers[CSRF_HEADER] = answer.json()["csrf"]
        yield client


@pytest.fixture
async def codes(site, alice):
    """Makes codes of alice's authenticator, each a step later; they are asked for."""
    made = (await alice.post("/second-factor", json={"password": PASSWORD})).json()
    secret = b32decode(made["secret"])

    def code():
        site.wall += STEP_SECONDS
        return code_at(secret, int(site.wall) // STEP_SECONDS)

    answer = await alice.put("/second-factor", json={"password": PASSWORD, "code": code()})
    assert answer.status_code == 200, answer.text
    code.recovery = answer.json()["codes"]
    return code
