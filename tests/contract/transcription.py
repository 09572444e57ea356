"""A message of protobuf as JSON of REST and back, by the rules of the contract alone.

Names are the proto's; enums are integers; what is unset is null. A oneof is a field named as the
oneof with the variant's name inside, in lower case without underscores.
"""

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

TIMESTAMP = "google.protobuf.Timestamp"
STRUCT = "google.protobuf.Struct"
NUMBER = "google.protobuf.UInt32Value"


def json_of(message):
    """What REST would show of this message."""
    name = message.DESCRIPTOR.full_name
    if name == TIMESTAMP:
        return {"seconds": message.seconds, "nanos": message.nanos}
    if name == STRUCT:
        return json_format.MessageToDict(message)
    if name == NUMBER:
        return message.value
    shown = {}
    for field in message.DESCRIPTOR.fields:
        oneof = _oneof_of(field)
        if oneof is None:
            shown[field.name] = _value_of(message, field)
        elif message.HasField(field.name):
            shown[oneof] = {_squeezed(field.name): _value_of(message, field)}
        else:
            shown.setdefault(oneof, None)
    return shown


def _value_of(message, field):
    value = getattr(message, field.name)
    is_message = field.type == FieldDescriptor.TYPE_MESSAGE
    if field.is_repeated:
        return [json_of(each) if is_message else each for each in value]
    if field.has_presence and not message.HasField(field.name):
        return None
    return json_of(value) if is_message else value


def message_of(descriptor, data):
    """The message of a kind that REST's JSON stands for."""
    message = GetMessageClass(descriptor)()
    match descriptor.full_name:
        case "google.protobuf.Struct":
            message.update(data)
        case "google.protobuf.UInt32Value":
            message.value = data
        case _:
            for name, value in data.items():
                if value is not None:
                    _set(message, name, value)
    return message


def _set(message, name, value):
    descriptor = message.DESCRIPTOR
    oneof = descriptor.oneofs_by_name.get(name)
    if oneof is not None and len(value) == 1:
        ((variant, value),) = value.items()
        name = next(each.name for each in oneof.fields if _squeezed(each.name) == variant)
    field = descriptor.fields_by_name[name]
    if field.is_repeated:
        there = getattr(message, name)
        if field.message_type is not None:
            there.extend(message_of(field.message_type, each) for each in value)
        else:
            there.extend(value)
    elif field.message_type is not None:
        getattr(message, name).CopyFrom(message_of(field.message_type, value))
        getattr(message, name).SetInParent()
    else:
        setattr(message, name, value)


def fields_of(descriptor):
    """What may stand in the JSON of a message."""
    return {_oneof_of(field) or field.name for field in descriptor.fields}


def _oneof_of(field):
    """The oneof a field is in; an `optional` field is in none, though protobuf makes one for it."""
    oneof = field.containing_oneof
    return None if oneof is None or oneof.name.startswith("_") else oneof.name


def _squeezed(name):
    return name.replace("_", "").lower()
