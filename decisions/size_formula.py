"""A user's formula for the volume of a copy, read by a library that runs nothing but arithmetic."""

import ast
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, DecimalException
from functools import lru_cache
from operator import add, and_, eq, ge, gt, le, lt, mul, ne, neg, not_, or_, pos, sub, truediv
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

ZERO = Decimal(0)
LONGEST = 500
#: Larger ones make no sense of volumes, and would keep a node busy.
LARGEST_POWER = 10
#: A third times three is one: the last digits of a quotient are not there to be rounded down by.
ENOUGH_DIGITS = Context(prec=20)
#: Figures beyond are no volumes, and exact fractions of them would keep a node busy.
MOST_LOTS, LEAST_LOTS = Decimal(10) ** 12, Decimal(10) ** -12

#: What a formula may name, with a figure that makes sense of it.
EXAMPLE: Mapping[str, Decimal] = {
    "master_lots": Decimal("1.00"),
    "master_balance": Decimal(100_000),
    "master_equity": Decimal(100_500),
    "master_free_margin": Decimal(90_000),
    "master_contract_size": Decimal(100_000),
    "balance": Decimal(50_000),
    "equity": Decimal(49_500),
    "free_margin": Decimal(45_000),
    "contract_size": Decimal(100_000),
    "price": Decimal("1.10000"),
    "stop_distance": Decimal("0.00500"),
    "loss_per_lot": Decimal(500),
    "tick_size": Decimal("0.00001"),
    "tick_value": Decimal(1),
    "lot_factor": Decimal(1),
    "multiplier": Decimal(1),
    "rate": Decimal(1),
}


class FormulaError(ValueError):
    """A formula gives no volume; the message says why."""


#: What the library and arithmetic raise of a formula that makes no sense.
FAULTS = (
    InvalidExpression,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
)


def volume_of(formula: str, names: Mapping[str, Decimal | None]) -> Decimal:
    """The figure a formula comes to. Raises FormulaError; a name whose figure is None is one."""
    return _evaluate(formula, {name: value for name, value in names.items() if value is not None})


def fault_of(formula: str) -> str:
    """What is wrong with a formula whatever the figures are; empty when nothing is."""
    try:
        _evaluate(formula, dict(EXAMPLE))
    except FormulaError as error:
        return str(error)
    return ""


def names_in(formula: str) -> frozenset[str]:
    """The figures that a formula asks for; nothing where it cannot be read."""
    try:
        nodes = ast.walk(_parsed(formula))
    except FormulaError:
        return frozenset()
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name)) & EXAMPLE.keys()


def _evaluate(formula: str, names: Mapping[str, Decimal]) -> Decimal:
    evaluator = SimpleEval(
        operators=dict(_OPERATORS),
        functions=dict(_FUNCTIONS),
        names=dict(names),
        allowed_attrs={},
    )
    try:
        found = evaluator.eval(formula, previously_parsed=_parsed(formula))
    except DecimalException as error:
        raise FormulaError("it divides by zero, or comes to no number") from error
    except FAULTS as error:
        raise FormulaError(str(error) or type(error).__name__) from error
    if isinstance(found, bool) or not isinstance(found, Decimal):
        raise FormulaError(f"it comes to {found!r}, which is no number of lots")
    if not found.is_finite() or abs(found) > MOST_LOTS:
        raise FormulaError(f"it comes to {found:.3g}")
    return ENOUGH_DIGITS.plus(found) if abs(found) >= LEAST_LOTS else ZERO


@lru_cache(maxsize=64)
def _parsed(formula: str) -> Any:  # noqa: ANN401 - what the library takes
    if len(formula) > LONGEST:
        raise FormulaError(f"it is {len(formula)} characters long, at most {LONGEST}")
    try:
        # One expression: the library would read the first of several, and ignore assignments.
        return _Exact().visit(ast.parse(formula.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(f"it cannot be read: {error}") from error


class _Exact(ast.NodeTransformer):
    """0.7 is meant as it is written, not as the nearest binary fraction."""

    def visit_Constant(  # type: ignore[explicit-override]  # typing has it from 3.12 on
        self, node: ast.Constant
    ) -> ast.Constant:
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise FormulaError(f"{value!r} is no number")
        exact = ast.Constant(value=Decimal(repr(value)))  # type: ignore[arg-type] # any value will do
        return ast.copy_location(exact, node)


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if abs(exponent) > LARGEST_POWER:
        raise FormulaError(f"powers above {LARGEST_POWER} make no sense of volumes")
    return base**exponent


def _of_numbers(function: Callable[..., Decimal]) -> Callable[..., Decimal]:
    """A comparison, a text or a function's own name is no number."""

    def applied(*figures: object) -> Decimal:
        for one in figures:
            if not isinstance(one, Decimal):
                raise FormulaError(f"{one!r} is no number")
        return function(*figures)

    return applied


_FUNCTIONS: Mapping[str, Any] = {
    "min": _of_numbers(min),
    "max": _of_numbers(max),
    "abs": _of_numbers(abs),
    "floor": _of_numbers(lambda value: value.to_integral_value(ROUND_FLOOR)),
    "ceil": _of_numbers(lambda value: value.to_integral_value(ROUND_CEILING)),
    "sqrt": _of_numbers(Decimal.sqrt),
}
_OPERATORS: Mapping[type, Any] = {
    ast.Add: add,
    ast.Sub: sub,
    ast.Mult: mul,
    ast.Div: truediv,
    ast.Pow: _power,
    ast.USub: neg,
    ast.UAdd: pos,
    ast.Not: not_,
    ast.And: and_,
    ast.Or: or_,
    ast.Eq: eq,
    ast.NotEq: ne,
    ast.Gt: gt,
    ast.GtE: ge,
    ast.Lt: lt,
    ast.LtE: le,
}
