"""Settings for experts."""

import pytest

ALL = {
    "timezone": "UTC",
    "dead_pools_timeout_s": 60,
    "delayed_start_s": 0,
    "allow_disabling_hashboards_on_nopic_miners": False,
    "monitor_interval_s": 300,
}


async def test_the_schema_names_every_setting_with_its_type_and_default(api):
    schema = (await api.get("/advanced-settings/schema")).json()
    assert schema["type"] == "object"
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {name: each["default"] for name, each in schema["properties"].items()} == ALL


async def test_reads_show_what_was_set_or_with_the_defaults_all(api):
    assert (await api.get("/advanced-settings/")).json() == {}
    assert (await api.get("/advanced-settings?include_default=false")).json() == {}
    assert (await api.get("/advanced-settings?include_default=true")).json() == ALL
    await api.patch("/advanced-settings", json={"delayed_start_s": 9})
    assert (await api.get("/advanced-settings/")).json() == {"delayed_start_s": 9}
    seen = (await api.get("/advanced-settings/?include_default=true")).json()
    assert seen == ALL | {"delayed_start_s": 9}


async def test_a_change_answers_what_was_given_and_null_where_it_was_cleared(api):
    body = {"timezone": "Europe/Prague", "delayed_start_s": 9}
    assert (await api.patch("/advanced-settings/", json=body)).json() == body
    assert api.rig.saved[-1].system.advanced == body
    answer = await api.patch("/advanced-settings/", json={"timezone": None})
    assert answer.json() == {"timezone": None}
    assert (await api.get("/advanced-settings/")).json() == {"delayed_start_s": 9}


async def test_one_bad_value_changes_nothing(api):
    body = {"delayed_start_s": 9, "timezone": "Nowhere"}
    answer = await api.patch("/advanced-settings/", json=body)
    assert answer.status_code == 422
    assert "Nowhere" in answer.text
    assert (await api.get("/advanced-settings/")).json() == {}


@pytest.mark.parametrize("body", [b"[]", b"7", b"null"])
async def test_a_body_of_another_shape_is_refused(api, body):
    assert (await api.patch("/advanced-settings/", content=body)).status_code == 422


async def test_a_reset_clears_all_and_answers_what_is_in_effect(api):
    await api.patch("/advanced-settings", json={"delayed_start_s": 9})
    assert (await api.client.delete("/advanced-settings/")).json() == ALL
    assert (await api.get("/advanced-settings/")).json() == {}
    assert api.rig.saved[-1].system.advanced == {}
