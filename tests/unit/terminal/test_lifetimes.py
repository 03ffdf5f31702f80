import pytest

from domain.market import Lifetime
from domain.mt5_words import ExpirationFlag, TimeInForce
from terminal.lifetimes import lifetime_for
from tests.builders import SERVER_MS, a_spec

GTC, DAY = TimeInForce.GTC, TimeInForce.DAY
SPECIFIED, SPECIFIED_DAY = TimeInForce.SPECIFIED, TimeInForce.SPECIFIED_DAY
ALL = tuple(ExpirationFlag)


@pytest.mark.parametrize("kind", TimeInForce, ids=lambda kind: kind.name)
def test_a_lifetime_that_the_symbol_allows_stays_as_it_is(kind: TimeInForce) -> None:
    wanted = Lifetime(kind=kind, until_server_ms=SERVER_MS)
    assert lifetime_for(wanted, a_spec(lifetime_flags=int(ExpirationFlag[kind.name]))) == wanted


@pytest.mark.parametrize(
    ("wanted", "allowed", "kind", "until_server_ms"),
    [
        pytest.param(
            SPECIFIED, (ExpirationFlag.GTC, ExpirationFlag.SPECIFIED_DAY), SPECIFIED_DAY, SERVER_MS,
            id="the end of that day for a moment",
        ),
        pytest.param(SPECIFIED, (ExpirationFlag.GTC,), GTC, 0, id="no end for a moment"),
        pytest.param(SPECIFIED_DAY, (ExpirationFlag.GTC,), GTC, 0, id="no end for a day"),
        pytest.param(
            SPECIFIED_DAY, (ExpirationFlag.GTC, ExpirationFlag.SPECIFIED), GTC, 0,
            id="no moment that may come before the day's end",
        ),
        pytest.param(DAY, (ExpirationFlag.GTC, ExpirationFlag.SPECIFIED), GTC, 0, id="today"),
    ],
)  # fmt: skip
def test_a_forbidden_lifetime_becomes_the_shortest_that_ends_no_earlier(
    wanted: TimeInForce,
    allowed: tuple[ExpirationFlag, ...],
    kind: TimeInForce,
    until_server_ms: int,
) -> None:
    found = lifetime_for(
        Lifetime(kind=wanted, until_server_ms=SERVER_MS), a_spec(lifetime_flags=sum(allowed))
    )
    assert found == Lifetime(kind=kind, until_server_ms=until_server_ms)


@pytest.mark.parametrize("kind", [GTC, SPECIFIED, SPECIFIED_DAY], ids=lambda kind: kind.name)
def test_where_only_shorter_ones_are_allowed_the_broker_is_left_to_refuse(
    kind: TimeInForce,
) -> None:
    wanted = Lifetime(kind=kind, until_server_ms=SERVER_MS)
    assert lifetime_for(wanted, a_spec(lifetime_flags=int(ExpirationFlag.DAY))) == wanted
