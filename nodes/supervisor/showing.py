"""The crew and the judgement as the values that a person is shown."""

import msgspec

from decisions.roster import Duty
from domain.control import NodeReport
from domain.ids import NodeName
from nodes.supervisor.accounts import Judgement
from nodes.supervisor.crew import Crew
from nodes.supervisor.member import Member
from nodes.supervisor.view import AccountView, SwarmView

STATE_FAULT = "FAULT"
GONE = "its document is gone: nothing opens, and its node ends once the last copy has closed"


def swarm_view(crew: Crew, judgement: Judgement, database: str, trouble: str) -> SwarmView:
    """Everything, by name; masters first."""
    troubles = {name: _texts(judgement, name) for name in judgement.accounts}
    members = sorted(crew.members.values(), key=lambda m: (m.role.value, m.name))
    views = [_account(member, troubles.get(member.name, _gone(member)), crew) for member in members]
    unread = [name for name in judgement.accounts if name not in crew.members]
    faults = [
        AccountView(name=name, role="?", state=STATE_FAULT, alarms=troubles[name])
        for name in sorted(unread)
    ]
    alarms = [problem.text for problem in (*judgement.nameless, *judgement.swarm)]
    if trouble:
        alarms.append(f"the database is silent: {trouble}")
    return SwarmView(accounts=(*views, *faults), alarms=tuple(alarms), database=database)


def report_to_keep(view: AccountView, report: NodeReport | None, now_ms: int) -> NodeReport:
    """What `nodes` shall say of an account: its own words, or ours where it is silent.

    What we know to be wrong with an account stands beside what its node does.
    """
    if report is not None:
        return msgspec.structs.replace(report, alarms=view.alarms)
    return NodeReport(
        name=NodeName(view.name),
        role=view.role,
        pid=view.pid,
        ready=False,
        state=view.state,
        open_legs=view.open_legs,
        alarms=view.alarms,
        sent_at_ms=now_ms,
    )


def _account(member: Member, troubles: tuple[str, ...], crew: Crew) -> AccountView:
    report = member.report
    alarms = [*troubles, *filter(None, [member.alarm, member.hangs.alarm, member.ending])]
    view = AccountView(
        name=member.name,
        role=member.role.value,
        pid=member.child.pid if member.child else 0,
        alive=member.alive,
        adopted=member.child is not None and member.child.adopted,
        state=_state(member, faulty=bool(troubles)),
        open_legs=crew.legs_of(member) if member.role.value == "SLAVE" else 0,
        alarms=tuple(alarms),
    )
    return view if report is None else _with_report(view, report)


def _with_report(view: AccountView, report: NodeReport) -> AccountView:
    return AccountView(
        name=view.name,
        role=view.role,
        pid=view.pid,
        alive=view.alive,
        adopted=view.adopted,
        state=report.state,
        latch=report.latch.state.value,
        holds=report.holds,
        ready=report.ready,
        positions=report.positions,
        open_legs=report.open_legs,
        last_verdicts=report.last_verdicts,
        figures=report.figures,
        alarms=(*view.alarms, *report.alarms),
    )


def _gone(member: Member) -> tuple[str, ...]:
    """Nobody has a document for it any more, and something is open still."""
    return (GONE,) if member.duty is Duty.DRAIN else ()


def _state(member: Member, *, faulty: bool) -> str:
    if member.alive:
        return "STOPPING" if member.stop_asked_s else "STARTING"
    if member.duty is not Duty.OFF:
        return "RESTARTING" if member.failures else "STARTING"
    return STATE_FAULT if faulty else "OFF"


def _texts(judgement: Judgement, name: str) -> tuple[str, ...]:
    return tuple(problem.text for problem in judgement.accounts[name].all_problems)
