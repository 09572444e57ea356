import msgspec
import pytest

from pithead.rpc import shapes
from pithead.rpc.contract import WHOLE
from tests.rpc.parcels import Parcel, Shape, ShapeShape, StoreService, Weight

OPERATIONS = {each.name: each for each in StoreService.operations()}


def test_the_body_is_the_whole_request_a_field_or_a_field_of_a_field_and_never_null():
    bodies = {
        name: shapes.body_type(each, each.http) for name, each in OPERATIONS.items() if each.http
    }
    assert bodies["Create"] is Parcel
    assert bodies["Update"] is Parcel
    assert shapes.bare(bodies["SetShape"]) is ShapeShape
    assert bodies["SetWeight"] is Weight
    assert bodies["List"] is None


def test_the_answer_is_never_null():
    put = OPERATIONS["SetWeight"]
    assert shapes.answer_type(put, put.http) is Weight
    shape = OPERATIONS["SetShape"]
    assert shape.http.answer == WHOLE
    assert shapes.answer_type(shape, shape.http) is Shape
    remove = OPERATIONS["Remove"]
    assert shapes.answer_type(remove, remove.http) is None


def test_fields_that_rest_does_not_have_are_in_no_body_and_have_their_fixed_value():
    send = OPERATIONS["Send"]
    body = shapes.body_type(send, send.http)
    assert body.__struct_fields__ == ("up", "word")
    assert shapes.request_of(send, send.http, body(up=3), {}) == send.request(save=2, up=3)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"up":-1}', type=body)


def test_a_parameter_goes_where_its_field_is():
    update, remove = OPERATIONS["Update"], OPERATIONS["Remove"]
    body = Parcel(uid="b", names=())
    made = shapes.request_of(update, update.http, body, {"uid": "a"})
    assert made == update.request(save=2, parcel=Parcel(uid="a", names=()))
    made = shapes.request_of(remove, remove.http, None, {"uid": "a", "wipe": True})
    assert made == remove.request(uid="a", wipe=True)
