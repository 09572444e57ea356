"""Messages, oneofs and operations say once what they are."""

import msgspec
import pytest

from pithead.rpc.contract import WHOLE, Message
from tests.rpc.parcels import (
    Box,
    Parcel,
    SetWeightRequest,
    Shape,
    ShapeShape,
    Store,
    StoreService,
    Weight,
    WeightResponse,
)

OPERATIONS = {each.method: each for each in StoreService.operations()}


def test_unset_fields_are_null_in_json():
    assert msgspec.json.encode(Weight(gram=3)) == b'{"gram":3,"note":null}'
    assert msgspec.json.encode(Shape()) == b'{"shape":null}'


def test_a_oneof_is_an_object_of_its_one_variant():
    shape = Shape(shape=ShapeShape(box=Box(side=1.5)))
    assert msgspec.json.encode(shape) == b'{"shape":{"box":{"side":1.5}}}'
    assert msgspec.json.decode(msgspec.json.encode(shape), type=Shape) == shape


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"box":{"side":1},"bigball":{"gram":2}}',
        b'{"box":null}',
        b'{"big_ball":{"gram":2}}',
    ],
)
def test_a_oneof_without_exactly_one_variant_is_refused(body):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=ShapeShape)


def test_a_oneof_tells_what_was_chosen():
    assert ShapeShape(bigball=Weight(gram=2)).chosen == ("bigball", Weight(gram=2))


def test_a_message_takes_unknown_fields_and_ignores_them():
    assert msgspec.json.decode(b'{"gram":1,"glow":[{}]}', type=Weight) == Weight(gram=1)


@pytest.mark.parametrize("gram", [b"-1", b"4294967296", b"1.5", b'"1"', b"null", b"true"])
def test_a_number_outside_its_protobuf_type_is_refused(gram):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"gram":' + gram + b"}", type=Weight)


def test_messages_cannot_be_changed():
    with pytest.raises(AttributeError):
        Weight(gram=1).gram = 2


def test_an_operation_is_read_off_its_method():
    operation = OPERATIONS["set_weight"]
    assert operation.name == "SetWeight"
    assert (operation.request, operation.response) == (SetWeightRequest, WeightResponse)
    assert operation.summary == "Set it."
    assert operation.needs_token
    assert operation.over_grpc
    assert not operation.streaming
    assert (operation.http.verb, operation.http.body, operation.http.status) == (
        "PUT", "weight", 200,
    )  # fmt: skip


def test_a_stream_has_the_type_of_one_message():
    operation = OPERATIONS["watch"]
    assert operation.streaming
    assert operation.response is Weight
    assert operation.http.answer == WHOLE


def test_operations_are_in_the_order_of_the_source():
    assert list(OPERATIONS)[:3] == ["set_weight", "patch_weight", "set_shape"]


def test_a_service_keeps_its_full_name_when_it_is_implemented():
    assert Store.full_name == StoreService.full_name == "test.Store"


def test_implemented_is_what_a_class_overrides():
    missing = {each.method for each in StoreService.operations()} - {
        each.method for each in Store().implemented()
    }
    assert missing == {"missing"}


def test_a_message_is_known_in_documents_by_the_name_of_its_class_unless_it_says_otherwise():
    assert Message.schema_name == Parcel.schema_name == ""
    assert ShapeShape.schema_name == "AnyShape"
