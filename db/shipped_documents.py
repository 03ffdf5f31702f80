"""A node's records as the documents users read: by which key each is found, and what it says."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
from bson import Decimal128

from db.moments import date_of_ms, date_of_us
from db.schema import CONTRACTS, DECISIONS, EQUITY, MISSING_SYMBOLS, SIGNALS, TRADES
from decisions.contracts import changes, fingerprint
from domain.book import BookPosition, Stamp
from domain.contracts import Candidate, Contract
from domain.figures import Figures, Prices, Times
from domain.legs import Leg, LegState
from domain.mt5_words import TimeInForce
from domain.reasons import Reason
from domain.records import ContractKept, EquitySample, MissingSymbol
from domain.signals import (
    Fact,
    OrderGone,
    OrderPlaced,
    PositionClosed,
    PositionFact,
    PositionOpened,
)
from domain.verdicts import Verdict, VerdictKind

Document = dict[str, Any]

COPYING = "copy"
RISK_REASONS = frozenset(
    {
        Reason.ACCOUNT_DISABLED,
        Reason.TRADING_HALTED,
        Reason.TRADING_REDUCING,
        Reason.DAILY_LOSS,
        Reason.DAILY_LOSS_UNKNOWN,
        Reason.MAX_LOT,
        Reason.MAX_OPEN_TRADES,
    }
)
"""Limits of the account; every other refusal of ours is a filter."""

STEPS = ("seen", "published", "received", "decided", "sent", "answered")


class Shipment(NamedTuple):
    """One upsert: whoever ships it twice changes nothing. `once` is set by the first only."""

    collection: str
    key: Document
    values: Document
    once: Document


def trade(leg: Leg, slave: str, now: datetime) -> Shipment:
    """A leg that was filled, in the words of the earlier system and our own."""
    key = {"leg_key": leg.key.text, "slave_name": slave}
    values = _tickets(leg) | _volumes(leg) | _whose(leg) | _followed(leg)
    known, once = _figures(leg)
    return Shipment(TRADES, key, values | known, once | {"created_at": now})


def _tickets(leg: Leg) -> Document:
    return {
        "master_ticket": leg.key.opening_order,
        "slave_ticket": leg.identifier,
        "symbol": leg.symbol,
        "direction": leg.side.value,
        "status": "OPEN" if leg.live else "CLOSED",
        "open_time": date_of_ms(leg.opened_at_ms),
        "close_time": None if leg.live else date_of_ms(leg.closed_at_ms),
    }


def _whose(leg: Leg) -> Document:
    return {
        "journey_id": leg.journey,
        "master_name": leg.master,
        "master_login": leg.key.master_login,
        "master_server": leg.key.master_server,
        "master_symbol": leg.master_symbol,
        "magic": leg.magic,
        "comment": leg.comment,
        "state": leg.state.value,
        "reason": leg.reason.value,
    }


def _volumes(leg: Leg) -> Document:
    return {
        "wanted_volume": exact(leg.wanted_volume),
        "filled_volume": exact(leg.filled_volume),
        "volume": exact(leg.volume),
        "price_open": exact(leg.price_open),
        "price_close": None if leg.live else exact(leg.price_close),
        "sl": exact(leg.sl_sent),
        "tp": exact(leg.tp_sent),
        "pnl": None if leg.live else exact(leg.net),
    }


def _followed(leg: Leg) -> Document:
    """What the leg is followed by: with it a slave that lost its journal makes the leg anew."""
    target = leg.target
    followed = {
        "opened_by": _place(leg.opened_by),
        "answered": _place(leg.answered),
        "keep_minimum": leg.keep_minimum,
        "stops_confirmed": leg.stops_confirmed,
        "master_price": exact(leg.master_price),
        "master_volume_copied": exact(leg.master_volume_copied),
        "terms": msgspec.to_builtins(leg.terms),
        "trail_sl": exact(leg.trail_sl),
        "copy_volume": exact(leg.copy_volume),
        "parts_before": exact(leg.parts_before),
        "target": {
            **_place(target.stamp),
            "journey_id": target.journey,
            "volume": exact(target.volume),
            "initial_volume": exact(target.initial_volume),
            "sl": exact(target.sl),
            "tp": exact(target.tp),
        },
    }
    return {"followed": followed}


def _figures(leg: Leg) -> tuple[Document, Document]:
    """Those that are known, and in place of the others nothing, where nothing stands there yet."""
    opening, closing = _opening(leg.opening), _closing(leg.closing)
    known, once = (opening, {}) if leg.opening else ({}, opening)
    return (known | closing, once) if leg.closing else (known, once | closing)


def _opening(figures: Figures | None) -> Document:
    known = figures or Figures()
    return _prices(known.prices) | {"times.opening": times_of(known.times)}


def _closing(figures: Figures | None) -> Document:
    known = figures or Figures()
    return {"closing_prices": _prices(known.prices), "times.closing": times_of(known.times)}


def _prices(prices: Prices) -> Document:
    return {
        "master_price": exact(prices.master),
        "price_at_decision": exact(prices.at_decision),
        "price_requested": exact(prices.requested),
        "price_filled": exact(prices.filled),
        "spread_points": exact(prices.spread_points),
    }


def times_of(times: Times) -> Document:
    """Each step as a date, and in microseconds, which a date cannot hold."""
    counts = {step: int(getattr(times, f"{step}_us")) for step in STEPS}
    dates = {step: date_of_us(count) for step, count in counts.items()}
    return dates | {f"{step}_us": count for step, count in counts.items()}


def decision(verdict: Verdict, now: datetime) -> Shipment:
    """One verdict, under the event it answers: a later one on the same event takes its place."""
    event_id = _event_id(verdict)
    key = {"account_id": verdict.slave, "event_id": event_id}
    values = _judgement(verdict) | _event(verdict) | _prices(verdict.prices)
    values["times"] = times_of(verdict.times)
    return Shipment(DECISIONS, key, values, {"created_at": now, "pnl": None})


def result_of_close(leg: Leg, slave: str) -> Shipment | None:
    """What a copy's whole life booked, for the decision that closed it; None before it is known."""
    if leg.state is not LegState.CLOSED or not leg.identifier or not leg.net:
        return None
    key = {"account_id": slave, "leg_key": leg.key.text, "event": PositionClosed.__name__}
    return Shipment(DECISIONS, key, {"pnl": exact(leg.net)}, {})


def _event_id(verdict: Verdict) -> str:
    place = f"{verdict.stamp.epoch}.{verdict.stamp.seq}"
    return f"{verdict.master}/{place}/{verdict.event}/{verdict.leg.text}"


def _judgement(verdict: Verdict) -> Document:
    denied = verdict.kind is VerdictKind.DENIED
    by_risk = verdict.reason in RISK_REASONS
    return {
        "timestamp": date_of_ms(verdict.decided_at_ms),
        "symbol": verdict.symbol,
        "strategy": COPYING,
        "decision": verdict.kind.value,
        "risk_reason": verdict.reason.value if denied and by_risk else None,
        "filter_reason": verdict.reason.value if denied and not by_risk else None,
        "execution_result": None if denied else _execution(verdict),
        "journey_id": verdict.journey,
    }


def _execution(verdict: Verdict) -> str:
    reason = "" if verdict.reason is Reason.NONE else f" {verdict.reason.value}"
    return f"{verdict.kind.value}{reason}{f' {verdict.retcode}' if verdict.retcode else ''}"


def _event(verdict: Verdict) -> Document:
    return {
        "event": verdict.event,
        "master": verdict.master,
        **_place(verdict.stamp),
        "leg_key": verdict.leg.text,
        "direction": None if verdict.side is None else verdict.side.value,
        "volume": exact(verdict.volume),
        "master_volume": exact(verdict.master_volume),
        "kind": verdict.kind.value,
        "reason": verdict.reason.value,
        "detail": verdict.detail,
        "retcode": verdict.retcode,
        "supersedes": verdict.supersedes,
    }


def signal(fact: Fact, now: datetime) -> Shipment:
    """A fact as the master told it."""
    key = {"master": fact.master, **_place(fact.stamp)}
    subject = fact.subject
    values = {
        "event": type(fact).__name__,
        "login": fact.login,
        "server": fact.server,
        "leg_key": fact.leg_key.text,
        "symbol": subject.symbol,
        "direction": subject.side.value,
        "volume": exact(subject.volume),
        "price": exact(fact.price),
        "sl": exact(subject.sl),
        "tp": exact(subject.tp),
        "master_ticket": subject.opening_order,
        "identifier": subject.identifier if isinstance(subject, BookPosition) else None,
        "age_ms": fact.age_ms if isinstance(fact, PositionOpened | OrderPlaced) else None,
        **_of_an_order(fact),
        "seen": date_of_us(fact.seen_at_us),
        "seen_us": fact.seen_at_us,
        "journey_id": fact.journey,
    }
    return Shipment(SIGNALS, key, values, {"created_at": now})


def _of_an_order(fact: Fact) -> Document:
    """What only an order has that waits; `volume` is what is left of it."""
    if isinstance(fact, PositionFact):
        return {}
    order = fact.order
    return {
        "kind": order.kind.value,
        "initial_volume": exact(order.initial_volume),
        "stop_limit_price": exact(order.stop_limit_price),
        "time_in_force": TimeInForce(order.time_in_force).name,
        "lasts_ms": order.lasts_ms,
        "fate": fact.fate.value if isinstance(fact, OrderGone) else None,
    }


def equity(sample: EquitySample, now: datetime) -> Shipment:
    """An account's money at a moment."""
    key = {"account_id": sample.account, "timestamp": date_of_ms(sample.at_ms)}
    values = {
        "balance": exact(sample.balance),
        "equity": exact(sample.equity),
        "profit": exact(sample.profit),
        "daily": exact(sample.daily),
        "currency": sample.currency,
    }
    return Shipment(EQUITY, key, values, {"created_at": now})


def missing_symbol(missing: MissingSymbol, now: datetime) -> Shipment:
    """One entry of the queue of symbols that have no name at a slave's broker."""
    key = {"account_id": missing.account, "master_symbol": missing.symbol}
    values = {
        "master": missing.master,
        "tried": missing.tried,
        "candidates": [_candidate(one) for one in missing.candidates],
        "digits": missing.digits,
        "contract_size": exact(missing.contract_size),
        "journey_id": missing.journey,
        "last_seen": date_of_ms(missing.at_ms),
    }
    return Shipment(MISSING_SYMBOLS, key, values, {"created_at": now})


def _candidate(one: Candidate) -> Document:
    return {**msgspec.structs.asdict(one), "contract_size": exact(one.contract_size)}


def contract(kept: ContractKept, now: datetime) -> Shipment:
    """A symbol's contract at a slave's broker; `found` is another one that nobody has accepted."""
    key = {"account_id": kept.account, "symbol": kept.symbol}
    found = kept.found
    values = {
        "login": kept.at.login,
        "server": kept.at.server,
        "contract": _terms(kept.contract),
        "found": None if found is None else _terms(found),
        "changes": [] if found is None else list(changes(kept.contract, found)),
        "timestamp": date_of_ms(kept.at_ms),
    }
    return Shipment(CONTRACTS, key, values, {"created_at": now})


def _terms(terms: Contract) -> Document:
    told = msgspec.structs.asdict(terms).items()
    words = {name: exact(value) if isinstance(value, Decimal) else value for name, value in told}
    return words | {"fingerprint": fingerprint(terms)}


def exact(value: Decimal | None) -> Decimal128 | None:
    """Prices, lots and money keep every digit in the database, too."""
    return None if value is None else Decimal128(value)


def _place(stamp: Stamp) -> Mapping[str, int]:
    return {"epoch": stamp.epoch, "seq": stamp.seq}
