"""Files by which a NATS server knows a user, looked at before the client does.

The client reads them anew for each connection, and would look for ever for what is not there.
"""

import re
from itertools import pairwise

LONGEST_FILE = 64 << 10
MARKS = (b"-----BEGIN NATS USER JWT-----", b"-----BEGIN USER NKEY SEED-----")
USER_SEED = re.compile(rb"SU[A-Z2-7]{56}")


def check_credentials(file: str) -> None:
    """Raises OSError for a file that is not what `nsc` writes of a user."""
    lines = _read(file).splitlines()
    found = {line.strip(): following for line, following in pairwise(lines)}
    token, seed = (found.get(mark, b"").strip() for mark in MARKS)
    if token.count(b".") != 2 or USER_SEED.fullmatch(seed) is None:
        raise OSError(f"{file} holds no credentials of a NATS user (a JWT and a seed)")


def check_nkey(file: str) -> None:
    """Raises OSError for a file that does not hold the seed of a user's nkey, and that alone."""
    if USER_SEED.fullmatch(_read(file).strip()) is None:
        raise OSError(f"{file} holds no seed of a NATS user's nkey (SU...)")


def _read(file: str) -> bytes:
    with open(file, "rb") as opened:
        content = opened.read(LONGEST_FILE + 1)
    if len(content) > LONGEST_FILE:
        raise OSError(f"{file} is longer than {LONGEST_FILE} bytes")
    return content
