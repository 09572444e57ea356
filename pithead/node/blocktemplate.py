"""From bitcoind's `getblocktemplate` (BIP22, 23, 145) to a template, with its sums checked.

A template that does not add up would spoil every block made of it, so it is refused whole: better
no work for a moment than work for nothing. The order of transactions stays as the node chose it.
What is taken on trust is what only the node can know: that the transactions are valid, and the
txid of one that has a witness.
"""

from collections.abc import Sequence

import msgspec

from pithead.bitcoin.block import MAX_BLOCK_SIZE, witness_commitment_script
from pithead.bitcoin.hashing import sha256d, wire_from_display
from pithead.bitcoin.network import SIGNET, Network
from pithead.bitcoin.script import ANYONE_CAN_SPEND
from pithead.bitcoin.target import target_for_work, target_from_bits
from pithead.node.node import NodeUnavailable
from pithead.work.template import Template, TemplateTransaction

UNDERSTOOD_RULES = frozenset({"csv", "segwit", "taproot", "signet"})
"""A rule that is marked with `!` and not among these forbids the use of a template (BIP9)."""

OVERHEAD_WEIGHT = 1_600
"""Header, count and the largest coinbase of this pool; Core itself leaves no less than 2000."""
OVERHEAD_SIGOPS = 4
"""A coinbase that pays to an address has at most one check, that of P2PKH, at a cost of four."""
MOST_WEIGHT = 4_000_000
MOST_SIGOPS = 80_000

_UINT32 = 1 << 32
_INT32 = 1 << 31


class TemplateRefused(NodeUnavailable):
    """The node's template cannot be mined; the message says why."""


class TransactionAnswer(msgspec.Struct, frozen=True, gc=False):
    """One of a template's transactions as the node tells it."""

    data: str
    txid: str
    hash: str
    """The wtxid."""
    fee: int
    sigops: int
    weight: int
    depends: tuple[int, ...] = ()
    """Which others have to stand before it, counted from one."""


class TemplateAnswer(msgspec.Struct, frozen=True):
    """What `getblocktemplate` gives, as far as a pool needs it."""

    version: int
    previousblockhash: str
    transactions: tuple[TransactionAnswer, ...]
    coinbasevalue: int
    target: str
    bits: str
    curtime: int
    mintime: int
    height: int
    weightlimit: int
    sigoplimit: int
    rules: tuple[str, ...] = ()
    longpollid: str = ""
    default_witness_commitment: str | None = None
    signet_challenge: str | None = None


def template_request(network: Network, longpollid: str = "") -> dict[str, object]:
    """The one param of `getblocktemplate`. With an id the node answers when there is news."""
    rules = ["segwit", "signet"] if network is SIGNET else ["segwit"]
    request: dict[str, object] = {"rules": rules}
    if longpollid:
        request["longpollid"] = longpollid
    return request


def read_template(answer: TemplateAnswer, network: Network, least_block_work: int = 1) -> Template:
    """The template, checked. Raises TemplateRefused.

    `least_block_work` makes blocks harder than the chain does: for regtest, where any hash would
    be one.
    """
    try:
        return _read(answer, network, least_block_work)
    except (ValueError, OverflowError) as error:
        raise TemplateRefused(f"gave a template that cannot be mined: {error}") from error


def _read(answer: TemplateAnswer, network: Network, least_block_work: int) -> Template:
    _check_rules(answer)
    _check_header(answer)
    bits = int.from_bytes(bytes.fromhex(answer.bits))
    target = target_from_bits(bits)
    if int.from_bytes(bytes.fromhex(answer.target)) != target:
        raise ValueError(f"target {answer.target} is not that of bits {answer.bits}")
    transactions = tuple(map(_read_transaction, answer.transactions))
    _check_order(answer.transactions)
    _check_sums(answer, network)
    return Template(
        height=answer.height,
        version=answer.version % _UINT32,
        prev_hash_wire=wire_from_display(answer.previousblockhash),
        bits=bits,
        time=max(answer.curtime, answer.mintime),
        min_time=answer.mintime,
        value_sats=answer.coinbasevalue,
        transactions=transactions,
        witness_commitment_script=_commitment(answer, transactions),
        block_target=min(target, target_for_work(least_block_work)),
    )


def _check_rules(answer: TemplateAnswer) -> None:
    strange = [rule for rule in answer.rules if rule.startswith("!")]
    for rule in strange:
        if rule[1:] not in UNDERSTOOD_RULES:
            raise ValueError(f"the rule {rule!r} has to be understood, and is not known here")
    challenge = answer.signet_challenge
    if challenge is not None and bytes.fromhex(challenge) != ANYONE_CAN_SPEND:
        raise ValueError(
            "blocks of this signet have to be signed with the keys of its challenge "
            f"({challenge[:80]}), which a pool does not have; only a signet whose challenge is "
            "51 (OP_TRUE) can be mined"
        )


def _check_header(answer: TemplateAnswer) -> None:
    if not 1 <= answer.height < _INT32:
        raise ValueError(f"a height of {answer.height}")
    if not -_INT32 <= answer.version < _UINT32:
        raise ValueError(f"a version of {answer.version}")
    for time in (answer.curtime, answer.mintime):
        if not 0 <= time < _UINT32:
            raise ValueError(f"a header time of {time}")


def _read_transaction(answer: TransactionAnswer) -> TemplateTransaction:
    raw = bytes.fromhex(answer.data)
    txid_wire, wtxid_wire = wire_from_display(answer.txid), wire_from_display(answer.hash)
    if sha256d(raw) != wtxid_wire:
        raise ValueError(f"transaction {answer.txid} is not of the hash {answer.hash}")
    least, most = len(raw), 4 * len(raw)
    if not least <= answer.weight <= most or (txid_wire == wtxid_wire and answer.weight != most):
        raise ValueError(
            f"transaction {answer.txid} of {least} bytes is said to weigh {answer.weight}"
        )
    if answer.fee < 0 or answer.sigops < 0:
        raise ValueError(
            f"transaction {answer.txid} has a fee of {answer.fee} and {answer.sigops} sigops"
        )
    return TemplateTransaction(raw, txid_wire, wtxid_wire, answer.fee)


def _check_order(transactions: Sequence[TransactionAnswer]) -> None:
    if len({each.txid for each in transactions}) != len(transactions):
        raise ValueError("a transaction stands in it twice")
    for place, each in enumerate(transactions, 1):
        if any(not 1 <= other < place for other in each.depends):
            raise ValueError(f"transaction {each.txid} stands before one it depends on")


def _check_sums(answer: TemplateAnswer, network: Network) -> None:
    fees = sum(each.fee for each in answer.transactions)
    subsidy = network.subsidy_sats(answer.height)
    if answer.coinbasevalue != subsidy + fees:
        raise ValueError(
            f"a coinbase of {answer.coinbasevalue} sat where subsidy and fees on {network.name} "
            f"are {subsidy} and {fees}"
        )
    weight = sum(each.weight for each in answer.transactions)
    if weight + OVERHEAD_WEIGHT > min(answer.weightlimit, MOST_WEIGHT):
        raise ValueError(f"transactions of {weight} weight leave no room for the coinbase")
    sigops = sum(each.sigops for each in answer.transactions)
    if sigops + OVERHEAD_SIGOPS > min(answer.sigoplimit, MOST_SIGOPS):
        raise ValueError(f"transactions with a cost of {sigops} sigops are too many")
    size = sum(len(each.data) for each in answer.transactions) // 2
    if size > MAX_BLOCK_SIZE:
        raise ValueError(f"transactions of {size} bytes do not fit in a block")


def _commitment(
    answer: TemplateAnswer, transactions: Sequence[TemplateTransaction]
) -> bytes | None:
    if answer.default_witness_commitment is None:
        if any(each.txid_wire != each.wtxid_wire for each in transactions):
            raise ValueError("transactions with a witness, and no commitment to them")
        return None
    script = witness_commitment_script([each.wtxid_wire for each in transactions])
    if bytes.fromhex(answer.default_witness_commitment) != script:
        raise ValueError("the commitment to the witnesses is not that of the transactions")
    return script
