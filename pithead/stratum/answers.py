"""What a pool's answers say, read with patience: pools differ in every detail."""

from dataclasses import dataclass

import msgspec

from pithead.stratum.messages import Envelope, Malformed, open_part
from pithead.stratum.pushes import LONGEST_TEXT, SetExtranonce, read_extranonce

LONGEST_SESSION_ID = 256


@dataclass(frozen=True, slots=True)
class Refusal:
    code: int
    """0 where the pool gave none."""
    reason: str


class _SubscribeResult(msgspec.Struct, array_like=True):
    subscriptions: msgspec.Raw
    extranonce1: str
    extranonce2_size: int


_anything = msgspec.json.Decoder(object)
_subscribe = msgspec.json.Decoder(_SubscribeResult)
_map = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_refusal(envelope: Envelope) -> Refusal | None:
    """Why the pool said no, or None where it did not. Raises Malformed.

    An error is an array of code, text and trace; some pools send an object, others a text.
    """
    match open_part(_anything, envelope.error):
        case None:
            said_no = bytes(envelope.result) in (b"false", b"null")
            return Refusal(0, "refused without a reason") if said_no else None
        case [int() as code, str() as reason, *_]:
            return Refusal(code, reason[:LONGEST_TEXT])
        case {"code": int() as code, "message": str() as reason}:
            return Refusal(code, reason[:LONGEST_TEXT])
        case str() as reason:
            return Refusal(0, reason[:LONGEST_TEXT])
        case _:
            return Refusal(0, "refused in an unknown form")


def read_subscription(result: msgspec.Raw) -> tuple[SetExtranonce, str | None]:
    """The extranonce and the session id of a subscription. Raises Malformed."""
    fields = open_part(_subscribe, result)
    extranonce = read_extranonce(fields.extranonce1, fields.extranonce2_size)
    return extranonce, _session_id(open_part(_anything, fields.subscriptions))


def read_version_mask(result: msgspec.Raw) -> int:
    """The mask a configure was answered with; 0 for anything but a clear yes."""
    try:
        fields = open_part(_map, result)
        if bytes(fields["version-rolling"]) != b"true":
            return 0
        mask = open_part(_anything, fields["version-rolling.mask"])
        return int(mask, 16) & 0xFFFFFFFF if isinstance(mask, str) and len(mask) <= 8 else 0
    except (Malformed, KeyError, ValueError):
        return 0


def _session_id(subscriptions: object) -> str | None:
    """cgminer's rule: what stands beside the first `mining.notify`, in pairs or alone."""
    if not isinstance(subscriptions, list):
        return None
    for pair in (subscriptions, *subscriptions):
        match pair:
            case ["mining.notify", str() as session_id]:
                return session_id if 0 < len(session_id) <= LONGEST_SESSION_ID else None
    return None
