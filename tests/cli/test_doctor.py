"""A deployment is looked at: what is wrong is said in a sentence, and nothing is changed."""

import asyncio
import datetime
import json
import os
import resource
import socket
import time
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from pithead.cli import checkup, reach
from pithead.cli.certificate import CertificateBad, valid_until
from pithead.cli.config import load
from pithead.cli.doctor import examine
from pithead.cli.farmtime import steady_wall
from pithead.cli.main import main
from pithead.cli.poolside import open_pool
from pithead.pool.database import open_database
from tests.node.playednodes import PlayedChain
from tests.node.rpcserver import refusal, served

NOW = time.time()
DAY = 86_400


def configuration(directory, **keys):
    ports = {"pool.api_port": 0, "pool.stratum_port": 0, "admin.port": 0}
    named = {name.replace("__", "."): value for name, value in keys.items()}
    return load({"data.directory": str(directory), **ports, **named}, {})


def only(findings):
    (finding,) = findings
    return finding


async def all_of(findings):
    return [found async for found in findings]


async def test_a_deployment_that_is_well_has_no_problem_and_nothing_is_made(tmp_path):
    directory = tmp_path / "data"
    findings = await examine(configuration(directory, pool__max_connections=100), NOW)
    assert {each.part for each in findings} >= {
        "data", "open files", "pool.stratum_port", "admin.port", "clock", "database",
        "payout address", "native",
    }  # fmt: skip
    assert not [each for each in findings if each.level == "problem"]
    assert not directory.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written_is_a_problem(tmp_path):
    tmp_path.chmod(0o500)
    assert only(checkup.data_directory(configuration(tmp_path))).level == "problem"
    tmp_path.chmod(0o700)


def test_a_file_in_the_place_of_the_directory_is_a_problem(tmp_path):
    (tmp_path / "data").touch()
    finding = only(checkup.data_directory(configuration(tmp_path / "data")))
    assert finding.level == "problem"
    assert f"{tmp_path / 'data'} is no directory" in finding.text


@pytest.mark.parametrize(
    ("free", "level"), [(checkup.GIB // 2, "problem"), (3 * checkup.GIB, "warning"), (1e12, "ok")]
)
def test_room_is_told(tmp_path, monkeypatch, free, level):
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(checkup.shutil, "disk_usage", lambda _: usage)
    assert only(checkup.data_directory(configuration(tmp_path))).level == level


def test_a_limit_of_open_files_below_the_connections_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    finding = only(checkup.open_files(configuration(tmp_path, pool__max_connections=15_000)))
    assert finding.level == "problem"
    assert "LimitNOFILE=15200" in finding.text
    assert (
        only(checkup.open_files(configuration(tmp_path, pool__max_connections=800))).level == "ok"
    )


def test_a_clock_of_the_past_or_behind_the_journal_is_a_problem(tmp_path):
    config = configuration(tmp_path)
    assert only(checkup.clock(config, 0.0)).level == "problem"
    assert only(checkup.clock(config, NOW)).level == "ok"
    journal = tmp_path / "pool" / "journal" / "pool.1.1.journal"
    journal.parent.mkdir(parents=True)
    journal.touch()
    os.utime(journal, (NOW + DAY, NOW + DAY))
    assert "turned back" in only(checkup.clock(config, NOW)).text


def test_an_address_of_another_network_is_a_problem(tmp_path):
    of = partial(configuration, tmp_path, node__kind="bitcoind", node__network="mainnet")
    assert only(checkup.payout_address(of())).level == "problem"
    good = of(pool__payout_address="bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    assert only(checkup.payout_address(good)).level == "ok"
    of_test = of(pool__payout_address="tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx")
    assert only(checkup.payout_address(of_test)).level == "problem"


def test_a_database_is_looked_at_and_left_as_it_is(tmp_path):
    config = configuration(tmp_path)
    assert "is made when" in only(checkup.database(config)).text
    file = tmp_path / "pool" / "pool.sqlite"
    assert not file.exists()
    engine = open_database(file)
    assert "up to date" in only(checkup.database(config)).text
    for version, level in (("0001", "warning"), ("9999", "problem")):
        with engine.begin() as connection:
            connection.execute(sa.text(f"UPDATE alembic_version SET version_num = '{version}'"))
        assert only(checkup.database(config)).level == level
    engine.dispose()
    file.write_bytes(b"no database at all, but long enough to be one" * 100)
    damaged = only(checkup.database(config))
    assert damaged.level == "problem"
    assert str(file) in damaged.text
    assert "start it" not in damaged.text


def test_a_postgresql_that_does_not_answer_is_a_problem_and_its_password_is_not_told(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        url = f"postgresql://pool:secret@127.0.0.1:{port}/pool"
        finding = only(checkup.database(configuration(tmp_path, pool__database=url)))
    assert finding.level == "problem"
    assert "start it" in finding.text
    assert "secret" not in finding.text


def certified(directory, days):
    """A self-signed certificate that expires so many days from now, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pool.example")])
    end = datetime.datetime.fromtimestamp(int(NOW) + days * DAY, datetime.UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(end - datetime.timedelta(days=1000)).not_valid_after(end)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    files = directory / "certificate.pem", directory / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )  # fmt: skip
    return files


@pytest.mark.parametrize(("days", "level"), [(90, "ok"), (5, "warning"), (-1, "problem")])
def test_a_certificate_is_told_by_when_it_expires(tmp_path, days, level):
    certificate, key = certified(tmp_path, days)
    config = configuration(tmp_path, pool__tls_certificate=str(certificate), pool__tls_key=str(key))
    finding = only(checkup.certificate(config, NOW))
    assert finding.level == level
    if days > 0:
        assert valid_until(certificate, key, NOW) == int(NOW) + days * DAY
    else:
        assert "expired" in finding.text


def test_the_key_of_another_certificate_is_a_problem(tmp_path):
    certificate, _ = certified(tmp_path, 90)
    (tmp_path / "other").mkdir()
    _, key = certified(tmp_path / "other", 90)
    with pytest.raises(CertificateBad, match=str(certificate)):
        valid_until(certificate, key, NOW)
    with pytest.raises(CertificateBad, match="nowhere"):
        valid_until(Path("nowhere.pem"), key, NOW)


@pytest.mark.slow
async def test_ports_of_a_pool_that_runs_are_its_own(tmp_path):
    wall = steady_wall()
    part = await open_pool(configuration(tmp_path), tmp_path, wall, wall, 4)
    try:
        config = configuration(
            tmp_path,
            pool__stratum_port=int(part.stratum.split(":")[1]),
            pool__api_port=int(part.api.split(":")[1]),
            admin__port=int(part.admin.address.split(":")[1]),
        )
        findings = await all_of(reach.ports(config))
    finally:
        await part.stop()
    assert [each.text.partition(" is ")[2] for each in findings] == [
        "answered by a pool that runs."
    ] * 3


@pytest.mark.parametrize("setting", ["pool__stratum_port", "pool__api_port", "admin__port"])
async def test_a_port_that_somebody_else_has_is_a_problem(tmp_path, setting):
    async def babble(_reader, writer):
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        findings = await all_of(reach.ports(configuration(tmp_path, **{setting: port})))
    (found,) = [each for each in findings if each.level == "problem"]
    assert setting.replace("__", ".") == found.part
    assert str(port) in found.text


async def test_a_bitcoind_that_is_not_there_is_a_problem(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://user:secret@127.0.0.1:{free.getsockname()[1]}"
        config = configuration(tmp_path, node__kind="bitcoind", node__urls=(url,))
        one, both = await all_of(reach.nodes(config, NOW))
    assert one.level == both.level == "problem"
    assert "secret" not in one.part + one.text


def test_the_command_says_it_in_sentences_or_json_and_in_its_exit_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ports = ["pool.api_port=0", "pool.stratum_port=0", "admin.port=0", "pool.max_connections=50"]
    options = [part for each in ports for part in ("--set", each)]
    well = CliRunner().invoke(main, ["doctor", "--data", "here", *options])
    assert well.exit_code == 0, well.output
    assert "no problem was found" in well.output
    (tmp_path / "here").touch()
    one = CliRunner().invoke(main, ["doctor", "--data", "here/in", *options])
    assert one.output.splitlines()[-1] == "1 problem"
    cookie = ["--set", "node.kind=bitcoind", "--set", 'node.cookie_files=["nowhere"]']
    ill = CliRunner().invoke(main, ["doctor", "--data", "here", "--json", *options, *cookie])
    assert ill.exit_code == 1
    report = json.loads(ill.output)  # all of it: no line of a log is among it
    assert report["ok"] is False
    problems = [each["part"] for each in report["findings"] if each["level"] == "problem"]
    assert problems == ["data", "bitcoind http://127.0.0.1:18443", "bitcoind", "payout address"]


def over(server, directory, **named):
    url = server.url.replace("//", f"//{server.user}:{server.password}@")
    return configuration(directory, node__kind="bitcoind", node__urls=(url,), **named)


async def test_a_bitcoind_that_is_well_is_told_with_its_height(tmp_path):
    chain = PlayedChain()
    chain.add("a" * 64, 15, "b" * 64)
    async with served() as server:
        chain.follow(server, "a" * 64)
        (finding,) = await all_of(reach.nodes(over(server, tmp_path), NOW))
    assert finding.level == "ok"
    assert "block 15" in finding.text
    assert "8 peers" in finding.text


async def test_a_bitcoind_of_another_network_is_told_apart(tmp_path):
    chain = PlayedChain()
    chain.add("a" * 64, 15, "b" * 64)
    async with served() as server:
        chain.follow(server, "a" * 64)
        config = over(server, tmp_path, node__network="mainnet")
        one, none = await all_of(reach.nodes(config, NOW))
    assert one.level == "warning"
    assert "is on regtest" in one.text
    assert none.level == "problem"
    assert "no node can be mined on" in none.text


async def test_a_bitcoind_that_gives_no_template_is_a_problem(tmp_path):
    chain = PlayedChain()
    chain.add("a" * 64, 15, "b" * 64)
    async with served() as server:
        chain.follow(server, "a" * 64)
        server.answers["getblocktemplate"] = refusal(-10, "still busy")
        one, _ = await all_of(reach.nodes(over(server, tmp_path), NOW))
    assert one.level == "problem"
    assert "still busy" in one.text


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(answer=st.binary(max_size=200))
def test_no_answer_of_a_stranger_is_taken_for_a_pool_or_breaks_the_look(answer):
    async def babble(reader, writer):
        writer.write(answer)
        writer.close()

    async def look():
        async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            return await reach._is_stratum("127.0.0.1", port), await reach._is_web(
                "127.0.0.1", port
            )

    assert asyncio.run(look()) == (False, False)
