"""Writes docs/PAPER.md, its order of checks from the broker's: `python -m commands.paper_page`."""

from pathlib import Path

from domain.mt5_words import Retcode, TradeAction
from paper.broker.asking import Check
from paper.broker.checks.in_order import (
    ALWAYS,
    BY_ACTION,
    GIVES,
    LEFT_TO_SENDING,
    ONLY_BY_FAULT,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "PAPER.md"
HEAD = """# The paper broker

Brokers in a box, with MetaTrader 5's Python API in front. The product trades on it where no
terminal is; your own scripts can, too. No order leaves this machine, no money moves.

It is a process of its own, as a terminal is. It keeps accounts, positions and history on disk,
plays recorded ticks as if they came now, and does on request what goes wrong with real terminals.

## Start it alone

```text
python -m paper
```

(in the product's folder; `python launcher.py paper` works from anywhere)

It says where it listens (127.0.0.1, port 27119), where it keeps its accounts
(`state/paper-alone`), what it plays and whom it lets in. Ctrl+C ends it; the accounts stay. It does
not meet the product's own paper broker, which has another port and folder. Some options of
`python -m paper serve`:

| option | what it does |
|---|---|
| `--state FOLDER` | keeps the accounts elsewhere; one broker per folder |
| `--port N` | listens elsewhere; 0 takes a free port |
| `--ticks FILE ...` | plays your ticks: `.csv`, `.csv.gz` (`ts_ms,bid,ask`) or Parquet |
| `--speed 20` | plays faster |
| `--stamps original` | keeps the ticks' own times, plays them once, then the market is closed |
| `--no-welcome` | lets in only terminals that `python -m paper account` has announced |
| `--broker`, `--deposit`, `--currency`, `--leverage` | what guests get |

**Guests.** Scripts found elsewhere have somebody's path, login and server in them. Whatever a
script names is made up the first time it is seen: a demo account of 10,000 USD at a broker of that
name. Passwords are not looked at. A script that names no path gets the terminal used last, or the
only one, or a new one. The broker that the product starts has no guests: there an unknown path is
-10003 and an unknown login -6, as with a real terminal.

**Accounts by hand.** `python -m paper account` lists them;
`python -m paper account C:/MT5/terminal64.exe --broker Kontor-Demo --margin-mode netting` opens one
for that path. What each broker is like stands in [BROKERS.md](BROKERS.md).

**Things that go wrong.** `python -m paper fault --port 27119 add ...`, see
[FAULTS.md](FAULTS.md).

## Run your own scripts

In a throw-away environment the client takes the name of the MetaTrader5 package:

```text
python -m paper wheel --into wheels
python -m venv try
try/bin/pip install wheels/metatrader5-5.0.6231+paper-py3-none-any.whl
try/bin/python your_script.py
```

(On Windows: `try\\Scripts\\pip` and `try\\Scripts\\python`.)

The script says `import MetaTrader5` and is not changed. `pip install` of requirements that name
MetaTrader5 is satisfied by it. All its helpers lie inside the package, so your modules may have any
name. It looks for the broker on port 27119, or where `PAPER_BROKER=host:port` says.

**Never install it where the genuine package trades**: pip would put it in that package's place, and
the script would trade on paper without a word. `pip list` tells them apart: ours is
`5.0.6231+paper`, and its summary begins with NOT. The command warns when it is typed in an
environment that has the genuine one.

From a checkout it works without installing: `from paper import client as mt5`, then
`mt5._connect_to("127.0.0.1", 27119)` before `mt5.initialize()`.

`examples/scripts/` has scripts in the style of MetaTrader's own examples: account summary, opening
and closing, waiting orders, a trailing stop, a report of the history, bars and ticks, trading on
moving averages with pandas. They run with the tests, in an environment of their own, and are judged
by the broker's books; the one with pandas where pip can get it.

## Bars and ticks

`copy_rates_*` and `copy_ticks_*` give what was seen since the start, and before that a past that is
made, so that a script which asks for 500 hours at once gets them. Backwards from the start the tape
is laid end to end, every other length mirrored in time so that no price jumps; long slow waves are
laid over it so that hours, days and months differ. Of a busy tape the past has every so-manieth
tick, about one a second. The same tape and the same start make the same past; bars and ticks agree
to the last digit; each broker shows its own prices of it, with its digits, spread and clock.

* The past is ten years deep. One answer has at most 99,999 bars (`terminal_info().maxbars` is
  100,000), or 1,000,000 ticks (more: -3).
* The past has no weekends, because the tape plays on weekends, too.
* After a restart the past is made anew before the new start: deals of an earlier run do not lie on
  its bars.
* Bars show bids, or the last trades where a symbol is charted by them (Bourse-Demo).
* The first question loads numpy into the broker (a fifth of a second). Ten years of bars take up
  to a third of a second, in which the broker answers nobody else; asked again, they are at hand.

## Like a terminal, and not

Like a terminal: the 35 functions, 223 constants and 11 types, which arguments are refused and with
which `last_error()`, empty against None, read-only arrays, the broker's clock in all times, prices
and account pushed to the client so that reading them costs no call, calls that block for as long as
the broker likes. `tests/contract/mt5/` compares with answers recorded from the genuine package.

Not like a terminal:

* No window, no charts, no trading by hand, no experts. There is no program to be started: a path is
  a name, and its folder is what `terminal_info().path` and `data_path` say.
* Passwords are accepted unseen; investor passwords and one-time passwords do not exist.
* All symbols are in Market Watch until a script takes them out.
* Market depth is made of the quote: so many levels of steps, volumes that follow from the prices.
* The tape starts over at its end; prices jump there.

Chosen, because it could not be verified without a real terminal: the order of the checks below;
`copy_*` with a count of 0 or unknown flags is -2, a start after its end is an empty array;
`market_book_get` without `market_book_add` is -1; `initialize()` without a path takes the terminal
used last by any script; a password is not needed to log in again.

## The order of checks

An order is refused by the first check that it fails. A star marks what `order_check` leaves to
`order_send`, because it may be otherwise by then. This part is made from
`paper/broker/checks/in_order.py` by `python -m commands.paper_page`.

"""
TABLE_HEAD = "| check | code |\n|---|---|\n"
TITLES = {
    TradeAction.DEAL: "TRADE_ACTION_DEAL",
    TradeAction.PENDING: "TRADE_ACTION_PENDING",
    TradeAction.SLTP: "TRADE_ACTION_SLTP",
    TradeAction.MODIFY: "TRADE_ACTION_MODIFY",
    TradeAction.REMOVE: "TRADE_ACTION_REMOVE",
    TradeAction.CLOSE_BY: "TRADE_ACTION_CLOSE_BY",
}


def page() -> str:
    """The whole page."""
    parts = [HEAD, _section("Every request", ALWAYS)]
    parts += [_section(title, BY_ACTION[action]) for action, title in TITLES.items()]
    return "".join([*parts, "No check, but a [fault](FAULTS.md), gives ", _only_by_fault(), ".\n"])


def _section(title: str, checks: tuple[Check, ...]) -> str:
    return f"### {title}\n\n{TABLE_HEAD}{''.join(map(_row, checks))}\n"


def _row(check: Check) -> str:
    codes = ", ".join(map(_code, GIVES[check]))
    star = " *" if check in LEFT_TO_SENDING else ""
    return f"| {_meaning(check)}{star} | {codes} |\n"


def _meaning(check: Check) -> str:
    """The first paragraph of what the check says of itself."""
    told = (check.__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(told.split()).rstrip(".")


def _code(code: Retcode) -> str:
    return f"{int(code)} {code.name}"


def _only_by_fault() -> str:
    return ", ".join(map(_code, sorted(ONLY_BY_FAULT)))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
