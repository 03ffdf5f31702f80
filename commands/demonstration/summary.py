"""The end of a demo, in words a trader understands and as a file a program reads."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from commands.demonstration.accounts import cast_of
from decisions.judging import Judgement
from decisions.mismatches import Mismatch
from domain.policies import Role
from domain.reasons import EXPLANATIONS, Reason
from nodes.reporting import percentile
from nodes.supervisor.view import AccountView

Document = dict[str, Any]


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """From the fact being seen to order_send being called, in milliseconds."""

    p50: float
    p99: float
    samples: int


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """How often each kind, and each reason, was the last word on an event."""

    by_kind: dict[str, int]
    by_reason: dict[str, int]


class AccountEnd(msgspec.Struct, frozen=True, kw_only=True):
    """One account at the end."""

    role: str
    state: str
    positions: int
    copies_matched: int
    last_verdicts: tuple[str, ...]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Everything `--json` writes."""

    seconds: float
    seed: int
    speed: float
    slaves: int
    signals: int
    verdicts: Verdicts
    copies_matched: int
    mismatches: int
    mismatch_list: tuple[Mismatch, ...]
    latency_ms: Latency
    accounts: dict[str, AccountEnd]
    restarts: dict[str, int]
    interrupted: bool
    killed: tuple[str, ...]


def latency_of(samples_ms: Sequence[float]) -> Latency:
    """The middle, and what 99 of 100 stay below."""
    values = list(samples_ms)
    return Latency(
        p50=round(percentile(values, 0.50), 3),
        p99=round(percentile(values, 0.99), 3),
        samples=len(values),
    )


def account_ends(
    accounts: Sequence[AccountView], judgement: Judgement, positions: dict[str, int]
) -> dict[str, AccountEnd]:
    """Each account as the supervisor saw it last; positions as its broker's books show them."""
    matched = {str(name): copies for name, copies in judgement.copies_by_slave.items()}
    return {
        one.name: AccountEnd(
            role=one.role,
            state=one.state,
            positions=positions.get(one.name, one.positions),
            copies_matched=matched.get(one.name, 0),
            last_verdicts=one.last_verdicts,
        )
        for one in accounts
    }


def introduction(slaves: Sequence[Document]) -> Iterator[str]:
    """Who copies, how far from the master's price each may open, and why that far."""
    for number, slave in enumerate(slaves):
        points, cast = slave["slippage_tolerance"], cast_of(number)
        yield f"  {slave['name']} at {cast.broker}: slippage tolerance {points} points ({cast.why})"


def in_words(summary: Summary) -> Iterator[str]:
    """The summary, line by line."""
    yield ""
    cut_short = ", cut short by Ctrl+C" if summary.interrupted else ""
    traded = f"{summary.seconds:.0f} s of trading{cut_short}"
    yield f"After {traded}, judged from the brokers' own deals:"
    yield f"  signals: {summary.signals} (opens, changes of stops, closes in part, closes)"
    yield f"  copies as they should be: {summary.copies_matched}"
    for name, end in summary.accounts.items():
        right = f"{end.copies_matched} copies right, " if end.role == Role.SLAVE.value else ""
        yield f"    {name}: {right}{end.positions} positions still open"
    yield from _verdicts(summary.verdicts)
    yield _latency(summary.latency_ms)
    yield from (f"  {name} was started again {n} x" for name, n in summary.restarts.items() if n)
    yield from (f"  had to be killed: {who}" for who in summary.killed)
    yield f"mismatches: {summary.mismatches}"
    yield from (f"  {one.text}" for one in summary.mismatch_list)


def write(path: Path, summary: Summary) -> None:
    """The file of `--json`."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")


def _verdicts(verdicts: Verdicts) -> Iterator[str]:
    counts = ", ".join(f"{kind} {n}" for kind, n in _most_first(verdicts.by_kind.items()))
    yield f"  answers: {counts or 'none'}"
    for reason, times in _most_first(verdicts.by_reason.items()):
        if reason != Reason.NONE.value:
            yield f"    {reason} {times} x: {EXPLANATIONS[Reason(reason)].meaning}"


def _most_first(counts: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(counts, key=lambda count: -count[1])


def _latency(latency: Latency) -> str:
    if not latency.samples:
        return "  from seeing a trade to sending its copy: no order was sent"
    return (
        f"  from seeing a trade to sending its copy: half within {latency.p50:.1f} ms, "
        f"99 of 100 within {latency.p99:.1f} ms ({latency.samples} orders)"
    )
