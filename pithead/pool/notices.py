"""What users are to be told, kept until it has arrived. Any process may write it."""

import json
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update

from pithead.pool.bulk import delete_rows, insert_rows, put_rows
from pithead.pool.fence import UNFENCED, Fence
from pithead.pool.readings import WorkerState
from pithead.pool.schema import contacts, marks, notices, watched

Channel = Literal["webhook", "email"]
CHANNELS: tuple[Channel, ...] = ("webhook", "email")

LONGEST_URL = 500
URL = re.compile(r"[!-~]+")
LONGEST_ADDRESS = 254
ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]+")

Kind = Literal["worker", "block", "payout"]
KINDS: tuple[Kind, ...] = ("worker", "block", "payout")
"""What a contact may be told of, or not."""
DESTINATION: Literal["destination"] = "destination"
"""Where the user is paid was changed: every contact is told of it."""

MOST_WAITING = 1_000
"""Notices a user may have waiting; of more the oldest are dropped."""
KEPT_SECONDS = 30 * 86_400
"""How long those that arrived, or were given up, can be looked at."""
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 6 * 3_600
MOST_ATTEMPTS = 12
"""The last is about a day after the first."""


class NoticeRow(msgspec.Struct, frozen=True):
    """A notice on its way to one place. Times are unix seconds of the world."""

    id: str
    user: str
    channel: Channel
    target: str
    subject: str
    body: str
    """JSON, as a webhook gets it."""
    made: int
    attempts: int
    next_try: int
    state: Literal["waiting", "delivered", "failed"]
    error: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a user wants to be told."""

    channel: Channel
    target: str
    """A URL, or an address of e-mail."""
    secret: str
    """Signs what a webhook gets; "" for e-mail."""
    kinds: tuple[Kind, ...] = ("worker",)
    """What it wants to be told of."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something a user is to be told."""

    user: str
    kind: Kind | Literal["destination"]
    subject: str
    details: Mapping[str, object]


class Notices:
    """Contacts of users, and what waits to be sent to them."""

    def __init__(self, engine: Engine, token: int = UNFENCED) -> None:
        """`token` is of the lease of who says what there is to tell, and sends it."""
        self._engine = engine
        self._fence = Fence(engine, token)

    # Contacts

    def put_contact(
        self, user: str, channel: Channel, target: str, kinds: Sequence[Kind] = ("worker",)
    ) -> Contact:
        """Tell this place from now on. A webhook gets a new secret to be checked by.

        ValueError for a target that cannot be one.
        """
        _check_target(channel, target)
        secret = secrets.token_hex(32) if channel == "webhook" else ""
        contact = Contact(channel, target, secret, tuple(kinds))
        with self._engine.begin() as connection:
            connection.execute(delete(contacts).where(*_same(user, channel, target)))
            connection.execute(
                insert(contacts).values(
                    user=user, channel=channel, target=target, secret=secret,
                    kinds=" ".join(kinds),
                )
            )  # fmt: skip
        return contact

    def remove_contact(self, user: str, channel: Channel, target: str) -> bool:
        """False where there was none. What waits for it is dropped."""
        with self._engine.begin() as connection:
            here = (notices.c.user, notices.c.channel, notices.c.target)
            connection.execute(
                delete(notices).where(
                    here[0] == user, here[1] == channel, here[2] == target,
                    notices.c.state == "waiting",
                )
            )  # fmt: skip
            gone = connection.execute(delete(contacts).where(*_same(user, channel, target)))
        return gone.rowcount > 0

    def contacts_of(self, user: str) -> Sequence[Contact]:
        with self._engine.connect() as connection:
            return _contacts(connection, user)

    def users_to_tell(self, kind: Kind) -> Sequence[str]:
        """Who wants to be told of it, in order."""
        rows = select(contacts.c.user, contacts.c.kinds).order_by(contacts.c.user)
        with self._engine.connect() as connection:
            found = connection.execute(rows).all()
        return list(dict.fromkeys(user for user, kinds in found if kind in kinds.split()))

    # Writing

    def tell(
        self,
        told: Sequence[Told],
        wall: float,
        states: Mapping[tuple[str, str], WorkerState] | None = None,
        named_marks: Mapping[str, int] | None = None,
        forgotten: Collection[tuple[str, str]] = (),
    ) -> None:
        """Queue notices together with what makes them not be told again: states and marks, without
        the states of workers that were forgotten, (user, worker).

        All of it is written, or nothing. NotLeader where another process keeps the books now.
        """
        with self._fence.begin() as connection:
            queue(connection, told, int(wall))
            found = [
                {"user": user, "worker": worker, "state": state}
                for (user, worker), state in (states or {}).items()
            ]
            gone = [{"user": user, "worker": worker} for user, worker in forgotten]
            delete_rows(connection, watched, gone)
            put_rows(connection, watched, found)
            named = [{"name": name, "value": value} for name, value in (named_marks or {}).items()]
            put_rows(connection, marks, named)

    # Sending

    def due(self, wall: float, most: int) -> Sequence[tuple[NoticeRow, Contact | None]]:
        """Waiting ones whose time has come, oldest first, with the contact if it is still there.

        NotLeader where it is another process that sends them now."""
        rows = (
            select(notices)
            .where(notices.c.state == "waiting", notices.c.next_try <= int(wall))
            .order_by(notices.c.next_try, notices.c.id)
            .limit(most)
        )
        with self._engine.connect() as connection:
            found = [NoticeRow(*row) for row in connection.execute(rows)]
            known = {
                user: {(each.channel, each.target): each for each in _contacts(connection, user)}
                for user in {row.user for row in found}
            }
        if found:
            self._fence.check()
        return [(row, known[row.user].get((row.channel, row.target))) for row in found]

    def delivered(self, row: NoticeRow) -> None:
        self._settle(row, state="delivered", attempts=row.attempts + 1, error="")

    def not_delivered(self, row: NoticeRow, error: str, wall: float) -> None:
        """Try again later, each time after twice as long, until it is given up."""
        attempts = row.attempts + 1
        wait = min(FIRST_WAIT_SECONDS * 2 ** (attempts - 1), LONGEST_WAIT_SECONDS)
        state = "failed" if attempts >= MOST_ATTEMPTS else "waiting"
        self._settle(
            row, state=state, attempts=attempts, next_try=int(wall) + wait, error=error[:200]
        )

    def forget_old(self, wall: float) -> None:
        with self._engine.begin() as connection:
            old = (notices.c.state != "waiting") & (notices.c.made < int(wall) - KEPT_SECONDS)
            connection.execute(delete(notices).where(old))

    def _settle(self, row: NoticeRow, **values: str | int) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(notices).where(notices.c.id == row.id).values(values))

    # Reading

    def latest(self, user: str | None = None, most: int = 100) -> Sequence[NoticeRow]:
        """Of a user, or of all; newest first."""
        rows = select(notices).order_by(notices.c.made.desc(), notices.c.id).limit(most)
        if user is not None:
            rows = rows.where(notices.c.user == user)
        with self._engine.connect() as connection:
            return [NoticeRow(*row) for row in connection.execute(rows)]

    def states(self) -> dict[str, dict[str, WorkerState]]:
        """Of each worker at the last snapshot, by user."""
        known: dict[str, dict[str, WorkerState]] = {}
        with self._engine.connect() as connection:
            for user, worker, state in connection.execute(select(watched)):
                known.setdefault(user, {})[worker] = state
        return known

    def mark(self, name: str) -> int | None:
        """None where it was never set."""
        with self._engine.connect() as connection:
            return connection.scalar(select(marks.c.value).where(marks.c.name == name))


def _same(user: str, channel: Channel, target: str) -> Sequence[ColumnElement[bool]]:
    table = contacts.c
    return table.user == user, table.channel == channel, table.target == target


def _contacts(connection: Connection, user: str) -> Sequence[Contact]:
    table = contacts.c
    rows = select(table.channel, table.target, table.secret, table.kinds)
    rows = rows.where(table.user == user).order_by(table.channel, table.target)
    return [
        Contact(channel, target, secret, tuple(kinds.split()))
        for channel, target, secret, kinds in connection.execute(rows)
    ]


def queue(connection: Connection, told: Sequence[Told], made: int) -> None:
    """For each contact that wants it, in the transaction of what it is about; `made` is in unix
    seconds. Most users of a large pool have none."""
    if not told:
        return
    reachable = set(connection.scalars(select(contacts.c.user).distinct()))
    for each in told:
        wanted = _contacts(connection, each.user) if each.user in reachable else ()
        rows = [
            asdict(_row(each, one, made))
            for one in wanted
            if each.kind in {DESTINATION, *one.kinds}
        ]
        if rows:
            insert_rows(connection, notices, rows)
            _drop_oldest(connection, each.user)


def _row(told: Told, contact: Contact, made: int) -> NoticeRow:
    identity = secrets.token_hex(16)
    body = {"id": identity, "kind": told.kind, "user": told.user, "at": made, **told.details}
    return NoticeRow(
        identity, told.user, contact.channel, contact.target, told.subject,
        json.dumps(body), made, 0, made, "waiting", "",
    )  # fmt: skip


def _drop_oldest(connection: Connection, user: str) -> None:
    waiting = (notices.c.user == user) & (notices.c.state == "waiting")
    count = connection.scalar(select(func.count()).select_from(notices).where(waiting)) or 0
    if count > MOST_WAITING:
        oldest = select(notices.c.id).where(waiting).order_by(notices.c.made, notices.c.id)
        gone = oldest.limit(count - MOST_WAITING)
        connection.execute(delete(notices).where(notices.c.id.in_(gone)))


def _check_target(channel: Channel, target: str) -> None:
    if channel == "email":
        if len(target) > LONGEST_ADDRESS or not ADDRESS.fullmatch(target):
            raise ValueError(f"{target[:80]!r} is not an address of e-mail")
        return
    try:
        url = urlsplit(target)
        good = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        good = False
    if not good or len(target) > LONGEST_URL or not URL.fullmatch(target):
        raise ValueError(f"{target[:80]!r} is not a URL of http or https")
