"""Every kind of fault with its settings; docs, command line and checks come from these classes."""

from typing import Annotated, ClassVar, Final, Literal, get_args

import msgspec

NOW: Final = "now"
"""In place of a call: at once, whatever is or is not being asked."""

YEAR_MS: Final = 366 * 86_400_000
FAR_POINTS: Final = 1e9
LOGGING_IN: Final[tuple[str, ...]] = ("initialize", "login")
ORDERING: Final[tuple[str, ...]] = ("order_send",)
BOOKED: Final[tuple[str, ...]] = (
    "positions_get",
    "orders_get",
    "history_orders_get",
    "history_deals_get",
)
COMMENTED: Final[tuple[str, ...]] = ("order_send", *BOOKED)
COUNTED: Final[tuple[str, ...]] = (*BOOKED, *(call.replace("_get", "_total") for call in BOOKED))
QUOTED: Final[tuple[str, ...]] = ("symbol_info_tick", "symbol_info", "symbols_get")
SHOWN: Final[tuple[str, ...]] = (*BOOKED, *QUOTED, "account_info", "terminal_info")

When = Literal["before", "after"]
Milliseconds = Annotated[float, msgspec.Meta(ge=0)]
Part = Annotated[float, msgspec.Meta(ge=0, le=1)]
Code = Annotated[int, msgspec.Meta(le=-1)]


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all kinds have."""

    usual_call: ClassVar[str] = "*"
    possible_calls: ClassVar[tuple[str, ...]] = ()
    """Calls that can show it; none named is all."""
    is_standing: ClassVar[bool] = False
    also_now: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """What it is called in rules."""
        return str(self.__struct_config__.tag)


class Delay(Kind, frozen=True, kw_only=True, tag="delay"):
    """The answer comes late: around `ms`, wider with `sigma`, sometimes `slow_ms` later still."""

    ms: Milliseconds = 0.0
    sigma: Annotated[float, msgspec.Meta(ge=0, le=5)] = 0.0
    slow_ms: Milliseconds = 0.0
    slow_share: Part = 0.0
    when: When = "before"


class Hang(Kind, frozen=True, kw_only=True, tag="hang"):
    """The call holds the client's interpreter, all its threads, for `ms` or until cleared."""

    ms: Milliseconds | None = None
    when: When = "before"


class Death(Kind, frozen=True, kw_only=True, tag="death"):
    """The terminal dies: -10002, then -10004; initialize fails with `code` for `down_ms`."""

    also_now = True
    when: When = "before"
    down_ms: Milliseconds = 0.0
    code: Code = -10003


class PipeLost(Kind, frozen=True, kw_only=True, tag="pipe_lost"):
    """The pipe breaks and the terminal lives: -10002, then -10001 until initialize."""

    also_now = True
    when: When = "before"


class Refuse(Kind, frozen=True, kw_only=True, tag="refuse"):
    """The call fails with this last_error code; `executed` does first what was asked."""

    code: Code = -1
    text: str = ""
    executed: bool = False


class LoginTimeout(Kind, frozen=True, kw_only=True, tag="login_timeout"):
    """The terminal is never authorised: -10005 once the call's own timeout is over."""

    usual_call = "initialize"
    possible_calls = LOGGING_IN


class Retcode(Kind, frozen=True, kw_only=True, tag="retcode"):
    """The broker answers this code, executed or not, with or without the order's ticket."""

    usual_call = "order_send"
    possible_calls = ORDERING
    code: Annotated[int, msgspec.Meta(ge=10004, le=10046)]
    executed: bool = False
    ticket: bool | None = None
    moved_points: float = 0.0
    comment: str = ""


class Fill(Kind, frozen=True, kw_only=True, tag="fill"):
    """A part is filled at once, the rest after `rest_after_ms`; without one it is cancelled."""

    usual_call = "order_send"
    possible_calls = ORDERING
    first_part: Part = 0.0
    rest_after_ms: Annotated[int, msgspec.Meta(ge=0)] | None = None


class NoFillPrice(Kind, frozen=True, kw_only=True, tag="no_fill_price"):
    """A success shows price, bid and ask as 0; the price stands in the deal alone."""

    usual_call = "order_send"
    possible_calls = ORDERING


class LateRows(Kind, frozen=True, kw_only=True, tag="late_rows"):
    """Positions, orders and deals become visible only `ms` after they came about."""

    usual_call = "positions_*"
    possible_calls = COUNTED
    ms: Milliseconds = 1000.0


class MissingRows(Kind, frozen=True, kw_only=True, tag="missing_rows"):
    """Rows are left out: all, the first, the last, one drawn by lot, or one ticket's."""

    usual_call = "positions_*"
    possible_calls = COUNTED
    which: Literal["all", "first", "last", "one"] = "all"
    ticket: int = 0


class Comment(Kind, frozen=True, kw_only=True, tag="comment"):
    """Comments are replaced, cut or cleared: by order_send for good, by a getter while shown."""

    usual_call = "order_send"
    possible_calls = COMMENTED
    text: str = ""
    keep: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Field(Kind, frozen=True, kw_only=True, tag="field"):
    """One field shows another value, in every row or in rows with these reasons alone."""

    usual_call = "history_deals_get"
    possible_calls = SHOWN
    field: str
    value: int | float | str
    reasons: tuple[int, ...] = ()


class StaleTicks(Kind, frozen=True, kw_only=True, tag="stale_ticks"):
    """Quotes stand still as shown, while clock and market go on."""

    usual_call = "symbol_info*"
    possible_calls = QUOTED


class CrossedTicks(Kind, frozen=True, kw_only=True, tag="crossed_ticks"):
    """Shown quotes have the ask below the bid, by `points`."""

    usual_call = "symbol_info*"
    possible_calls = QUOTED
    points: Annotated[float, msgspec.Meta(gt=0)] = 1.0


class ZeroPrices(Kind, frozen=True, kw_only=True, tag="zero_prices"):
    """Shown quotes are 0."""

    usual_call = "symbol_info*"
    possible_calls = QUOTED


class Switches(Kind, frozen=True, kw_only=True, tag="switches"):
    """Switches of the terminal or its account are turned, and turned back at the end."""

    usual_call = NOW
    is_standing = True
    connected: bool | None = None
    trade_allowed: bool | None = None
    tradeapi_disabled: bool | None = None
    account_trade_allowed: bool | None = None


class OtherAccount(Kind, frozen=True, kw_only=True, tag="other_account"):
    """The terminal is logged in to another account, and back at the end; login 0 makes one."""

    usual_call = NOW
    is_standing = True
    login: Annotated[int, msgspec.Meta(ge=0)] = 0
    broker: str = ""
    deposit: float = 100_000.0


class ServerClock(Kind, frozen=True, kw_only=True, tag="server_clock"):
    """The clock of the terminal's broker jumps by `ms`, and back at the end."""

    usual_call = NOW
    is_standing = True
    ms: Annotated[int, msgspec.Meta(ge=-YEAR_MS, le=YEAR_MS)]


class Gap(Kind, frozen=True, kw_only=True, tag="gap"):
    """The market jumps by `points` of its feed, for every broker, and back at the end."""

    usual_call = NOW
    is_standing = True
    points: Annotated[float, msgspec.Meta(ge=-FAR_POINTS, le=FAR_POINTS)]


Fault = (
    Delay | Hang | Death | PipeLost | Refuse | LoginTimeout | Retcode | Fill | NoFillPrice
    | LateRows | MissingRows | Comment | Field | StaleTicks | CrossedTicks | ZeroPrices
    | Switches | OtherAccount | ServerClock | Gap
)  # fmt: skip

KINDS: Final[dict[str, type[Kind]]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(Fault)
}
