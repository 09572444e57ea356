"""The password, and what it opens."""

import pytest

from pithead.miner.api.keys import MOST_LASTING_TOKENS, LastingTokens, keys_in


async def test_a_new_password_is_needed_at_once_and_ends_every_token(api):
    assert (await api.put("/auth/password", json={"password": "secret"})).status_code == 204
    assert (await api.get("/miner/details")).status_code == 401
    assert (await api.log_in("")).status_code == 401
    assert (await api.log_in("secret")).status_code == 200


async def test_null_removes_the_password(api):
    await api.put("/auth/password", json={"password": "secret"})
    token = (await api.log_in("secret")).json()["token"]
    answer = await api.put(
        "/auth/password", json={"password": None}, headers={"Authorization": token}
    )
    assert answer.status_code == 204
    assert (await api.log_in("")).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"password": 7}, 422), ([], 422), ({"password": "x" * 2000}, 422)],
)
async def test_a_wrong_shape_removes_no_password(api, body, status):
    await api.put("/auth/password", json={"password": "secret"})
    token = (await api.log_in("secret")).json()["token"]
    answer = await api.put("/auth/password", json=body, headers={"Authorization": token})
    assert answer.status_code == status
    assert (await api.log_in("secret")).status_code == 200


async def test_without_a_token_nobody_changes_the_password(api):
    answer = await api.put(
        "/auth/password", json={"password": "mine"}, headers={"Authorization": "wrong"}
    )
    assert answer.status_code == 401
    assert (await api.log_in("")).status_code == 200


async def test_the_password_is_in_no_file_in_the_clear(api, tmp_path):
    await api.put("/auth/password", json={"password": "correct-horse"})
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "password" for path in kept)
    assert not any(b"correct-horse" in path.read_bytes() for path in kept)


@pytest.mark.parametrize("form", ["{}", "Bearer {}"])
async def test_a_lasting_token_works_without_a_login_and_does_not_expire(api, tmp_path, form):
    token = LastingTokens(tmp_path / "rig" / "tokens").make()
    api.wall += 10 * 3600
    headers = {"Authorization": form.format(token)}
    assert (await api.get("/miner/details", headers=headers)).status_code == 200
    assert (await api.get("/miner/details")).status_code == 401


async def test_a_password_change_ends_lasting_tokens_too(api, tmp_path):
    headers = {"Authorization": LastingTokens(tmp_path / "rig" / "tokens").make()}
    assert (await api.get("/miner/details", headers=headers)).status_code == 200
    await api.put("/auth/password", json={"password": "new"})
    assert (await api.get("/miner/details", headers=headers)).status_code == 401


def test_lasting_tokens_are_bounded_and_kept_as_hashes(tmp_path):
    tokens = LastingTokens(tmp_path / "tokens")
    made = [tokens.make() for _ in range(MOST_LASTING_TOKENS + 1)]
    assert not tokens.fits(made[0])
    assert all(tokens.fits(token) for token in made[1:])
    assert not any(token in (tmp_path / "tokens").read_text() for token in made)


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"short\n", b"\n" * 100_000])
def test_a_damaged_file_of_tokens_lets_nobody_in(tmp_path, content):
    (tmp_path / "tokens").write_bytes(content)
    assert not LastingTokens(tmp_path / "tokens").fits("")


def test_the_command_line_can_remove_a_forgotten_password(tmp_path):
    keys = keys_in(tmp_path, lambda: 0.0)
    keys.change_password("forgotten")
    assert not keys.passwords.fits("")
    keys_in(tmp_path, lambda: 0.0).remove_all()
    assert keys.passwords.fits("")


async def test_a_password_removed_on_the_command_line_ends_the_logins_of_a_running_machine(
    api, tmp_path
):
    await api.put("/auth/password", json={"password": "forgotten"})
    token = (await api.log_in("forgotten")).json()["token"]
    headers = {"Authorization": token}
    assert (await api.get("/miner/details", headers=headers)).status_code == 200
    keys_in(tmp_path / "rig", lambda: 0.0).remove_all()
    assert (await api.get("/miner/details", headers=headers)).status_code == 401
    token = (await api.log_in("")).json()["token"]
    headers = {"Authorization": token}
    assert (await api.get("/miner/details", headers=headers)).status_code == 200
