"""What order_send and order_check refuse on the spot, and the request they make of what remains."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from paper.module import arguments
from paper.module.failures import BadArgument
from paper.wire.mt5_fields import FIELDS

_CHECKS: Final[dict[str, Callable[[object, str], object]]] = {
    **dict.fromkeys(
        ("action", "type", "type_filling", "type_time"), partial(arguments.unsigned, bits=32)
    ),
    **dict.fromkeys(("magic", "order", "deviation", "position", "position_by"), arguments.unsigned),
    **dict.fromkeys(("volume", "price", "stoplimit", "sl", "tp"), arguments.real),
    **dict.fromkeys(("symbol", "comment"), arguments.text),
    "expiration": arguments.signed_64,
}
_WHEN_ABSENT: Final[dict[str, object]] = {"i": 0, "f": 0.0, "s": ""}
_FIELDS: Final = tuple(field.split(":") for field in FIELDS["TradeRequest"].split())


def trade_request(positional: tuple[object, ...], keywords: dict[str, object]) -> list[object]:
    """The request's 17 values: unknown keys are ignored, and a missing one is zero or empty."""
    given = _container(positional, keywords)
    return [_value(given, key, kind) for key, kind in _FIELDS]


def _container(positional: tuple[object, ...], keywords: dict[str, object]) -> dict[Any, object]:
    """One dict by position, or the fields by keyword: then `request=` is just an unknown field."""
    if keywords:
        if positional:
            raise BadArgument(arguments.NAMED_ONLY)
        return keywords
    if len(positional) != 1:
        raise BadArgument(arguments.WRONG_NUMBER)
    request = positional[0]
    if not isinstance(request, dict):
        raise BadArgument(arguments.INVALID)
    return request


def _value(given: dict[Any, object], key: str, kind: str) -> object:
    # As C reads a dict: what a subclass makes of looking up does not count.
    if not dict.__contains__(given, key):
        return _WHEN_ABSENT[kind]
    return _CHECKS[key](dict.__getitem__(given, key), arguments.named(key))
