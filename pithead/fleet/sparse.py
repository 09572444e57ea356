"""Messages as JSON without what is not said: some machines refuse `null`. Pure."""

import msgspec


def said(message: object) -> object:
    """What `msgspec` makes of it, without fields and entries that are None."""
    return _said(msgspec.to_builtins(message))


def _said(value: object) -> object:
    match value:
        case dict():
            return {key: _said(each) for key, each in value.items() if each is not None}
        case list() | tuple():
            return [_said(each) for each in value]
    return value
