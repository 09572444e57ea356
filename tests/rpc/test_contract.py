"""Messages, oneofs and operations say once what they are."""

import msgspec
import pytest

from pithead.rpc.contract import WHOLE, Message
from tests.rpc.lamps import (
    AddLampRequest,
    AddLampResponse,
    Blinking,
    Change,
    House,
    Lamp,
    LampLight,
    LampService,
    Steady,
)

OPERATIONS = {each.method: each for each in LampService.operations()}


def test_unset_fields_are_null_in_json():
    assert msgspec.json.encode(Lamp(name="x")) == b'{"uid":null,"name":"x","light":null}'


def test_a_oneof_is_an_object_of_its_one_variant():
    lamp = Lamp(name="x", light=LampLight(steady=Steady(lumen=800)))
    assert msgspec.json.encode(lamp.light) == b'{"steady":{"lumen":800}}'
    assert msgspec.json.decode(msgspec.json.encode(lamp), type=Lamp) == lamp


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"steady":{"lumen":1},"blinkinglight":{"hertz":1}}',
        b'{"steady":null}',
        b'{"blinking_light":{"hertz":1}}',
    ],
)
def test_a_oneof_without_exactly_one_variant_is_refused(body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=LampLight)


def test_a_oneof_tells_what_was_chosen():
    assert LampLight(blinkinglight=Blinking(hertz=2.0)).chosen == (
        "blinkinglight",
        Blinking(hertz=2.0),
    )


def test_a_message_takes_unknown_fields_and_ignores_them():
    assert msgspec.json.decode(b'{"lumen":1,"glow":[{}]}', type=Steady) == Steady(lumen=1)


@pytest.mark.parametrize("lumen", [b"-1", b"4294967296", b"1.5", b'"1"', b"null", b"true"])
def test_a_number_outside_its_protobuf_type_is_refused(lumen):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"lumen":' + lumen + b"}", type=Steady)


def test_messages_cannot_be_changed():
    with pytest.raises(AttributeError):
        Steady(lumen=1).lumen = 2


def test_an_operation_is_read_off_its_method():
    operation = OPERATIONS["add_lamp"]
    assert operation.name == "AddLamp"
    assert (operation.request, operation.response) == (AddLampRequest, AddLampResponse)
    assert operation.summary == "Hang up a lamp."
    assert operation.needs_token
    assert operation.over_grpc
    assert not operation.streaming
    assert (operation.http.verb, operation.http.body, operation.http.status) == (
        "POST", "lamp", 201,
    )  # fmt: skip


def test_a_stream_has_the_type_of_one_message():
    operation = OPERATIONS["watch"]
    assert operation.streaming
    assert operation.response is Change
    assert operation.http.answer == WHOLE


def test_operations_are_in_the_order_of_the_source():
    assert list(OPERATIONS)[:3] == ["list_lamps", "add_lamp", "change_lamp"]


def test_a_service_keeps_its_full_name_when_it_is_implemented():
    assert House.full_name == LampService.full_name == "house.v1.LampService"


async def test_implemented_is_what_a_class_overrides():
    missing = {each.method for each in LampService.operations()} - {
        each.method for each in House().implemented()
    }
    assert missing == {"demolish"}


def test_a_message_is_known_in_documents_by_the_name_of_its_class_unless_it_says_otherwise():
    assert Message.schema_name == Lamp.schema_name == ""
    assert LampLight.schema_name == "Light"
