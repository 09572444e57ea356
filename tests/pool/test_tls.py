"""TLS on the Stratum port, told from plain Stratum by its first byte, or on a port of its own."""

import asyncio
import datetime
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.gate import Gate, GateSettings
from pithead.pool.pool import PoolSettings
from pithead.pool.tls import (
    MOST_HANDSHAKE_BYTES,
    RELOAD_SECONDS,
    Certificate,
    CertificateError,
    Channel,
    NotTls,
)
from tests.pool.livepool import Peer, opened, until


def make_certificate(directory, name="localhost"):
    """A self-signed certificate for `name` and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    begin = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = directory / "certificate.pem", directory / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


@pytest.fixture
def files(tmp_path):
    return make_certificate(tmp_path)


def trusting(certificate):
    """What a miner needs that knows the pool's certificate."""
    return ssl.create_default_context(cafile=certificate)


async def connect(stage, certificate, name="localhost"):
    peer = Peer(
        *await asyncio.open_connection(
            *stage.listener.address, ssl=trusting(certificate), server_hostname=name
        )
    )
    stage.peers.append(peer)
    return peer


async def test_a_miner_that_speaks_tls_on_the_plain_port_is_understood_and_so_is_a_plain_one(
    tmp_path, files
):
    async with opened(tmp_path, gate=Gate(Certificate(*files))) as stage:
        for peer in (await connect(stage, files[0]), await stage.connect()):
            _, authorized, _, job = await peer.log_in()
            assert authorized["result"] is True
            assert job["method"] == "mining.notify"
        stage.node.grow(bytes(32))
        for peer in stage.peers:
            (job,) = await asyncio.wait_for(peer.hear(), 5)
            assert job["params"][1] == "00" * 32


async def test_on_the_port_for_tls_nothing_else_is_spoken(tmp_path, files):
    async with opened(tmp_path, gate=Gate(Certificate(*files)), tls_only=True) as stage:
        peer = await connect(stage, files[0])
        assert (await peer.log_in())[1]["result"] is True
        plain = await stage.connect()
        await plain.say({"id": 1, "method": "mining.subscribe", "params": []})
        assert await asyncio.wait_for(plain.reader.read(), 5) == b""
        await until(lambda: stage.pool.connections == 1)


async def test_a_balancer_may_hand_on_a_tls_connection(tmp_path, files):
    settings = PoolSettings(trusted_proxies=frozenset({"127.0.0.1"}))
    gate = Gate(Certificate(*files))
    async with opened(tmp_path, settings=settings, gate=gate, tls_only=True) as stage:
        peer = await stage.connect()
        peer.writer.write(b"PROXY TCP4 192.0.2.1 198.51.100.1 5 3333\r\n")
        await peer.writer.start_tls(trusting(files[0]), server_hostname="localhost")
        assert (await peer.log_in())[1]["result"] is True
        assert gate.waiting == 0


async def test_who_is_waited_for_has_a_deadline(tmp_path, files):
    gate = Gate(Certificate(*files), GateSettings(patience_seconds=0.05))
    settings = PoolSettings(trusted_proxies=frozenset({"127.0.0.1"}))
    async with opened(tmp_path, settings=settings, gate=gate) as stage:
        silent, slow = await stage.connect(), await stage.connect()
        slow.writer.write(b"PROXY TCP4 192.0.2.1 198.51.100.1 5 3333\r\n\x16\x03\x01")
        for peer in (silent, slow):
            assert await asyncio.wait_for(peer.reader.read(), 5) == b""
        await until(lambda: gate.waiting == 0)
        await until(lambda: stage.pool.connections == 0)


async def test_only_so_many_are_waited_for_and_those_who_are_through_do_not_count(tmp_path, files):
    gate = Gate(Certificate(*files), GateSettings(most_waiting=1))
    async with opened(tmp_path, gate=gate) as stage:
        peer = await connect(stage, files[0])
        await peer.log_in()
        slow = await stage.connect()
        slow.writer.write(b"\x16\x03\x01")
        await until(lambda: gate.waiting == 1)
        third = await stage.connect()
        third.writer.write(b"\x16\x03\x01")
        assert await asyncio.wait_for(third.reader.read(), 5) == b""
        slow.writer.close()
        await until(lambda: gate.waiting == 0)
        assert (await (await connect(stage, files[0])).log_in())[1]["result"] is True


async def test_what_begins_like_tls_and_is_none_is_closed(tmp_path, files):
    async with opened(tmp_path, gate=Gate(Certificate(*files))) as stage:
        peer = await stage.connect()
        peer.writer.write(b"\x16\x03\x01\x00\x05hello")
        await asyncio.wait_for(peer.reader.read(), 5)
        await until(lambda: stage.pool.connections == 0)


async def test_a_miner_that_says_goodbye_is_answered_and_told_goodbye(tmp_path, files):
    async with opened(tmp_path, gate=Gate(Certificate(*files))) as stage:
        peer = await connect(stage, files[0])
        await peer.say({"id": 1, "method": "mining.ping", "params": []})
        assert (await peer.hear())[0]["result"] == "pong"
        peer.writer.close()
        await until(lambda: stage.pool.connections == 0)


async def test_a_connection_the_pool_closes_ends_without_a_cut(tmp_path, files):
    async with opened(tmp_path, gate=Gate(Certificate(*files))) as stage:
        peer = await connect(stage, files[0])
        peer.writer.write(b"no json\n")
        assert await asyncio.wait_for(peer.reader.read(), 5) == b""  # a cut would be an SSLError


async def test_a_new_certificate_is_used_for_new_connections_and_the_old_go_on(tmp_path, files):
    certificate = Certificate(*files)
    wall = 100.0
    assert certificate.context(wall) is certificate.context(wall + 1)
    first = certificate.context(wall)
    make_certificate(tmp_path, "pool.test")
    assert certificate.context(wall + 1) is first  # not looked at yet
    second = certificate.context(wall + RELOAD_SECONDS)
    assert second is not first
    async with opened(tmp_path, gate=Gate(certificate)) as stage:
        peer = await connect(stage, files[0], "pool.test")
        make_certificate(tmp_path, "other.test")
        later = certificate.context(asyncio.get_running_loop().time() + 2 * RELOAD_SECONDS)
        assert later is not second
        assert (await peer.log_in())[1]["result"] is True


@pytest.mark.parametrize("spoil", ["missing", "garbage", "mismatch"])
def test_a_certificate_that_became_bad_leaves_the_last_good_one(tmp_path, files, spoil):
    certificate = Certificate(*files)
    first = certificate.context(0.0)
    match spoil:
        case "missing":
            files[0].unlink()
        case "garbage":
            files[0].write_text("no certificate")
        case "mismatch":
            other = tmp_path / "other"
            other.mkdir()
            files[1].write_bytes(make_certificate(other)[1].read_bytes())
    assert certificate.context(RELOAD_SECONDS + 1) is first
    make_certificate(tmp_path, "pool.test")
    assert certificate.context(3 * RELOAD_SECONDS) is not first


def test_a_certificate_that_is_none_is_told_at_the_start(tmp_path, files):
    with pytest.raises(CertificateError, match="nowhere"):
        Certificate(tmp_path / "nowhere.pem", files[1])
    files[0].write_text("no certificate")
    with pytest.raises(CertificateError, match=r"certificate\.pem"):
        Certificate(*files)


def test_an_encrypted_key_is_refused_and_nobody_is_asked_for_the_password(tmp_path, files):
    key = serialization.load_pem_private_key(files[1].read_bytes(), None)
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(CertificateError, match="encrypted"):
        Certificate(*files)


# The channel alone


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    return Certificate(*make_certificate(tmp_path_factory.mktemp("tls"))).context(0.0)


class Client:
    """The other end, in memory."""

    def __init__(self):
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.check_hostname = False
        trust.verify_mode = ssl.CERT_NONE
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = trust.wrap_bio(self.incoming, self.outgoing)
        self.is_open = False

    def shake(self, data=b""):
        self.incoming.write(data)
        try:
            self.tls.do_handshake()
            self.is_open = True
        except ssl.SSLWantReadError:
            pass
        return self.outgoing.read()

    def say(self, data):
        self.tls.write(data)
        return self.outgoing.read()


@given(size=st.integers(1, 500))
def test_a_conversation_cut_anywhere_is_the_same(context, size):
    channel, client = Channel(context), Client()
    to_pool, said = client.shake(), b""
    while to_pool:
        to_client = b""
        for start in range(0, len(to_pool), size):
            heard, reply, _ = channel.receive(to_pool[start : start + size])
            said += heard
            to_client += reply
        to_pool = client.shake(to_client)
        if client.is_open and not said:
            to_pool += client.say(b'{"id":1}\n')
    assert said == b'{"id":1}\n'
    client.incoming.write(channel.send(b"answer\n"))
    assert client.tls.read(100) == b"answer\n"


@given(data=st.binary(max_size=2000))
def test_random_bytes_lead_to_nothing_but_a_refusal(context, data):
    channel = Channel(context)
    try:
        said, _, is_over = channel.receive(b"\x16" + data)
    except NotTls:
        return
    assert (said, is_over, channel.is_open) == (b"", False, False)


def test_a_handshake_without_end_is_refused(context):
    channel = Channel(context)
    hello = b"\x16\x03\x01\x40\x00\x01\x00\xff\xff" + bytes(16_380)  # a part of 64 kB

    def flood():
        for _ in range(2 + MOST_HANDSHAKE_BYTES // len(hello)):
            channel.receive(hello)

    with pytest.raises(NotTls):
        flood()
