"""The same thing done on many machines, some at a time, each answering for itself."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from pithead.bos.pool import PoolConfiguration, PoolGroupConfiguration
from pithead.bos.units import Power
from pithead.fleet.client import MachineClient, MachineError
from pithead.fleet.contract import Locate, Pools, PowerTarget, Result, Results, Selection
from pithead.fleet.sparse import said

AT_ONCE = 24
GROUP_NAME = "Default"

Doing = Callable[[MachineClient, str], Awaitable[str]]
"""What is done with a machine of that name; what it came to, in words."""

_PLAIN = {
    "pause": ("/actions/pause", "paused", "was paused already"),
    "resume": ("/actions/resume", "resumed", "was mining already"),
    "start": ("/actions/start", "started", "was running already"),
    "stop": ("/actions/stop", "stopped", "was stopped already"),
    "restart": ("/actions/restart", "restarting", "restarting"),
    "reboot": ("/actions/reboot", "rebooting", "rebooting"),
}


def doing(action: str, wanted: Selection) -> Doing:
    """What an action of the API does with each machine."""
    match wanted:
        case Locate(on=on):
            return _locate(on)
        case PowerTarget(watts=watts):
            return _aim(watts)
        case Pools():
            return _mine_at(wanted)
    return _plainly(action)


async def on_all(
    machines: Sequence[str],
    client: Callable[[str], MachineClient | None],
    name: Callable[[str], str],
    do: Doing,
) -> Results:
    """Each machine once, in the order of the selection."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(machine: str) -> Result:
        known = client(machine)
        if known is None:
            return Result(id=machine, ok=False, message="there is no such machine in this fleet")
        async with turn:
            try:
                return Result(id=machine, ok=True, message=await do(known, name(machine)))
            except MachineError as error:
                return Result(id=machine, ok=False, message=error.message)

    results = await asyncio.gather(*map(one, dict.fromkeys(machines)))
    done = sum(result.ok for result in results)
    return Results(done=done, failed=len(results) - done, results=tuple(results))


def _plainly(action: str) -> Doing:
    path, done, already = _PLAIN[action]

    async def do(client: MachineClient, _name: str) -> str:
        return already if await client.put(path) is True else done

    return do


def _locate(on: bool) -> Doing:
    async def do(client: MachineClient, _name: str) -> str:
        return "blinks" if await client.put("/actions/locate", on) is True else "does not blink"

    return do


def _aim(watts: int) -> Doing:
    async def do(client: MachineClient, _name: str) -> str:
        aimed = await client.ask_as(Power, "PUT", "/performance/power-target", Power(watt=watts))
        return f"aims at {aimed.watt} W"

    return do


def _mine_at(wanted: Pools) -> Doing:
    async def do(client: MachineClient, name: str) -> str:
        pools = tuple(
            PoolConfiguration(
                url=pool.url, user=pool.user.replace("{name}", name), password=pool.password,
                enabled=True,
            )
            for pool in wanted.pools
        )  # fmt: skip
        group = said(PoolGroupConfiguration(name=GROUP_NAME, pools=pools))
        await client.put("/pools/batch", [group])
        return f"mines at {pools[0].url} as {pools[0].user}"

    return do
