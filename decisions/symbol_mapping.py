"""What a master's symbol is called at the slave's broker."""

from collections.abc import Mapping

from domain.ids import SlaveSymbol


def slave_symbol(master_symbol: str, symbol_map: Mapping[str, str], suffix: str) -> SlaveSymbol:
    """The mapped name as it stands; only an unmapped name gets the suffix."""
    mapped = symbol_map.get(master_symbol)
    return SlaveSymbol(mapped if mapped is not None else master_symbol + suffix)
