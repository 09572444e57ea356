"""An admin API over a real pool's books."""

from dataclasses import dataclass, field

import httpx
import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from pithead.bitcoin.network import REGTEST
from pithead.pool.accounts import Accounts
from pithead.pool.admins import Admins
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.destinations import Destinations
from pithead.pool.events import ShareAccepted
from pithead.pool.groups import Groups
from pithead.pool.logins import Logins
from pithead.pool.notices import Notices
from pithead.pool.second_factors import SecondFactors
from pithead.pool.worker_settings import WorkerSettings
from pithead.pooladmin.app import build_app
from pithead.pooladmin.money import MoneyAdmin
from pithead.pooladmin.service import PoolAdmin
from pithead.poolapi.bans import Bans
from pithead.poolapi.settings import ApiSettings

NOW = 1_700_000_000.0
SCALE = 10**12


@dataclass
class Pool:
    height: int = 7
    connections: int = 2
    told: list = field(default_factory=list)

    def tell(self, text, user=None):
        if "\n" in text:
            raise ValueError("a message is one line")
        self.told.append((text, user))
        return 2

    def reconnect(self, user=None, place=None):
        self.told.append((user, place))
        return 1


@pytest.fixture
async def service(tmp_path):
    keeper = await Bookkeeper.open(tmp_path, BookkeeperSettings(commit_seconds=3_600))
    keeper.accept(
        [ShareAccepted(int(NOW - 300 + n) * 1000, "alice", "rig1", 100) for n in range(1, 300)]
    )
    engine = keeper.store.engine
    logins = Logins(engine, lambda: NOW)
    logins._hasher = PasswordHasher.from_parameters(CHEAPEST)
    logins.factors = SecondFactors(engine, lambda: NOW, memory_kib=32)
    yield PoolAdmin(
        Pool(), keeper, Accounts(keeper.store), Groups(engine), WorkerSettings(engine),
        Notices(engine), Bans.of(ApiSettings()), SCALE, lambda: NOW, lambda: NOW, logins,
    )  # fmt: skip
    await keeper.close()


@pytest.fixture
async def client(service):
    admins = Admins(service.keeper.store.engine)
    token = admins.create("ops")
    money = MoneyAdmin(
        service.keeper, service.accounts,
        Destinations(service.keeper.store.engine, REGTEST), None, service.clock,
    )  # fmt: skip
    transport = httpx.ASGITransport(build_app(service, money, admins), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://admin/api/v1",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:  # fmt: skip
        yield client
