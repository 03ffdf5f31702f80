"""Reads an account document into settings, with this machine's defaults."""

from collections.abc import Callable, Mapping
from typing import Any

from decisions.document_changes import shown
from domain.ids import NodeName
from domain.policies import AccountSettings
from domain.problems import Problem
from domain.records import JournalUnwritable, SettingsKept
from nodes.ports import Journal

Parse = Callable[[Mapping[str, Any]], AccountSettings | tuple[Problem, ...]]


class AccountReader:
    """The one way from a document to settings."""

    def __init__(self, parse: Parse) -> None:
        """`parse` has the defaults of config.py bound in."""
        self._parse = parse

    def read(self, document: Mapping[str, Any]) -> AccountSettings | tuple[str, ...]:
        """Settings, or everything that is wrong with the document."""
        read = self._parse(document)
        if isinstance(read, AccountSettings):
            return read
        return tuple(problem.text for problem in read)

    @staticmethod
    def keep(journal: Journal, name: NodeName, document: Mapping[str, Any]) -> None:
        """Remember the last good document, for a start without a database."""
        kept = shown({k: v for k, v in document.items() if k != "_id"})
        if journal.settings() == kept:
            return
        try:
            journal.write(SettingsKept(account=name, document=kept))
        except JournalUnwritable:
            # The settings in memory hold; the next start without a database has older ones.
            return
