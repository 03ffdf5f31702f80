"""Where account documents are changed: judged as a whole, written one by one, each recorded."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
from pymongo.database import Database

import config as settings_of_this_machine
from commands.accounts.answer import Refused
from commands.operator_name import operator_name
from config import Config
from db.account_changes import AccountChanges
from db.accounts import Accounts
from db.clients import DATABASE_ERRORS
from db.journal_in_use import identity_of
from db.moments import moment
from db.nodes import Nodes
from db.plain_documents import plain
from db.schema import TRADES
from decisions.account_checks import Rules, changed_identity, fresh_problems, problems_of
from decisions.document_changes import FieldChange, field_changes, shown
from domain.problems import Problem
from utils.clock import utc_ms

Document = dict[str, Any]
Plan = Mapping[str, Document | None]
"""What is to stand under each name; None for nothing."""

TRIES = 20
INTERRUPTED = 130


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """One account as it was and as it is; None where there was, or is, none."""

    name: str
    before: Document | None
    after: Document | None

    @property
    def deed(self) -> str:
        """In one word."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "changed" if self.changes else "unchanged"

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        """The fields that differ, no password among them."""
        before, after = (None if d is None else shown(d) for d in (self.before, self.after))
        return field_changes(before, after)


class Desk:
    """The documents of one database, and who sits before it."""

    def __init__(self, database: Database[Document], config: Config, deed: str) -> None:
        """`deed` is the command that was typed, as the records shall name it."""
        self.database = database
        self.config = config
        self.accounts = Accounts(database)
        self.changes = AccountChanges(database)
        self.rules = Rules(
            defaults=config.account_defaults, zone_exists=settings_of_this_machine.zone_exists
        )
        self._by, self._via = operator_name(), deed

    def by_name(self) -> dict[str, Document]:
        """Every document as it is stored."""
        return {str(document.get("name")): document for document in self.accounts.as_written()}

    def problems(self) -> tuple[Problem, ...]:
        """Everything wrong with the documents as they are."""
        return problems_of(self.accounts.all(), self.rules)

    def open_copies(self, name: str) -> int:
        """Copies that this account holds, or that others hold of it."""
        either = [{"slave_name": name}, {"master_name": name}]
        shipped = self.database[TRADES].count_documents({"status": "OPEN", "$or": either})
        told = (n.get("open_legs", 0) for n in Nodes(self.database).all() if n["name"] == name)
        return max([shipped, *map(int, told)])

    def carry_out(
        self,
        make_plan: Callable[[dict[str, Document]], Plan],
        *,
        sound: Collection[str] = (),
        heedless: bool = False,
    ) -> list[Written]:
        """Write what the plan wants, or raise Refused before anything is written.

        Whoever else writes meanwhile is heeded: the plan is made again from what stands then.
        `sound` accounts must be without any fault; `heedless` takes faults of others as they come.
        """
        done: dict[str, Written] = {}
        for _ in range(TRIES):
            present = self.by_name()
            plan = make_plan(present)
            self._insist_on_single_names(plan)
            if not heedless:
                self._judge(present, plan, sound)
            if self._write_all_or_say(present, plan, done):
                return [done[name] for name in plan]
        raise Refused("Somebody else keeps changing the same account; try again.")

    def _insist_on_single_names(self, plan: Plan) -> None:
        """A database that an earlier system filled may hold one name twice: which one is meant?"""
        names = [document.get("name") for document in self.accounts.as_written()]
        doubles = [_twice(name, names.count(name)) for name in plan if names.count(name) > 1]
        if doubles:
            raise Refused("Nothing was written.", doubles)

    def _judge(self, present: dict[str, Document], plan: Plan, sound: Collection[str]) -> None:
        problems = self.problems_after(present, plan, sound)
        if problems:
            raise Refused("Nothing was written.", problems)

    def problems_after(
        self, present: Mapping[str, Document], plan: Plan, sound: Collection[str] = ()
    ) -> tuple[Problem, ...]:
        """What the plan would make wrong, and what is wrong with those that must be sound."""
        before = [plain(document) for document in present.values()]
        wanted = {**present, **plan}
        after = [plain(document) for document in wanted.values() if document is not None]
        fresh = (*fresh_problems(before, after, self.rules), *self._left_behind(present, plan))
        if not sound:
            return fresh
        kept = (p for p in problems_of(after, self.rules) if p.account in sound)
        return tuple(dict.fromkeys([*fresh, *kept]))

    def _left_behind(self, present: Mapping[str, Document], plan: Plan) -> list[Problem]:
        """Copies that nobody would close any more, because the account became another one."""
        both = ((name, present.get(name), wanted) for name, wanted in plan.items())
        changed = {
            name: changed_identity(before, wanted, identity_of(self.config.state, name))
            for name, before, wanted in both
            if before is not None and wanted is not None
        }
        return [
            _copies_open(name, fields, self.open_copies(name))
            for name, fields in changed.items()
            if fields and self.open_copies(name)
        ]

    def _write_all_or_say(
        self, present: Mapping[str, Document], plan: Plan, done: dict[str, Written]
    ) -> bool:
        try:
            return self._write_all(present, plan, done)
        except KeyboardInterrupt as fault:
            raise Refused(
                f"{_half_done(plan, done, 'it was stopped')}. Do the same again.", code=INTERRUPTED
            ) from fault
        except DATABASE_ERRORS as fault:
            if not done:
                raise
            raise Refused(
                f"{_half_done(plan, done, 'the database failed')}: {fault}. Do the same again."
            ) from fault

    def _write_all(
        self, present: Mapping[str, Document], plan: Plan, done: dict[str, Written]
    ) -> bool:
        for name, wanted in plan.items():
            written = self._write(name, present.get(name), wanted)
            if written is None:
                return False
            # A second round finds unchanged what the first has written.
            if name not in done or written.deed != "unchanged":
                done[name] = written
        return True

    def _write(self, name: str, before: Document | None, wanted: Document | None) -> Written | None:
        """None where somebody was quicker."""
        planned = Written(name=name, before=before, after=wanted)
        if before is None and wanted is None:
            return planned
        if planned.deed == "unchanged":
            return Written(name=name, before=before, after=before)
        self.changes.note(name, now_ms=utc_ms())
        stored = None if wanted is None else self._signed(before, wanted)
        if not self._store(before, stored):
            return None
        self.changes.note(name, now_ms=utc_ms(), by=self._by, via=self._via)
        return Written(name=name, before=before, after=stored)

    def _store(self, before: Document | None, after: Document | None) -> bool:
        if after is None:
            return self.accounts.remove(before or {})
        return self.accounts.add(after) if before is None else self.accounts.replace(before, after)

    def _signed(self, before: Document | None, wanted: Document) -> Document:
        now = moment(utc_ms())
        born = {} if before is not None or "created_at" in wanted else {"created_at": now}
        return {**wanted, **born, "updated_at": now, "updated_by": f"{self._by}, {self._via}"}


def _twice(name: str, times: int) -> Problem:
    return Problem(
        account=name,
        field="name",
        wanted="one document of this name",
        found=f"{times} documents",
        what_to_do="Give all but one another name, or remove them, by their _id, in mongosh.",
    )


def _half_done(plan: Plan, done: Collection[str], why: str) -> str:
    left = ", ".join(name for name in plan if name not in done) or "nothing"
    return (
        f"Written: {', '.join(done) or 'nothing'}. Then {why}, and {left} was not written, or "
        "nobody can say so"
    )


def _copies_open(name: str, fields: Collection[str], copies: int) -> Problem:
    return Problem(
        account=name,
        field=", ".join(fields),
        wanted="the account it is, while copies are open that only this account can close",
        found=f"{copies} open copies",
        what_to_do="Disable it, wait until `accounts show` tells of none, then change it.",
    )
