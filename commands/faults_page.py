"""Writes docs/FAULTS.md from the kinds of faults: `python -m commands.faults_page`."""

from pathlib import Path

from paper.service.faults.reference import kind_table, scope_table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "FAULTS.md"
HEAD = """# Faults

What a real terminal does to a copier now and then, the paper broker does on request. This page is
made from `paper/service/faults/` by `python -m commands.faults_page`.

From a test:

```python
with Admin(address.host, address.port) as admin:
    admin.fault("retcode", "apex", code=10012, executed=True, times=1)
    admin.fault("hang", "apex", call="order_send", order="close", skip=2)
    admin.fault("switches", connected=False, after_ms=500, for_ms=2_000)
    admin.fault("other_account", "apex", call="order_send", times=1, for_ms=10_000)
    admin.faults()  # every rule, how often it was met and how often it struck
    admin.clear_faults()  # all of them, some by number, or terminal="apex"
```

From a command line, the same words: `--state` is the paper broker's folder, `state/paper` for a
swarm that runs.

```text
python -m paper fault --state state/paper kinds
python -m paper fault --state state/paper add delay call=order_send ms=80 sigma=0.6
python -m paper fault --state state/paper list
python -m paper fault --state state/paper clear 3
```

A rule is met by every call it is about, and strikes some of them. Where several strike one call,
their waits add up, the first refusal counts, and all changes of what is shown are made. Draws come
from the server's `--seed` and the rule's number: the same rules in the same order strike the same
calls. `when="before"` is before the call is executed, `when="after"` is after it; an order whose
sender dies while it waits is executed all the same, as one that has reached a real terminal is.
`account_info`, `terminal_info` and `symbol_info_tick` are read from what was pushed; while a rule
is about them the client asks instead, from the next push on.

For tests that need every price: `admin.pause()` holds the tape, `admin.tick(feed, bid, ask)` gives
the next price to every broker, `admin.advance_clock(ms)` lets the brokers' clocks jump and what is
due by then happen; `python -m paper fault tick`, `clock` and `resume` do the same. Our own clock
jumps where a node was started with MURMURATION_CLOCK: that names a file of eight bytes, and
`utils.clock.set_offset(path, ms)` moves UTC, never durations, for all who follow it.

## Which calls, how often, how long

"""
KINDS = """
## Kinds

A star marks what must be given. `now` in place of a call is at once, between calls: `death` and
`pipe_lost` take it too. A kind whose usual call is `now` may name a call instead: then it begins
under that call's feet, before it is executed, and holds for `for_ms` from there.

"""


def page() -> str:
    """The whole page."""
    return HEAD + scope_table() + KINDS + kind_table()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
