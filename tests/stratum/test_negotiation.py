"""BIP310, extension by extension."""

import msgspec
import pytest

from pithead.stratum.messages import Malformed
from pithead.stratum.negotiation import VERSION_ROLLING_MASK, Agreement, negotiate
from pithead.stratum.requests import Configure


def agreed(*extensions, **options):
    raw = {name.replace("__", "."): msgspec.Raw(value) for name, value in options.items()}
    raw = {name.replace("_", "-"): value for name, value in raw.items()}
    return negotiate(Configure(extensions, raw))


def test_nothing_asked_is_nothing_granted():
    assert agreed() == Agreement()


def test_the_mask_is_what_both_sides_allow():
    agreement = agreed("version-rolling", version_rolling__mask=b'"00ffffff"')
    assert agreement.version_mask == 0x00FFE000
    assert agreement.answer["version-rolling.mask"] == "00ffe000"


def test_no_mask_asks_for_all_bits():
    assert agreed("version-rolling").version_mask == VERSION_ROLLING_MASK


def test_options_of_an_extension_that_was_not_asked_for_do_nothing():
    assert agreed(version_rolling__mask=b'"ffffffff"') == Agreement()


def test_enough_bits_are_granted_and_too_few_refused_with_a_reason():
    asked = {"version_rolling__mask": b'"ffffffff"', "version_rolling__min_bit_count": b"16"}
    assert agreed("version-rolling", **asked).version_mask == VERSION_ROLLING_MASK
    asked["version_rolling__min_bit_count"] = b"17"
    refused = agreed("version-rolling", **asked)
    assert refused.version_mask is None
    assert isinstance(refused.answer["version-rolling"], str)


def test_several_extensions_are_answered_together():
    agreement = agreed(
        "minimum-difficulty", "subscribe-extranonce", "info", minimum_difficulty__value=b"2048"
    )
    assert agreement.answer == {
        "minimum-difficulty": True,
        "subscribe-extranonce": True,
        "info": False,
    }
    assert agreement.minimum_difficulty == 2048
    assert agreement.extranonce_changes


@pytest.mark.parametrize("mask", [b"7", b'"xyz"', b'"123456789"', b'"-1"', b"null"])
def test_a_mask_out_of_form_is_malformed(mask):
    with pytest.raises(Malformed):
        agreed("version-rolling", version_rolling__mask=mask)
