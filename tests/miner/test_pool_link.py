"""Connections to pools inside TLS, over real loopback sockets."""

import asyncio
import datetime
import ipaddress
import ssl
import time

import pytest

from pithead.farm.clock import FarmClock
from pithead.farm.hashing import InlineEngine
from pithead.farm.machines import MachinePlan, build_machine
from pithead.hardware.models import model_named
from pithead.miner.configuration import PoolGroup, PoolTarget, Settings
from pithead.miner.daemon import Daemon
from pithead.miner.pool_link import PoolLinks
from tests.miner.test_daemon import SCALE, PoolPort, PoolServer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with a key and a certificate that it signed itself, long expired."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pool.elsewhere")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2020, 1, 1))
        .not_valid_after(datetime.datetime(2021, 1, 1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "pool.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


class TlsServer(PoolServer):
    def __init__(self, pool, clock, certificate):
        super().__init__(pool, clock)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)

    async def start(self, port=0):
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: PoolPort(self), "127.0.0.1", port, ssl=self._context
        )
        self.port = self._server.sockets[0].getsockname()[1]


@pytest.fixture
def clock():
    """A fast one, a day in the past."""
    return FarmClock(time.time() - 86_400, 200, time.time)


@pytest.fixture
def pool(clock, make_rig):
    pool = make_rig().pool(first_work=100)
    pool.new_block(clock.now())
    return pool


@pytest.fixture
def build(clock, tmp_path):
    def build(url):
        groups = (PoolGroup("Default", (PoolTarget(url, "alice.rig"),)),)
        plan = MachinePlan(
            name="rig",
            model=model_named("S21"),
            seed="rig",
            defaults=Settings(pool_groups=groups),
            directory=tmp_path / "rig",
        )
        return build_machine(plan, clock.now(), SCALE)

    return build


@pytest.mark.parametrize("scheme", ["stratum+ssl", "stratum+tls"])
async def test_a_machine_mines_inside_tls_whoever_signed_the_certificate(
    clock, pool, certificate, build, scheme
):
    server = TlsServer(pool, clock, certificate)
    await server.start()
    daemon = Daemon([build(f"{scheme}://127.0.0.1:{server.port}")], clock, InlineEngine())
    await daemon.start()
    await server.shares(5)
    (port,) = server.ports
    assert port.transport.get_extra_info("cipher") is not None
    await daemon.stop()
    await server.deserted()
    await server.stop()
    stats = daemon.machines[0].miner.snapshot(clock.now()).pool_stats
    assert stats.accepted_shares > 0


async def problem_of(machine, clock):
    """Try to connect until that has failed, and say why."""
    links = PoolLinks(machine.miner, clock.now)
    (upstream,) = machine.miner.links(clock.now())
    lost = asyncio.Event()
    tell = upstream.lost
    upstream.lost = lambda reason, now: (tell(reason, now), lost.set())
    links.keep(clock.now())
    await lost.wait()
    await links.close()
    return upstream.problem


async def test_a_pool_that_speaks_no_tls_is_told_as_such(clock, build):
    async def greet(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    problem = await problem_of(build(f"stratum+ssl://127.0.0.1:{port}"), clock)
    assert problem.startswith("the pool speaks no TLS: ")
    server.close()
    await server.wait_closed()
