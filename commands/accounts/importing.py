"""`accounts import`: accounts from files, each field accounted for, all of them or none."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from commands.accounts import files
from commands.accounts.answer import NOT_DONE, Answer, Refused
from commands.accounts.desk import Desk, Document, Written
from commands.accounts.looking import said
from commands.accounts.uptake import Uptake, Watch
from decisions.account_import import (
    Incoming,
    Translated,
    differs,
    merged,
    recognised,
    translated,
)
from decisions.imported_values import Wishes
from domain.policies import Role
from domain.problems import Problem

ADD, REPLACE, SKIP, SAME, REFUSE = "add", "replace", "skip", "unchanged", "refuse"
FUTURE = {
    ADD: "would be added",
    REPLACE: "would be changed",
    SKIP: "is there already, and is skipped",
    SAME: "is there already, just like this",
    REFUSE: "cannot be taken over",
}
DONE = FUTURE | {ADD: "added", REPLACE: "changed"}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of one account of the files."""

    translation: Translated
    verdict: str
    document: Document | None = None
    problems: tuple[Problem, ...] = ()


def import_accounts(args: argparse.Namespace, desk: Desk) -> Answer:
    """Translate, judge everything together, then write it all or nothing."""
    incoming = _incoming(files.named_files(args.files))
    wishes = _wishes(args)
    watch = Watch(desk)
    newest: list[Outcome] = []

    def plan(present: Mapping[str, Document]) -> dict[str, Document | None]:
        newest[:] = _decide(incoming, wishes, present, args, desk)
        stopped = args.dry_run or (not args.partial and _any_refused(newest))
        writes = () if stopped else (o for o in newest if o.verdict in {ADD, REPLACE})
        return {outcome.translation.name: outcome.document for outcome in writes}

    written = desk.carry_out(plan)
    uptakes = watch.wait(written, patient=not args.no_wait)
    return _answer(newest, written, uptakes)


def _wishes(args: argparse.Namespace) -> Wishes:
    return Wishes(
        type=None if args.type is None else Role(args.type),
        masters=tuple(args.master),
        follows=tuple(args.follows),
        terminal=args.terminal or "",
        path=args.path or "",
        loss_unit=args.loss_unit or "",
        drawdown_unit=args.drawdown_unit or "",
        slippage_unit=args.slippage_unit or "",
        balance=args.balance,
        enable=args.enable,
    )


def _incoming(names: Sequence[str]) -> list[Incoming]:
    """Every account of every file; a file that is none of the forms stops it all."""
    found: list[Incoming] = []
    faults: list[Problem] = []
    for name in names:
        try:
            result = recognised(name, files.read(name))
        except Refused as fault:
            if not fault.problems:
                raise
            faults += fault.problems
            continue
        if isinstance(result, Problem):
            faults.append(result)
        else:
            found += result
    if faults:
        raise Refused("Nothing was written.", faults)
    return found


def _decide(
    incoming: Sequence[Incoming],
    wishes: Wishes,
    present: Mapping[str, Document],
    args: argparse.Namespace,
    desk: Desk,
) -> list[Outcome]:
    variables = {name: str(d.get("password", "")).strip("${}") for name, d in present.items()}
    done = translated(incoming, wishes, variables)
    outcomes = [_outcome(one, present.get(one.name), args) for one in done]
    return _judged(outcomes, present, desk)


def _outcome(one: Translated, present: Document | None, args: argparse.Namespace) -> Outcome:
    if one.problems:
        return Outcome(translation=one, verdict=REFUSE, problems=one.problems)
    document = merged(one, present)
    if present is None:
        return Outcome(translation=one, verdict=ADD, document=document)
    if not differs(present, document):
        return Outcome(translation=one, verdict=SAME)
    if args.skip_existing:
        return Outcome(translation=one, verdict=SKIP)
    if args.replace:
        return Outcome(translation=one, verdict=REPLACE, document=document)
    fields = _fields_between(present, document)
    return Outcome(translation=one, verdict=REFUSE, problems=(_exists(one.name, fields),))


def _judged(outcomes: list[Outcome], present: Mapping[str, Document], desk: Desk) -> list[Outcome]:
    """Refuse whatever would be wrong together; each refusal may leave others without a master."""
    while True:
        plan = {o.translation.name: o.document for o in outcomes if o.document is not None}
        faults = desk.problems_after(dict(present), plan)
        blamed = {name: tuple(p for p in faults if p.account == name) for name in plan}
        others = tuple(p for p in faults if p.account not in plan)
        if not faults:
            return outcomes
        everybody = not any(blamed.values())
        outcomes = [
            Outcome(
                translation=o.translation,
                verdict=REFUSE,
                problems=blamed[o.translation.name] or others,
            )
            if o.document is not None and (everybody or blamed[o.translation.name])
            else o
            for o in outcomes
        ]


def _exists(name: str, fields: str) -> Problem:
    return Problem(
        account=name,
        field="name",
        wanted="a new account, or one just like the file's",
        found=f"an account of this name that differs in {fields}",
        what_to_do="Add --replace to take the file's values, or --skip-existing to leave it.",
    )


def _fields_between(before: Document, after: Document) -> str:
    changes = Written(name="", before=before, after=after).changes
    return ", ".join(change.field for change in changes)


def _any_refused(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.verdict == REFUSE for outcome in outcomes)


def _answer(
    outcomes: Sequence[Outcome], written: Sequence[Written], uptakes: Mapping[str, Uptake]
) -> Answer:
    names = {one.name for one in written}
    refused = _any_refused(outcomes)
    remarks = []
    if refused:
        kept = f"{len(names)} were written." if names else "Nothing was written."
        hint = "" if names else " --partial writes the others."
        remarks = [*(p.text for o in outcomes for p in o.problems), f"{kept}{hint}"]
    return Answer(
        value={"accounts": [_told(o, names, uptakes) for o in outcomes], "written": len(names)},
        lines=tuple(line for o in outcomes for line in _lines(o, names, uptakes)),
        remarks=tuple(remarks),
        code=NOT_DONE if refused else 0,
    )


def _told(outcome: Outcome, written: set[str], uptakes: Mapping[str, Uptake]) -> dict[str, Any]:
    one = outcome.translation
    uptake = uptakes.get(one.name)
    return {
        "name": one.name,
        "where": one.where,
        "form": one.form.value,
        "verdict": outcome.verdict,
        "written": one.name in written,
        "translated": [files.extended(msgspec.structs.asdict(moved)) for moved in one.moved],
        "kept": [files.extended(msgspec.structs.asdict(kept)) for kept in one.kept],
        "limits_not_in_force": [kept.old for kept in one.kept if kept.limit],
        "to_do": list(one.to_do),
        "problems": msgspec.to_builtins(outcome.problems),
        "uptake": None if uptake is None else msgspec.to_builtins(uptake),
    }


def _lines(outcome: Outcome, written: set[str], uptakes: Mapping[str, Uptake]) -> list[str]:
    one = outcome.translation
    words = DONE if one.name in written else FUTURE
    lines = [f"{one.name or one.where} ({one.form.value}, {one.where}): {words[outcome.verdict]}"]
    if outcome.verdict in {SAME, SKIP}:
        return lines
    lines += [_moved_line(moved.old, moved.new, moved.value, moved.remark) for moved in one.moved]
    for kept in one.kept:
        mark = "NOT IN FORCE" if kept.limit else "kept as legacy"
        lines.append(f"  {mark}: {kept.old} = {said(kept.value)} ({kept.why})")
    lines += [f"  to do: {text}" for text in one.to_do]
    uptake = uptakes.get(one.name)
    return [*lines, *([f"  {uptake.text}"] if uptake is not None else [])]


def _moved_line(old: str, new: str, value: object, remark: str) -> str:
    detail = f" ({remark})" if remark else ""
    return f"  {old} -> {new} = {said(value)}{detail}"
