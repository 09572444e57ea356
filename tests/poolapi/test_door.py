import pytest
from hypothesis import given
from hypothesis import strategies as st

from pithead.poolapi.door import Door, Forbidden, Refused, TooOften
from pithead.poolapi.settings import ApiSettings


@pytest.fixture
def door(tokens):
    return Door(tokens, ApiSettings(burst=3, wrong_token_burst=5))


def ask(door, token, wall=0.0, host="10.0.0.1"):
    return door.admit({"Pool-Auth-Token": token} if token else {}, host, wall)


def test_a_good_token_says_whose_it_is(door, token):
    assert ask(door, token) == "alice"


@pytest.mark.parametrize("wrong", ["", "no-such-token", "x" * 1000, "é", "a\x00b"])
def test_no_token_or_a_wrong_one_is_forbidden(door, wrong):
    with pytest.raises(Forbidden):
        ask(door, wrong)


def test_a_revoked_token_is_forbidden_at_once(door, token, tokens):
    ask(door, token)
    del tokens.known[token]
    with pytest.raises(Forbidden):
        ask(door, token)


def test_a_profile_without_web_apis_is_told_so(door):
    with pytest.raises(Forbidden, match="does not allow web APIs"):
        ask(door, "watcher-without-api")


def test_a_token_may_be_used_a_burst_and_then_as_it_refills(door, token):
    for _ in range(3):
        ask(door, token)
    with pytest.raises(TooOften) as refusal:
        ask(door, token)
    assert refusal.value.wait == 2.0
    assert ask(door, token, wall=2.0) == "alice"


def test_one_token_does_not_use_up_the_allowance_of_another(door, token, tokens):
    tokens.known["another"] = tokens.known[token]
    for _ in range(3):
        ask(door, token)
    assert ask(door, "another") == "alice"


def test_an_address_that_guesses_is_stopped_before_its_guesses_are_looked_up(door, token, tokens):
    for guess in range(5):
        with pytest.raises(Forbidden):
            ask(door, f"guess{guess}")
    looked_up = tokens.asked
    with pytest.raises(TooOften, match="wrong access tokens"):
        ask(door, token)
    assert tokens.asked == looked_up
    assert ask(door, token, host="10.0.0.2") == "alice"
    assert ask(door, token, wall=2.0) == "alice"


def test_a_missing_token_is_no_guess(door, token):
    for _ in range(50):
        with pytest.raises(Forbidden):
            ask(door, "")
    assert ask(door, token) == "alice"


@given(
    st.dictionaries(
        st.sampled_from(["Pool-Auth-Token", "X-SlushPool-Auth-Token", "Authorization"]),
        st.text(max_size=200),
    )
)
def test_whatever_the_headers_say_only_a_known_token_gets_in(headers):
    class Nobody:
        def access(self, token):
            return None

    with pytest.raises(Refused):
        Door(Nobody(), ApiSettings()).admit(headers, "10.0.0.1", 0.0)


def test_an_address_that_does_not_stop_is_banned_with_all_its_tokens(tokens, token):
    door = Door(tokens, ApiSettings(burst=3, ban_strikes=5, ban_seconds=600))
    tokens.known["another"] = tokens.known[token]
    for _ in range(3):
        ask(door, token)
    bans = []
    for _ in range(6):
        with pytest.raises(TooOften) as refusal:
            ask(door, token)
        bans.append(refusal.value.ban)
    assert bans[:5] == [None] * 5
    assert bans[5] is not None
    assert bans[5].address == "10.0.0.1"
    with pytest.raises(TooOften, match="banned") as refusal:
        ask(door, "another", wall=1.0)
    assert refusal.value.wait == 599.0
    assert ask(door, "another", wall=1.0, host="10.0.0.2") == "alice"
    assert ask(door, "another", wall=601.0) == "alice"
