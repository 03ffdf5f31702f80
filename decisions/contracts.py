"""Whether a broker has changed what a lot of a symbol is, and whether a person accepted it."""

import hashlib
from decimal import Decimal
from typing import NamedTuple

import msgspec

from decisions.rounding import plain
from domain.contracts import Contract
from domain.market import SymbolSpec

#: Hexadecimal digits; enough for a person to compare, and for no two terms to meet by chance.
FINGERPRINT_LENGTH = 12


class InForce(NamedTuple):
    """The contract that is in force, and another one that the broker shows, if it does."""

    contract: Contract
    found: Contract | None = None


def contract_of(spec: SymbolSpec) -> Contract:
    """What of a symbol's specification is its contract."""
    return Contract(
        contract_size=spec.contract_size,
        digits=spec.digits,
        tick_size=spec.tick_size,
        volume_min=spec.volume_min,
        volume_step=spec.volume_step,
        calc_mode=spec.calc_mode,
        base=spec.base,
        profit=spec.profit,
    )


def after_seeing(known: Contract | None, found: Contract, accepted: str | None) -> InForce:
    """The first sight is in force; another contract only once its fingerprint is accepted."""
    if known is None or found == known or accepted == fingerprint(found):
        return InForce(found)
    return InForce(known, found)


def fingerprint(contract: Contract) -> str:
    """The same for the same terms, on every machine, however their numbers are written."""
    told = "|".join(f"{name}={value}" for name, value in _words(contract).items())
    return hashlib.sha256(told.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def changes(known: Contract, found: Contract) -> tuple[str, ...]:
    """Each term that differs, before and after."""
    before, after = _words(known), _words(found)
    return tuple(f"{n} {before[n]} -> {after[n]}" for n in before if before[n] != after[n])


def _words(contract: Contract) -> dict[str, str]:
    terms = msgspec.structs.asdict(contract).items()
    return {name: plain(v) if isinstance(v, Decimal) else str(v) for name, v in terms}
