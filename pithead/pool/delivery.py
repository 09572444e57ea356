"""Sends notices: to webhooks with a signature, and by e-mail."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate

import aiosmtplib
import httpx
import structlog
from sqlalchemy.exc import DBAPIError

from pithead.pool.mails import text_of
from pithead.pool.notices import Contact, NoticeRow, Notices

log = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
AT_ONCE = 8
SEND_SECONDS = 10.0
FORGET_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The mail server of the operator; without a host no e-mail is sent."""

    host: str = ""
    port: int = 587
    username: str = ""
    password: str = ""
    sender: str = "pithead@localhost"
    start_tls: bool = True


class NotDelivered(Exception):
    """The message says why, for the one who looks at the list of notices."""


class Delivery:
    """Takes what is due from the list, a few at a time, until it is stopped."""

    def __init__(
        self, notices: Notices, mail: MailSettings, wall: Callable[[], float] = time.time
    ) -> None:
        self._notices = notices
        self._mail = mail
        self._wall = wall
        self._forgot = 0.0
        self._client = httpx.AsyncClient(
            timeout=SEND_SECONDS, headers={"User-Agent": "pithead"}, trust_env=False
        )

    async def run(self) -> None:
        """Until cancelled. A database that is away is asked again; nothing is lost meanwhile."""
        try:
            while True:
                try:
                    await self.send_due()
                except DBAPIError as error:
                    log.warning("notices wait for the database", error=str(error.orig))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._client.aclose()

    async def send_due(self) -> int:
        """One look at the list; how many were tried."""
        wall = self._wall()
        if wall - self._forgot >= FORGET_SECONDS:
            self._forgot = wall
            await asyncio.to_thread(self._notices.forget_old, wall)
        rows = await asyncio.to_thread(self._notices.due, wall, AT_ONCE)
        await asyncio.gather(*(self._send(row, contact) for row, contact in rows))
        return len(rows)

    async def _send(self, row: NoticeRow, contact: Contact | None) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._deliver(row, contact)
        except (NotDelivered, httpx.HTTPError, httpx.InvalidURL, aiosmtplib.SMTPException,
                OSError, TimeoutError) as error:  # fmt: skip
            why = str(error) or type(error).__name__
            log.info("a notice could not be sent", target=row.target, error=why)
            await asyncio.to_thread(self._notices.not_delivered, row, why, self._wall())
        else:
            await asyncio.to_thread(self._notices.delivered, row)

    async def _deliver(self, row: NoticeRow, contact: Contact | None) -> None:
        if contact is None:
            raise NotDelivered("this contact was removed")
        if contact.channel == "webhook":
            await self._post(row, contact)
        else:
            await self._mail_to(row, contact)

    async def _post(self, row: NoticeRow, contact: Contact) -> None:
        body = row.body.encode()
        headers = {
            "Content-Type": "application/json",
            "X-Pithead-Delivery": row.id,
            "X-Pithead-Signature": f"sha256={signature(contact.secret, body)}",
        }
        request = self._client.stream("POST", contact.target, content=body, headers=headers)
        async with request as answer:  # what it says beyond its status is not read
            if not answer.is_success:
                raise NotDelivered(f"answered {answer.status_code}")

    async def _mail_to(self, row: NoticeRow, contact: Contact) -> None:
        mail = self._mail
        if not mail.host:
            raise NotDelivered("no mail server is configured; set [mail] host")
        message = EmailMessage()
        message["From"] = mail.sender
        message["To"] = contact.target
        message["Subject"] = row.subject
        message["Date"] = formatdate(row.made)
        message["Message-ID"] = f"<{row.id}@pithead>"
        message.set_content(text_of(row.subject, row.body))
        await aiosmtplib.send(
            message, hostname=mail.host, port=mail.port, timeout=SEND_SECONDS,
            username=mail.username or None, password=mail.password or None,
            start_tls=mail.start_tls,
        )  # fmt: skip


def signature(secret: str, body: bytes) -> str:
    """What the receiver works out again to know that the notice is ours: HMAC (RFC 2104), hex."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
