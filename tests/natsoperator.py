"""An operator of NATS with one account and one user, who know each other by signed tokens (JWT)."""

import base64
import json
import secrets
import time

import nkeys

UNLIMITED = {
    "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": True,
    "conn": -1, "leaf": -1, "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1,
}  # fmt: skip

WITHOUT_STORE = UNLIMITED | {"mem_storage": 0, "disk_storage": 0, "streams": 0, "consumer": 0}


def new_key(prefix):
    """Its seed, and its public half as text."""
    seed = nkeys.encode_seed(secrets.token_bytes(32), prefix)
    return seed, nkeys.from_seed(bytearray(seed)).public_key.decode()


class Operator:
    def __init__(self):
        self._seed, self._public = new_key(nkeys.PREFIX_BYTE_OPERATOR)
        account_seed, self._account = new_key(nkeys.PREFIX_BYTE_ACCOUNT)
        self._user_seed, user = new_key(nkeys.PREFIX_BYTE_USER)
        _, self._system = new_key(nkeys.PREFIX_BYTE_ACCOUNT)
        self._user_token = self._signed(
            account_seed, user, "user", subs=-1, data=-1, payload=-1, pub={}, sub={}
        )

    def _signed(self, seed, subject, kind, **claims):
        issuer = nkeys.from_seed(bytearray(seed))
        parts = [
            {"typ": "JWT", "alg": "ed25519-nkey"},
            {
                "jti": secrets.token_hex(16), "iat": int(time.time()), "name": kind,
                "iss": issuer.public_key.decode(), "sub": subject,
                "nats": {**claims, "type": kind, "version": 2},
            },
        ]  # fmt: skip
        told = ".".join(_encoded(json.dumps(each).encode()) for each in parts)
        return f"{told}.{_encoded(issuer.sign(told.encode()))}"

    def configuration(self):
        """Of a server that knows no user but by this operator."""
        token = self._signed(self._seed, self._public, "operator")
        accounts = ", ".join(
            f"{account}: {self._signed(self._seed, account, 'account', limits=limits)}"
            for account, limits in ((self._account, UNLIMITED), (self._system, WITHOUT_STORE))
        )
        return (
            f"operator: {token}\nsystem_account: {self._system}\nresolver: MEMORY\n"
            f"resolver_preload: {{ {accounts} }}"
        )

    def credentials(self):
        """The text of a credentials file."""
        return (
            f"-----BEGIN NATS USER JWT-----\n{self._user_token}\n------END NATS USER JWT------\n\n"
            f"-----BEGIN USER NKEY SEED-----\n{self._user_seed.decode()}\n"
            "------END USER NKEY SEED------\n"
        )


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
