"""The database refuses an account document exactly when the parser does, whatever it holds."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, ObjectId, Regex, Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from db.embedded.schemas.schema_rules import compile_schema
from db.schema import account_schema
from decisions.account_documents import parse_account
from domain.account_fields import ACCOUNT_FIELDS, BOOKKEEPING, IMPOSSIBLE, LONGEST_NAME, SET_BY
from domain.fields import Field, Kind
from domain.policies import AccountSettings

Document = dict[str, Any]

RULES = compile_schema(account_schema())
MINIMAL: Document = {"name": "Apex", "type": "SLAVE", "path": "x"}
FULL: Document = {
    "_id": 17,
    "name": "Apex_Slave_01",
    "type": "SLAVE",
    "enabled": True,
    "terminal": "paper",
    "path": "apex-01",
    "login": 51234567,
    "server": "Apex-Live",
    "password": "${APEX_PASSWORD}",
    "paper": {"broker": "Apex-Demo", "deposit": 50000, "currency": "USD", "leverage": 100},
    "follows": ["FTMO_Master"],
    "labels": ["apex", "gold"],
    "suffix": ".c",
    "symbol_map": {"XAUUSD": "GOLD", "US30": "DJ30"},
    "slippage_tolerance": 50,
    "magic_number": 234000,
    "max_lot": 5,
    "max_open_trades": 10,
    "kill_switch": {"enabled": True, "daily_loss": 200, "reset": {"time": "00:00", "zone": "UTC"}},
    "legacy": {"colour": "red"},
}
BASES = (MINIMAL, FULL, {"name": "M", "type": "MASTER", "path": "m", "pub_port": 6000})

# Only the parser can say: whether a zone exists, and whether an account follows itself, because a
# schema compares a field with a constant and never with another field. Fractions beyond the 15
# digits of a double are not made here: the database's multipleOf looks no further.
DIGITS = 15


def database_accepts(document: Document) -> bool:
    return RULES(document) == []


def parser_accepts(document: Document) -> bool:
    return isinstance(parse_account(document), AccountSettings)


def as_stored(document: Document) -> Document:
    """What a client gets back of what it sent."""
    return bson.decode(bson.encode(document))


def as_typed(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")


EDGES = st.sampled_from(
    [
        edge + step
        for field in ACCOUNT_FIELDS
        for edge in (field.above, field.least, field.most)
        if edge is not None
        for step in (-1, 0, 1)
        if edge + step < 2**63
    ]
)
NUMBERS = st.one_of(
    EDGES,
    EDGES.map(float),
    EDGES.map(Int64),
    EDGES.map(lambda edge: Decimal128(str(edge))),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=True, allow_infinity=True).map(as_typed),
    st.decimals(-(10**15), 10**15, places=6).map(lambda d: Decimal128(str(d))),
    st.sampled_from([-0.0, 5e-324, 1e300, 2.0**63, float("nan"), float("inf"), -float("inf")]),
    st.sampled_from(["-0", "NaN", "sNaN", "-Infinity", "1E+6111", "1E-6176", "0E+6000"]).map(
        Decimal128
    ),
)
ODD_TEXTS = st.sampled_from(
    [
        "",
        " ",
        "a\n",
        "\na",
        "a\x00b",
        "a\x85b",
        "a\u00a0b",
        "\u200b",
        "a\u202eb",
        "\u2028",
        "\u3000",
        "\ufeff",
        "😀" * LONGEST_NAME,
        "😀" * (LONGEST_NAME + 1),
        "x" * LONGEST_NAME,
        "x" * (LONGEST_NAME + 1),
        "x" * 2000,
        "5",
        "true",
        "null",
        "MASTER",
        "SLAVE",
        "slave",
        "MASTER\n",
        "paper",
        "${A}",
        "${A}\n",
        "keyring:a/b",
        "hunter2",
        "USD",
        "USDT",
        "usd",
        "23:59",
        "24:00",
        "23:59\n",
        "Europe/Prague",
        "../etc",
        "hedging",
    ]
)
TEXTS = ODD_TEXTS | st.text(max_size=8)
LISTS = st.lists(TEXTS | st.none() | st.integers(0, 3), max_size=4) | st.just(["a"] * 2)
MAPS = st.dictionaries(TEXTS.filter(lambda t: "\x00" not in t), TEXTS | st.none(), max_size=4)
ALIENS: st.SearchStrategy[object] = st.sampled_from(
    [
        None,
        True,
        False,
        [],
        {},
        [[]],
        {"a": {"b": None}},
        ObjectId("000000000000000000000005"),
        datetime(2014, 5, 2, tzinfo=UTC),
        Code("MASTER"),
        Code("x", {"a": 1}),
        Regex("x", "i"),
        Binary(b"x", 0),
        Binary(b"x" * 16, 4),
        Timestamp(5, 0),
        MaxKey(),
        DBRef("accounts", 5),
    ]
)
CROWDS = st.sampled_from([100, 101, 1000, 1001]).map(lambda size: [str(n) for n in range(size)])
VALUES = st.one_of(NUMBERS, TEXTS, LISTS, MAPS, ALIENS, CROWDS)
PLACES = st.sampled_from(
    [field.name for field in ACCOUNT_FIELDS]
    + sorted(BOOKKEEPING)
    + ["sufix", "Name", "$set", "kill_switch.dayly_loss", "paper.legacy", "kill_switch.reset._id"]
)
GONE = object()
CHANGES = st.lists(st.tuples(PLACES, VALUES | st.just(GONE)), max_size=3)


def changed(base: Document, changes: list[tuple[str, object]]) -> Document:
    document = copy.deepcopy(base)
    for place, value in changes:
        put(document, place, value)
    return document


def put(document: Document, place: str, value: object) -> None:
    *sections, name = place.split(".")
    for section in sections:
        inner = document.setdefault(section, {})
        if not isinstance(inner, dict):
            return
        document = inner
    if value is GONE:
        document.pop(name, None)
    else:
        document[name] = copy.deepcopy(value)  # a value drawn twice is one object


def follows_itself(document: Document) -> bool:
    follows = document.get("follows")
    return isinstance(follows, list) and document.get("name") in follows


@pytest.mark.timeout(60)
@settings(max_examples=10 * settings.default.max_examples)
@given(st.sampled_from(BASES), CHANGES)
def test_database_and_parser_agree_on_any_document(
    base: Document, changes: list[tuple[str, object]]
) -> None:
    document = as_stored(changed(base, changes))
    if follows_itself(document):
        return
    assert database_accepts(document) == parser_accepts(document), parse_account(document)


@pytest.mark.parametrize(("size", "fits"), [(10_000, True), (10_001, False)])
def test_a_map_of_symbols_has_an_end(size: int, fits: bool) -> None:
    document = MINIMAL | {"symbol_map": {str(number): "x" for number in range(size)}}
    assert (database_accepts(document), parser_accepts(document)) == (fits, fits)


def test_the_bases_are_accepted_by_both() -> None:
    for base in BASES:
        assert database_accepts(base)
        assert parser_accepts(base), parse_account(base)


def usable(name: str) -> object:
    """Something that puts the field to use."""
    known = {"follows": ["M"], "password": "${A}", "size.formula": "master_lots"}
    return known.get(name, 1)


def use(document: Document, what: str) -> None:
    """As a row of IMPOSSIBLE means it."""
    name, _, value = what.partition("=")
    put(document, name, value or usable(name))


@pytest.mark.parametrize(
    "one", IMPOSSIBLE, ids=lambda one: f"{one.field} {one.on}{one.without}{one.beside}"
)
def test_what_is_impossible_together_is_refused_by_both_and_named(one: Any) -> None:
    document = copy.deepcopy(MINIMAL) | {"type": one.on or "SLAVE"}
    use(document, one.field)
    if one.beside:
        use(document, one.beside)
    for what in (one.field, one.beside):
        if what in SET_BY and SET_BY[what] != one.without:
            use(document, SET_BY[what])
    read = parse_account(document)
    assert isinstance(read, tuple)
    assert [problem.field for problem in read] == [one.place]
    assert one.what_to_do in read[0].text
    faults: Any = RULES(document)
    (broken,) = faults[0]["schemasNotSatisfied"]
    assert (broken["title"], one.what_to_do in broken["description"]) == (one.place, True)


@pytest.mark.parametrize(
    "change",
    [
        {"suffix": ".c", "symbol_map": {"A": "B"}, "slippage_tolerance": 9},
        {"follows": None, "max_lot": None, "max_open_trades": None},
        {"follows": [], "kill_switch": {"enabled": True, "daily_loss": 0}},
        {"paper": {"deposit": 5}, "terminal": "mt5"},
        {"login": 5, "server": ""},
        {"login": 0, "server": "Apex-Live"},
    ],
    ids=str,
)
def test_what_only_means_nothing_on_a_master_is_let_be(change: Document) -> None:
    document = MINIMAL | {"type": "MASTER"} | change
    assert database_accepts(document)
    assert parser_accepts(document), parse_account(document)


GOOD_RULES: list[Any] = [
    [],
    [{}],
    [{"masters": ["M"], "symbols": ["XAU*"], "size": {"mode": "equity"}, "max_lot": 2}],
    [{"masters": ["M"], "filters": {"sides": ["BUY"]}}, {"symbols": ["*"], "reverse": True}],
]
BAD_RULES: list[Any] = [
    {"masters": ["M"]},
    ["M"],
    [{"masters": "M"}],
    [{"follows": ["M"]}],
    [{"magic_number": 5}],
    [{"rules": []}],
    [{"sise": {"mode": "equity"}}],
    [{"size": {"mode": "huge"}}],
    [{"size": {"mod": "same"}}],
    [{"max_lot": 0}],
    [{"slippage_tolerance": None}],
    [{"filters": {"magics": ["a-b"]}}],
    [{}] * 201,
]


@pytest.mark.parametrize("rules", GOOD_RULES, ids=str)
def test_rules_that_are_sound_are_taken_by_both(rules: Any) -> None:
    assert parser_accepts(MINIMAL | {"rules": rules}), parse_account(MINIMAL | {"rules": rules})
    assert database_accepts(MINIMAL | {"rules": rules})


@pytest.mark.parametrize("rules", BAD_RULES, ids=lambda rules: str(rules)[:60])
def test_rules_that_are_not_are_refused_by_both(rules: Any) -> None:
    assert not parser_accepts(MINIMAL | {"rules": rules})
    assert not database_accepts(MINIMAL | {"rules": rules})


NUMBER_FIELDS = [field for field in ACCOUNT_FIELDS if field.kind in (Kind.WHOLE, Kind.NUMBER)]
TEXT_FIELDS = [field for field in ACCOUNT_FIELDS if field.longest is not None]
ENDLESS = [
    *(float("inf"), -float("inf"), float("nan"), 1e300, -1e300, -1, True, "5"),
    *map(Decimal128, ("NaN", "Infinity", "1E+6111")),
]


@pytest.mark.parametrize("field", NUMBER_FIELDS, ids=lambda field: field.name)
@pytest.mark.parametrize(
    "number",
    ENDLESS,
    ids=repr,
)
def test_no_number_without_end_stands_anywhere(field: Field, number: object) -> None:
    document = copy.deepcopy(MINIMAL)
    put(document, field.name, number)
    may_be_negative = field.least is not None and field.least < 0 and number == -1
    assert database_accepts(document) is parser_accepts(document) is may_be_negative


FORMS: dict[Kind, Callable[[str], object]] = {
    Kind.NAMES: lambda text: [text],
    Kind.TEXT_MAP: lambda text: {text: "x"},
}


@pytest.mark.parametrize("field", TEXT_FIELDS, ids=lambda field: field.name)
@pytest.mark.parametrize("text", ["a\nb", "a\u200bb", "a\u00a0b", "x" * 1100], ids=ascii)
def test_no_text_hides_anything_or_goes_on_for_ever(field: Field, text: str) -> None:
    document = copy.deepcopy(MINIMAL)
    put(document, field.name, FORMS.get(field.kind, str)(text))
    assert not database_accepts(document)
    assert not parser_accepts(document)
