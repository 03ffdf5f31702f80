"""Edits every second while the swarm trades: does every account do what its last document says?"""

import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from random import Random

import msgspec

from bench import edits_judged
from bench.edits_made import PROBE_LOTS, Edit, next_edit
from bench.edits_world import Document, Hands, Seen, World
from db.moments import moment
from db.schema import ACCOUNT_CHANGES, ACCOUNTS, DECISIONS, EQUITY
from utils.clock import monotonic_s, utc_ms
from utils.randomness import seeded

LOOK_EVERY_S = 0.05
READY_WITHIN_S = 120.0
IN_FORCE_WITHIN_S = 30.0
FLAT_WITHIN_S = 60.0
VERDICTS_WITHIN_S = 20.0
RESULTS_WITHIN_S = 20.0
TRADE_EVERY_S = 2.5
MOST_HELD = 3
TRADED_LOTS = (0.1, 0.2, 0.3)
PERCENTILES = (50, 95)
ENDING = {"delete", "disable"}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What the person who typed the command asked for."""

    accounts: int
    minutes: float
    every_s: float
    seed: int
    keep: bool


class Track:
    """One account as we have edited it, and the edit that nobody has been seen to follow yet."""

    def __init__(self, document: Document) -> None:
        self.name = str(document["name"])
        self.current: Document | None = document
        self.last_valid = document
        self.history: list[Document | None] = [document]
        self.pending: Edit | None = None
        self.since_s = 0.0
        self.pid_before = 0
        self.in_force_s: float | None = None

    def take(self, edit: Edit, now_s: float, pid: int) -> None:
        """Written just now."""
        self.current = edit.after
        if edit.after is not None and not edit.bad_field:
            self.last_valid = edit.after
        self.history.append(edit.after)
        self.pending, self.since_s, self.pid_before = edit, now_s, pid
        self.in_force_s = None


class Run:
    """One measurement."""

    def __init__(self, world: World, hands: Hands, wish: Wish) -> None:
        self._world = world
        self._hands = hands
        self._wish = wish
        self._lot: Random = seeded(wish.seed)
        self.tracks = [Track(one) for one in world.documents[1:]]
        self.latencies_s: dict[str, list[float]] = defaultdict(list)
        self.ready_s: list[float] = []
        self._starting: dict[str, float] = {}
        self.edits = 0
        self.trades = 0
        self.differences: list[str] = []

    def edit_and_trade(self) -> None:
        """The minutes asked for."""
        end_s = monotonic_s() + self._wish.minutes * 60
        next_edit_s = next_trade_s = monotonic_s()
        while monotonic_s() < end_s and self._world.launcher_lives():
            now_s = monotonic_s()
            if now_s >= next_edit_s:
                next_edit_s += self._wish.every_s
                self._edit_somebody()
            if now_s >= next_trade_s:
                next_trade_s += TRADE_EVERY_S
                self._trade()
            self._look()
            _pass(LOOK_EVERY_S)
        self._settle_edits()

    def put_right(self) -> None:
        """Each account is left with a valid document, or none."""
        for track in self.tracks:
            if track.current is not None and track.current != track.last_valid:
                self._write(track, Edit(kind="correct", after=track.last_valid))
        self._settle_edits()

    def go_flat(self) -> None:
        """The master closes everything, and the slaves follow."""
        for position in self._hands.held():
            self._hands.close(position)
        self._insist("all copies closed", FLAT_WITHIN_S, self._is_flat)

    def probe(self) -> int:
        """A position that everybody hears of; its ticket."""
        running = [t.name for t in self.tracks if t.current is not None and t.current["enabled"]]
        self._insist("everybody ready", READY_WITHIN_S, lambda: self._are_ready(running))
        since = moment(utc_ms())
        self._insist(
            "the day's result of everybody with a limit",
            RESULTS_WITHIN_S,
            lambda: all(
                self._result_is_known(t.name, since) for t in self.tracks if _is_guarded(t)
            ),
        )
        ticket = self._hands.open(PROBE_LOTS, buy=True)
        self._insist(
            "a verdict of everybody",
            VERDICTS_WITHIN_S,
            lambda: {v["account_id"] for v in self.verdicts(ticket)} >= set(running),
        )
        return ticket

    def verdicts(self, ticket: int) -> list[Document]:
        """What the slaves said about the opening of this position."""
        found = self._world.database[DECISIONS].find({"event": "PositionOpened"})
        return [one for one in found if f"#{ticket}." in f"{one['leg_key']}."]

    def await_ready(self) -> None:
        """At the start."""
        names = [track.name for track in self.tracks]
        self._insist("the swarm ready", READY_WITHIN_S, lambda: self._are_ready(names))

    def _edit_somebody(self) -> None:
        free = [track for track in self.tracks if track.pending is None]
        if free:
            track = self._lot.choice(free)
            self._write(track, next_edit(self._lot, track.current, track.last_valid))

    def _write(self, track: Track, edit: Edit) -> None:
        accounts = self._world.database[ACCOUNTS]
        pid = self._world.seen([track.name])[track.name].pid
        before = track.current
        track.take(edit, monotonic_s(), pid)
        self.edits += 1
        if edit.after is None:
            accounts.delete_one({"name": track.name})
        elif before is None:
            accounts.insert_one(dict(edit.after))
        else:
            accounts.update_one(
                {"name": track.name},
                _difference(before, edit.after),
                bypass_document_validation=bool(edit.bad_field),
            )

    def _trade(self) -> None:
        held = self._hands.held()
        self.trades += 1
        if len(held) >= MOST_HELD or (held and self._lot.random() < 1 / 2):
            self._hands.close(held[0])
        else:
            self._hands.open(self._lot.choice(TRADED_LOTS), buy=self._lot.random() < 1 / 2)

    def _settle_edits(self) -> None:
        while any(track.pending for track in self.tracks):
            self._look()
            _pass(LOOK_EVERY_S)

    def _look(self) -> None:
        waiting = [track for track in self.tracks if track.pending or track.name in self._starting]
        seen = self._world.seen(track.name for track in waiting)
        now_s = monotonic_s()
        for track in waiting:
            self._see_ready(track, seen[track.name], now_s)
            if track.pending is not None:
                self._see(track, track.pending, seen[track.name], now_s)

    def _see(self, track: Track, edit: Edit, seen: Seen, now_s: float) -> None:
        if track.in_force_s is None and _is_in_force(track, edit, seen):
            track.in_force_s = now_s - track.since_s
            if edit.kind in ENDING or _is_running(track):
                self.latencies_s[edit.kind].append(track.in_force_s)
            if edit.kind in {"add", "enable", "restart"} and seen.pid != track.pid_before:
                self._starting[track.name] = track.since_s
        if track.in_force_s is not None and self._is_recorded(track):
            track.pending = None
        elif now_s - track.since_s > IN_FORCE_WITHIN_S:
            what = "in force" if track.in_force_s is None else "recorded"
            self.differences.append(f"{track.name}: {edit.kind} was never {what}: {edit.after}")
            track.pending = None

    def _see_ready(self, track: Track, seen: Seen, now_s: float) -> None:
        since_s = self._starting.get(track.name)
        if since_s is None:
            return
        if seen.pid and seen.report.get("ready") and seen.report.get("pid") == seen.pid:
            self.ready_s.append(now_s - since_s)
            del self._starting[track.name]
        elif track.current is None or not track.last_valid["enabled"]:
            del self._starting[track.name]

    def _is_recorded(self, track: Track) -> bool:
        wanted = {"account": track.name, "number": len(track.history)}
        return self._world.database[ACCOUNT_CHANGES].find_one(wanted) is not None

    def _result_is_known(self, name: str, since: datetime) -> bool:
        """An account with a limit of the day opens nothing before (DAILY_LOSS_UNKNOWN)."""
        wanted = {"account_id": name, "timestamp": {"$gte": since}, "daily": {"$ne": None}}
        return self._world.database[EQUITY].find_one(wanted) is not None

    def _is_flat(self) -> bool:
        seen = self._world.seen(track.name for track in self.tracks)
        return not any(one.journal and one.journal.open_legs for one in seen.values())

    def _are_ready(self, names: Sequence[str]) -> bool:
        seen = self._world.seen(names).values()
        return all(s.pid and s.report.get("ready") and s.report.get("pid") == s.pid for s in seen)

    def _insist(self, what: str, within_s: float, condition: Callable[[], bool]) -> None:
        until_s = monotonic_s() + within_s
        while not condition():
            if monotonic_s() > until_s:
                self.differences.append(f"wanted {what} within {within_s:g} s, waited in vain")
                return
            _pass(LOOK_EVERY_S)


def run(wish: Wish) -> int:
    """Make the swarm, edit it, judge it; 1 where anything differs."""
    world = World(wish.accounts, wish.seed, keep=wish.keep)
    try:
        made = _measured(world, wish)
    finally:
        killed = world.end()
    made.differences += [f"had to be killed: {who}" for who in killed]
    _print(made, wish)
    if wish.keep:
        print(f"everything is kept in {world.scenery.folder}")
    return 1 if made.differences else 0


def _measured(world: World, wish: Wish) -> Run:
    hands = _hands_on(world)
    made = Run(world, hands, wish)
    made.await_ready()
    made.edit_and_trade()
    made.put_right()
    made.go_flat()
    ticket = made.probe()
    verdicts = made.verdicts(ticket)
    made.go_flat()
    made.differences += edits_judged.behaviour(world, made.tracks, ticket, verdicts)
    made.differences += edits_judged.records(world, made.tracks)
    return made


def _hands_on(world: World) -> Hands:
    """The master's terminal exists once its node has asked for it."""
    until_s = monotonic_s() + READY_WITHIN_S
    while True:
        try:
            return Hands(world)
        except OSError:
            if monotonic_s() > until_s or not world.launcher_lives():
                print(world.console.read_text("utf-8"), file=sys.stderr)
                raise
            _pass(LOOK_EVERY_S)


def _is_in_force(track: Track, edit: Edit, seen: Seen) -> bool:
    if edit.bad_field:
        return any(edit.bad_field in alarm for alarm in seen.report.get("alarms", ()))
    kept = None if seen.journal is None else seen.journal.settings
    if not _is_running(track):
        return not seen.pid or (kept is not None and kept["enabled"] is False)
    if edit.kind == "restart" and seen.pid == track.pid_before:
        return False
    return bool(seen.pid) and kept == edit.after


def _is_running(track: Track) -> bool:
    return track.current is not None and bool(track.last_valid["enabled"])


def _is_guarded(track: Track) -> bool:
    guard = (track.current or {}).get("kill_switch", {})
    return _is_running(track) and guard.get("enabled", True) and guard.get("daily_loss", 0) > 0


def _difference(before: Document, after: Document) -> Document:
    changed = {k: v for k, v in after.items() if k not in before or before[k] != v}
    gone = {k: "" for k in before if k not in after}
    return ({"$set": changed} if changed else {}) | ({"$unset": gone} if gone else {})


def _print(made: Run, wish: Wish) -> None:
    print(
        f"{made.edits} edits of {wish.accounts} accounts in {wish.minutes:g} min (seed "
        f"{wish.seed}), {made.trades} deals of the master meanwhile"
    )
    print("edit -> in force, seconds      n     p50     p95     max")
    for kind, found in sorted(made.latencies_s.items()):
        print(_row(kind, found))
    print(_row("all", [one for found in made.latencies_s.values() for one in found]))
    print(_row("its node started and ready", made.ready_s))
    for difference in made.differences:
        print(f"DIFFERENT  {difference}")
    print(f"{len(made.differences)} differences")


def _row(kind: str, found: Iterable[float]) -> str:
    ordered = sorted(found)
    if not ordered:
        return f"{kind:<26} {0:>5}"
    figures = [ordered[min(len(ordered) - 1, len(ordered) * p // 100)] for p in PERCENTILES]
    shown = "".join(f"{figure:>8.2f}" for figure in (*figures, ordered[-1]))
    return f"{kind:<26} {len(ordered):>5}{shown}"


def _pass(seconds: float) -> None:
    threading.Event().wait(seconds)
