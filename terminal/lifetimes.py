"""How long an order is told to wait, where its symbol forbids the lifetime wanted."""

from typing import Final

from domain.market import Lifetime, SymbolSpec
from domain.mt5_words import ExpirationFlag, TimeInForce

FLAGS: Final = {kind: ExpirationFlag[kind.name] for kind in TimeInForce}
#: Never one that ends earlier: the master's would still wait, and ours would be gone.
LONGER: Final = {
    TimeInForce.SPECIFIED: (TimeInForce.SPECIFIED_DAY, TimeInForce.GTC),
    TimeInForce.SPECIFIED_DAY: (TimeInForce.GTC,),
    TimeInForce.DAY: (TimeInForce.GTC,),
    TimeInForce.GTC: (),
}


def lifetime_for(wanted: Lifetime, spec: SymbolSpec) -> Lifetime:
    """The one wanted, or the shortest longer one that the symbol allows.

    Where it allows none of them the broker is asked for the one wanted, and refuses it.
    """
    kinds = (wanted.kind, *LONGER[wanted.kind])
    kind = next((kind for kind in kinds if FLAGS[kind] & spec.lifetime_flags), wanted.kind)
    if kind is wanted.kind:
        return wanted
    until_server_ms = 0 if kind is TimeInForce.GTC else wanted.until_server_ms
    return Lifetime(kind=kind, until_server_ms=until_server_ms)
