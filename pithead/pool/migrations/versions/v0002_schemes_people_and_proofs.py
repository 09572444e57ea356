"""Schemes of rewards, groups, worker settings, contacts, notices, published credits, admins."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"

big, text, real = sa.BigInteger, sa.String, sa.Float


def upgrade() -> None:
    op.drop_table("schema")
    op.add_column("meters", sa.Column("score_part", real, nullable=False, server_default="0"))
    for name in ("refund_sats", "bonus_sats", "referral_sats"):
        op.add_column("credits", sa.Column(name, big, nullable=False, server_default="0"))
    _schemes()
    _people()
    _notices()


def _schemes() -> None:
    op.create_table(
        "day_credits",
        *_keys(user=text, day=big, part=big),
        *_filled(sats=big, refund_sats=big, bonus_sats=big, referral_sats=big),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rules",
        sa.Column("number", big, primary_key=True, autoincrement=False),
        *_filled(time_ms=big, text=text),
    )
    op.create_table(
        "referrals", *_keys(user=text), *_filled(referrer=text, since_ms=big, until_ms=big)
    )
    op.create_table(
        "pplns_window",
        *_keys(number=big, user=text),
        *_filled(second=big, work=text, refunded=text),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fpps_claims",
        *_keys(user=text),
        *_filled(
            work=text, refunded=text, parts=text, refunded_parts=text, subsidy=text,
            refunded_subsidy=text,
        ),
    )  # fmt: skip
    op.create_table("scheme_state", *_keys(name=text), *_filled(text=text))


def _people() -> None:
    op.create_table("members", *_keys(user=text), *_filled(group_name=text))
    op.create_index("ix_members_group_name", "members", ["group_name"])
    op.create_table(
        "worker_settings",
        *_keys(user=text, worker=text),
        *_filled(label=text),
        sa.Column("alert_rate", real),
    )
    op.create_table(
        "admins",
        *_keys(sha256=text),
        sa.Column("name", text, nullable=False, unique=True),
        *_filled(created=big, last_used=big),
    )
    op.create_table(
        "credit_days",
        *_keys(day=big),
        *_filled(root=text, work=text, users=big, salt=text, link=text, made=big),
    )


def _notices() -> None:
    op.create_table(
        "watched", *_keys(user=text, worker=text), *_filled(state=text), sqlite_with_rowid=False
    )
    op.create_table("marks", *_keys(name=text), *_filled(value=big))
    op.create_table(
        "contacts",
        *_keys(user=text, channel=text, target=text),
        *_filled(secret=text, kinds=text),
    )
    op.create_table(
        "notices",
        *_keys(id=text),
        *_filled(
            user=text, channel=text, target=text, subject=text, body=text, made=big, attempts=big,
            next_try=big, state=text, error=text,
        ),
    )  # fmt: skip
    op.create_index("ix_notices_next_try", "notices", ["next_try"])


Kind = type[sa.BigInteger] | type[sa.String]


def _keys(**columns: Kind) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, primary_key=True) for name, kind in columns.items()]


def _filled(**columns: Kind) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, nullable=False) for name, kind in columns.items()]
