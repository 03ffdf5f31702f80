"""One process of the product: a real slave over a broker that answers at once."""

import argparse
import json
import sys
from pathlib import Path

import config as machine
from bench.instant_broker import InstantBroker
from config import Config
from domain.control import Hello, Settings
from domain.ids import NodeName
from domain.market import Identity
from domain.policies import AccountSettings
from messaging.control import ControlLine
from messaging.waiting import SocketWaiter
from nodes import wiring
from nodes.life import turn
from terminal.mt5 import Mt5Terminal
from utils.clock import utc_ms
from utils.log_setup import configure
from utils.os_signals import StopRequest

SYMBOL = "GOLD"
GREET_EVERY_S = 0.5


def main() -> int:
    """Copy until told to stop, then write when each order was sent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--name", required=True)
    parser.add_argument("--control", required=True)
    parser.add_argument("--state", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--answers-after-ms", type=float, default=0.0)
    args = parser.parse_args()
    config = machine.load(
        {"MURMURATION_STATE": str(args.state), "MURMURATION_CONTROL": args.control}
    )
    logs = configure(args.name, args.state / "logs", console=False)
    try:
        sent_ns = _copy(NodeName(args.name), config, args.answers_after_ms / 1000)
    finally:
        logs.stop()
    args.out.write_text(json.dumps(sent_ns), encoding="utf-8")
    return 0


def _copy(name: NodeName, config: Config, answers_after_s: float) -> dict[str, int]:
    with StopRequest() as stop:
        line = ControlLine(name, config.control_address)
        told = _settings(name, line, stop)
        settings = wiring.reader(config).read(told.document or {})
        if not isinstance(settings, AccountSettings):
            raise SystemExit("; ".join(settings))
        broker, door = _terminal(settings, answers_after_s)
        journal = wiring.open_journal(name, config, told)
        journal.united()  # there is no database here that could remember a copy
        identity = door.terminal.connect()
        if not isinstance(identity, Identity):
            raise SystemExit(identity.why)
        loop = wiring.build_slave(settings, told, config, (door, identity), journal, line)
        turn(loop, stop)
        journal.close()
        line.close()
    return broker.sent_ns


def _settings(name: NodeName, line: ControlLine, stop: StopRequest) -> Settings:
    waiter = SocketWaiter()
    while not stop.requested:
        line.say(Hello(name=name, role="SLAVE", pid=0, started_at_ms=utc_ms()))
        waiter.wait(line.waitables(), GREET_EVERY_S)
        for message in line.drain():
            if isinstance(message, Settings):
                return message
    raise SystemExit("told to stop before any settings came")


def _terminal(
    settings: AccountSettings, answers_after_s: float
) -> tuple[InstantBroker, wiring.Door]:
    identity = Identity(settings.login, settings.server)
    broker = InstantBroker(identity.login, identity.server, SYMBOL, answers_after_s)
    terminal = Mt5Terminal(broker.as_module(), path=settings.path, expected=identity)
    return broker, wiring.Door(terminal=terminal, expected=identity, data_path=settings.path)


if __name__ == "__main__":
    sys.exit(main())
