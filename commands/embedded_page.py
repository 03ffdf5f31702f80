"""Writes the lists of docs/EMBEDDED_DB.md as the server answers.

Run it as `python -m commands.embedded_page`.
"""

import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from commands import mongodb_words as words
from db.embedded.answering.commands import COMMANDS, execute
from db.embedded.answering.cursors import Cursors
from db.embedded.answering.refused_commands import REFUSED
from db.embedded.answering.requests import Caller, House
from db.embedded.file.storage import Storage
from db.embedded.holding.engine import Engine
from db.embedded.values import Document
from utils.clock import SystemClock

PAGE = Path(__file__).resolve().parent.parent / "docs" / "EMBEDDED_DB.md"
NOBODY_KNOWS = "$fiddle"
# Not implemented; not in this place; Atlas alone; replica sets alone.
_REFUSING = frozenset({238, 73, 31082, 40573})
_FAILED = 1
_OF_THE_SERVER = ("$currentOp", "$documents", "$listLocalSessions")
# What some words must be given, lest the server refuse what they are given instead of the word.
_STAGE_OPERANDS: dict[str, object] = {
    "$currentOp": {},
    "$facet": {"x": []},
    "$lookup": {"from": "t", "localField": "a", "foreignField": "a", "as": "b"},
    "$documents": [],
    "$unionWith": "t",
}
_PROJECTION_OPERANDS: dict[str, object] = {"$elemMatch": {"$gt": 0}, "$meta": "textScore"}
_EXPRESSION_OPERANDS: dict[str, object] = {
    "$dateToString": {"date": "$at", "format": "%Y"},
}

Ask = Callable[[str], Document]


class Server:
    """A whole server without its port, over a file that is thrown away."""

    def __init__(self, storage: Storage) -> None:
        clock = SystemClock()
        self._house = House(Engine(storage), Cursors(first=1), clock, clock.now(), process=0)
        self.ask({"insert": "t", "documents": [{"_id": 1, "a": [1], "n": 1}]})

    def ask(self, command: Document) -> Document:
        """Its answer; a refused write is told like a refused command."""
        asked = {**command, "$db": command.get("$db", "d")}
        reply = execute(asked, None, self._house, Caller())
        if reply.get("code") == _FAILED:
            raise RuntimeError(f"the server failed on {command}: {reply['errmsg']}")
        errors = reply.get("writeErrors")
        return errors[0] if isinstance(errors, list) and errors else reply

    def query(self, word: str) -> Document:
        """A query operator beside a field."""
        return self.ask({"find": "t", "filter": {"a": {word: None}}})

    def query_at_the_top(self, word: str) -> Document:
        """A query operator in the place of a field."""
        return self.ask({"find": "t", "filter": {word: None}})

    def projection(self, word: str) -> Document:
        """A projection operator of find."""
        shown = {"a": {word: _PROJECTION_OPERANDS.get(word, 1)}}
        return self.ask({"find": "t", "projection": shown})

    def update(self, word: str) -> Document:
        """An update operator."""
        return self.ask({"update": "t", "updates": [{"q": {}, "u": {word: {"x": "y"}}}]})

    def stage(self, word: str) -> Document:
        """A stage, of a collection or of the whole server."""
        pipeline = [{word: _STAGE_OPERANDS.get(word)}]
        if word in _OF_THE_SERVER:
            return self.ask({"aggregate": 1, "pipeline": pipeline, "cursor": {}, "$db": "admin"})
        return self.ask({"aggregate": "t", "pipeline": pipeline, "cursor": {}})

    def accumulator(self, word: str) -> Document:
        """An accumulator of $group."""
        return self._aggregate({"$group": {"_id": None, "x": {word: {}}}})

    def expression(self, word: str) -> Document:
        """An expression."""
        return self._aggregate({"$project": {"x": {word: _EXPRESSION_OPERANDS.get(word, [])}}})

    def _aggregate(self, stage: Document) -> Document:
        return self.ask({"aggregate": "t", "pipeline": [stage], "cursor": {}})

    def index(self, key: Document, **options: object) -> Document:
        """An index; it is dropped again."""
        self.ask({"drop": "i"})
        asked: Document = {"key": key, "name": "x", **options}
        return self.ask({"createIndexes": "i", "indexes": [asked]})

    def schema(self, word: str) -> Document:
        """A keyword of $jsonSchema."""
        self.ask({"drop": "s"})
        rule = {"$jsonSchema": {word: None}}
        return self.ask({"create": "s", "validator": rule})


def knows(ask: Ask, word: str) -> bool:
    """Whether the server's answer differs from its answer to a word nobody knows."""
    told, strange = ask(word), ask(NOBODY_KNOWS)
    if told.get("code") in _REFUSING or "not currently supported" in str(told.get("errmsg")):
        return False
    return str(told.get("errmsg")).replace(word, NOBODY_KNOWS) != str(strange.get("errmsg"))


def lists() -> dict[str, str]:
    """The made parts of the page by name."""
    with tempfile.TemporaryDirectory() as folder, Storage(Path(folder) / "page.db") as storage:
        server = Server(storage)
        asked: dict[str, tuple[Ask, Iterable[str]]] = {
            "query": (server.query, words.QUERY),
            "query at the top": (server.query_at_the_top, words.QUERY_AT_THE_TOP),
            "projection": (server.projection, words.PROJECTION),
            "update": (server.update, words.UPDATE),
            "stages": (server.stage, words.STAGES),
            "accumulators": (server.accumulator, words.ACCUMULATORS),
            "expressions": (server.expression, words.EXPRESSIONS),
            "schema": (server.schema, words.SCHEMA),
        }
        made = {name: _two_lists(ask, known) for name, (ask, known) in asked.items()}
        return {"commands": _commands(), **made, "indexes": _indexes(server)}


def _commands() -> str:
    told = sorted(COMMANDS, key=lambda command: command.name.lower())
    rows = [f"| `{command.name}` | {_sentence(command.work)} |" for command in told]
    by_reason: dict[str, list[str]] = {}
    for name, (code, text) in REFUSED.items():
        by_reason.setdefault(f"{code}: {text.replace(name, '*name*')}", []).append(name)
    refused = [f"* {reason}: {_listed(names)}" for reason, names in by_reason.items()]
    head = "| command | what it does |\n|---|---|\n"
    return head + "\n".join(rows) + "\n\nRefused by name:\n\n" + "\n".join(refused)


def _sentence(work: Callable[..., object]) -> str:
    return (work.__doc__ or "").strip().split("\n", maxsplit=1)[0].replace("|", "\\|")


def _two_lists(ask: Ask, known: Iterable[str]) -> str:
    spoken = [word for word in known if knows(ask, word)]
    return _answered_and_refused(spoken, [word for word in known if word not in spoken])


def _answered_and_refused(spoken: list[str], others: list[str]) -> str:
    return f"Works: {_listed(spoken) or 'none'}.\n\nRefused: {_listed(others) or 'none'}."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _indexes(server: Server) -> str:
    kinds = {name: server.index(key) for name, key in words.INDEX_KINDS.items()}
    options = {n: server.index({"a": 1}, **{n: value}) for n, value in words.INDEX_OPTIONS.items()}
    return "\n\n".join(
        f"{what}\n\n{_answered_and_refused(*_parted(replies))}"
        for what, replies in (("Kinds.", kinds), ("Options.", options))
    )


def _parted(replies: Mapping[str, Document]) -> tuple[list[str], list[str]]:
    done = [name for name, reply in replies.items() if reply["ok"]]
    return done, [name for name in replies if name not in done]


def page(text: str) -> str:
    """The page with its made parts made anew; what stands around them is kept."""
    for name, made in lists().items():
        begin, end = f"<!-- made: {name} -->", f"<!-- end: {name} -->"
        if text.count(begin) != 1 or text.count(end) != 1:
            raise ValueError(f"the page has not exactly one part between {begin} and {end}")
        before, after = text.split(begin, maxsplit=1)[0], text.split(end)[1]
        text = f"{before}{begin}\n{made}\n{end}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
