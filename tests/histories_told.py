"""The 47 histories that break copiers, and the 15 laws, in few words."""

from typing import NamedTuple


class History(NamedTuple):
    """What happens; M money, W wedged, R wrong report; what must be seen at the end."""

    happens: str
    severity: str
    laws: str
    seen: str


HISTORIES: dict[int, History] = {
    1: History(
        "Another program of the slave's user trades with magic 234000, and the master has no such "
        "position",
        "M",
        "4",
        "it is never touched, and counts in the account's result and number of positions",
    ),
    2: History(
        "A second swarm, with a database of its own, is started on the same account",
        "M",
        "4, 13",
        "its node refuses; where neither could know, neither touches the other's copies",
    ),
    3: History(
        "Of twenty opens the seventh times out; same magic and symbol would find the eighth's "
        "position",
        "M",
        "4",
        "each position belongs to its own leg, the seventh is found by its own mark, nothing is "
        "left without an owner",
    ),
    4: History(
        "Sizing, symbols or suffix are edited while copies are open",
        "M",
        "2",
        "no order follows from it, and closes still reach the old symbol",
    ),
    5: History(
        "The master, or the slave, is disabled for a pause, and then the master closes",
        "M",
        "2",
        "nothing opens, both go on to the end, the copy closes with its master",
    ),
    6: History(
        "The launcher is killed, its nodes go on, and the master closes an hour later",
        "M",
        "5",
        "the slave is flat in time, and a new launcher takes the nodes over",
    ),
    7: History(
        "After a bad edit a slave crashes at every start, with copies open",
        "M",
        "5, 7",
        "it runs on its last good settings, close only, with an alarm; the others notice nothing",
    ),
    8: History(
        "The slave's terminal is logged in to another account for ten seconds",
        "M",
        "5, 8",
        "nothing is sent meanwhile; closes go on after three good looks, opens after an operator",
    ),
    9: History(
        "The machine starts again, the launcher is up before MongoDB, the account was halted",
        "M",
        "6, 12",
        "no empty database in its place, not active, copies watched from the journal",
    ),
    10: History(
        "After a reconnect the list of positions is empty for a second, on master or slave",
        "M",
        "1",
        "nothing is closed, no leg counts as closed",
    ),
    11: History(
        "One of ten positions is missing in an answer",
        "M",
        "1",
        "nothing is closed without the deal that closed it",
    ),
    12: History(
        "The terminal is switched to another account between the login check and the close, and "
        "answers 10036",
        "M",
        "1, 8",
        "the copy is not taken for closed",
    ),
    13: History(
        "The copy is stopped out, and the master's node is killed and starts again, with its "
        "journal or without",
        "M",
        "2, 11",
        "it is not opened again",
    ),
    14: History(
        "The master's node stands still, or its terminal is away, for twenty minutes in which its "
        "trader opens",
        "M",
        "2",
        "the age counts from the deal: too late, not opened",
    ),
    15: History(
        "A slave that is to copy what is open already starts again every day",
        "M",
        "2",
        "a start opens nothing; what is open already is copied once per following",
    ),
    16: History(
        "The master goes from 1.00 to 0.99, and the copy is of the smallest volume",
        "M",
        "2",
        "it is kept, and closed with the master later",
    ),
    17: History(
        "0.3 of 1.0 was filled, and the master halves",
        "M",
        "2",
        "half of what was filled stays",
    ),
    18: History(
        "A reduction times out, and a look still shows the old volume",
        "M",
        "4",
        "it is done once",
    ),
    19: History(
        "The same with a close of everything on a netting account",
        "M",
        "4, 14",
        "the position is not turned round",
    ),
    20: History(
        "An open has no answer, its window ends as missed, and then it fills, while the master "
        "holds or does no more",
        "M",
        "4, 9",
        "adopted, with a verdict in place of the old one; or closed at once",
    ),
    21: History(
        "The close comes while nobody can tell how the open ended",
        "M",
        "4",
        "it is closed when it is found",
    ),
    22: History(
        "An open and its close are heard together, and closes go first",
        "M",
        "2",
        "it is not opened",
    ),
    23: History(
        "A slave has written its intent, is stopped, and wakes up after every timeout",
        "M",
        "10, 13",
        "the decision is thrown away, and no second node was let in meanwhile",
    ),
    24: History(
        "Two documents name one login and server, at two terminals", "M", "13", "it is refused"
    ),
    25: History(
        "The database is yesterday's backup: its epochs are old, and legs are missing",
        "W M",
        "3, 11",
        "the epoch goes above all others; nothing is opened, nothing forgotten",
    ),
    26: History(
        "A journal is deleted, or another slave's is put in its place",
        "M",
        "11",
        "it is made again from trades and deals; or it is refused",
    ),
    27: History(
        "A pending order fills at the slave and not at the master, or the other way round, or "
        "after a halt",
        "M",
        "15",
        "one leg, nothing to and fro, nothing doubled",
    ),
    28: History(
        "Netting: the master adds and reverses; two masters, or the user, trade the symbol too",
        "M",
        "14",
        "the net volume is the sum of the legs, or the open is denied",
    ),
    29: History(
        "The broker's clock jumps an hour",
        "W",
        "10",
        "ages stay right, or are measured anew; opens are not denied all day",
    ),
    30: History(
        "The user moves a copy's stop; or the broker refuses a change of stops for ever",
        "M",
        "2",
        "it is left alone; or tried ever more slowly, with an alarm",
    ),
    31: History(
        "At the rollover the broker gives positions new tickets", "M", "1, 4", "the same leg"
    ),
    32: History(
        "One message is lost, the master hangs, and the next one is a close",
        "M",
        "3",
        "it closes without waiting",
    ),
    33: History(
        "The last message before a quiet hour, a close, is lost",
        "M",
        "3",
        "the next heartbeat finds it",
    ),
    34: History(
        "The slave's broker closes the oldest position first (10045), or forbids hedging (10046)",
        "W",
        "2, 5",
        "one leg per symbol; a close that is refused comes back ever more slowly, with an alarm",
    ),
    35: History(
        "A position lives between two looks, or while the slave was down",
        "R",
        "9",
        "there is a verdict: missed, and why",
    ),
    36: History(
        "No answer with -2; 10008; a fill in part whose rest comes later",
        "M R",
        "4",
        "refused; unknown; the rest is cancelled, and that proven",
    ),
    37: History(
        "The terminal hangs in a call for ever, and the next node hangs in initialize",
        "W",
        "5, 7",
        "the others copy; there is an alarm; the terminal is started anew where that is allowed",
    ),
    38: History(
        "A message comes twice, and then its number comes with another content",
        "M",
        "3",
        "the first is dropped; after the second that master's opens wait, with an alarm, for a new "
        "picture",
    ),
    39: History(
        "The disk is full and the journal takes nothing",
        "M",
        "4, 5",
        "nothing opens without an intent; closes go on, with an alarm",
    ),
    40: History(
        "A leg was halved, and later an answer leaves its row out",
        "M",
        "1",
        "its deals do not sum to zero, so nothing is closed",
    ),
    41: History(
        "The master starts again without its journal in the second in which its list is empty",
        "M",
        "3",
        "absence asks, and closes nothing",
    ),
    42: History(
        "A snapshot of before comes after the open that is newer",
        "M",
        "3",
        "it is dropped, and the leg stays",
    ),
    43: History(
        "A power cut takes the intent of an order that filled, and the master closes before the "
        "slave is back",
        "M",
        "4",
        "found by its mark, or by its comment, and closed",
    ),
    44: History(
        "The launcher crashes for two seconds while a slave has pending orders",
        "W",
        "5",
        "they stay, and opens go on by themselves when it is back",
    ),
    45: History(
        "The database's folder is lost, or the last slave disabled with a copy open; then a reboot",
        "M",
        "7, 12",
        "the account is watched, close only",
    ),
    46: History(
        "Netting: a leg of 1.0, the user sells 0.6 by hand, the master closes",
        "M",
        "14",
        "0.4 are sold, not 1.0",
    ),
    47: History(
        "A quiet market: the newest tick is older than the deal",
        "W",
        "10",
        "it is copied, and not from the future",
    ),
}

LAWS: dict[int, str] = {
    1: "Unknown is not empty, and absence needs evidence.",
    2: "An open is an edge, a close is a level; settings act once, at the open.",
    3: "No signal lost, none doubled: epoch and number, book and hash, snapshots.",
    4: "The intent is written, then the order sent; an unknown open is never sent again; what is "
    "not ours is never touched.",
    5: "Fail closed for risk, open for safety: nothing automatic ends closing.",
    6: "Machines tighten, people loosen.",
    7: "One account's trouble stays its own.",
    8: "The right terminal: login and server are checked around every order.",
    9: "One verdict per event per slave, with its reason, times and prices.",
    10: "Time comes in: durations are monotonic, a broker's clock is measured.",
    11: "Start-up is recovery: opened or closed found anywhere wins.",
    12: "One system of record: never an empty one in its place.",
    13: "One node per account.",
    14: "Netting: the net is the sum of the legs, or the open is denied.",
    15: "An order and the position it becomes are one leg.",
}
