"""A collection's validator: checked when it is set, applied when documents are written."""

import logging
from collections.abc import Mapping

from db.embedded import schema_rules
from db.embedded.errors import Refusal
from db.embedded.matching import compile_filter
from db.embedded.values import Document

logger = logging.getLogger(__name__)

LEVELS = ("off", "strict", "moderate")
ACTIONS = ("error", "warn")
OPTIONS = frozenset({"validator", "validationLevel", "validationAction"})


class Validator:
    """What a collection demands of its documents."""

    def __init__(self, options: Mapping[str, object]) -> None:
        self._level = options.get("validationLevel", "strict")
        self._action = options.get("validationAction", "error")
        if self._level not in LEVELS:
            raise Refusal(2, f"validationLevel must be one of {', '.join(LEVELS)}")
        if self._action not in ACTIONS:
            raise Refusal(2, f"validationAction must be one of {', '.join(ACTIONS)}")
        filter_ = options.get("validator") or {}
        self._accepts = compile_filter(filter_)
        schema = filter_.get("$jsonSchema") if isinstance(filter_, Mapping) else None
        self._schema = schema if isinstance(schema, Mapping) else None
        self._rules = schema_rules.compile_schema(schema) if self._schema is not None else None

    def check(self, new: Document, old: Document | None = None) -> None:
        """Refuse a document that breaks the rules."""
        if self._level == "off" or self._accepts(new):
            return
        if self._level == "moderate" and old is not None and not self._accepts(old):
            return
        details = self._details(new)
        if self._action == "warn":
            logger.warning("a document failed validation and was stored: %s", details)
            return
        failing: Document = {"failingDocumentId": new.get("_id"), "details": details}
        raise Refusal(121, "Document failed validation", {"errInfo": failing})

    def _details(self, new: Document) -> Document:
        if self._rules is None or self._schema is None:
            return {"operatorName": "$expr", "reason": "the validator's expression did not match"}
        words = {w: self._schema[w] for w in ("title", "description") if w in self._schema}
        return {
            "operatorName": "$jsonSchema",
            **words,
            "schemaRulesNotSatisfied": self._rules(new),
        }
