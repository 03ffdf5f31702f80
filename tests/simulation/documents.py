"""Which documents a slave can be given at all."""

from collections.abc import Mapping
from typing import Any

from decisions.account_documents import parse_account
from domain.policies import AccountSettings


def is_sound(document: Mapping[str, Any]) -> bool:
    """It could be written: what contradicts itself is refused, and is not what is tried here."""
    account = {"name": "anybody", "type": "SLAVE", "path": "anywhere"}
    return isinstance(parse_account({**document, **account}), AccountSettings)
