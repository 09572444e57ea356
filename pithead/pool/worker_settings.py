"""What users say of their workers: a label, when to be alarmed, how hard shares should be.

Any process may write it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import Column, Engine, delete, insert, select

from pithead.pool.schema import worker_settings
from pithead.pool.vardiff import Aim

LONGEST_LABEL = 100
MOST_DIFFICULTY = 1e15
"""Some times that of a block of the largest network."""


@dataclass(frozen=True, slots=True)
class WorkerSetting:
    """A label, "" where there is none, a manual alert limit and a least difficulty."""

    label: str = ""
    alert_rate: float | None = None
    """Hashes a second on the wire; None where the limit is 70 % of the average."""
    least_difficulty: float | None = None
    """Of its shares on the wire; None where only the pool's minimum holds."""


class WorkerSettings:
    """By user and worker. A worker that was never set has the defaults."""

    def __init__(self, engine: Engine, least_share_work: int = 1) -> None:
        """`least_share_work` is the work in expected hashes that no share of the pool is below."""
        self._engine = engine
        self._pool_minimum = Aim.at_work(least_share_work).difficulty

    def put(self, user: str, worker: str, setting: WorkerSetting) -> None:
        """Take the place of what was said before.

        ValueError for a label that is too long or does not print, a limit that is no rate, or a
        difficulty that this pool would not ask for.
        """
        if len(setting.label) > LONGEST_LABEL or not setting.label.isprintable():
            raise ValueError(f"a label has at most {LONGEST_LABEL} printable characters")
        rate = setting.alert_rate
        if rate is not None and not 0 < rate < float("inf"):
            raise ValueError("an alert limit is a hashrate above zero")
        self._check_difficulty(setting.least_difficulty)
        here = (worker_settings.c.user == user) & (worker_settings.c.worker == worker)
        with self._engine.begin() as connection:
            connection.execute(delete(worker_settings).where(here))
            if setting != WorkerSetting():
                connection.execute(
                    insert(worker_settings).values(user=user, worker=worker, **asdict(setting))
                )

    def _check_difficulty(self, difficulty: float | None) -> None:
        if difficulty is None:
            return
        if not 0 < difficulty <= MOST_DIFFICULTY:
            raise ValueError(f"a least difficulty is above zero and at most {MOST_DIFFICULTY:g}")
        if difficulty < self._pool_minimum:
            raise ValueError(f"the pool asks for no share below difficulty {self._pool_minimum:g}")

    def of(self, user: str) -> Mapping[str, WorkerSetting]:
        """By worker, those that were set."""
        table = worker_settings
        columns = select(
            table.c.worker, table.c.label, table.c.alert_rate, table.c.least_difficulty
        )
        with self._engine.connect() as connection:
            return {
                worker: WorkerSetting(*rest)
                for worker, *rest in connection.execute(columns.where(table.c.user == user))
            }

    def alert_rates(self) -> dict[tuple[str, str], float]:
        """All manual limits, by user and worker."""
        return self._all(worker_settings.c.alert_rate)

    def least_difficulties(self) -> dict[tuple[str, str], float]:
        """All that were set, by user and worker."""
        return self._all(worker_settings.c.least_difficulty)

    def _all(self, column: Column[float | None]) -> dict[tuple[str, str], float]:
        table = worker_settings
        rows = select(table.c.user, table.c.worker, column).where(column.is_not(None))
        with self._engine.connect() as connection:
            return {(user, worker): value for user, worker, value in connection.execute(rows)}
