"""A rule: which calls it is about, how often and how long, and what then happens."""

from fnmatch import fnmatchcase
from typing import Annotated, Any, Final, Literal

import msgspec

from domain.mt5_words import TradeAction
from paper.broker.records import TradeRequest
from paper.service.faults.kinds import NOW, Fault

Ordered = Literal["any", "open", "close", "stops", "pending", "modify", "remove", "close_by"]
Whole = Annotated[int, msgspec.Meta(ge=0)]
ACTIONS: Final[dict[int, Ordered]] = {
    TradeAction.SLTP: "stops",
    TradeAction.PENDING: "pending",
    TradeAction.MODIFY: "modify",
    TradeAction.REMOVE: "remove",
    TradeAction.CLOSE_BY: "close_by",
}
TRADING: Final = ("order_send", "order_check")
ABOUT_ONE_SYMBOL: Final = ("symbol_info", "symbol_info_tick", "symbol_select")


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which calls, how often, how long; `reference.SCOPE` explains each."""

    terminal: str = "*"
    call: str = ""
    order: Ordered = "any"
    symbol: str = ""
    skip: Whole = 0
    every: Annotated[int, msgspec.Meta(ge=1)] = 1
    times: Whole = 0
    chance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    after_ms: Whole = 0
    for_ms: Whole = 0


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One fault with its scope."""

    scope: Scope
    fault: Fault

    @property
    def call(self) -> str:
        """The calls meant, the kind's usual ones where nothing was said."""
        return self.scope.call or self.fault.usual_call

    @property
    def is_now(self) -> bool:
        """Whether it happens by itself, whatever is called."""
        return self.call == NOW

    @property
    def is_set_off(self) -> bool:
        """Whether a call sets it off and it holds from there."""
        return self.fault.is_standing and not self.is_now


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """One call as it arrived."""

    terminal: str
    verb: str
    args: list[Any]


def complaint(rule: Rule) -> str:
    """Why this rule could never strike; empty where it can."""
    fault = rule.fault
    if rule.is_now:
        can_happen = fault.is_standing or fault.also_now
        return "" if can_happen else "it happens to calls: name one instead of `now`"
    if any(fnmatchcase(verb, rule.call) for verb in fault.possible_calls or (rule.call,)):
        return ""
    return f"nothing comes of it in {rule.call!r}: it is about {', '.join(fault.possible_calls)}"


def concerns(rule: Rule, called: Called) -> bool:
    """Whether the rule is about this call."""
    return (
        not rule.is_now
        and may_concern(rule, called.terminal, called.verb)
        and _symbol_fits(rule.scope.symbol, called)
        and _order_fits(rule.scope.order, called)
    )


def may_concern(rule: Rule, terminal: str, verb: str) -> bool:
    """Whether the rule is about such calls of this terminal, as far as a name can tell."""
    return rule.scope.terminal in ("*", terminal) and fnmatchcase(verb, rule.call)


def _symbol_fits(symbol: str, called: Called) -> bool:
    """Getters of many rows are let through: there the rows are judged one by one."""
    if not symbol:
        return True
    if called.verb in TRADING:
        return _request(called).symbol == symbol
    return called.verb not in ABOUT_ONE_SYMBOL or called.args[:1] == [symbol]


def _order_fits(order: Ordered, called: Called) -> bool:
    if order == "any":
        return True
    return called.verb in TRADING and order == _ordered(_request(called))


def _ordered(request: TradeRequest) -> Ordered:
    if request.action == TradeAction.DEAL:
        return "close" if request.position else "open"
    return ACTIONS.get(request.action, "any")


def _request(called: Called) -> TradeRequest:
    """What is not a request is answered by the calls' own check; no rule is about it."""
    try:
        return msgspec.convert(called.args[0], TradeRequest)
    except (IndexError, msgspec.ValidationError):
        return TradeRequest()
