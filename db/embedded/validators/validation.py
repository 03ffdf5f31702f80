"""A collection's validator: checked when it is set, applied when documents are written."""

import logging
from collections.abc import Mapping

from db.embedded.errors import Refusal
from db.embedded.finding.matching import compile_filter
from db.embedded.validators.refusal_details import refusal_details, without_values
from db.embedded.values import Document, type_name

logger = logging.getLogger(__name__)

LEVELS = ("off", "strict", "moderate")
ACTIONS = ("error", "warn")
OPTIONS = frozenset({"validator", "validationLevel", "validationAction"})


class Validator:
    """What a collection demands of its documents."""

    def __init__(self, options: Mapping[str, object]) -> None:
        self._level = _one_of(LEVELS, "validationLevel", options.get("validationLevel", "strict"))
        self._action = _one_of(
            ACTIONS, "validationAction", options.get("validationAction", "error")
        )
        query = options.get("validator", {})
        if not isinstance(query, Mapping):
            raise Refusal(14, f"validator must be an object, found {type_name(query)}")
        self._query = query
        self._matches = compile_filter(query)

    def check(self, new: Document, old: Document | None = None) -> None:
        """Refuse a document that breaks the rules."""
        if self._level == "off" or self._accepts(new):
            return
        if self._level == "moderate" and old is not None and not self._accepts(old):
            return
        details = refusal_details(self._query, new)
        if self._action == "warn":
            told = without_values(details)
            logger.warning("a document failed validation and was stored: %s", told)
            return
        failing: Document = {"failingDocumentId": new.get("_id"), "details": details}
        raise Refusal(121, "Document failed validation", {"errInfo": failing})

    def _accepts(self, document: Document) -> bool:
        """What cannot be worked out for a document is no acceptance."""
        try:
            return self._matches(document)
        except Refusal:
            return False


def _one_of(known: tuple[str, ...], option: str, value: object) -> object:
    if value not in known:
        raise Refusal(2, f"{option} must be one of {', '.join(known)}")
    return value
