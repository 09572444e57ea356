"""A pool that says what a test wants it to say, and an API over it without a socket."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest

from pithead.pool.course import Course, Hours, course
from pithead.pool.credit_proof import CreditDay, CreditProof, prove
from pithead.pool.readings import (
    BlockReading,
    BlockRewardReading,
    DayHashrate,
    DayRewards,
    PayoutReading,
    PoolReading,
    PoolReadings,
    ProfileReading,
    Windows,
    WorkerReading,
)
from pithead.poolapi.app import build_app
from pithead.poolapi.settings import ApiSettings

NOW = 1_700_000_000.25
TODAY = 1_699_920_000
DAY = 86_400
NO_WORK = Windows(0, 0, 0, 0, 0.0)
TOKEN = "k3yZ8bQ4wT6vR1nM"
SCALE = 10**12


@dataclass
class FakeReadings:
    """Implements the port from values; notes the days it was asked for."""

    pool_reading: PoolReading = field(
        default_factory=lambda: PoolReading(NO_WORK, 0, int(NOW) - 60, 0, 21_000, 0, [], [])
    )
    profile_reading: ProfileReading = field(
        default_factory=lambda: ProfileReading("alice", 0, 0, 0, 0, 0, NO_WORK, 0, 0, 0, 0)
    )
    worker_readings: Sequence[WorkerReading] = ()
    rewards: Sequence[DayRewards] = ()
    hashrates: Sequence[DayHashrate] = ()
    group_hashrates: Sequence[DayHashrate] = ()
    block_rewards_readings: Sequence[BlockRewardReading] = ()
    payout_readings: Sequence[PayoutReading] = ()
    points: Sequence[tuple[int, int]] = ()
    asked: list[tuple[str, int, int]] = field(default_factory=list)

    def pool(self, user: str, now: float) -> PoolReading:
        return self.pool_reading

    def profile(self, user: str, now: float) -> ProfileReading:
        return replace(self.profile_reading, username=user)

    def workers(self, user: str, now: float) -> Sequence[WorkerReading]:
        return self.worker_readings

    def some_workers(self, user: str, now: float) -> Iterator[Sequence[WorkerReading]]:
        for reading in self.worker_readings:
            yield [reading]

    def course(self, user: str, now: float, hours: Hours) -> Course:
        return course(self.points, now, hours)

    async def daily_rewards(self, user: str, first_day: int, last_day: int) -> Sequence[DayRewards]:
        self.asked.append((user, first_day, last_day))
        return self.rewards

    async def daily_hashrate(
        self, user: str, first_day: int, last_day: int, of_group: bool = False
    ) -> Sequence[DayHashrate]:
        self.asked.append((user, first_day, last_day))
        return self.group_hashrates if of_group else self.hashrates

    async def block_rewards(
        self, user: str, first_day: int, last_day: int
    ) -> Sequence[BlockRewardReading]:
        self.asked.append((user, first_day, last_day))
        return self.block_rewards_readings

    async def payouts(self, user: str, first_day: int, last_day: int) -> Sequence[PayoutReading]:
        self.asked.append((user, first_day, last_day))
        return self.payout_readings

    async def credit_days(self, first_day: int, last_day: int) -> Sequence[CreditDay]:
        self.asked.append(("", first_day, last_day))
        return [CreditDay("2023-11-13", "ab" * 32, "5", 1, "cd" * 32, 1)]

    async def credit_proof(self, user: str, day: int) -> CreditProof | None:
        return prove(day // DAY, {"alice": 5}, b"s", user) if day == TODAY - DAY else None


@dataclass(frozen=True)
class FakeAccess:
    username: str
    web_api: bool = True


class FakeTokens:
    """Implements the port from a dictionary; counts how often it was asked."""

    def __init__(self) -> None:
        self.known = {
            TOKEN: FakeAccess("alice"),
            "watcher-without-api": FakeAccess("alice", web_api=False),
        }
        self.asked = 0

    def access(self, token: str) -> FakeAccess | None:
        self.asked += 1
        return self.known.get(token)


def busy_blocks() -> list[BlockReading]:
    """A minute apart, the newest first."""
    return [
        BlockReading(
            height=height,
            hash_display=f"{height:064x}",
            found_at=int(NOW) - 60 * (1_000 - height) - 30,
            round_seconds=60,
            round_work=18_000 + height,
            block_work=18_000,
            state="new" if height > 900 else "confirmed",
            confirmations_left=max(0, height - 900),
            value_sats=312_512_345,
            pool_scoring_rate=300.25,
            user_reward_sats=104_000_000 + height,
        )
        for height in range(1_000, 985, -1)
    ]


def busy_readings() -> FakeReadings:
    """A farm of three machines of 100 TH/s at a scale of 10**12, a block a minute."""
    rig = Windows(30_000, 360_000, 8_640_000, 8_000_000, 98.75)
    pool = Windows(90_000, 1_080_000, 25_920_000, 24_000_000, 300.5)
    blocks = busy_blocks()
    names = ["rig1", "rig2", "[auto]", "rack.7"]
    return FakeReadings(
        pool_reading=PoolReading(
            windows=pool,
            active_workers=3,
            round_started=blocks[0].found_at,
            round_work=9_000,
            block_work=18_000,
            last_template_value_sats=312_512_345,
            blocks=blocks,
            luck_blocks=[(block.block_work, block.round_work) for block in blocks],
        ),
        profile_reading=ProfileReading(
            "alice", 9_876_543_210, 104_001_000, 104_000_123, 19_876_543_210, 1_234, rig, 2, 1, 0, 1
        ),
        worker_readings=[
            WorkerReading(name, state, int(NOW) - 3, 30_000, 360_000, 8_640_000, rig.scoring_rate)
            for name, state in zip(names, ["ok", "ok", "low", "dis"], strict=True)
        ],
        rewards=[
            DayRewards(TODAY - DAY * n, TODAY, 312_512_345, 1_000, 10, 0, 8_640_000)
            for n in range(1, 20)
        ],
        hashrates=[DayHashrate(TODAY - DAY * n, 8_640_000, 99.5) for n in range(1, 20)],
        group_hashrates=[DayHashrate(TODAY - DAY, 17_280_000, 199.0)],
        points=[(int(NOW) // 60 - 2_940 + n, 6_000 * n) for n in range(2_941)],
        payout_readings=[
            PayoutReading(TODAY + 32_400, 0, "queued", 25_000, "bcrt1qa", "ab" * 32, True),
            PayoutReading(TODAY - DAY, TODAY, "confirmed", 50_000, "bcrt1qa", "cd" * 32, False),
        ],
        block_rewards_readings=[
            BlockRewardReading(block, 100.125, 104_000_000, 5, 0, 0) for block in reversed(blocks)
        ],
    )


@pytest.fixture
def busy() -> FakeReadings:
    return busy_readings()


@pytest.fixture(params=["an empty account", "a busy account"])
def readings(request: pytest.FixtureRequest) -> FakeReadings:
    return FakeReadings() if request.param == "an empty account" else busy_readings()


@pytest.fixture
def fake() -> type[FakeReadings]:
    return FakeReadings


@pytest.fixture
def token() -> str:
    return TOKEN


@pytest.fixture
def tokens() -> FakeTokens:
    return FakeTokens()


@dataclass
class Clocks:
    """Farm time and wall time, moved by hand."""

    farm: float = NOW
    wall: float = 5_000.0


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


Connect = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def connect(tokens: FakeTokens, clocks: Clocks) -> AsyncIterator[Connect]:
    """Makes clients of an API over given readings; the token is sent unless told otherwise."""
    opened = []

    def made(
        readings: PoolReadings,
        settings: ApiSettings | None = None,
        token: str | None = TOKEN,
        address: str = "127.0.0.1",
    ) -> httpx.AsyncClient:
        settings = settings or ApiSettings(work_scale=SCALE, burst=1_000)
        app = build_app(readings, tokens, settings, lambda: clocks.farm, lambda: clocks.wall)
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(address, 50_000)),
            base_url="http://pool",
            headers={} if token is None else {"SlushPool-Auth-Token": token},
        )
        opened.append(client)
        return client

    yield made
    for client in opened:
        await client.aclose()


@pytest.fixture
def capture() -> dict[str, object]:
    """An answer of the live pool to /stats/json/btc/, as test_service.py tells."""
    return json.loads((Path(__file__).parent / "stats_2020-04-03.json").read_text())
