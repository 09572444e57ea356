import socket

import httpx
import pytest
from starlette.responses import PlainTextResponse

from pithead.cli import machines
from pithead.cli.machines import address_of, plan_farm, serve_rest
from pithead.cli.serving import AddressTaken


def test_each_machine_has_a_loopback_address_of_its_own_as_real_ones_have():
    assert address_of(0, "127.0.1.1") == "127.0.1.1"
    assert address_of(249, "127.0.1.1") == "127.0.1.250"
    assert address_of(250, "127.0.1.1") == "127.0.2.1"
    assert address_of(999, "127.0.1.1") == "127.0.4.250"
    assert len({address_of(number, "127.0.1.1") for number in range(2000)}) == 2000


def test_models_and_users_are_taken_in_turn():
    places = plan_farm(
        5, ["Antminer S21", "Antminer S19 XP"], ["alice", "bob"], "127.0.1.1", "stratum+tcp://h:1"
    )
    assert [place.worker for place in places] == [
        "alice.miner-0", "bob.miner-1", "alice.miner-2", "bob.miner-3", "alice.miner-4",
    ]  # fmt: skip
    assert [place.model.name for place in places[:3]] == [
        "Antminer S21", "Antminer S19 XP", "Antminer S21",
    ]  # fmt: skip


def app_saying(word):
    async def app(scope, receive, send):
        await PlainTextResponse(word)(scope, receive, send)

    return app


async def test_the_local_address_chooses_the_machine():
    apps = {"127.0.1.1": app_saying("one"), "127.0.1.2": app_saying("two")}
    server, rest = serve_rest(apps, 0, 0, "--set farm.rest_port=PORT")
    await server.start()
    try:
        async with httpx.AsyncClient() as client:
            for address, word in (("127.0.1.1", "one"), ("127.0.1.2", "two")):
                answer = await client.get(f"http://{address}:{rest.ports[address]}/")
                assert answer.text == word
    finally:
        await server.stop()


async def test_where_the_usual_port_is_not_allowed_the_other_is_taken_and_it_is_said(monkeypatch):
    really = machines.listen

    def listen(host, port, setting):
        if port == 80:
            raise PermissionError(13, "Permission denied")
        return really(host, port, setting)

    monkeypatch.setattr(machines, "listen", listen)
    server, rest = serve_rest({"127.0.1.1": app_saying("one")}, 80, 0, "x")
    assert rest.ports["127.0.1.1"] not in (0, 80)
    assert "port 80 is not allowed" in rest.advice
    assert "ip_unprivileged_port_start" in rest.advice
    await server.start()
    await server.stop()


async def test_a_taken_port_is_named_with_the_option_to_change_it():
    with socket.socket() as other:
        other.bind(("127.0.1.2", 0))
        other.listen()
        port = other.getsockname()[1]
        apps = {"127.0.1.1": app_saying("one"), "127.0.1.2": app_saying("two")}
        with pytest.raises(AddressTaken, match=f"127.0.1.2:{port} .*--set farm.rest_port"):
            serve_rest(apps, port, 0, "--set farm.rest_port=PORT")
        with socket.socket() as again:
            again.bind(("127.0.1.1", port))  # the first was let go
