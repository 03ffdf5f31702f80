"""Writes docs/BROKERS.md from the paper brokers' profiles: `python -m commands.brokers_page`."""

from pathlib import Path

from paper.broker.profiles.by_name import SHOPS, profile_for
from paper.broker.profiles.told import SYMBOL_HEAD, house_lines, symbol_row

PAGE = Path(__file__).resolve().parent.parent / "docs" / "BROKERS.md"
SAMPLE_FEEDS = {"EURUSD": 5, "XAUUSD": 3}
HEAD = """# Brokers

The paper broker is several. Which one an account has, its document says (`paper.broker`,
`paper.margin_mode`), or `admin.ensure_account(key, "Kontor-Demo", margin_mode="netting")`. This
page is made from `paper/broker/profiles/` by `python -m commands.brokers_page`; the symbols are
those that the two sample feeds bring, EURUSD and XAUUSD. A further tick file is sold plainly by
all but Bourse-Demo. A name that is not here sells whatever there is under its feed's name, at all
hours.

With live stamps a Sunday is a Sunday: brokers that keep hours are closed then. Those that are
always open trade on; `admin.advance_clock(ms)` moves all brokers' clocks to a better day, and
original stamps keep the day of the ticks.

How the rules are meant:

* **Hours** are the server's wall clock. Out of hours quotes go on and nothing is traded, placed,
  changed or withdrawn (10018); stops, waiting orders and stop-outs wait for the session.
* **Money** that is earned in another currency is sold for the deposit currency, money that is owed
  is bought with it: bid and ask of the pair, or of two pairs through a third currency.
* **Margin** of a pair in the deposit currency goes by the opening price, any other by the present
  rate. Waiting orders need none. Of opposite positions the larger side counts, or as the symbol's
  hedged margin says.
* **Swap** is charged at the server's midnight from Monday to Friday, one day of the week three
  times, and kept beside the position until that is closed. Who was off for days makes up for it. A
  mode REOPEN closes the position in two deals (reason ROLLOVER, no order) at the day's last price
  and opens it so many points away; positive points are in its favour.
* **Stop-out** closes the largest loss first, and nothing before all positions are quoted.
* **Credit** counts in the equity and not in the balance: `admin.book(key, "credit", 100.0)`. What
  else is booked so changes the balance: `balance` (a deposit, or less), `charge`, `correction`,
  `bonus`, `commission` and the rest of MetaTrader's kinds of deals.
* **Last prices** of others follow from the quotes: they buy at the ask when the market rises and
  sell at the bid when it falls.

What MetaTrader does not say, and was chosen: stop-out in money looks at the free margin; a position
that is only renumbered shows no deals and keeps its times; a forbidden hedge is refused by its own
code 10046, a waiting order that became one is rejected when its price comes.
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_section(name) for name in SHOPS)


def _section(name: str) -> str:
    house = profile_for(name, SAMPLE_FEEDS)
    rules = "".join(f"* {line}\n" for line in house_lines(house))
    rows = "".join(symbol_row(symbol) for symbol in house.symbols)
    return f"\n## {name}\n\n{_about(name)}\n\n{rules}\n{SYMBOL_HEAD}{rows}"


def _about(name: str) -> str:
    told = SHOPS[name].about.removeprefix(f"{name}, ").removeprefix(f"{name}: ")
    return told[:1].upper() + told[1:]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
