"""An account document as a person wrote it -> settings, or everything that is wrong with it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from decisions.contradictions import backwards, contradictions, unreachable_rules
from decisions.field_values import Fault, read_value, wanted
from decisions.size_formula import fault_of
from decisions.unknown_fields import advice
from decisions.windows import zones_of
from domain.account_fields import (
    ACCOUNT_FIELDS,
    BOOKKEEPING,
    IMPOSSIBLE,
    RULE_FOR,
    AccountDefaults,
    Impossible,
    field_named,
    fields_of,
    rule_fields,
    where_of,
)
from domain.fields import Field, Kind
from domain.policies import AccountSettings
from domain.problems import Problem

BROKERS_CLOCK = "server"


def every_zone(_: str) -> bool:
    """Takes any zone for real, where nobody can look it up."""
    return True


def parse_account(
    document: Mapping[str, Any],
    defaults: AccountDefaults = AccountDefaults(),  # noqa: B008 - frozen
    zone_exists: Callable[[str], bool] = every_zone,
) -> AccountSettings | tuple[Problem, ...]:
    """The settings a document stands for, or every fault in it at once.

    It raises nothing: one account's document keeps no other account from running (law 7).
    """
    try:
        return _read_account(document, defaults, zone_exists)
    except Exception as crash:  # noqa: BLE001 - whatever it is, it is of this document alone
        found = f"{type(crash).__name__}: {crash}"
        todo = "Undo its last change, and report this: the product should have named the field."
        return (_problem(Fault("document", "one that can be read", found, todo), document),)


def _read_account(
    document: Mapping[str, Any], defaults: AccountDefaults, zone_exists: Callable[[str], bool]
) -> AccountSettings | tuple[Problem, ...]:
    faults: list[Fault] = []
    values = _section("", document, defaults, faults)
    if values["terminal"] == "paper" and values["paper"] is None:
        values["paper"] = _section("paper", {}, defaults, faults)
    faults += _faults_between(values, zone_exists)
    rules = values.pop("rules") or ()
    read = [_rule(n, rule, values, zone_exists, faults) for n, rule in enumerate(rules)]
    faults += () if faults else unreachable_rules(rules)
    if faults:
        return tuple(_problem(fault, document) for fault in faults)
    return msgspec.convert(values | {"rules": tuple(read)}, AccountSettings)


def _rule(
    number: int,
    written: Mapping[str, Any],
    account: Mapping[str, Any],
    zone_exists: Callable[[str], bool],
    faults: list[Fault],
) -> Mapping[str, Any]:
    """A rule's fields in place of the account's; what it leaves out is as the account has it."""
    fields, found = rule_fields(), list[Fault]()
    settable = {field.short_name for field in fields}
    found += [_not_in_a_rule(name, written[name]) for name in written if name not in settable]
    given = [field for field in fields if field.short_name in written]
    own = {field.short_name: _field(field, written, AccountDefaults(), found) for field in given}
    whom = {name: own.pop(name, None) for name in RULE_FOR}
    if not found:
        found += backwards("magics", written.get("magics"))
    whole = {**account, **own}
    if not found:
        found += _faults_between(whole, zone_exists)
    faults += [fault._replace(field=f"rules.{number}.{fault.field}") for fault in found]
    return {**whom, "settings": whole}


def needs_restart(before: AccountSettings, after: AccountSettings) -> bool:
    """Something changed that a running node cannot take up."""
    watched = (field.name for field in ACCOUNT_FIELDS if field.restart)
    return any(_at(before, name) != _at(after, name) for name in watched)


def _section(
    section: str, written: Mapping[str, Any], defaults: AccountDefaults, faults: list[Fault]
) -> dict[str, Any]:
    fields = fields_of(section)
    faults += _unknown(section, written, fields)
    return {field.short_name: _field(field, written, defaults, faults) for field in fields}


def _field(
    field: Field, written: Mapping[str, Any], defaults: AccountDefaults, faults: list[Fault]
) -> object:
    if field.short_name not in written:
        return _absent(field, defaults, faults)
    value = written[field.short_name]
    if value is None and field.may_be_null:
        return None
    if field.kind is Kind.SECTION and isinstance(value, Mapping):
        return _section(field.name, value, defaults, faults)
    read = read_value(field, value)
    if isinstance(read, Fault):
        faults.append(read)
        return None
    return read


def _absent(field: Field, defaults: AccountDefaults, faults: list[Fault]) -> object:
    if field.required:
        todo = f"Add the field. {field.meaning}"
        faults.append(Fault(field.name, wanted(field), "nothing", todo))
    if field.may_be_null:
        return None
    empty: dict[Kind, object] = {Kind.NAMES: (), Kind.TEXT_MAP: {}, Kind.RULES: ()}
    if field.kind is Kind.SECTION:
        return _section(field.name, {}, defaults, faults)
    return getattr(defaults, field.name, empty.get(field.kind, field.default))


def _not_in_a_rule(name: str, value: object) -> Fault:
    if name in {field.short_name for field in fields_of("")}:
        what_to_do = "Set it for the account, outside of its rules."
        return Fault(name, "what a rule can set", "what holds for the whole account", what_to_do)
    return Fault(name, "a field of a rule", "a name nobody knows", advice("", name, value))


def _unknown(section: str, written: Mapping[str, Any], fields: tuple[Field, ...]) -> list[Fault]:
    known = {field.short_name for field in fields} | (BOOKKEEPING if not section else frozenset())
    strangers = [name for name in written if name not in known]
    return [_no_such_field(section, name, written[name]) for name in strangers]


def _no_such_field(section: str, name: str, value: object) -> Fault:
    dotted = f"{section}.{name}" if section else name
    what_to_do = advice(section, name, value)
    return Fault(dotted, "a field of an account document", "a name nobody knows", what_to_do)


def _faults_between(
    values: Mapping[str, Any], zone_exists: Callable[[str], bool]
) -> tuple[Fault, ...]:
    together = tuple(_impossible(one) for one in IMPOSSIBLE if _is_so(one, values))
    others = _follows_itself(values) + _zone_faults(values, zone_exists) + _formula_faults(values)
    return together + others + _factor_faults(values) + contradictions(values)


def _is_so(one: Impossible, values: Mapping[str, Any]) -> bool:
    if not _in_use(one.field, values) or (one.on is not None and values["type"] != one.on):
        return False
    if one.without:
        return not _in_use(one.without, values)
    return not one.beside or _in_use(one.beside, values)


def _in_use(what: str, values: Mapping[str, Any]) -> bool:
    name, _, meant = what.partition("=")
    field = field_named(name)
    section = (values[field.section] or {}) if field.section else values
    value = section.get(field.short_name)
    if meant:
        return bool(value == meant)
    limit = field.may_be_null and field.kind in (Kind.NUMBER, Kind.WHOLE)
    return value is not None if limit else bool(value)


def _impossible(one: Impossible) -> Fault:
    where = f" {where_of(one)}"
    return Fault(one.place, f"no {one.field}{where}", f"one{where}: {one.why}", one.what_to_do)


def _follows_itself(values: Mapping[str, Any]) -> tuple[Fault, ...]:
    if not values["name"] or values["name"] not in (values["follows"] or ()):
        return ()
    return (Fault("follows", "names of masters", "this account itself", "Remove its own name."),)


def _zone_faults(
    values: Mapping[str, Any], zone_exists: Callable[[str], bool]
) -> tuple[Fault, ...]:
    reset = ((values["kill_switch"] or {}).get("reset") or {}).get("zone")
    named = [] if reset is None else [("kill_switch.reset.zone", reset)]
    windows = values["trading_windows"] or ()
    named += [("trading_windows", zone) for zone in sorted(zones_of(windows))]
    wanted = "server, UTC or the name of a time zone"
    return tuple(
        Fault(name, wanted, repr(zone), "Write it like Europe/Prague, or use server.")
        for name, zone in named
        if zone != BROKERS_CLOCK and not zone_exists(zone)
    )


def _factor_faults(values: Mapping[str, Any]) -> tuple[Fault, ...]:
    """No lots at all for each of the master's would be no copies at all."""
    mapped = ((name, one.partition("|")[2]) for name, one in (values["symbol_map"] or {}).items())
    wanted, todo = "a lot factor above 0", "Write it like US30|0.1."
    return tuple(
        Fault(f"symbol_map.{name}", wanted, factor, todo)
        for name, factor in mapped
        if factor and not float(factor)
    )


def _formula_faults(values: Mapping[str, Any]) -> tuple[Fault, ...]:
    formula = (values["size"] or {}).get("formula")
    why = fault_of(formula) if formula else ""
    if not why:
        return ()
    todo = "Correct it. docs/SIZING.md lists what a formula may name."
    return (Fault("size.formula", "a formula that gives a number of lots", f"{why}", todo),)


def _problem(fault: Fault, document: Mapping[str, Any]) -> Problem:
    return Problem(
        account=_account_of(document),
        field=fault.field,
        wanted=fault.wanted,
        found=fault.found,
        what_to_do=fault.what_to_do,
    )


def _account_of(document: Mapping[str, Any]) -> str:
    name = document.get("name")
    return name if isinstance(name, str) and name else f"_id {document.get('_id')}"


def _at(settings: AccountSettings, name: str) -> object:
    value: object = settings
    for part in name.split("."):
        value = getattr(value, part, None)
    return value
