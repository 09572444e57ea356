"""A pool that owes alice money, pays her, and may die before and after each step of that."""

from pithead.bitcoin.network import REGTEST
from pithead.pool.bookkeeper_settings import BookkeeperSettings
from pithead.pool.bookkeeping import Bookkeeper
from pithead.pool.destinations import Destinations
from pithead.pool.events import BlockFound, BlockResolved, ShareAccepted, TipChanged
from pithead.pool.payer import Payer, PayerSettings

NOW = 1_700_000_000.0
SATS = 49_000_000
"""What she is owed."""
STEPS = 10
"""Before and after each of: sign, keep the plan, have it on disk, send, keep the end."""


class Killed(BaseException):
    """The pool's process died here."""


class Mortal:
    """Every named method of `inner` may be the last thing the pool does, before it and after."""

    def __init__(self, inner, die, *names):
        self._inner = inner
        for name in names:
            method = getattr(inner, name)
            setattr(self, name, calm(method, die) if name == "accept" else awaited(method, die))

    def __getattr__(self, name):
        return getattr(self._inner, name)


def calm(method, die):
    def wrapped(*given):
        die()
        done = method(*given)
        die()
        return done

    return wrapped


def awaited(method, die):
    async def wrapped(*given):
        die()
        done = await method(*given)
        die()
        return done

    return wrapped


async def opened(directory):
    return await Bookkeeper.open(
        directory, BookkeeperSettings(confirmations=3, commit_seconds=3_600)
    )


async def killed(keeper):
    keeper._log.close()

    async def never():
        return False

    keeper.commit = never
    await keeper.close()


def block_of_alice():
    at = int(NOW * 1000)
    return [
        ShareAccepted(at, "alice", "rig", 1_000),
        BlockFound(at, "alice", "rig", 1, "aa", 50_000_000, 900, b""),
        BlockResolved(at, "aa", True, ""),
        TipChanged(at, 1, "aa"),
        TipChanged(at, 3, "bb"),
    ]


async def pay_though_killed(directory, wallet, address, number, mine_block):
    """Pay alice, die once at step `number`, and go on until the books say that she has it."""
    keeper = await opened(directory)
    keeper.accept(block_of_alice())
    await keeper.commit()
    Destinations(keeper.store.engine, REGTEST).set("alice", address)
    steps, deaths = [], 0

    def die():
        steps.append(1)
        if len(steps) == number:
            raise Killed

    while not keeper.ledger_balances.get("user:alice:paid"):
        payer = Payer(
            Mortal(keeper, die, "accept", "secure"), Mortal(wallet, die, "prepare", "send"),
            Destinations(keeper.store.engine, REGTEST), lambda: NOW,
            PayerSettings(confirmations=2),
        )  # fmt: skip
        try:
            await payer.step()
        except Killed:
            deaths += 1
            await killed(keeper)
            keeper = await opened(directory)
        await mine_block()
    assert deaths == 1
    assert keeper.ledger_balances["user:alice:paid"] == SATS
    await keeper.close()
