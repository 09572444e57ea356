import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.bitcoin.bech32 import (
    ALPHABET,
    Bech32Error,
    Checksum,
    bytes_from_values,
    decode,
    encode,
    values_from_bytes,
)

BECH32 = [  # the valid strings of BIP173
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
    "11" + "q" * 82 + "c8247j",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    "?1ezyfcl",
]
BECH32M = [  # the valid strings of BIP350
    "A1LQFN3A",
    "a1lqfn3a",
    "an83characterlonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber11sg7hg6",
    "abcdef1l7aum6echk45nj3s0wdvt2fg8x9yrzpqzd3ryx",
    "11" + "l" * 82 + "ludsr8",
    "split1checkupstagehandshakeupstreamerranterredcaperredlc445v",
    "?1v759aa",
]
INVALID = [  # the invalid strings of BIP173, then those of BIP350
    ("\x201nwldj5", "not printable"),
    ("\x7f1axkwrx", "not printable"),
    ("\x801eym55h", "not printable"),
    (
        "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio"
        "1569pvx",
        "longer",
    ),
    ("pzry9x0s0muk", "no separator"),
    ("1pzry9x0s0muk", "nothing before"),
    ("x1b4n0q5v", "'b' is not"),
    ("li1dgmt3", "too short"),
    ("de1lg7wt\xff", "not printable"),
    ("A1G7SGD8", "checksum"),
    ("10a06t8", "nothing before"),
    ("1qzzfhee", "nothing before"),
    ("\x201xj0phk", "not printable"),
    ("\x7f1g6xzxy", "not printable"),
    ("\x801vctc34", "not printable"),
    (
        "an84characterslonghumanreadablepartthatcontainsthetheexcludedcharactersbioandnumber1"
        "1d6pts4",
        "longer",
    ),
    ("qyrz8wqd2c9m", "no separator"),
    ("1qyrz8wqd2c9m", "nothing before"),
    ("y1b0jsk6g", "'b' is not"),
    ("lt1igcx5c0", "'i' is not"),
    ("in1muywd", "too short"),
    ("mm1crxm3i", "'i' is not"),
    ("au1s5cgom", "'o' is not"),
    ("M1VUXWEZ", "checksum"),
    ("16plkw9", "nothing before"),
    ("1p2gdwpf", "nothing before"),
]


@pytest.mark.parametrize(
    ("text", "kind"),
    [(text, Checksum.BECH32) for text in BECH32] + [(text, Checksum.BECH32M) for text in BECH32M],
)
def test_the_valid_strings_of_the_bips_read_and_write(text, kind):
    prefix, values, checksum = decode(text)
    assert checksum is kind
    assert encode(prefix, values, checksum) == text.lower()


@pytest.mark.parametrize(("text", "why"), INVALID)
def test_the_invalid_strings_of_the_bips_are_refused_with_their_reason(text, why):
    with pytest.raises(Bech32Error, match=why):
        decode(text)


def test_mixed_case_is_refused():
    with pytest.raises(Bech32Error, match="mixed"):
        decode("a12UEL5L")


@given(st.lists(st.integers(0, 31), max_size=60), st.sampled_from(Checksum))
def test_every_list_of_values_reads_back(values, checksum):
    assert decode(encode("bc", values, checksum)) == ("bc", values, checksum)


@given(st.data())
def test_up_to_four_wrong_characters_are_always_found(data):
    text = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    positions = data.draw(st.sets(st.integers(3, len(text) - 1), min_size=1, max_size=4))
    characters = list(text)
    for position in positions:
        others = ALPHABET.replace(characters[position], "")
        characters[position] = data.draw(st.sampled_from(others))
    try:
        _, _, checksum = decode("".join(characters))
    except Bech32Error:
        return
    assert checksum is Checksum.BECH32M  # the promise of BIP173 is for its own kind


@given(st.binary(max_size=40))
def test_bytes_survive_the_regrouping(data):
    assert bytes_from_values(values_from_bytes(data)) == data


@pytest.mark.parametrize(
    ("values", "why"), [([0], "more than four"), ([0, 1], "not zero"), ([31, 31], "not zero")]
)
def test_wrong_padding_is_refused(values, why):
    with pytest.raises(Bech32Error, match=why):
        bytes_from_values(values)


@given(st.text(max_size=100))
def test_any_text_is_refused_or_written_back_the_same(text):
    try:
        prefix, values, checksum = decode(text)
    except Bech32Error:
        return
    assert encode(prefix, values, checksum) == text.lower()
