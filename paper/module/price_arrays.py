"""Bars and ticks off the wire as numpy arrays, whose records are MetaTrader's byte for byte."""

from functools import lru_cache
from typing import Any, Final

from paper.module.failures import malformed

_RATES: Final = (
    ("time", "<i8"), ("open", "<f8"), ("high", "<f8"), ("low", "<f8"), ("close", "<f8"),
    ("tick_volume", "<u8"), ("spread", "<i4"), ("real_volume", "<u8"),
)  # fmt: skip
_TICKS: Final = (
    ("time", "<i8"), ("bid", "<f8"), ("ask", "<f8"), ("last", "<f8"), ("volume", "<u8"),
    ("time_msc", "<i8"), ("flags", "<u4"), ("volume_real", "<f8"),
)  # fmt: skip
_RECORD_BYTES: Final = 60

_Fields = tuple[tuple[str, str], ...]


def rates(payload: object) -> Any:  # noqa: ANN401 - numpy is not loaded for a type's sake
    """Bars as a read-only array."""
    return _array(payload, _RATES)


def ticks(payload: object) -> Any:  # noqa: ANN401 - as above
    """Ticks as a read-only array."""
    return _array(payload, _TICKS)


def _array(payload: object, fields: _Fields) -> Any:  # noqa: ANN401 - as above
    if not isinstance(payload, bytes) or len(payload) % _RECORD_BYTES:
        raise malformed()
    return _numpy().frombuffer(payload, _dtype(fields))


@lru_cache
def _dtype(fields: _Fields) -> Any:  # noqa: ANN401 - as above
    return _numpy().dtype(list(fields))


def _numpy() -> Any:  # noqa: ANN401 - as above
    """Loaded with the first array: most who read prices never ask for one."""
    try:
        import numpy as np
    except ImportError as missing:
        raise ImportError(
            "Bars and ticks come as numpy arrays, and numpy is not installed here: "
            "run `pip install numpy`."
        ) from missing
    return np
