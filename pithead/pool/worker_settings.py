"""What users say of their workers: a label, and when to be alarmed. Any process may write it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, delete, insert, select

from pithead.pool.schema import worker_settings

LONGEST_LABEL = 100


@dataclass(frozen=True, slots=True)
class WorkerSetting:
    """A label, "" where there is none, and a manual alert limit."""

    label: str = ""
    alert_rate: float | None = None
    """Hashes a second on the wire; None where the limit is 70 % of the average."""


class WorkerSettings:
    """By user and worker. A worker that was never set has the defaults."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def put(self, user: str, worker: str, setting: WorkerSetting) -> None:
        """Take the place of what was said before.

        ValueError for a label that is too long or does not print, or a limit that is no rate.
        """
        if len(setting.label) > LONGEST_LABEL or not setting.label.isprintable():
            raise ValueError(f"a label has at most {LONGEST_LABEL} printable characters")
        rate = setting.alert_rate
        if rate is not None and not 0 < rate < float("inf"):
            raise ValueError("an alert limit is a hashrate above zero")
        here = (worker_settings.c.user == user) & (worker_settings.c.worker == worker)
        with self._engine.begin() as connection:
            connection.execute(delete(worker_settings).where(here))
            if setting != WorkerSetting():
                values = {"label": setting.label, "alert_rate": rate}
                connection.execute(
                    insert(worker_settings).values(user=user, worker=worker, **values)
                )

    def of(self, user: str) -> Mapping[str, WorkerSetting]:
        """By worker, those that were set."""
        table = worker_settings
        rows = select(table.c.worker, table.c.label, table.c.alert_rate).where(table.c.user == user)
        with self._engine.connect() as connection:
            return {
                worker: WorkerSetting(label, rate)
                for worker, label, rate in connection.execute(rows)
            }

    def alert_rates(self) -> dict[tuple[str, str], float]:
        """All manual limits, by user and worker."""
        table = worker_settings
        rows = select(table.c.user, table.c.worker, table.c.alert_rate)
        with self._engine.connect() as connection:
            return {
                (user, worker): rate
                for user, worker, rate in connection.execute(
                    rows.where(table.c.alert_rate.is_not(None))
                )
            }
