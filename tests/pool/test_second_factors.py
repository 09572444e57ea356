"""One-time codes: those of RFC 6238, each used once, and what the database tells of them."""

from base64 import b32decode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from pithead.pool.database import open_database
from pithead.pool.schema import recovery_codes, second_factors
from pithead.pool.second_factors import (
    RECOVERY_CODES,
    STEP_SECONDS,
    SecondFactors,
    code_at,
    counter_of,
)

PASSWORD = "a long password"
CHEAP_KIB = 32
RFC_SECRET = b"12345678901234567890"
RFC_CODES = {
    59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924",
    2000000000: "69279037", 20000000000: "65353130",
}  # fmt: skip
"""Of RFC 6238, appendix B, for SHA-1; shorter codes are the last digits of longer ones."""


@pytest.fixture
def factors(database, clock):
    engine = open_database(database)
    yield SecondFactors(engine, clock, CHEAP_KIB)
    engine.dispose()


@pytest.fixture
def phone(factors, clock):
    """Makes codes, as many steps off as it is told; the factor is on, its first code used."""
    secret = b32decode(factors.begin("alice", PASSWORD))

    def code(steps=0):
        return code_at(secret, int(clock.now) // STEP_SECONDS + steps)

    code.recovery = factors.confirm("alice", PASSWORD, code())
    return code


@pytest.mark.parametrize("second", RFC_CODES)
def test_codes_are_those_of_the_rfc(second):
    code, counter = RFC_CODES[second][-6:], second // STEP_SECONDS
    assert code_at(RFC_SECRET, counter) == code
    assert counter_of(RFC_SECRET, code, second) == counter


def test_a_clock_may_be_one_step_off_and_no_more():
    for steps in range(-3, 4):
        counter = 1000 + steps
        found = counter_of(RFC_SECRET, code_at(RFC_SECRET, counter), 1000 * STEP_SECONDS)
        assert found == (counter if abs(steps) <= 1 else None)


@given(st.text(max_size=40))
def test_no_text_is_a_code_but_the_code(text):
    codes = {code_at(RFC_SECRET, counter) for counter in (999, 1000, 1001)}
    found = counter_of(RFC_SECRET, text, 1000 * STEP_SECONDS)
    assert (found is not None) == ("".join(text.split()) in codes)


def test_a_secret_counts_once_a_code_of_it_was_given(factors, clock):
    secret = b32decode(factors.begin("alice", PASSWORD))
    code = code_at(secret, int(clock.now) // STEP_SECONDS)
    assert factors.of("alice") is None
    assert factors.accepts("alice", PASSWORD, "")
    wrong = f"{(int(code) + 1) % 10**6:06}"
    if counter_of(secret, wrong, clock.now) is None:
        assert factors.confirm("alice", PASSWORD, wrong) is None
    assert factors.of("alice") is None
    assert len(factors.confirm("alice", PASSWORD, code)) == RECOVERY_CODES
    assert factors.of("alice").since == int(clock.now)
    assert not factors.accepts("alice", PASSWORD, "")
    assert not factors.turn_off("bob")


def test_a_code_is_used_once_also_by_another_process_and_after_a_restart(factors, phone, clock):
    assert not factors.accepts("alice", PASSWORD, phone())  # turned it on
    clock.now += STEP_SECONDS
    code = phone()
    assert factors.accepts("alice", PASSWORD, code)
    again = SecondFactors(factors._engine, clock, CHEAP_KIB)
    assert not again.accepts("alice", PASSWORD, code)
    assert not again.accepts("alice", PASSWORD, phone(-1))
    assert again.accepts("alice", PASSWORD, phone(1))
    assert not again.accepts("alice", PASSWORD, phone())


def test_of_two_at_once_with_the_same_code_one_gets_in(factors, phone, clock, monkeypatch):
    """Both have read the row before either writes."""
    clock.now += STEP_SECONDS
    row, code = factors._row("alice"), phone()
    monkeypatch.setattr(factors, "_row", lambda user: row)
    assert [factors.accepts("alice", PASSWORD, code) for _ in range(2)] == [True, False]


def test_codes_are_read_as_people_type_them(factors, phone, clock):
    clock.now += STEP_SECONDS
    code = phone()
    assert factors.accepts("alice", PASSWORD, f" {code[:3]} {code[3:]} ")
    assert factors.accepts("alice", PASSWORD, phone.recovery[0].upper().replace("-", " "))


@pytest.mark.parametrize("code", ["", "000", "x" * 6, "1234567", "٣٣٣٣٣٣", "\udcff" * 6, "\0" * 6])
def test_what_is_no_code_opens_nothing(factors, phone, code):
    assert not factors.accepts("alice", PASSWORD, code)


def test_each_recovery_code_opens_once_and_for_its_user(factors, phone, clock):
    secret = b32decode(factors.begin("bob", PASSWORD))
    factors.confirm("bob", PASSWORD, code_at(secret, int(clock.now) // STEP_SECONDS))
    first, second, *_ = phone.recovery
    assert not factors.accepts("bob", PASSWORD, first)
    assert factors.accepts("alice", PASSWORD, first)
    assert not factors.accepts("alice", PASSWORD, first)
    assert factors.of("alice").recovery_codes == RECOVERY_CODES - 1
    assert factors.accepts("alice", PASSWORD, second)
    assert factors.of("bob").recovery_codes == RECOVERY_CODES


def test_the_database_alone_tells_neither_secret_nor_codes(factors, clock):
    secret = factors.begin("alice", PASSWORD)
    codes = factors.confirm(
        "alice", PASSWORD, code_at(b32decode(secret), int(clock.now) // STEP_SECONDS)
    )
    with factors._engine.connect() as connection:
        (row,) = connection.execute(select(second_factors))
        kept = str([row, *connection.execute(select(recovery_codes))])
    assert secret not in kept
    assert b32decode(secret).hex() not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)
    assert factors._secret(row, PASSWORD) == b32decode(secret)
    assert factors._secret(row, "another password") != b32decode(secret)


def test_a_new_password_leaves_the_telephone_as_it_is(factors, phone, clock):
    clock.now += STEP_SECONDS
    write = factors.masked_anew("alice", PASSWORD, "another password")
    with factors._engine.begin() as connection:
        write(connection)
    assert not factors.accepts("alice", PASSWORD, phone())
    assert factors.accepts("alice", "another password", phone())


def test_a_password_is_not_changed_over_another_s_change(factors, phone):
    write = factors.masked_anew("alice", PASSWORD, "another password")
    with factors._engine.begin() as connection:
        connection.execute(update(second_factors).values(salt="00"))
        with pytest.raises(ValueError, match="meanwhile"):
            write(connection)


def test_one_that_is_on_is_not_begun_anew_and_one_that_waits_is(factors, clock):
    first, second = (b32decode(factors.begin("alice", PASSWORD)) for _ in range(2))
    counter = int(clock.now) // STEP_SECONDS
    if code_at(first, counter) != code_at(second, counter):
        assert factors.confirm("alice", PASSWORD, code_at(first, counter)) is None
    assert factors.confirm("alice", PASSWORD, code_at(second, counter))
    with pytest.raises(ValueError, match="already"):
        factors.begin("alice", PASSWORD)
    with pytest.raises(ValueError, match="begin anew"):
        factors.confirm("alice", PASSWORD, code_at(second, counter + 1))
    with pytest.raises(ValueError, match="begin anew"):
        factors.confirm("bob", PASSWORD, "123456")
    assert factors.accepts("alice", PASSWORD, code_at(second, counter + 1))


def test_turned_off_nothing_of_it_is_left(factors, phone):
    assert factors.turn_off("alice")
    assert factors.of("alice") is None
    assert factors.accepts("alice", PASSWORD, "")
    assert not factors.turn_off("alice")
    with factors._engine.connect() as connection:
        assert not [*connection.execute(select(recovery_codes))]
