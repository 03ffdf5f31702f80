"""Settings that are each right and cannot all be meant.

With them an account would never copy, or would do other than its writer relies on. What could not
be read is None here, and contradicts nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from decisions.field_values import Fault
from decisions.windows import window_of
from domain.copy_settings import Beyond, SizeMode, StopLossType, TakeProfitType

Values = Mapping[str, Any]
WHOLE_DAY = "00:00-00:00"


class AtMost(NamedTuple):
    """A figure that cannot be above another one; `why` in words, without a full stop."""

    field: str
    other: str
    why: str


AT_MOST = (
    AtMost("size.min_lot", "max_lot", "no volume is within both"),
    AtMost("size.min_lot", "max_open_lots", "not even one copy would have room"),
    AtMost("size.min_lot", "max_open_lots_per_symbol", "not even one copy would have room"),
    AtMost("filters.min_master_lot", "filters.max_master_lot", "no volume is within both"),
    AtMost("min_hold_seconds", "max_hold_seconds", "a copy cannot be held for longer and shorter"),
)
#: In mode fixed every copy has one volume, so that a limit below it lets nothing through.
OF_A_FIXED_LOT = (
    AtMost("size.fixed_lot", "max_open_lots", "not even one copy would have room"),
    AtMost("size.fixed_lot", "max_open_lots_per_symbol", "not even one copy would have room"),
)
SKIPPED_ABOVE = AtMost("size.fixed_lot", "max_lot", "every copy is that large, and skipped")
SKIPPED_BELOW = AtMost("size.min_lot", "size.fixed_lot", "every copy is that small, and skipped")


def contradictions(values: Values) -> tuple[Fault, ...]:
    """Every one of them, in the settings of an account, or of a rule on top of it."""
    return tuple(fault for check in CHECKS for fault in check(values))


def unreachable_rules(rules: Sequence[Values]) -> Iterator[Fault]:
    """The first rule that fits holds: behind one that fits everything no other is ever asked."""
    fits_all = next((n for n, rule in enumerate(rules) if _fits_everything(rule)), len(rules))
    for number in range(fits_all + 1, len(rules)):
        yield Fault(
            f"rules.{number}",
            "a rule that is asked",
            f"one behind rule {fits_all}, which fits every master and every symbol",
            f"Put rule {fits_all} last, or say which masters or symbols it is for.",
        )


def _fits_everything(rule: Values) -> bool:
    symbols = rule.get("symbols")
    is_narrow = rule.get("masters") is not None or rule.get("magics") is not None
    return not is_narrow and (symbols is None or any(set(one) == {"*"} for one in symbols))


def _in_order(values: Values) -> Iterator[Fault]:
    size = values["size"] or {}
    pairs = list(AT_MOST)
    if size.get("mode") == SizeMode.FIXED:
        pairs += OF_A_FIXED_LOT
        pairs += [SKIPPED_ABOVE] * (size.get("above_max_lot") == Beyond.SKIP)
        pairs += [SKIPPED_BELOW] * (size.get("below_min_lot") == Beyond.SKIP)
    for field, other, why in pairs:
        low, high = _at(values, field), _at(values, other)
        if low is not None and high is not None and low > high:
            todo = f"Lower {field}, or raise {other}."
            yield Fault(field, f"at most {other}, which is {high}", f"{low}: {why}", todo)


def backwards(field: str, ranges: Sequence[str] | None) -> Iterator[Fault]:
    """Ranges of numbers that nothing can be in."""
    for written in ranges or ():
        first, _, last = written.partition("-")
        if last and int(first) > int(last):
            todo = f"Write {last}-{first}."
            yield Fault(field, "a range from the smaller number to the larger", written, todo)


def _magic_ranges(values: Values) -> Iterator[Fault]:
    for field in ("filters.magics", "filters.not_magics"):
        yield from backwards(field, _at(values, field))


def _allowed_and_denied(values: Values) -> Iterator[Fault]:
    for name in ("magics", "comments"):
        field = f"filters.{name}"
        denied = _at(values, f"filters.not_{name}") or ()
        both = {one for one in _at(values, field) or () if _is_denied(name, one, denied)}
        if both:
            found = ", ".join(sorted(both))
            wanted = f"nothing that filters.not_{name} denies"
            yield Fault(field, wanted, found, "Take it out of one of the two lists.")


def _is_denied(name: str, allowed: str, denied: Sequence[str]) -> bool:
    """All of it: by the same words, or by a range or a star around it."""
    if name != "magics":
        return "*" in denied or allowed.lower() in {one.lower() for one in denied}
    first, last = _ends(allowed)
    return any(low <= first and last <= high for low, high in map(_ends, denied))


def _ends(written: str) -> tuple[int, int]:
    first, _, last = written.partition("-")
    return int(first), int(last or first)


def _windows(values: Values) -> Iterator[Fault]:
    windows = values["trading_windows"]
    if windows is None:
        return
    wanted = "times at which copies are opened"
    if not windows:
        todo = "Name a window, or remove the field, or disable the account."
        yield Fault("trading_windows", wanted, "none at all", todo)
    for written in windows:
        window = window_of(written)
        if window.first_minute == window.end_minute:
            todo = f"Write {WHOLE_DAY} for the whole day."
            found = f"{written}, which begins when it ends"
            yield Fault("trading_windows", wanted, found, todo)


def _own_stops(values: Values) -> Iterator[Fault]:
    at, lock = _at(values, "break_even.at"), _at(values, "break_even.lock") or Decimal(0)
    if at is None:
        return
    if lock >= at:
        yield Fault(
            "break_even.lock",
            f"less than break_even.at, which is {at}",
            f"{lock}: the stop would be where the price is, or beyond",
            "Lower break_even.lock, or raise break_even.at.",
        )
    distance, start = _at(values, "trailing.distance"), _at(values, "trailing.start") or Decimal(0)
    if distance is not None and at >= start and at - distance >= lock:
        yield Fault(
            "break_even.at",
            "a gain at which the trailing stop is not there yet",
            f"{at}: by then the trailing stop is {at - distance} beyond the open price already",
            "Lower break_even.at, raise trailing.start or trailing.distance, or remove break_even.",
        )


def _needs_a_stop(values: Values) -> Iterator[Fault]:
    if values["stop_loss_type"] != StopLossType.NONE or values["protective_stop"] is not None:
        return
    mode = (values["size"] or {}).get("mode")
    todo = "Set stop_loss_type to something else, or give copies a protective_stop."
    found = "none: stop_loss_type is none, and there is no protective_stop"
    if mode in (SizeMode.RISK_PERCENT, SizeMode.RISK_MONEY):
        yield Fault("size.mode", "a stop loss that the risk is counted to", found, todo)
    if values["take_profit_type"] == TakeProfitType.RATIO:
        yield Fault("take_profit_type", "a stop loss that the ratio is of", found, todo)


def _at(values: Values, name: str) -> Any:  # noqa: ANN401 - a value of any field
    section, _, field = name.rpartition(".")
    return ((values[section] or {}) if section else values).get(field)


CHECKS: tuple[Callable[[Values], Iterator[Fault]], ...] = (
    _in_order,
    _magic_ranges,
    _allowed_and_denied,
    _windows,
    _own_stops,
    _needs_a_stop,
)
