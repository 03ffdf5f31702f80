"""A machine of its own for a test: the product's real processes, and the people around them."""

from tests.machine.desk import Desk, Document
from tests.machine.machine import Machine
from tests.machine.names import COPIED_WITHIN_S, MASTER, OTHER, READY_WITHIN_S, SLAVE
from tests.machine.parts import Part
from tests.machine.people import People, until_equal, until_flat
from tests.machine.seats import Account, Seat, Trader

__all__ = [
    "COPIED_WITHIN_S",
    "MASTER",
    "OTHER",
    "READY_WITHIN_S",
    "SLAVE",
    "Account",
    "Desk",
    "Document",
    "Machine",
    "Part",
    "People",
    "Seat",
    "Trader",
    "until_equal",
    "until_flat",
]
