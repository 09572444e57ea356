"""Payouts that the wallet has made and the books lack, after a backup without its journal."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pithead.node.payments import SentBefore
from pithead.pool.events import PayoutLine, PayoutPlanned


@dataclass(frozen=True, slots=True)
class Missing:
    """A transaction of the wallet that the books lack."""

    sent: SentBefore
    lines: Sequence[PayoutLine]
    """Who was paid; empty where that cannot be told."""
    doubt: str = ""
    """Why not."""

    def plan(self, time_ms: int) -> PayoutPlanned:
        """As it would have been written down at the time; it ends like any payout under way."""
        return PayoutPlanned(
            time_ms,
            self.sent.txid_display,
            self.sent.raw,
            self.sent.fee_sats,
            list(self.lines),
            True,
        )


def missing(
    sent: Iterable[SentBefore], known: Container[str], addresses: Mapping[str, str]
) -> list[Missing]:
    """Of the transactions sent those that are not `known` by their ids, oldest first.

    `addresses` say where users are paid. A payout pays nobody else, so a transaction that does is
    in doubt, and so is one to an address of several users.
    """
    users: dict[str, list[str]] = {}
    for user, address in sorted(addresses.items()):
        users.setdefault(address, []).append(user)
    found = [_matched(each, users) for each in sent if each.txid_display not in known]
    return sorted(found, key=lambda each: (each.sent.time, each.sent.txid_display))


def _matched(sent: SentBefore, users: Mapping[str, Sequence[str]]) -> Missing:
    strangers = [address for address, _ in sent.payments if address not in users]
    shared = [address for address, _ in sent.payments if len(users.get(address, ())) > 1]
    if not sent.payments:
        return Missing(sent, (), "it pays nobody")
    if strangers:
        return Missing(sent, (), f"no user is paid at {strangers[0] or 'a script of it'}")
    if shared:
        return Missing(sent, (), f"{' and '.join(users[shared[0]])} are both paid at {shared[0]}")
    return Missing(
        sent, [PayoutLine(users[address][0], address, sats) for address, sats in sent.payments]
    )
