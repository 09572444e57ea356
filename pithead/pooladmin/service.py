"""What each operation of the admin API does. `work_scale` is applied here."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ParamSpec, Protocol, TypeVar

from pithead.pool.accounts import Accounts
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.course import Hours
from pithead.pool.events import MonitoringChanged
from pithead.pool.fence import UNFENCED, NotLeader
from pithead.pool.groups import Groups
from pithead.pool.logins import Logins
from pithead.pool.notices import NoticeRow, Notices
from pithead.pool.place import Place
from pithead.pool.readings import WorkerReading
from pithead.pool.worker_settings import WorkerSetting, WorkerSettings
from pithead.pooladmin import contract as api
from pithead.pooladmin.errors import Missing, Wrong
from pithead.poolapi.bans import Bans
from pithead.poolapi.endpoints import HOURS
from pithead.poolapi.figures import SECONDS_PER_DAY, hash_rate, mean_hash_rate
from pithead.poolapi.limits import address_key
from pithead.poolapi.public import hash_rates
from pithead.poolapi.publiccontract import HashRates

GIGA = 10**9
FIVE_MINUTES = 300

Arguments = ParamSpec("Arguments")
T = TypeVar("T")


class Running(Protocol):
    """The part of a pool that is asked how it is."""

    @property
    def height(self) -> int: ...

    @property
    def connections(self) -> int: ...

    def tell(self, text: str, user: str | None = None) -> int: ...

    def reconnect(self, user: str | None = None, place: Place | None = None) -> int: ...


@dataclass(frozen=True, slots=True)
class PoolAdmin:
    """One for a pool; all methods belong to its event loop."""

    pool: Running
    keeper: Bookkeeper
    accounts: Accounts
    groups_: Groups
    settings: WorkerSettings
    notices_: Notices
    bans_: Bans
    work_scale: int
    clock: Callable[[], float]
    wall: Callable[[], float]
    logins: Logins

    async def hash_rate(self, path: Mapping[str, str]) -> HashRates:
        if path["hours"] not in HOURS:
            raise Missing(f"a hashrate is told of {' or '.join(HOURS)} hours")
        hours: Hours = 1 if path["hours"] == "1" else 24
        return hash_rates(self.keeper.course("", self.clock(), hours), self.work_scale)

    async def status(self, path: Mapping[str, str]) -> api.PoolStatus:
        now = self.clock()
        reading = self.keeper.pool("", now)
        return api.PoolStatus(
            height=self.pool.height,
            connections=self.pool.connections,
            users=len(self.keeper.users),
            active_workers=reading.active_workers,
            hash_rate_5m=mean_hash_rate(reading.windows.work_5m, FIVE_MINUTES, self.work_scale),
            blocks_found=self.keeper.blocks_found,
            blocks_unresolved=len(self.keeper.unresolved),
            events_uncommitted=self.keeper.behind,
            now=now,
        )

    # Accounts

    async def users(self, path: Mapping[str, str]) -> list[str]:
        known = await asyncio.to_thread(self.accounts.users)
        return sorted({*known, *self.keeper.users})

    async def user(self, path: Mapping[str, str]) -> api.User:
        name = await self._known(path)
        groups = await asyncio.to_thread(self.groups_.all)
        profiles = await asyncio.to_thread(self.accounts.profiles, name)
        contacts = await asyncio.to_thread(self.notices_.contacts_of, name)
        reading = self.keeper.profile(name, self.clock())
        return api.User(
            name=name,
            group=next((group for group, users in groups.items() if name in users), None),
            profiles=[
                api.Profile(name=each.name, web_api=each.web_api, created=each.created,
                            last_used=each.last_used)
                for each in profiles
            ],
            contacts=[
                api.Contact(channel=each.channel, target=each.target, kinds=each.kinds)
                for each in contacts
            ],
            balance_sats=reading.confirmed_sats,
            unconfirmed_sats=reading.unconfirmed_sats,
            has_password=await asyncio.to_thread(self.logins.has_password, name),
            has_second_factor=await asyncio.to_thread(self.logins.factors.of, name) is not None,
        )  # fmt: skip

    async def create_user(self, path: Mapping[str, str]) -> None:
        await _try(self.accounts.create_user, path["user"])

    async def remove_second_factor(self, path: Mapping[str, str]) -> None:
        user = await self._known(path)
        if not await asyncio.to_thread(self.logins.factors.turn_off, user):
            raise Missing(f"{user} signs in without codes already")

    async def create_token(self, path: Mapping[str, str], body: api.ProfileChange) -> api.NewToken:
        made = await _try(self.accounts.create_token, path["user"], path["profile"], body.web_api)
        return api.NewToken(token=made)

    async def change_profile(self, path: Mapping[str, str], body: api.ProfileChange) -> None:
        user, profile = path["user"], path["profile"]
        if not await asyncio.to_thread(self.accounts.allow, user, profile, body.web_api):
            raise Missing(f"{user} has no access profile {profile!r}")

    async def revoke(self, path: Mapping[str, str]) -> None:
        user, profile = path["user"], path["profile"]
        if not await asyncio.to_thread(self.accounts.revoke, user, profile):
            raise Missing(f"{user} has no access profile {profile!r}")

    # Workers

    async def workers(self, path: Mapping[str, str]) -> list[api.Worker]:
        user = await self._known(path)
        settings = await asyncio.to_thread(self.settings.of, user)
        readings = self.keeper.workers(user, self.clock())
        return [
            self._worker(reading, settings.get(reading.name, WorkerSetting()))
            for reading in sorted(readings, key=lambda each: each.name)
        ]

    def _worker(self, reading: WorkerReading, setting: WorkerSetting) -> api.Worker:
        scale, rate = self.work_scale, setting.alert_rate
        return api.Worker(
            name=reading.name,
            state=reading.state,
            last_share=reading.last_share,
            hash_rate_5m=mean_hash_rate(reading.work_5m, FIVE_MINUTES, scale),
            hash_rate_24h=mean_hash_rate(reading.work_24h, SECONDS_PER_DAY, scale),
            label=setting.label,
            monitored=reading.state != "dis",
            alert_limit=None if rate is None else hash_rate(rate, scale),
            least_difficulty=setting.least_difficulty,
        )

    async def change_worker(self, path: Mapping[str, str], body: api.WorkerChange) -> None:
        user, worker = await self._known(path), path["worker"]
        if all(each.name != worker for each in self.keeper.workers(user, self.clock())):
            raise Missing(f"{user} has no worker {worker!r}")
        last = (await asyncio.to_thread(self.settings.of, user)).get(worker, WorkerSetting())
        rate = last.alert_rate
        if body.alert_limit is not None:
            rate = body.alert_limit * GIGA / self.work_scale or None
        label = last.label if body.label is None else body.label
        least = last.least_difficulty
        if body.least_difficulty is not None:
            least = body.least_difficulty or None
        await _try(self.settings.put, user, worker, WorkerSetting(label, rate, least))
        self.keeper.alert_at(await asyncio.to_thread(self.settings.alert_rates))
        if body.monitored is not None:
            at = round(self.clock() * 1000)
            self.keeper.accept([MonitoringChanged(at, user, worker, body.monitored)])
            await lasting(self.keeper)

    # Notices

    async def put_contact(self, path: Mapping[str, str], body: api.ContactChange) -> api.NewContact:
        user = await self._known(path)
        contact = await _try(self.notices_.put_contact, user, body.channel, body.target, body.kinds)
        return api.NewContact(secret=contact.secret)

    async def remove_contact(self, path: Mapping[str, str], body: api.ContactRemoval) -> None:
        user = await self._known(path)
        remove = self.notices_.remove_contact
        if not await asyncio.to_thread(remove, user, body.channel, body.target):
            raise Missing(f"{user} has no such contact")

    async def notices(self, path: Mapping[str, str]) -> list[api.Notice]:
        user = await self._known(path)
        return [_notice(row) for row in await asyncio.to_thread(self.notices_.latest, user)]

    async def all_notices(self, path: Mapping[str, str]) -> list[api.Notice]:
        return [_notice(row) for row in await asyncio.to_thread(self.notices_.latest)]

    # Groups

    async def groups(self, path: Mapping[str, str]) -> dict[str, list[str]]:
        found = await asyncio.to_thread(self.groups_.all)
        return {group: list(users) for group, users in found.items()}

    async def join(self, path: Mapping[str, str]) -> None:
        user = await self._known(path)
        await _try(self.groups_.put, path["group"], user)

    async def leave(self, path: Mapping[str, str]) -> None:
        group, user = path["group"], path["user"]
        if not await asyncio.to_thread(self.groups_.remove, group, user):
            raise Missing(f"{user} is not in group {group!r}")

    # Miners

    async def message(self, path: Mapping[str, str], body: api.MinersMessage) -> api.Reached:
        try:
            return api.Reached(connections=self.pool.tell(body.text, body.user))
        except ValueError as error:
            raise Wrong(str(error)) from error

    async def reconnect(self, path: Mapping[str, str], body: api.MinersMove) -> api.Reached:
        try:
            place = body.host and Place(body.host, body.port, body.wait_seconds)
        except ValueError as error:
            raise Wrong(str(error)) from error
        return api.Reached(connections=self.pool.reconnect(body.user, place or None))

    # Bans

    async def bans(self, path: Mapping[str, str]) -> list[api.Ban]:
        return [
            api.Ban(address=each.address, since=int(each.since), until=int(each.until))
            for each in self.bans_.present(self.wall())
        ]

    async def ban(self, path: Mapping[str, str], body: api.NewBan) -> None:
        self.bans_.ban(address_key(path["address"]), self.wall(), body.seconds)

    async def lift(self, path: Mapping[str, str]) -> None:
        address = path["address"]
        if not (self.bans_.lift(address) or self.bans_.lift(address_key(address))):
            raise Missing(f"{address} is not banned")

    async def _known(self, path: Mapping[str, str]) -> str:
        """The user of the path, whether it has an account or only mined."""
        name = path["user"]
        if name not in self.keeper.users and not await asyncio.to_thread(self.accounts.has, name):
            raise Missing(f"there is no user {name!r}")
        return name


def _notice(row: NoticeRow) -> api.Notice:
    return api.Notice(
        id=row.id, channel=row.channel, target=row.target, subject=row.subject, made=row.made,
        attempts=row.attempts, next_try=row.next_try, state=row.state, error=row.error,
        user=row.user,
    )  # fmt: skip


async def _try(
    work: Callable[Arguments, T], *arguments: Arguments.args, **named: Arguments.kwargs
) -> T:
    """Off the loop; what it says of its arguments goes to whoever sent them."""
    try:
        return await asyncio.to_thread(work, *arguments, **named)
    except ValueError as error:
        raise Wrong(str(error)) from error


async def lasting(keeper: Bookkeeper) -> None:
    """Return once what was accepted outlives this process: its journal does, but for books kept
    under a lease, as a successor begins with the store alone. Raises Wrong where it may not know.
    """
    if keeper.store.fence.token == UNFENCED:
        return
    try:
        is_stored = await keeper.secure()
    except NotLeader as error:
        raise Wrong(str(error)) from error
    if not is_stored:
        raise Wrong("the database cannot be written; ask again when it can")
