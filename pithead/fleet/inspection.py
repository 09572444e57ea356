"""Everything one machine says of itself, asked now."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from pithead.bos.configuration import GetMinerConfigurationResponse
from pithead.bos.cooling import GetCoolingStateResponse
from pithead.fleet.client import MachineClient, MachineError
from pithead.fleet.contract import MachineView, Row

MOST_LOG_BYTES = 64 * 1024
"""Of the end of a log."""


async def inspect(client: MachineClient, row: Row) -> MachineView:
    """What it does not answer is None, and `unanswered` says why."""
    questions: dict[str, Awaitable[Any]] = {
        "details": client.details(),
        "stats": client.stats(),
        "hashboards": client.hashboards(),
        "cooling": client.ask_as(GetCoolingStateResponse, "GET", "/cooling/state"),
        "tuner": client.tuner_state(),
        "configuration": client.ask_as(
            GetMinerConfigurationResponse, "GET", "/configuration/miner"
        ),
        "constraints": client.constraints(),
        "pools": client.pool_groups(),
        "errors": client.errors(),
        "locating": client.ask_as(bool, "GET", "/actions/locate"),
    }
    answers = await asyncio.gather(*questions.values(), return_exceptions=True)
    said: dict[str, Any] = {}
    unanswered: dict[str, str] = {}
    for name, answer in zip(questions, answers, strict=True):
        if isinstance(answer, MachineError):
            unanswered[name] = answer.message
        elif isinstance(answer, BaseException):
            raise answer
        else:
            said[name] = answer
    return MachineView(row=row, unanswered=unanswered, **said)


async def log_tail(client: MachineClient, log: str) -> bytes:
    """The end of one of its logs, from the begin of a line. Raises MachineError."""
    whole = await client.raw(f"/miner/log/{log}")
    if len(whole) <= MOST_LOG_BYTES:
        return whole
    return whole[-MOST_LOG_BYTES:].partition(b"\n")[2]
