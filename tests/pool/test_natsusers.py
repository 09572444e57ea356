"""A file that does not say who a NATS user is, is refused before the client reads it."""

import nkeys
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.pool.natsusers import LONGEST_FILE, check_credentials, check_nkey
from tests.natsoperator import Operator, new_key


def file_of(directory, content):
    file = directory / "file"
    file.write_bytes(content)
    return str(file)


def test_what_an_operator_gives_out_is_taken(tmp_path):
    text = Operator().credentials()
    check_credentials(file_of(tmp_path, text.encode()))
    check_credentials(file_of(tmp_path, text.replace("\n", "\r\n").encode()))
    seed, _ = new_key(nkeys.PREFIX_BYTE_USER)
    check_nkey(file_of(tmp_path, b" %b\n" % seed))


@pytest.mark.parametrize("check", [check_credentials, check_nkey])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"-----BEGIN NATS USER JWT-----",
        b"-----BEGIN NATS USER JWT-----\na.b.c\n",
        new_key(nkeys.PREFIX_BYTE_ACCOUNT)[0],
        new_key(nkeys.PREFIX_BYTE_USER)[1].encode(),
        b"S" * (LONGEST_FILE + 1),
    ],
    ids=["empty", "header", "no token", "seed of an account", "public key", "too long"],
)
def test_what_is_none_is_refused(check, content, tmp_path):
    with pytest.raises(OSError, match=r"NATS user|longer than"):
        check(file_of(tmp_path, content))


@pytest.mark.parametrize("check", [check_credentials, check_nkey])
@given(content=st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_taken_or_refused(check, content, tmp_path_factory):
    file = file_of(tmp_path_factory.getbasetemp(), content)
    with pytest.raises(OSError):
        check(file)
