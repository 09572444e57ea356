import pytest

from pithead.bitcoin.hashing import display_from_wire, sha256d, wire_from_display


def test_a_hash_of_nothing_is_the_known_one():
    # SHA-256 twice over the empty string, computed with coreutils' sha256sum
    assert sha256d(b"").hex() == "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456"


def test_the_display_form_is_reversed_and_reads_back():
    hash_wire = bytes(range(32))
    assert display_from_wire(hash_wire).startswith("1f1e1d")
    assert wire_from_display(display_from_wire(hash_wire)) == hash_wire


@pytest.mark.parametrize("text", ["", "00" * 31, "00" * 33, "zz" * 32, "00 " + "00" * 30 + "0"])
def test_what_is_not_64_hex_digits_is_no_hash(text):
    with pytest.raises(ValueError):
        wire_from_display(text)
