"""MetaTrader's result types as genuine struct sequences, the kind a C extension makes.

A namedtuple would be too kind: it can be pickled, has `_fields` and `_replace`, and accepts fields
one by one. A script that leans on any of these works on a namedtuple and breaks on a real terminal.
"""

import ctypes
import warnings
from types import GenericAlias
from typing import Any, Final

import msgspec

from paper.module.failures import malformed
from paper.wire.mt5_fields import FIELDS


class _FieldSlot(ctypes.Structure):
    """PyStructSequence_Field of the C API."""

    # The stub calls the list mutable; ctypes reads it once and wants a plain one.
    _fields_ = [  # type: ignore[mutable-override]
        ("name", ctypes.c_char_p),
        ("doc", ctypes.c_char_p),
    ]


class _Blueprint(ctypes.Structure):
    """PyStructSequence_Desc of the C API."""

    _fields_ = [  # type: ignore[mutable-override]
        ("name", ctypes.c_char_p),
        ("doc", ctypes.c_char_p),
        ("fields", ctypes.POINTER(_FieldSlot)),
        ("n_in_sequence", ctypes.c_int),
    ]


_new_type = ctypes.pythonapi.PyStructSequence_NewType
_new_type.restype = ctypes.py_object
_new_type.argtypes = [ctypes.POINTER(_Blueprint)]

_KINDS: Final[dict[str, Any]] = {"i": int, "f": float, "s": str, "b": bool}
_kept_alive: list[object] = []  # the interpreter goes on pointing into these names
_shapes: dict[Any, Any] = {}
_single: dict[Any, type[Any]] = {}
_many: dict[Any, type[Any]] = {}


def _split(type_name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    pairs = [field.split(":") for field in FIELDS[type_name].split()]
    return tuple(name for name, _ in pairs), tuple(kind for _, kind in pairs)


_DOCS: Final = {
    "AccountInfo": "This is a structure for storing account information",
    "BookInfo": "This is a structure for storing Depth of Market information",
    "OrderCheckResult": "order_check result structure",
    "OrderSendResult": "order_send result structure",
    "SymbolInfo": "This is a structure for storing symbol information",
    "TerminalInfo": "This is a structure for storing terminal information",
    "Tick": "This is a structure for storing latest symbol prices",
    "TradeDeal": "Trade deal structure",
    "TradeOrder": "Trade order structure",
    "TradePosition": "Trade position structure",
    "TradeRequest": "Trade request structure",
}


def _struct_sequence(type_name: str, names: tuple[str, ...]) -> Any:  # noqa: ANN401 - made at run time
    end = _FieldSlot(None, None)
    slots = (_FieldSlot * (len(names) + 1))(
        *[_FieldSlot(name.encode(), None) for name in names], end
    )
    blueprint = _Blueprint(type_name.encode(), _DOCS[type_name].encode(), slots, len(names))
    _kept_alive.append((slots, blueprint))
    with warnings.catch_warnings():
        # Python wants a module in the name; the real types have none and say "builtins".
        warnings.simplefilter("ignore", DeprecationWarning)
        made: Any = _new_type(ctypes.byref(blueprint))
    made.__module__ = "builtins"
    return made


def _asdict_of(names: tuple[str, ...]) -> Any:  # noqa: ANN401 - becomes a method of a type made at run time
    def _asdict(self: tuple[object, ...]) -> dict[str, object]:
        return dict(zip(names, self, strict=True))

    return _asdict


def _make(type_name: str) -> Any:  # noqa: ANN401 - made at run time
    names, kinds = _split(type_name)
    made = _struct_sequence(type_name, names)
    made._asdict = _asdict_of(names)
    shape = GenericAlias(
        tuple, tuple(_shapes[TradeRequest] if kind == "r" else _KINDS[kind] for kind in kinds)
    )
    _shapes[made] = shape
    # msgspec works a bare tuple type out anew at every call, but a Struct's fields only once.
    _single[made] = msgspec.defstruct(f"One{type_name}", [("answer", shape)])
    _many[made] = msgspec.defstruct(f"Many{type_name}", [("answer", GenericAlias(list, (shape,)))])
    return made


TradeRequest: Final[Any] = _make("TradeRequest")
AccountInfo: Final[Any] = _make("AccountInfo")
TerminalInfo: Final[Any] = _make("TerminalInfo")
SymbolInfo: Final[Any] = _make("SymbolInfo")
Tick: Final[Any] = _make("Tick")
TradePosition: Final[Any] = _make("TradePosition")
TradeOrder: Final[Any] = _make("TradeOrder")
TradeDeal: Final[Any] = _make("TradeDeal")
OrderSendResult: Final[Any] = _make("OrderSendResult")
OrderCheckResult: Final[Any] = _make("OrderCheckResult")
BookInfo: Final[Any] = _make("BookInfo")


def one(made: Any, values: object) -> Any:  # noqa: ANN401 - instances of types made at run time
    """One result from a list of values off the wire, or the failure of a malformed answer."""
    return _build(made, checked({"answer": values}, _single[made]).answer)


def several(made: Any, rows: object) -> tuple[Any, ...]:  # noqa: ANN401 - as above
    """A tuple of results from a list of lists off the wire."""
    found = checked({"answer": rows}, _many[made]).answer
    return tuple(_build(made, row) for row in found)


def checked(values: object, shape: Any) -> Any:  # noqa: ANN401 - the shape decides
    """The values in exactly this shape; MetaTrader calls anything else a failed receive."""
    try:
        return msgspec.convert(values, shape)
    except msgspec.ValidationError as found:
        raise malformed() from found


def _build(made: Any, values: Any) -> Any:  # noqa: ANN401 - as above
    if made is OrderSendResult or made is OrderCheckResult:
        values = (*values[:-1], TradeRequest(values[-1]))
    return made(values)
