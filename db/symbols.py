"""What slaves ship about symbols, for a person to accept."""

from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from bson import Decimal128
from pymongo.database import Database

from db.plain_documents import plain
from db.schema import CONTRACTS, MISSING_SYMBOLS
from domain.contracts import Contract
from domain.ids import NodeName, SlaveSymbol
from domain.market import Identity
from domain.records import ContractKept

Document = dict[str, Any]
#: What a document raises that somebody has spoiled.
SPOILED = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)


class MissingSymbols:
    """The queue of masters' symbols that have no name at a slave's broker."""

    def __init__(self, database: Database[Document]) -> None:
        self._entries = database[MISSING_SYMBOLS]

    def all(self) -> list[Document]:
        """Every entry, by account and symbol."""
        found = self._entries.find({}, {"_id": 0}).sort([("account_id", 1), ("master_symbol", 1)])
        return [plain(entry) for entry in found]

    def remove(self, account: str, symbols: Collection[str]) -> None:
        """They have a name now, or nobody wants one."""
        wanted = {"account_id": account, "master_symbol": {"$in": sorted(symbols)}}
        self._entries.delete_many(wanted)


def changed_contracts(database: Database[Document]) -> list[Document]:
    """Contracts that their broker has changed, as far as slaves have shipped that."""
    changed = {"found": {"$type": "object"}}
    found = database[CONTRACTS].find(changed, {"_id": 0}).sort([("account_id", 1), ("symbol", 1)])
    return [plain(entry) for entry in found]


def contracts_in_force(database: Database[Document], account: str) -> Iterator[ContractKept]:
    """What a slave has shipped of its broker's symbols; a spoiled document tells of nothing."""
    for found in database[CONTRACTS].find({"account_id": account}):
        try:
            yield _kept(found)
        except SPOILED:
            continue


def _kept(found: Document) -> ContractKept:
    """What was found beside it is found again."""
    return ContractKept(
        account=NodeName(found["account_id"]),
        at=Identity(int(found["login"]), str(found["server"])),
        symbol=SlaveSymbol(str(found["symbol"])),
        contract=_contract(found["contract"]),
    )


def _contract(terms: Mapping[str, Any]) -> Contract:
    return Contract(
        contract_size=_exact(terms["contract_size"]),
        digits=int(terms["digits"]),
        tick_size=_exact(terms["tick_size"]),
        volume_min=_exact(terms["volume_min"]),
        volume_step=_exact(terms["volume_step"]),
        calc_mode=int(terms["calc_mode"]),
        base=str(terms["base"]),
        profit=str(terms["profit"]),
    )


def _exact(value: object) -> Decimal:
    return value.to_decimal() if isinstance(value, Decimal128) else Decimal(str(value))
