"""A symbol that the slave's broker does not have is written down for a person, never guessed."""

from decimal import Decimal

from domain.market import Unknowable
from domain.policies import Filters
from domain.records import MissingSymbol
from tests.builders import a_spec
from tests.unit.nodes.swarm import Swarm


def a_swarm(**settings: object) -> Swarm:
    """The slave's broker calls gold GOLD, and has no XAUUSD."""
    swarm = Swarm(**settings)
    swarm.slave.door.specs = {"GOLD": a_spec("GOLD"), "EURUSD": a_spec("EURUSD")}
    return swarm


def written(swarm: Swarm) -> list[MissingSymbol]:
    found: list[MissingSymbol] = swarm.slave.journal.of(MissingSymbol)
    return found


def test_an_unknown_symbol_is_denied_and_written_down_with_candidates() -> None:
    swarm = a_swarm(suffix=".c")

    swarm.trade()

    (missing,) = written(swarm)
    assert swarm.slave.last == ("PositionOpened", "denied", "UNKNOWN_SYMBOL")
    assert (missing.account, missing.symbol, missing.tried) == (
        swarm.slave.settings.name,
        "XAUUSD",
        "XAUUSD.c",
    )
    assert [one.symbol for one in missing.candidates] == ["GOLD"]
    assert missing.journey == swarm.slave.verdicts[-1].journey
    assert missing.contract_size == Decimal(100)
    assert swarm.slave.door.opens == []


def test_each_time_is_written_down_and_the_brokers_list_is_asked_for_once() -> None:
    swarm = a_swarm()
    swarm.trade()
    swarm.slave.door.specs |= {"XAUUSDm": a_spec("XAUUSDm")}

    swarm.trade()

    first, second = written(swarm)
    assert second.at_ms > first.at_ms
    assert second.candidates == first.candidates != ()


def test_a_name_mapped_to_what_is_not_there_is_another_question() -> None:
    swarm = a_swarm(symbol_map={"XAUUSD": "GOLDD"})

    swarm.trade()

    assert [(one.symbol, one.tried) for one in written(swarm)] == [("XAUUSD", "GOLDD")]


def test_without_a_list_it_is_written_down_all_the_same_and_the_list_asked_for_later() -> None:
    swarm = a_swarm()
    swarm.slave.door.symbols = lambda: Unknowable("pipe is closed")  # type: ignore[method-assign]
    swarm.trade()
    assert [one.candidates for one in written(swarm)] == [()]

    del swarm.slave.door.symbols  # type: ignore[method-assign]
    swarm.trade()
    assert written(swarm)[-1].candidates == ()

    swarm.turn(seconds=11)
    swarm.trade()
    assert [one.symbol for one in written(swarm)[-1].candidates] == ["GOLD"]


def test_what_is_not_wanted_or_is_known_is_not_written_down() -> None:
    unwanted = a_swarm(filters=Filters(not_symbols=("XAU*",)))
    unwanted.trade()
    mapped = a_swarm(symbol_map={"XAUUSD": "GOLD"})
    mapped.trade()

    assert written(unwanted) == written(mapped) == []
    assert [order.symbol for order in mapped.slave.door.opens] == ["GOLD"]


def test_an_order_that_waits_is_written_down_as_well() -> None:
    swarm = a_swarm()

    swarm.master.door.pend("1280.125", symbol="XAUUSD")
    swarm.turn(2)

    assert [(one.symbol, one.digits) for one in written(swarm)] == [("XAUUSD", 3)]


def test_a_full_disk_loses_no_entry() -> None:
    swarm = a_swarm()
    swarm.slave.journal.full = True
    swarm.trade()
    assert written(swarm) == []

    swarm.slave.journal.full = False
    swarm.turn(8)
    assert [one.symbol for one in written(swarm)] == ["XAUUSD"]
