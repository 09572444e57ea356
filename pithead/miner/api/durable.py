"""What an operator was told is done is on the disk by then: no crash undoes it."""

import functools
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from pithead.rpc.contract import Operation, Service

Settled = Callable[[], Awaitable[None]]
"""Returns once all settings kept so far are written down."""


def answer_when_settled(services: Iterable[Service], settled: Settled) -> None:
    """Let every operation that may change something answer so late, whoever calls it."""
    for service in services:
        for operation in service.operations():
            if not (operation.streaming or _is_read(operation)):
                changes = getattr(service, operation.method)
                setattr(service, operation.method, _waiting(changes, settled))


def _is_read(operation: Operation) -> bool:
    return operation.http is not None and operation.http.verb == "GET"


def _waiting(
    changes: Callable[[Any], Awaitable[Any]], settled: Settled
) -> Callable[[Any], Awaitable[Any]]:
    @functools.wraps(changes)
    async def answer(request: Any) -> Any:
        response = await changes(request)
        await settled()
        return response

    return answer
