"""The names and numbers by which queries and schemas speak of BSON types."""

from db.embedded.errors import Refusal
from db.embedded.values import NUMBER_TYPES, TYPE_CODES, is_number


def wanted_types(wanted: object, *, keyword: str = "$type") -> frozenset[str]:
    """Type aliases, from names or numbers, one or a list."""
    aliases = wanted if isinstance(wanted, list) else [wanted]
    return frozenset(name for alias in aliases for name in _types_of(alias, keyword))


def _types_of(alias: object, keyword: str) -> frozenset[str]:
    if alias == "number":
        return NUMBER_TYPES
    if isinstance(alias, str) and alias in TYPE_CODES:
        return frozenset({alias})
    if is_number(alias):
        for name, code in TYPE_CODES.items():
            if code == alias:
                return frozenset({name})
    raise Refusal(2, f"Unknown type name alias for {keyword}: {alias!r}")
