"""Contracts of the symbols copied here: read anew now and then, and held against the known ones."""

from collections.abc import Iterable, Mapping
from math import ceil

from msgspec.structs import replace

from decisions.contracts import after_seeing, changes, contract_of
from domain.contracts import Contract
from domain.ids import NodeName, SlaveSymbol
from domain.market import Identity, SymbolSpec, Unknowable
from domain.records import ContractKept
from nodes.bookkeeping.ledger import Ledger
from nodes.ports import TerminalDoor
from utils.clock import Now

LOOK_EVERY_S = 2.0
#: After so many looks every symbol has been read anew.
LOOKS_PER_ROUND = 30


class ContractWatch:
    """What is in force of each symbol. A change at the broker stops opens until it is accepted."""

    def __init__(
        self,
        account: NodeName,
        at: Identity,
        door: TerminalDoor,
        ledger: Ledger,
        kept: Iterable[ContractKept],
    ) -> None:
        """Go on with what the journal has kept of this very account, which may be a new one."""
        self._account, self._at = account, at
        self._door = door
        self._ledger = ledger
        self._kept = {one.symbol: one for one in kept if one.at == at}
        self._accepted: Mapping[str, str] = {}
        self._news: dict[SlaveSymbol, None] = {}
        self._turns: list[SlaveSymbol] = []
        self._look_at_s = 0.0

    def accept(self, accepted: Mapping[str, str]) -> None:
        """The fingerprints in the account's document, as it stands now."""
        self._accepted = accepted
        for symbol, kept in list(self._kept.items()):
            if kept.found is not None:
                self._meet(symbol, kept.found)

    def recall(self, remembered: Iterable[ContractKept]) -> None:
        """What a lost journal had kept; what was seen since is held against it."""
        for one in remembered:
            if one.at != self._at:
                continue
            seen = self._kept.get(one.symbol)
            self._kept[one.symbol] = one
            if seen is not None:
                self._meet(one.symbol, seen.contract)

    def in_force(
        self, symbol: SlaveSymbol, spec: SymbolSpec | Unknowable | None
    ) -> Contract | None:
        """The contract that opens may be made under; the first that is ever seen is it."""
        if isinstance(spec, SymbolSpec):
            self._meet(symbol, contract_of(spec))
        kept = self._kept.get(symbol)
        return None if kept is None else kept.contract

    def look(self, now: Now) -> None:
        """Read some symbols anew, and write down what has changed."""
        if now.monotonic_s >= self._look_at_s:
            self._look_at_s = now.monotonic_s + LOOK_EVERY_S
            for symbol in self._next():
                spec = self._door.spec_anew(symbol)
                if isinstance(spec, SymbolSpec):
                    self._meet(symbol, contract_of(spec))
        for symbol in self._news:
            self._kept[symbol] = replace(self._kept[symbol], at_ms=now.utc_ms)
        if self._news:
            self._ledger.write(*(self._kept[symbol] for symbol in self._news))
            self._news.clear()

    def alarms(self) -> tuple[str, ...]:
        """Every symbol whose contract nobody has accepted as it is now."""
        return tuple(_alarm(kept) for kept in self._kept.values() if kept.found is not None)

    def _meet(self, symbol: SlaveSymbol, found: Contract) -> None:
        kept = self._kept.get(symbol)
        known = None if kept is None else kept.contract
        contract, other = after_seeing(known, found, self._accepted.get(symbol))
        if kept is None or (contract, other) != (kept.contract, kept.found):
            self._kept[symbol] = ContractKept(
                account=self._account, at=self._at, symbol=symbol, contract=contract, found=other
            )
            self._news[symbol] = None

    def _next(self) -> list[SlaveSymbol]:
        """All in turn, so many at once that a round takes a minute at most."""
        if not self._turns:
            self._turns = sorted(self._kept)
        count = ceil(len(self._kept) / LOOKS_PER_ROUND)
        due, self._turns = self._turns[:count], self._turns[count:]
        return due


def _alarm(kept: ContractKept) -> str:
    differ = ", ".join(changes(kept.contract, kept.found or kept.contract))
    return (
        f"contract: the broker has changed {kept.symbol} ({differ}): nothing opens in it, closes "
        "go on. Look at sizes and map, then: python launcher.py symbols accept-contract "
        f"{kept.account} {kept.symbol}"
    )
