"""What a master tells beside an open, so that slaves can size by what it has."""

from domain.market import SymbolSpec, Unknowable
from domain.signals import Means
from nodes.ports import TerminalDoor
from utils.clock import utc_us


def means_of(door: TerminalDoor, symbol: str) -> Means:
    """Read as it opens. What the terminal does not say is left out, and delays nothing."""
    account, spec = door.account(), door.spec(symbol)
    return Means(
        read_at_us=utc_us(),
        funds=None if isinstance(account, Unknowable) else account.funds,
        contract_size=spec.contract_size if isinstance(spec, SymbolSpec) else None,
    )
