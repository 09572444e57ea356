import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.poolapi.tokens import (
    MAX_TOKEN_LENGTH,
    TOKEN_HEADERS,
    is_possible,
    token_key,
    token_of,
)


@pytest.mark.parametrize("header", TOKEN_HEADERS)
def test_a_token_is_found_in_each_of_the_four_headers(header):
    assert token_of({header: "abc"}) == "abc"


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer abc"}, {"SlushPool-Auth-Token": "  "}]
)
def test_anything_else_is_no_token(headers):
    assert token_of(headers) == ""


def test_the_first_header_that_has_something_in_it_counts():
    assert token_of({"SlushPool-Auth-Token": " ", "Pool-Auth-Token": "b"}) == "b"
    assert token_of({"X-Pool-Auth-Token": "b", "SlushPool-Auth-Token": "a"}) == "a"


def test_a_token_is_printable_ascii_of_a_bounded_length():
    assert is_possible("k3yZ8bQ4wT6vR1nM")
    assert is_possible("x" * MAX_TOKEN_LENGTH)
    assert not is_possible("x" * (MAX_TOKEN_LENGTH + 1))
    assert not is_possible("")
    assert not is_possible("schlüssel")
    assert not is_possible("a\tb")


@given(st.text(max_size=300))
def test_any_text_is_either_possible_or_not_and_never_an_error(token):
    if is_possible(token):
        assert token not in token_key(token) or len(token) < 3
        assert len(token_key(token)) == 64
