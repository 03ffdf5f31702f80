"""Waits until the launcher has taken a change up, and tells what it does for it."""

from collections.abc import Sequence
from typing import Any

import msgspec

from commands.accounts.desk import Desk, Document, Written
from commands.swarm_at_work import launcher_runs
from config import Config
from db.moments import ms_of_date
from db.nodes import Nodes
from db.plain_documents import plain
from decisions.account_documents import needs_restart, parse_account
from domain.policies import AccountSettings
from messaging.waiting import SocketWaiter
from nodes.supervisor import pid_file
from nodes.supervisor.memory import AccountMemory
from nodes.supervisor.showing import GONE
from utils.clock import monotonic_s, utc_ms

WITHIN_S = 5.0
LOOK_EVERY_S = 0.05
ENDED = "ended with code"
# A node's report is written at least every five seconds.
SILENT_AFTER_MS = 15_000


class Uptake(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a change is in force; `restart` where its node is started anew for it."""

    in_force: bool
    text: str
    restart: bool = False


class Watch:
    """Looks at what the launcher remembers of documents and processes."""

    def __init__(self, desk: Desk) -> None:
        """To be made before the first write: it remembers which process runs each node."""
        self._desk = desk
        self._config: Config = desk.config
        self._pids = _pids(desk.config)
        self._ended_before = {str(n["name"]): _ends(n) for n in Nodes(desk.database).all()}
        self._faulty: frozenset[str] = frozenset()

    def wait(self, written: Sequence[Written], *, patient: bool) -> dict[str, Uptake]:
        """What became of each change, after some seconds at most."""
        changed = [one for one in written if one.deed != "unchanged"]
        if not launcher_runs(self._config):
            return {one.name: self._without_launcher(one) for one in changed}
        self._faulty = frozenset(problem.account for problem in self._desk.problems())
        deadline_s, waiter = monotonic_s() + (WITHIN_S if patient else 0.0), SocketWaiter()
        seen: dict[str, Uptake] = {}
        while len(seen) < len(changed):
            seen |= self._look([one for one in changed if one.name not in seen])
            if monotonic_s() >= deadline_s or not _waited(waiter):
                break
        return {one.name: seen.get(one.name) or self._unseen(one, patient) for one in changed}

    def _look(self, awaited: Sequence[Written]) -> dict[str, Uptake]:
        known, pids = AccountMemory(self._config.state).documents, _pids(self._config)
        nodes = {str(node["name"]): node for node in Nodes(self._desk.database).all()}
        told = {
            one.name: self._told(one, pids, nodes.get(one.name, {}))
            for one in awaited
            if _is_known(one, known, nodes.get(one.name, {}))
        }
        return {name: uptake for name, uptake in told.items() if uptake is not None}

    def _told(self, one: Written, pids: dict[str, int], node: Document) -> Uptake | None:
        """None while its node still has to start or end for it."""
        before, now = self._pids.get(one.name, 0), pids.get(one.name, 0)
        if not _takes_part(one.after):
            return self._told_of_the_end(one, before, now)
        if one.name in self._faulty:
            text = "the document has faults, so its last good settings stay in force"
            return Uptake(in_force=False, text=text)
        if self._cannot_run(node) and _is_newer(node, one):
            text = f"its node cannot run: {_ends(node)[0]}"
            return Uptake(in_force=False, text=text, restart=self.restarts(one))
        if before and self.restarts(one):
            anew = now and now != before and node.get("pid") == now and node.get("ready")
            text = f"its node was restarted for it, as process {now}"
            return Uptake(in_force=True, text=text, restart=True) if anew else None
        if not now and node.get("state") == "FAULT" and _is_newer(node, one):
            alarm = next(iter(node.get("alarms", ())), "see: python launcher.py status")
            return Uptake(in_force=False, text=f"its node is not started: {alarm}")
        if before or now:
            how = "its node goes on without a restart" if before else f"it runs as process {now}"
            return Uptake(in_force=True, text=f"in force; {how}")
        return None

    def _cannot_run(self, node: Document) -> bool:
        """What it said before this change may be just what the change puts right."""
        ends = _ends(node)
        return bool(ends) and not node.get("ready") and ends != self._ended_before.get(node["name"])

    def _told_of_the_end(self, one: Written, before: int, now: int) -> Uptake | None:
        copies = self._desk.open_copies(one.name)
        if now and copies:
            text = f"it opens nothing any more; its node stays for {copies} open copies"
            return Uptake(in_force=True, text=text)
        if copies:
            text = (
                f"it opens nothing any more; {copies} copies are open and no node of it runs at "
                "this moment. Look at: python launcher.py status"
            )
            return Uptake(in_force=True, text=text)
        ended = "its node has ended" if before else "no node of it runs"
        return None if now else Uptake(in_force=True, text=f"in force; {ended}")

    def restarts(self, one: Written) -> bool:
        """Something changed that a running node cannot take up."""
        before, after = self._settings(one.before), self._settings(one.after)
        both = before is not None and after is not None
        return both and needs_restart(before, after)  # type: ignore[arg-type] # neither is None

    def _settings(self, document: Document | None) -> AccountSettings | None:
        rules = self._desk.rules
        if document is None:
            return None
        read = parse_account(plain(document), rules.defaults, rules.zone_exists)
        return read if isinstance(read, AccountSettings) else None

    def _unseen(self, one: Written, patient: bool) -> Uptake:  # noqa: FBT001 - said by name above
        if not patient:
            return Uptake(in_force=False, text="stored; the launcher takes it up within 2 s")
        copies = 0 if _takes_part(one.after) else self._desk.open_copies(one.name)
        if copies:
            return Uptake(in_force=False, text=f"stored; {copies} copies are followed to their end")
        text = (
            f"stored; after {WITHIN_S:g} s its node has not followed yet. "
            "Look at: python launcher.py status"
        )
        return Uptake(in_force=False, text=text, restart=self.restarts(one))

    def _without_launcher(self, one: Written) -> Uptake:
        nodes = {str(node["name"]): node for node in Nodes(self._desk.database).all()}
        heard_ms = ms_of_date(nodes.get(one.name, {}).get("sent_at"))
        stopped = nodes.get(one.name, {}).get("state") == "STOPPED"
        if heard_ms and not stopped and utc_ms() - heard_ms < SILENT_AFTER_MS:
            text = "no launcher runs; its node, started by hand, reads the change by itself"
            return Uptake(in_force=False, text=text)
        return Uptake(in_force=False, text="no launcher runs: it holds from the next start on")


def _waited(waiter: SocketWaiter) -> bool:
    """No for Ctrl+C: everything is written, so what was done is told and nothing more awaited."""
    try:
        waiter.wait([], LOOK_EVERY_S)
    except KeyboardInterrupt:
        return False
    return True


def _pids(config: Config) -> dict[str, int]:
    found = pid_file.read(config.state)
    return {} if found is None else {name: node.pid for name, node in found.nodes.items()}


def _is_known(one: Written, known: dict[str, Any], node: Document) -> bool:
    """The launcher has read this very document; one that is gone, while its node is needed."""
    if one.after is None:
        return one.name not in known or GONE in node.get("alarms", ())
    stamp = plain(one.after).get("updated_at")
    return dict(known.get(one.name, {})).get("updated_at") == stamp


def _is_newer(node: Document, one: Written) -> bool:
    written = {} if one.after is None else one.after
    return ms_of_date(node.get("sent_at")) >= ms_of_date(written.get("updated_at"))


def _ends(node: Document) -> list[str]:
    """How its processes ended, where they end by themselves."""
    return [str(alarm) for alarm in node.get("alarms", ()) if str(alarm).startswith(ENDED)]


def _takes_part(document: Document | None) -> bool:
    return document is not None and document.get("enabled", True) is True
