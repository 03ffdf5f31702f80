"""The oracle of the replays, and that what differs from it is told."""

import ast
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest

from paper.broker.records import Deal
from tests import replaying
from tests.replaying.comparing import Key, Whose, dealt_by, differences
from tests.replaying.desks import SERVER_AHEAD_S
from tests.replaying.oracle import Blurred, Copies, Dealt, Held
from tests.replaying.rules import FTMO, HARBOR, Rule
from tests.replaying.streams import TRADERS, Event, Ticks, as_a_broker_takes_it, instants

FOLDER = Path(replaying.__file__).parent
MINUTE_MS = 60_000
D = Decimal

#: A price a minute: bid and ask, points.
PRICES = ((100_000, 100_010), (100_050, 100_060), (99_900, 99_910), (100_200, 100_210))
TICKS = Ticks(
    np.arange(len(PRICES)) * MINUTE_MS,
    np.array([bid for bid, _ in PRICES]),
    np.array([ask for _, ask in PRICES]),
)


def event(minute: int, kind: str, **more: object) -> Event:
    fields = {"position_id": 7, "symbol": "EURUSD", **more}
    return msgspec.convert({"ts_ms": minute * MINUTE_MS, "ev": kind, **fields}, Event, strict=False)


def bought(lots: str = "0.3", **more: object) -> Event:
    return event(0, "DEAL_IN", side="buy", volume=lots, reason="MARKET", **more)


def sold(minute: int, lots: str, remaining: str) -> Event:
    return event(minute, "DEAL_OUT", side="sell", volume=lots, remaining=remaining, reason="TIME")


def led(rule: Rule, *events: Event, floor: object = FTMO) -> Copies:
    copies = Copies(rule, floor, TICKS, 5)  # type: ignore[arg-type]
    for ts_ms, together in instants(events):
        copies.lead_to(ts_ms)
        for one in together:
            copies.hear(one)
    return copies


OF_NO_PRODUCT = {"tests", "numpy", "msgspec", "pyarrow", *sys.stdlib_module_names}


@pytest.mark.parametrize("name", ["oracle", "rules", "streams"])
def test_the_oracle_imports_nothing_of_the_product(name: str) -> None:
    tree = ast.parse((FOLDER / f"{name}.py").read_text("utf-8"))
    nodes = list(ast.walk(tree))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found = plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {one.partition(".")[0] for one in found} <= OF_NO_PRODUCT
    ours = {one.rpartition(".")[2] for one in found if one.startswith("tests.")}
    assert ours <= {"oracle", "rules", "streams"}


def test_a_copy_is_opened_reduced_and_closed_at_the_prices_of_the_ticks() -> None:
    copies = led(Rule(times=D(2)), bought(), sold(1, "0.1", "0.2"), sold(3, "0.2", "0"))
    assert copies.all_deals() == {
        7: [
            Dealt(0, "buy", D("0.6"), 100_010, "us"),
            Dealt(MINUTE_MS, "sell", D("0.2"), 100_050, "us"),
            Dealt(3 * MINUTE_MS, "sell", D("0.4"), 100_200, "us"),
        ]
    }
    assert copies.holdings() == {}


def test_a_stop_is_reached_by_the_first_tick_beyond_it() -> None:
    copies = led(Rule(), bought(sl="0.99950", tp="1.01"), sold(3, "0.3", "0"))
    assert copies.all_deals()[7][-1] == Dealt(2 * MINUTE_MS, "sell", D("0.3"), 99_900, "sl")


def test_a_copy_on_the_other_side_has_its_stops_swapped() -> None:
    copies = led(Rule(reverse=True), bought(sl="0.99", tp="1.01"))
    assert copies.holdings() == {7: Held("sell", D("0.3"), 101_000, 99_000)}


@pytest.mark.parametrize(("closes", "left"), [(False, D("0.1")), (True, None)])
def test_a_rest_below_the_least_is_kept_or_closed(closes: bool, left: Decimal | None) -> None:
    rule = Rule(small_rest_is_closed=closes)
    copies = led(rule, bought("0.1"), sold(1, "0.05", "0.05"), floor=HARBOR)
    assert [held.lots for held in copies.holdings().values()] == ([left] if left else [])


def test_a_share_follows_what_both_accounts_have_after_fees_and_gains() -> None:
    rule = Rule(by_balance_of=1_000)
    again = msgspec.structs.replace(bought("0.1"), ts_ms=2 * MINUTE_MS, position_id=8)
    events = (bought("0.1"), sold(1, "0.1", "0"), again)
    copies = Copies(rule, FTMO, TICKS, 5, 590)
    for ts_ms, together in instants(events):
        copies.lead_to(ts_ms)
        for one in together:
            copies.hear(one)
    # 590 / 999.75 are 0.0590 lots; then 590 + 40 * 0.05 - 2 * 0.12 to 1,000 + 40 * 0.1 - 3 * 0.25.
    assert [deals[0].lots for deals in copies.all_deals().values()] == [D("0.05"), D("0.05")]
    assert copies.balance == D("590") + 40 * D("0.05") - 3 * D("0.12")


def test_what_hangs_on_the_moment_a_node_reads_its_clock_is_refused() -> None:
    rule = Rule(opens=1, within_s=60)
    later = msgspec.structs.replace(bought(), ts_ms=MINUTE_MS + 500, position_id=8)
    with pytest.raises(Blurred):
        led(rule, bought(), later)


def test_a_stop_that_the_market_is_beyond_is_set_by_the_first_tick_that_lets_it_be() -> None:
    filled = event(0, "DEAL_IN", side="buy", volume="0.1", sl="1.00040", reason="STOP_ORDER")
    first, second = as_a_broker_takes_it(TRADERS[0], [filled], TICKS)
    assert (first.ev, first.ts_ms, first.sl) == ("DEAL_IN", 0, 0)
    assert (second.ev, second.ts_ms, second.sl) == ("SLTP_MODIFY", MINUTE_MS, D("1.00040"))
    near = msgspec.structs.replace(filled, sl=D("0.99"))
    assert as_a_broker_takes_it(TRADERS[0], [near], TICKS) == [near]


def as_shown(at_ms: int, kind: int, entry: int, lots: float, price: float) -> Deal:
    return Deal(
        ticket=at_ms,
        time=0,
        time_msc=at_ms + SERVER_AHEAD_S * 1000,
        type=kind,
        entry=entry,
        position_id=55,
        reason=3,
        volume=lots,
        price=price,
        symbol="EURUSD",
        comment="4711 copy" if entry == 0 else "",
    )


@pytest.mark.parametrize(
    ("lots", "told"),
    [
        (0.6, []),
        (0.9, ["Trend 7: deals wanted 0 buy 0.60 100010 ; 60000 sell 0.60 100050 us, found "
               "0 buy 0.9 100010 ; 60000 sell 0.9 100050 us"]),
    ],
)  # fmt: skip
def test_a_copier_with_a_wrong_factor_is_told_of(lots: float, told: list[str]) -> None:
    shown = [as_shown(0, 0, 0, lots, 1.0001), as_shown(MINUTE_MS, 1, 1, lots, 1.0005)]
    found = dealt_by(shown, {4711: Key(Whose("Trend", 7), 5)})
    copies = led(Rule(times=D(2)), bought(), sold(1, "0.3", "0"))
    first, *rest = copies.all_deals()[7]
    wanted = {Whose("Trend", 7): [first._replace(by=""), *rest]}
    assert list(differences(wanted, found, "deals")) == told


def test_a_second_copy_and_one_of_nobodys_are_told_of() -> None:
    shown = [as_shown(0, 0, 0, 0.3, 1.0001)]
    again = msgspec.structs.replace(shown[0], position_id=56)
    strange = msgspec.structs.replace(shown[0], position_id=57, comment="by hand")
    found = dealt_by([*shown, again, strange], {4711: Key(Whose("Trend", 7), 5)})
    assert {whose.trader for whose in found} == {"Trend", "Trend, again", "nobody"}
