"""What can be configured of paying users out."""

from typing import Annotated

from msgspec import Meta

from pithead.cli.section import Section


class PayoutsSection(Section, frozen=True):
    """Paying users what is due to them, on the chain."""

    hour_utc: Annotated[
        int, Meta(ge=0, le=23, description="The hour from which each day's payout is made.")
    ] = 9
    confirmations: Annotated[
        int, Meta(ge=1, le=1_000, description="Blocks until a payout counts as arrived.")
    ] = 6
    most_payments: Annotated[
        int, Meta(ge=1, le=2_000, description="Users paid with one transaction.")
    ] = 200
    wallet: Annotated[
        str,
        Meta(
            pattern=r"^[0-9A-Za-z_.-]{0,64}$",
            description="With bitcoind: the name of the wallet that pays, loaded in the first of "
            "`node.urls`; empty: nobody is paid. The embedded chain pays from its own.",
        ),
    ] = ""
    sats_per_vbyte: Annotated[
        int,
        Meta(ge=0, le=10_000, description="Fee rate of payouts; 0 has bitcoind estimate it."),
    ] = 0
    most_fee_sats: Annotated[
        int, Meta(ge=1, le=10**9, description="A payout that would cost more is not made.")
    ] = 1_000_000
