"""The same for many machines: some at a time, each with its own result or its own error."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TypeVar

from pithead.fleet.client import Limits, Login, MachineClient, MachineError, shared_http
from pithead.fleet.ranges import Place

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_AT_ONCE = 64


def _nothing(_item: object) -> None:
    pass


async def for_each(
    items: Iterable[Item],
    work: Callable[[Item], Awaitable[Result]],
    at_once: int = MOST_AT_ONCE,
    done: Callable[[Item], None] = _nothing,
) -> list[Result | MachineError]:
    """What each came to, in the order of the items; a MachineError ends only its own."""
    numbered = enumerate(items)
    results: dict[int, Result | MachineError] = {}

    async def take(waiting: Iterator[tuple[int, Item]]) -> None:
        for number, item in waiting:
            try:
                results[number] = await work(item)
            except MachineError as error:
                results[number] = error
            done(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(take(numbered))
    return [results[number] for number in sorted(results)]


async def find_machines(
    places: Iterable[Place],
    limits: Limits,
    at_once: int = MOST_AT_ONCE,
    done: Callable[[Place], None] = _nothing,
) -> list[tuple[Place, str]]:
    """Where a Braiins OS machine answers, with the version of its API; needs no login."""
    async with shared_http(at_once) as http:

        async def look(place: Place) -> tuple[Place, str]:
            version = await MachineClient(place, Login(), limits, http).version()
            return place, f"{version.major}.{version.minor}.{version.patch}"

        found = await for_each(places, look, at_once, done)
    return [each for each in found if not isinstance(each, MachineError)]
