"""How the processes of a pool reach each other is set, and the ends are opened by it."""

import asyncio

import msgspec
import pytest

from pithead.cli.exchangesection import ExchangeSection
from pithead.cli.exchangeside import open_exchange, settings_of
from tests.natsservers import running_nats
from tests.pool.exchange_cases import give, take


def section(**settings):
    return msgspec.convert(settings, ExchangeSection)


async def passes(books, end):
    await asyncio.wait_for(end.linked(), 20)
    giving = asyncio.ensure_future(give(end, [b"share"]))
    assert await take(books.kept(), 1) == [b"share"]
    await giving
    for each in (end, books):
        await each.close()


async def test_on_one_machine_the_data_directory_is_all_that_is_needed(tmp_path):
    local = section()
    await passes(
        await open_exchange(local, tmp_path, True), await open_exchange(local, tmp_path, False)
    )


@pytest.mark.slow
async def test_on_several_they_reach_each_other_over_nats(tmp_path):
    with running_nats(tmp_path) as server:
        nats = section(kind="nats", urls=[server.url], prefix="mine")
        await passes(
            await open_exchange(nats, tmp_path, True), await open_exchange(nats, tmp_path, False)
        )


@pytest.mark.parametrize(
    "settings",
    [
        {"kind": "carrier pigeon"},
        {"kind": "nats", "urls": []},
        {"urls": ["http://host:4222"]},
        {"prefix": "two words"},
        {"replicas": 2},
        {"tls_key": "key.pem"},
        {"user": "me", "token": "t"},
        {"nkey_file": "seed", "credentials_file": "c"},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(msgspec.ValidationError):
        section(**settings)


def test_everything_that_is_set_reaches_the_connection():
    given = {
        "urls": ("nats://one:1", "nats://two:2"), "prefix": "p", "replicas": 3, "most_bytes": 9,
        "user": "u", "password": "w", "token": "", "credentials_file": "", "nkey_file": "",
        "tls_ca": "a", "tls_certificate": "c", "tls_key": "k",
    }  # fmt: skip
    for each in (given, {**given, "user": "", "credentials_file": "f"},
                 {**given, "user": "", "nkey_file": "f"}):  # fmt: skip
        made = settings_of(section(**each))
        assert {name: getattr(made, name) for name in each} == each
