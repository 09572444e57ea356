"""Notices reach a webhook, signed, and a mail server; what does not arrive waits."""

import asyncio
import hashlib
import hmac
import json
import socket

import pytest

from pithead.cli.serving import HttpServer
from pithead.pool.database import DATABASE, open_database
from pithead.pool.delivery import Delivery, MailSettings
from pithead.pool.notices import Notices, Told

NOTICE = Told(
    "alice", "worker", "alice.rig1 is off, was ok",
    {"workers": [{"worker": "rig1", "before": "ok", "after": "off"}]},
)  # fmt: skip


class Wall:
    now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def notices(tmp_path):
    engine = open_database(tmp_path / DATABASE)
    yield Notices(engine)
    engine.dispose()


@pytest.fixture
async def hook():
    """A server that notes what it is posted and answers with what is next in `answers`."""
    posted, answers = [], []

    async def app(scope, receive, send):
        body = (await receive())["body"]
        posted.append((dict(scope["headers"]), body))
        status = answers.pop(0) if answers else 200
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    listening = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(app, [listening])
    await server.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/", posted, answers
    await server.stop()


async def test_a_webhook_gets_the_notice_and_can_check_who_sent_it(notices, hook, wall):
    url, posted, _ = hook
    contact = notices.put_contact("alice", "webhook", url)
    notices.tell([NOTICE], wall())
    delivery = Delivery(notices, MailSettings(), wall)
    assert await delivery.send_due() == 1
    ((headers, body),) = posted
    expected = hmac.new(contact.secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers[b"x-pithead-signature"].decode() == f"sha256={expected}"
    said = json.loads(body)
    assert said["id"] == headers[b"x-pithead-delivery"].decode()
    assert said["workers"] == NOTICE.details["workers"]
    assert notices.latest("alice")[0].state == "delivered"
    assert await delivery.send_due() == 0


async def test_a_webhook_that_fails_is_tried_again_with_the_same_id(notices, hook, wall):
    url, posted, answers = hook
    answers += [500, 302]
    notices.put_contact("alice", "webhook", url)
    notices.tell([NOTICE], wall())
    delivery = Delivery(notices, MailSettings(), wall)
    for wait in (0, 30, 60):
        wall.now += wait
        assert await delivery.send_due() == 1
    assert len({headers[b"x-pithead-delivery"] for headers, _ in posted}) == 1
    row = notices.latest("alice")[0]
    assert (row.state, row.attempts) == ("delivered", 3)


async def test_where_nobody_listens_the_notice_waits_and_says_why(notices, wall):
    notices.put_contact("alice", "webhook", "http://127.0.0.1:1/")
    notices.tell([NOTICE], wall())
    await Delivery(notices, MailSettings(), wall).send_due()
    row = notices.latest("alice")[0]
    assert row.state == "waiting"
    assert row.error


async def test_an_e_mail_says_it_for_people(notices, wall):
    heard = []

    async def serve(reader, writer):
        writer.write(b"220 mail\r\n")
        while line := await reader.readline():
            heard.append(line)
            if line.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                while (line := await reader.readline()) != b".\r\n":
                    heard.append(line)
            if line.startswith(b"QUIT"):
                writer.write(b"221 bye\r\n")
                break
            writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        mail = MailSettings("127.0.0.1", port, sender="pool@example.org", start_tls=False)
        notices.put_contact("alice", "email", "alice@example.org")
        notices.tell([NOTICE], wall())
        await Delivery(notices, mail, wall).send_due()
    text = b"".join(heard).decode()
    assert "RCPT TO:<alice@example.org>" in text
    assert "Subject: alice.rig1 is off, was ok" in text
    assert "rig1: ok -> off" in text
    assert notices.latest("alice")[0].state == "delivered"


async def test_without_a_mail_server_it_says_what_to_configure(notices, wall):
    notices.put_contact("alice", "email", "alice@example.org")
    notices.tell([NOTICE], wall())
    await Delivery(notices, MailSettings(), wall).send_due()
    assert "[mail] host" in notices.latest("alice")[0].error
