"""A miner, pools and the wires between them, all in memory and in virtual time."""

from dataclasses import dataclass, field

import pytest

from pithead.bitcoin.target import target_for_work
from pithead.hardware.models import model_named
from pithead.hardware.scanning import execute_all
from pithead.hardware.simulated import SimulatedMachine
from pithead.miner.configuration import PoolGroup, PoolTarget, Settings
from pithead.miner.identity import identity_of
from pithead.miner.miner import Miner
from pithead.pool.events import ShareAccepted
from pithead.pool.extranonce import Extranonces
from pithead.pool.front import Front, SessionSettings
from pithead.pool.jobs import JobBook, JobSettings
from pithead.pool.session import Session
from pithead.pool.vardiff import VardiffSettings
from pithead.work.template import Template

START = 1_700_000_000.0
WORK_SCALE = 10**12
NEW_BLOCK_SECONDS = 60


class MemoryPool:
    """The real session of the real pool, without its sockets."""

    def __init__(self, first_work=400):
        self.is_up = True
        self.events = []
        self.sessions = []
        self.height = 0
        self.book = JobBook(JobSettings(bytes.fromhex("0014") + bytes(20)), first_sequence=1000)
        self.front = Front(
            book=self.book,
            extranonces=Extranonces(key=b"secret"),
            admit=lambda user: user != "stranger",
            settings=SessionSettings(),
            vardiff=VardiffSettings(first_work=first_work, least_work=1),
        )

    def new_block(self, now):
        """A new tip: whatever was worked on before is stale."""
        self.height += 1
        template = Template(
            height=200 + self.height,
            version=0x20000000,
            prev_hash_wire=self.height.to_bytes(32, "little"),
            bits=0x207FFFFF,
            time=int(now),
            min_time=int(now) - 600,
            value_sats=50 * 10**8,
            transactions=(),
            witness_commitment_script=None,
            block_target=target_for_work(1 << 60),
        )
        job = self.book.open(template, now)
        return [(wire, wire.session.offer(job, now)) for wire in self.sessions]

    @property
    def credited_work(self):
        return sum(event.work for event in self.events if isinstance(event, ShareAccepted))

    @property
    def credited_shares(self):
        return sum(isinstance(event, ShareAccepted) for event in self.events)


@dataclass(eq=False)
class Wire:
    pool: MemoryPool
    session: Session


@dataclass
class Rig:
    """One miner; pools by port. `run` lets both live for so many seconds of farm time."""

    model_name: str = "Antminer S21"
    targets: tuple = (("stratum+tcp://127.0.0.1:1", "alice.rig"),)
    ambient_c: float = 25.0
    now: float = START
    pools: dict = field(default_factory=dict)
    saved: list = field(default_factory=list)
    wires: dict = field(default_factory=dict)
    hashes: int = 0

    def __post_init__(self):
        model = model_named(self.model_name)
        self.device = SimulatedMachine(
            model, seed="rig", now=self.now, work_scale=WORK_SCALE, ambient_c=self.ambient_c
        )
        pools = tuple(PoolTarget(url, user) for url, user in self.targets)
        groups = (PoolGroup("Default", pools),) if pools else ()
        self.miner = Miner(
            self.device,
            Settings(pool_groups=groups),
            self.now,
            identity=identity_of(model, "rig"),
            work_scale=WORK_SCALE,
            save=self.saved.append,
        )

    def pool(self, port=1, **settings):
        pool = self.pools.setdefault(port, MemoryPool(**settings))
        if pool.book.latest is None:
            pool.new_block(self.now)
        return pool

    def run(self, seconds, step=0.5):
        for _ in range(round(seconds / step)):
            self.now += step
            self.tick()

    def tick(self):
        self.miner.step(self.now)
        self.keep_links()
        scans = self.device.pending_scans()
        self.hashes += sum(scan.length for scan in scans)
        self.device.scanned(execute_all(scans))
        for upstream in self.miner.harvest(self.now):
            self.exchange(upstream)

    def keep_links(self):
        wanted = self.miner.links(self.now)
        for upstream in [open for open in self.wires if open not in wanted]:
            self.cut(upstream, "closed")
        for upstream in wanted:
            pool = self.pools.get(upstream.address.port)
            if upstream not in self.wires:
                if pool is None or not pool.is_up:
                    upstream.lost("connection refused", self.now)
                    continue
                session = Session(pool.front, self.now, self.now)
                wire = self.wires[upstream] = Wire(pool, session)
                pool.sessions.append(wire)
                upstream.opened(self.now)
            self.exchange(upstream)
            if upstream in self.wires:
                wire = self.wires[upstream]
                self.deliver(upstream, wire, wire.session.tick(self.now, self.now))
                upstream.tick(self.now, self.now)

    def exchange(self, upstream):
        """Carry bytes both ways until both ends are silent."""
        while upstream in self.wires and (data := upstream.outgoing()):
            wire = self.wires[upstream]
            self.deliver(upstream, wire, wire.session.receive(data, self.now, self.now))

    def deliver(self, upstream, wire, turn):
        wire.pool.events += turn.events
        if turn.reply:
            upstream.received(turn.reply, self.now, self.now)
            self.miner.refeed()
        if turn.close_reason:
            self.cut(upstream, turn.close_reason)

    def cut(self, upstream, reason):
        wire = self.wires.pop(upstream)
        wire.pool.sessions.remove(wire)
        wire.session.end(self.now)
        upstream.lost(reason, self.now)
        self.miner.refeed()

    def new_block(self, port=1):
        for wire, lines in self.pools[port].new_block(self.now):
            upstream = next(open for open, there in self.wires.items() if there is wire)
            upstream.received(lines, self.now, self.now)
            self.miner.refeed()

    def take_down(self, port):
        self.pools[port].is_up = False
        for upstream in [
            open for open, wire in self.wires.items() if wire.pool is self.pools[port]
        ]:
            self.cut(upstream, "reset")

    @property
    def snapshot(self):
        return self.miner.snapshot(self.now)


@pytest.fixture
def make_rig():
    return Rig
