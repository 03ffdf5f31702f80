"""What has happened between two looks at the swarm, as plain lines with a style for each."""

from typing import NamedTuple

from nodes.supervisor.view import AccountView, SwarmView

NEWS = "bold"
GOOD = "green"
BAD = "red"
QUIET = "dim"
OVER = "over:"


class Line(NamedTuple):
    """One line; `style` is for a terminal that can show it."""

    text: str
    style: str = ""


def lines_between(before: SwarmView, after: SwarmView) -> list[Line]:
    """Everything worth a line, in the accounts' order."""
    lines = _alarm_lines("swarm", before.alarms, after.alarms)
    for account in after.accounts:
        lines += _account_lines(before.of(account.name), account)
    for gone in before.accounts:
        if after.of(gone.name) is None:
            lines.append(Line(f"{gone.name}: no longer an account", QUIET))
    return lines


def summary(view: SwarmView) -> str:
    """One line that says who there is."""
    masters = [a for a in view.accounts if a.role == "MASTER" and a.alive]
    slaves = [a for a in view.accounts if a.role == "SLAVE" and a.alive]
    ready = sum(1 for account in (*masters, *slaves) if account.ready)
    legs = sum(account.open_legs for account in slaves)
    return (
        f"{len(masters)} masters, {len(slaves)} slaves, {ready} ready, {legs} copies open, "
        f"database {view.database}"
    )


def _account_lines(before: AccountView | None, after: AccountView) -> list[Line]:
    known = before or AccountView(name=after.name, role=after.role, state="")
    return [
        *_process_lines(known, after),
        *_state_lines(known, after),
        *(Line(f"{after.name}: {text}") for text in _new(known.last_verdicts, after.last_verdicts)),
        *_alarm_lines(after.name, known.alarms, after.alarms),
    ]


def _process_lines(before: AccountView, after: AccountView) -> list[Line]:
    if before.pid == after.pid:
        return []
    if not after.pid:
        return [Line(f"{after.name}: process {before.pid} has ended", NEWS)]
    how = "found running" if after.adopted else "started"
    return [Line(f"{after.name}: {after.role.lower()} {how} as process {after.pid}", NEWS)]


def _state_lines(before: AccountView, after: AccountView) -> list[Line]:
    lines = []
    if after.state != before.state or after.holds != before.holds:
        why = f" ({', '.join(after.holds)})" if after.holds else ""
        lines.append(Line(f"{after.name}: {after.state}{why}"))
    if after.ready and not before.ready:
        lines.append(Line(f"{after.name}: ready", GOOD))
    return lines


def _alarm_lines(who: str, before: tuple[str, ...], after: tuple[str, ...]) -> list[Line]:
    raised = [Line(f"{who}: ALARM {text}", BAD) for text in after if text not in before]
    over = [Line(f"{who}: {OVER} {text}", QUIET) for text in before if text not in after]
    return raised + over


def _new(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    """What was appended to a list that forgets its oldest."""
    for dropped in range(len(before) + 1):
        kept = before[dropped:]
        if after[: len(kept)] == kept:
            return after[len(kept) :]
    return after
