"""Every message of the contract goes to protobuf and back, and strange bytes are told so."""

import contextlib
import importlib
import math
import pkgutil

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pithead.bos
from pithead.bos.advanced_settings import SetSettingsRequest
from pithead.bos.authentication import LoginRequest, SetPasswordRequest
from pithead.bos.cooling import CoolingAutoMode, SetCoolingModeRequest
from pithead.bos.miner import PsuInfo
from pithead.bos.performance import SetHashrateTargetRequest, SetPowerTargetRequest
from pithead.bos.pool import PoolGroup, PoolGroupConfiguration
from pithead.bos.protos import ROOT_PACKAGE, proto_file
from pithead.bos.units import Timestamp
from pithead.rpc import protobuf
from pithead.rpc.contract import Service
from pithead.rpc.descriptors import Descriptors
from pithead.rpc.errors import InvalidArgument
from pithead.rpc.wirefields import wire_fields

SERVICES = [
    each
    for module in pkgutil.iter_modules(pithead.bos.__path__)
    for each in vars(importlib.import_module(f"pithead.bos.{module.name}")).values()
    if isinstance(each, type) and issubclass(each, Service) and each.full_name
]
DESCRIPTORS = Descriptors(SERVICES, proto_file, ROOT_PACKAGE)
MESSAGES = sorted(
    {
        message
        for service in SERVICES
        for operation in service.operations()
        if operation.over_grpc
        for message in (operation.request, operation.response)
    },
    key=lambda each: each.__name__,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
SCALARS = {
    "bool": st.booleans(),
    "bytes": st.binary(max_size=20),
    "double": st.floats(allow_nan=False, allow_infinity=False),
    "string": st.text(max_size=20),
    "uint32": st.integers(0, 2**32 - 1),
    "uint64": st.integers(0, 2**63 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "int32": st.integers(0, 999_999_999),
}


def values(field):
    if field.is_message:
        one = messages(field.type)
    elif field.is_enum:
        one = st.sampled_from(field.type)
    elif field.type is int and field.kind == "message":
        one = SCALARS["uint32"]
    elif field.kind == "message":
        one = st.dictionaries(st.text(max_size=5), JSON, max_size=3)
    else:
        one = SCALARS[field.kind]
    if field.many:
        return st.lists(one, max_size=3).map(tuple)
    return one | st.none() if (field.optional and not field.variant) else one


@st.composite
def messages(draw, kind):
    """A message as a client could send it: what is not on the wire is left out."""
    given_fields, oneofs = {}, {}
    for field in wire_fields(kind):
        if field.variant:
            oneofs.setdefault(field.attribute, []).append(field)
        else:
            given_fields[field.attribute] = draw(values(field))
    for attribute, variants in oneofs.items():
        field = draw(st.sampled_from([None, *variants]))
        if field is not None:
            given_fields[attribute] = {field.variant: draw(values(field))}
    return msgspec.convert(msgspec.to_builtins(given_fields, builtin_types=(bytes,)), kind)


def there_and_back(message):
    wire_class = DESCRIPTORS.message_class(type(message))
    return protobuf.decode(protobuf.encode(message, wire_class), type(message), wire_class)


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
@settings(max_examples=8, deadline=None)
@given(st.data())
def test_a_message_comes_back_as_it_went(kind, data):
    message = data.draw(messages(kind))
    assert there_and_back(message) == message


@pytest.mark.parametrize(
    "kind",
    [SetCoolingModeRequest, SetSettingsRequest, LoginRequest],
    ids=lambda kind: kind.__name__,
)
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=60))
def test_any_bytes_are_a_message_or_an_invalid_argument(kind, data):
    with contextlib.suppress(InvalidArgument):
        assert isinstance(protobuf.decode(data, kind, DESCRIPTORS.message_class(kind)), kind)


def decoded(kind, **fields):
    wire_class = DESCRIPTORS.message_class(kind)
    return protobuf.decode(wire_class(**fields).SerializeToString(), kind, wire_class)


def test_what_is_not_sent_is_zero_or_none_as_the_field_has_it():
    assert decoded(LoginRequest) == LoginRequest(username="", password="")
    assert decoded(SetPasswordRequest).password is None
    assert decoded(SetPasswordRequest, password="").password == ""
    assert decoded(SetPowerTargetRequest).power_target is None
    assert decoded(SetPowerTargetRequest, power_target={}).power_target.watt == 0
    assert decoded(CoolingAutoMode).min_fan_speed is None
    assert decoded(PoolGroupConfiguration).pools == ()


def test_an_empty_variant_is_told_from_none():
    chosen = decoded(PoolGroupConfiguration, quota={}).load_balance_strategy.chosen
    assert (chosen[0], chosen[1].value) == ("quota", 0)
    assert decoded(PoolGroupConfiguration).load_balance_strategy is None
    assert decoded(PoolGroup, fixed_share_ratio={"value": 0.5}).strategy.chosen[0] == (
        "fixedshareratio"
    )


def test_protobufs_own_messages_are_plain_values():
    assert decoded(PsuInfo, version={"value": 0}).version == 0
    assert decoded(PsuInfo).version is None
    assert decoded(Timestamp, seconds=-1, nanos=5) == Timestamp(seconds=-1, nanos=5)
    settings = decoded(SetSettingsRequest, settings={"a": 5.0, "b": [1.5, None, {"c": True}]})
    assert settings.settings == {"a": 5, "b": [1.5, None, {"c": True}]}
    assert isinstance(settings.settings["a"], int)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_have_are_refused(value):
    with pytest.raises(InvalidArgument, match="finite"):
        decoded(SetHashrateTargetRequest, hashrate_target={"terahash_per_second": value})
    with pytest.raises(InvalidArgument, match="finite"):
        decoded(SetSettingsRequest, settings={"a": value})


def test_values_outside_the_limits_of_the_contract_are_refused():
    with pytest.raises(InvalidArgument, match=r"power_target\.watt"):
        decoded(SetPowerTargetRequest, power_target={"watt": 2**64 - 1})
    with pytest.raises(InvalidArgument, match="save_action"):
        decoded(SetPowerTargetRequest, save_action=77)
