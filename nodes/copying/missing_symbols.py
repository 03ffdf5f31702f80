"""Symbols of masters that this broker does not have: written down, with what they may be here."""

from msgspec.structs import replace

from decisions.drafting import Asking
from decisions.symbol_candidates import Wanted, candidates, decimals
from domain.contracts import Candidate
from domain.ids import MasterSymbol, NodeName, SlaveSymbol
from domain.market import Unknowable
from domain.records import MissingSymbol
from nodes.bookkeeping.ledger import Ledger
from nodes.ports import TerminalDoor
from utils.clock import Now

#: A list that was not answered is asked for again so soon; it may be long.
ASK_AGAIN_S = 10.0


class MissingSymbols:
    """A queue for the operator. Nothing is copied by what is found here."""

    def __init__(self, account: NodeName, door: TerminalDoor, ledger: Ledger) -> None:
        """Nothing is missing."""
        self._account = account
        self._door = door
        self._ledger = ledger
        self._noted: dict[MasterSymbol, MissingSymbol] = {}
        self._known: dict[tuple[MasterSymbol, SlaveSymbol], tuple[Candidate, ...]] = {}
        self._ask_at_s = 0.0

    def note(self, fact: Asking, tried: SlaveSymbol, at_ms: int) -> None:
        """The broker does not know `tried`; written down when nothing more urgent is to be done."""
        subject, means = fact.subject, fact.means
        self._noted[subject.symbol] = MissingSymbol(
            account=self._account,
            master=fact.master,
            symbol=subject.symbol,
            tried=tried,
            candidates=(),
            digits=decimals(fact.price, subject.sl, subject.tp),
            contract_size=None if means is None else means.contract_size,
            journey=fact.journey,
            at_ms=at_ms,
        )

    def look(self, now: Now) -> None:
        """Write down what was noted. Its candidates need the broker's whole list: ask it once."""
        if not self._noted:
            return
        noted = list(self._noted.values())
        if any(_place(one) not in self._known for one in noted):
            self._find_candidates(noted, now)
        found = [replace(one, candidates=self._known.get(_place(one), ())) for one in noted]
        self._ledger.write(*found)
        self._noted.clear()

    def _find_candidates(self, noted: list[MissingSymbol], now: Now) -> None:
        if now.monotonic_s < self._ask_at_s:
            return
        offered = self._door.symbols()
        if isinstance(offered, Unknowable):
            self._ask_at_s = now.monotonic_s + ASK_AGAIN_S
            return
        for one in noted:
            wanted = Wanted(one.symbol, one.digits, one.contract_size)
            self._known[_place(one)] = candidates(wanted, offered)


def _place(missing: MissingSymbol) -> tuple[MasterSymbol, SlaveSymbol]:
    return missing.symbol, missing.tried
