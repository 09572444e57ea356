"""Accounts and admins from the command line, as somebody types it."""

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from pithead.cli.main import main
from pithead.pool.admins import Admins
from pithead.pool.credit_proof import prove
from pithead.pool.database import DATABASE, open_database


def test_an_account_is_opened_set_up_and_shown(run):
    run("account", "create", "alice")
    run("token", "create", "alice", "--profile", "phone")
    run("account", "allow", "alice", "phone", "--no-web-api")
    run("account", "worker", "alice", "rig1", "--label", "cellar", "--alert-limit", "90000")
    run("account", "worker", "alice", "rig1", "--label", "attic")
    run("account", "worker", "alice", "rig2", "--least-difficulty", "4096")
    secret = run("account", "contact", "alice", "webhook", "https://example.org/", "--of", "block")
    assert len(secret) == 64
    run("account", "group", "farm", "alice")
    assert run("account", "list") == "alice"
    assert run("account", "show", "alice").splitlines() == [
        "sign-in  no password",
        "profile  phone  no web API  last used never",
        "worker   rig1  label 'attic'  alert limit 90000 Gh/s",
        "worker   rig2  label ''  alert limit automatic  least difficulty 4096",
        "contact  webhook  https://example.org/  block",
        "group    farm  (1 members)",
    ]


def test_what_was_made_is_removed(run):
    run("token", "create", "alice")
    run("account", "contact", "alice", "email", "a@example.org")
    run("account", "group", "farm", "alice")
    run("account", "revoke", "alice", "default")
    run("account", "contact", "alice", "email", "a@example.org", "--remove")
    run("account", "group", "farm", "alice", "--remove")
    assert run("account", "show", "alice") == "sign-in  no password"
    assert "no access profile" in run("account", "revoke", "alice", "default", code=2)
    assert "no such contact" in run(
        "account", "contact", "alice", "email", "a@example.org", "--remove", code=2
    )
    assert "not in group" in run("account", "group", "farm", "alice", "--remove", code=2)


@pytest.mark.parametrize(
    ("words", "why"),
    [(["create", "a.b"], "user's name"), (["show", "nobody"], "no account"),
     (["worker", "nobody", "rig1", "--label", "x"], "no account"),
     (["worker", "alice", "rig1", "--alert-limit", "-1"], "above zero"),
     (["worker", "alice", "rig1", "--least-difficulty", "-1"], "above zero"),
     (["worker", "alice", "rig1", "--least-difficulty", "1e-12"], "no share below difficulty"),
     (["contact", "alice", "webhook", "no-url"], "not a URL"),
     (["group", "a/b", "alice"], "group's name")],
)  # fmt: skip
def test_mistakes_are_told_and_end_with_two(run, words, why):
    run("account", "create", "alice")
    assert why in run("account", *words, code=2)


def test_admins_get_tokens_and_lose_them(run, tmp_path):
    token = run("admin", "create", "ops")
    engine = open_database(tmp_path / "pool" / DATABASE)
    assert Admins(engine).check(token) == "ops"
    assert run("admin", "list").startswith("ops  last used ")
    run("admin", "revoke", "ops")
    assert Admins(engine).check(token) is None
    assert "no admin" in run("admin", "revoke", "ops", code=2)
    engine.dispose()


def test_a_proof_that_holds_is_told_and_one_that_does_not_ends_with_one(tmp_path):
    proof = prove(20_000, {"alice": 3, "bob": 9}, b"salt", "alice")
    file = tmp_path / "proof.json"
    file.write_bytes(msgspec.json.encode(proof))
    shown = CliRunner().invoke(main, ["verify", str(file), "--root", proof.root])
    assert shown.exit_code == 0
    assert "alice was credited 3 of 12 (25.000 %) on 2024-10-04" in shown.output
    assert CliRunner().invoke(main, ["verify", str(file), "--root", "00"]).exit_code == 1
    file.write_bytes(msgspec.json.encode(replace(proof, work="4")))
    shown = CliRunner().invoke(main, ["verify", str(file)])
    assert shown.exit_code == 1
    assert "adds up to" in shown.output


def test_where_a_user_is_paid_is_set_shown_and_cleared(run):
    address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
    run("account", "create", "alice")
    run("account", "pay-to", "alice", address, "--threshold", "50000")
    assert run("account", "show", "alice").endswith(f"pay to   {address}  from 50000 sat")
    run("account", "pay-to", "alice", address)
    assert run("account", "show", "alice").endswith(f"{address}  as the pool does")
    wrong = run("account", "pay-to", "alice", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", code=2)
    assert "regtest" in wrong
    assert "threshold" in run("account", "pay-to", "alice", address, "--threshold", "5", code=2)
    run("account", "pay-to", "alice")
    assert "no address" in run("account", "pay-to", "alice", code=2)
    assert run("account", "show", "alice") == "sign-in  no password"
