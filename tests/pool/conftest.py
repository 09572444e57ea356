"""A pool's front end without sockets, and peers that talk to it in whole lines."""

import json
from dataclasses import replace

import pytest

from pithead.bitcoin.target import target_for_work
from pithead.bitcoin.transaction import Transaction, TxIn, TxOut
from pithead.pool.extranonce import Extranonces
from pithead.pool.front import Front, SessionSettings
from pithead.pool.jobs import JobBook, JobSettings
from pithead.pool.session import Session
from pithead.pool.vardiff import VardiffSettings
from pithead.work.judge import hash_solution
from pithead.work.share import Solution
from pithead.work.template import Template, TemplateTransaction
from tests.postgres import new_database

START = 1_700_000_000.0
PAYOUT_SCRIPT = bytes.fromhex("0014") + bytes(20)
NO_BLOCK = 1 << 60
"""Work that no test will do: shares without blocks."""


def make_template(**changes):
    """A template of an empty regtest block, its block target out of reach."""
    template = Template(
        height=200,
        version=0x20000000,
        prev_hash_wire=bytes(range(32)),
        bits=0x207FFFFF,
        time=int(START),
        min_time=int(START) - 600,
        value_sats=50 * 10**8,
        transactions=(),
        witness_commitment_script=None,
        block_target=target_for_work(NO_BLOCK),
    )
    return replace(template, **changes)


def make_transaction(number):
    """A transaction unlike others, as a template carries it."""
    transaction = Transaction(
        version=2,
        inputs=(TxIn(number.to_bytes(32, "big"), 0),),
        outputs=(TxOut(1000 + number, PAYOUT_SCRIPT),),
        lock_time=0,
    )
    return TemplateTransaction(
        transaction.serialize(), transaction.txid_wire, transaction.wtxid_wire, 100
    )


class Peer:
    """One connection: what is said to the session, and what comes back, decoded."""

    def __init__(self, stage):
        self.stage = stage
        self.session = Session(stage.front, stage.now, stage.wall)
        self.events = []
        self.close_reason = None
        self.extranonce1 = b""
        self.session_id = None
        self.jobs = []
        self.difficulties = []

    def send(self, data):
        """Bytes as they are; every line that comes back."""
        return self.took(self.session.receive(data, self.stage.now, self.stage.wall))

    def took(self, turn):
        self.events += turn.events
        self.close_reason = self.close_reason or turn.close_reason
        return self.heard(turn.reply)

    def heard(self, data):
        assert data == b"" or data.endswith(b"\n")
        lines = [json.loads(line) for line in data.splitlines()]
        for line in lines:
            if line.get("method") == "mining.notify":
                self.jobs.append(line["params"])
            if line.get("method") == "mining.set_difficulty":
                self.difficulties.append(line["params"][0])
        return lines

    def ask(self, method, *params, id=1):
        """One request; its answer, which has to be the very next line."""
        line = json.dumps({"id": id, "method": method, "params": list(params)})
        answer, *_ = self.send(line.encode() + b"\n")
        assert answer["id"] == id
        return answer

    def log_in(self, name="alice.rig", password="x"):
        result = self.ask("mining.subscribe", "test/1.0")["result"]
        self.extranonce1 = bytes.fromhex(result[1])
        self.session_id = result[0][1][1]
        self.ask("mining.authorize", name, password)
        return self

    def offer(self, job):
        return self.heard(self.session.offer(job, self.stage.now))

    def tick(self):
        return self.took(self.session.tick(self.stage.now, self.stage.wall))

    @property
    def job(self):
        """The newest job as the book knows it."""
        return self.stage.book.find(self.jobs[-1][0])

    def submit(self, solution, job=None, bits=None, name="alice.rig", id=7):
        job = job or self.job
        params = [
            name,
            job.job.job_id,
            solution.extranonce2.hex(),
            f"{solution.time:08x}",
            f"{solution.nonce:08x}",
        ]
        if bits is not None:
            params.append(bits)
        return self.ask("mining.submit", *params, id=id)

    def solve(self, job=None, work=4, above=0, **fields):
        """A solution whose hash meets `work`; with `above`, one that does not prove that much."""
        job = job or self.job
        solution = Solution(
            **{
                "extranonce2": bytes(8),
                "time": job.job.time,
                "nonce": 0,
                "version": job.job.version,
                **fields,
            }
        )
        while True:
            self.stage.nonce += 1
            tried = Solution(
                solution.extranonce2, solution.time, self.stage.nonce, solution.version
            )
            proof = int.from_bytes(hash_solution(job.job, self.extranonce1, tried), "little")
            if proof <= target_for_work(work) and (not above or proof > target_for_work(above)):
                return tried


class Stage:
    """A front end with shares of four hashes, at a time that only tests move."""

    def __init__(self, **settings):
        self.now = START
        self.wall = 0.0
        self.nonce = 0
        self.admitted = lambda user: True
        self.book = JobBook(JobSettings(PAYOUT_SCRIPT), first_sequence=1000)
        self.front = Front(
            book=self.book,
            extranonces=Extranonces(key=b"secret"),
            admit=lambda user: self.admitted(user),
            settings=SessionSettings(**settings),
            vardiff=VardiffSettings(first_work=4, least_work=1),
        )

    def open(self, **changes):
        return self.book.open(make_template(**changes), self.now)

    def connect(self):
        return Peer(self)

    def miner(self, **login):
        """A peer that is logged in and has a job."""
        if self.book.latest is None:
            self.open()
        return self.connect().log_in(**login)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def either_engine(request, monkeypatch):
    """Each directory of a pool has a database of its own, of the one engine or the other."""
    if request.param == "sqlite":
        return
    server, urls = request.getfixturevalue("postgres"), {}

    def database_of(directory, url=""):
        if directory not in urls:
            urls[directory] = new_database(server)
        return urls[directory]

    monkeypatch.setattr("pithead.pool.bookkeeping.database_of", database_of)


@pytest.fixture
def stage():
    return Stage()


@pytest.fixture
def make_stage():
    return Stage


@pytest.fixture
def template():
    return make_template


@pytest.fixture
def transaction():
    return make_transaction
