"""Questions go to the replica, and to the primary while it is away."""

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from pithead.pool import replica as module
from pithead.pool.replica import ReplicaFirst


@pytest.fixture
def engines(tmp_path):
    made = []
    for name in ("replica", "primary"):
        engine = sa.create_engine(f"sqlite:///{tmp_path}/{name}/db", poolclass=NullPool)
        (tmp_path / name).mkdir()
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE place (name TEXT)"))
            connection.execute(sa.text("INSERT INTO place VALUES (:name)"), {"name": name})
        made.append(engine)
    return made


def place(reads):
    with reads.connect() as connection:
        return connection.scalar(sa.text("SELECT name FROM place"))


def test_the_replica_is_read_and_without_it_the_primary(engines, tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    reads = ReplicaFirst(*engines)
    assert place(reads) == "replica"
    (tmp_path / "replica").rename(tmp_path / "away")
    assert place(reads) == "primary"
    (tmp_path / "away").rename(tmp_path / "replica")
    assert place(reads) == "primary", "it was asked again at once"
    now[0] += module.AWAY_SECONDS
    assert place(reads) == "replica"


def test_where_both_are_away_that_is_an_error(engines, tmp_path):
    for name in ("replica", "primary"):
        (tmp_path / name).rename(tmp_path / f"{name} away")
    with pytest.raises(sa.exc.DBAPIError):
        place(ReplicaFirst(*engines))
